/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/pom.h"

#include "base/reader.h"

void sk_pom_release(struct sk_pom *pom)
{
	sk_vec_release(&pom->properties);
	sk_vec_release(&pom->managed);
	sk_vec_release(&pom->dependencies);
}

static struct sk_coordinates read_id(const struct sk_xml_node *node)
{
	return (struct sk_coordinates){ sk_xml_text(node, "groupId"),
					sk_xml_text(node, "artifactId"),
					sk_xml_text(node, "version") };
}

static struct sk_pom_dependency read_dependency(const struct sk_xml_node *node)
{
	const struct sk_xml_node *artifact = sk_xml_get(node, "artifactId");

	return (struct sk_pom_dependency){ .id = read_id(node),
					   .scope = sk_xml_text(node, "scope"),
					   .type = sk_xml_text(node, "type"),
					   .line = artifact ? artifact->line : node->line };
}

static void read_properties(struct sk_pom *pom, const struct sk_xml_node *node)
{
	sk_xml_each(property, sk_xml_get(node, "properties")) * sk_vec_push(&pom->properties) =
		(struct sk_pom_property){ property->name, property->text };
}

/* What a project and each of its profiles may have alike. */
static void read_model(struct sk_pom *pom, const struct sk_xml_node *node)
{
	read_properties(pom, node);
	sk_xml_each(dependency, sk_xml_get(node, "dependencies")) *
		sk_vec_push(&pom->dependencies) = read_dependency(dependency);
	sk_xml_each(dependency,
		    sk_xml_get(sk_xml_get(node, "dependencyManagement"), "dependencies")) *
		sk_vec_push(&pom->managed) = read_dependency(dependency);
}

static struct sk_span first_licence(const struct sk_xml_node *project)
{
	sk_xml_each(licence, sk_xml_get(project, "licenses"))
	{
		struct sk_span name = sk_xml_text(licence, "name");

		if (name.len)
			return name;
	}
	return sk_span(NULL, 0);
}

void sk_pom_read(struct sk_pom *pom, const struct sk_xml_node *project)
{
	const struct sk_xml_node *parent = sk_xml_get(project, "parent");
	const struct sk_xml_node *relative = sk_xml_get(parent, "relativePath");
	const struct sk_xml_node *artifact = sk_xml_get(project, "artifactId");

	*pom = (struct sk_pom){ .id = read_id(project), .parent = read_id(parent) };
	pom->has_parent = parent != NULL;
	pom->relative = relative ? relative->text : sk_span(NULL, 0);
	pom->parent_elsewhere = relative && relative->text.len == 0;
	pom->licence = first_licence(project);
	pom->line = artifact ? artifact->line : 0;
	read_model(pom, project);
	sk_xml_each(profile,
		    sk_xml_get(project,
			       "profiles")) if (sk_span_is(sk_xml_text(sk_xml_get(profile,
										  "activation"),
								       "activeByDefault"),
							   "true")) read_model(pom, profile);
}

/* ---- written form ---- */

static void write_id(const struct sk_coordinates *id, struct sk_buf *buf)
{
	sk_buf_string(buf, id->group);
	sk_buf_string(buf, id->artifact);
	sk_buf_string(buf, id->version);
}

static void write_dependency(const struct sk_pom_dependency *d, struct sk_buf *buf)
{
	write_id(&d->id, buf);
	sk_buf_string(buf, d->scope);
	sk_buf_string(buf, d->type);
	sk_buf_varint(buf, d->line);
}

void sk_pom_write(const struct sk_pom *pom, struct sk_buf *buf)
{
	write_id(&pom->id, buf);
	write_id(&pom->parent, buf);
	sk_buf_u8(buf, pom->has_parent);
	sk_buf_u8(buf, pom->parent_elsewhere);
	sk_buf_string(buf, pom->relative);
	sk_buf_string(buf, pom->licence);
	sk_buf_varint(buf, pom->line);
	sk_buf_varint(buf, pom->properties.len);
	for (size_t i = 0; i < pom->properties.len; i++) {
		sk_buf_string(buf, pom->properties.data[i].name);
		sk_buf_string(buf, pom->properties.data[i].value);
	}
	sk_buf_varint(buf, pom->managed.len);
	for (size_t i = 0; i < pom->managed.len; i++)
		write_dependency(&pom->managed.data[i], buf);
	sk_buf_varint(buf, pom->dependencies.len);
	for (size_t i = 0; i < pom->dependencies.len; i++)
		write_dependency(&pom->dependencies.data[i], buf);
}

static struct sk_coordinates restore_id(struct sk_reader *r)
{
	struct sk_coordinates id;

	id.group = sk_read_string(r);
	id.artifact = sk_read_string(r);
	id.version = sk_read_string(r);
	return id;
}

static struct sk_pom_dependency restore_dependency(struct sk_reader *r)
{
	struct sk_pom_dependency d = { .id = restore_id(r) };

	d.scope = sk_read_string(r);
	d.type = sk_read_string(r);
	d.line = (uint32_t)sk_read_varint(r);
	return d;
}

bool sk_pom_restore(struct sk_pom *pom, struct sk_span bytes)
{
	struct sk_reader r = sk_reader(bytes);
	uint64_t n;

	*pom = (struct sk_pom){ .id = restore_id(&r) };
	pom->parent = restore_id(&r);
	pom->has_parent = sk_read_u8(&r);
	pom->parent_elsewhere = sk_read_u8(&r);
	pom->relative = sk_read_string(&r);
	pom->licence = sk_read_string(&r);
	pom->line = (uint32_t)sk_read_varint(&r);
	for (n = sk_read_varint(&r); n > 0 && !r.failed; n--) {
		struct sk_pom_property *p = sk_vec_push(&pom->properties);

		p->name = sk_read_string(&r);
		p->value = sk_read_string(&r);
	}
	for (n = sk_read_varint(&r); n > 0 && !r.failed; n--)
		*sk_vec_push(&pom->managed) = restore_dependency(&r);
	for (n = sk_read_varint(&r); n > 0 && !r.failed; n--)
		*sk_vec_push(&pom->dependencies) = restore_dependency(&r);
	return !r.failed;
}
