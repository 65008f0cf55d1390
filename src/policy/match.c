/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy of ours is asked of. Where a fact that is asked for is not
 * known, the policy is asked: it must not be got round by leaving facts out.
 */
#include "policy/evaluate.h"
#include "policy/glob.h"

/* Whether something fits: no (0), yes (1), or not known (-1). */
typedef int fits_fn(struct sk_cel_value v, const struct sk_strings *patterns);

static struct sk_span span_of(struct sk_cel_value v)
{
	return v.kind == SK_CEL_STRING ? sk_span(v.str, v.len) : sk_span(NULL, 0);
}

static int fits_text(struct sk_cel_value v, const struct sk_strings *patterns)
{
	if (v.kind == SK_CEL_UNKNOWN)
		return -1;
	for (size_t i = 0; i < patterns->count; i++)
		if (sk_glob_match(sk_span_str(patterns->items[i]), span_of(v)))
			return 1;
	return 0;
}

static const void *fields_of(struct sk_cel_value v)
{
	return v.kind == SK_CEL_STRUCT ? v.object->fields : NULL;
}

/* A reference as it is written, and in full: "nginx" is docker.io/library/nginx:latest too. */
static int fits_reference(struct sk_cel_value written, struct sk_cel_value registry, struct sk_cel_value repository,
			  struct sk_cel_value tag, const struct sk_strings *patterns)
{
	sk_cleanup(sk_buf_release) struct sk_buf full = { 0 };
	int fits = fits_text(written, patterns);

	if (fits || registry.kind != SK_CEL_STRING || repository.kind != SK_CEL_STRING || !repository.len)
		return fits;
	sk_buf_span(&full, span_of(registry));
	sk_buf_putc(&full, '/');
	sk_buf_span(&full, span_of(repository));
	if (fits_text(sk_cel_string(full.data, full.len), patterns) == 1)
		return 1;
	sk_buf_putc(&full, ':');
	sk_buf_span(&full, span_of(tag));
	return fits_text(sk_cel_string(full.data, full.len), patterns);
}

/* Any of the image's names, or of the workload's images. */
static int fits_images(const struct sk_facts *facts, const struct sk_strings *patterns, bool registries)
{
	const struct sk_fact_Image *image = fields_of(facts->slots[SK_FACT_image]);
	const struct sk_fact_Workload *workload = fields_of(facts->slots[SK_FACT_workload]);
	int fits = image || workload ? 0 : -1;

	if (image) {
		fits = registries ? fits_text(image->registry, patterns) :
				    fits_reference(image->reference, image->registry, image->repository, image->tag, patterns);
		for (uint32_t i = 0; !registries && fits == 0 && image->tags.kind == SK_CEL_LIST &&
				     i < image->tags.list->count; i++)
			fits = fits_text(image->tags.list->items[i], patterns);
	}
	if (!workload || workload->containers.kind != SK_CEL_LIST)
		return fits;
	for (uint32_t i = 0; fits == 0 && i < workload->containers.list->count; i++) {
		const struct sk_fact_Container *c = fields_of(workload->containers.list->items[i]);
		const struct sk_fact_Reference *ref = c ? fields_of(c->reference) : NULL;

		if (!ref)
			return -1;
		fits = registries ? fits_text(ref->registry, patterns) :
				    fits_reference(c->image, ref->registry, ref->repository, ref->tag, patterns);
	}
	return fits;
}

/* A member of the Kubernetes object's metadata, where it is one. */
static struct sk_cel_value of_object(const struct sk_facts *facts, const char *section, const char *key)
{
	struct sk_cel_value v = facts->slots[SK_FACT_object];

	if (v.kind == SK_CEL_NULL) /* it is being deleted */
		v = facts->slots[SK_FACT_oldObject];
	if (section && v.kind == SK_CEL_MAP)
		v = sk_cel_map_get(v.map, sk_cel_string(section, strlen(section)));
	return v.kind == SK_CEL_MAP ? sk_cel_map_get(v.map, sk_cel_string(key, strlen(key))) : v;
}

static struct sk_cel_value namespace_of(const struct sk_facts *facts)
{
	const struct sk_fact_Workload *workload = fields_of(facts->slots[SK_FACT_workload]);

	return workload ? workload->namespace : of_object(facts, "metadata", "namespace");
}

static int has_label(struct sk_cel_value labels, const struct sk_node *wanted)
{
	struct sk_cel_value v;

	if (labels.kind == SK_CEL_UNKNOWN)
		return -1;
	if (labels.kind != SK_CEL_MAP)
		return 0;
	v = sk_cel_map_get(labels.map, sk_cel_string(wanted->key.ptr, wanted->key.len));
	return v.kind == SK_CEL_UNKNOWN ? -1 : sk_span_eq(span_of(v), sk_node_text(wanted)) && v.kind == SK_CEL_STRING;
}

/* All labels, each on the object, its pods or the image. */
static int fits_labels(const struct sk_facts *facts, const struct sk_node *labels)
{
	const struct sk_fact_Workload *workload = fields_of(facts->slots[SK_FACT_workload]);
	const struct sk_fact_Image *image = fields_of(facts->slots[SK_FACT_image]);
	const struct sk_fact_ImageConfig *config = image ? fields_of(image->config) : NULL;

	sk_node_each(wanted, labels) {
		int fits = workload ? has_label(workload->labels, wanted) :
				      has_label(of_object(facts, "metadata", "labels"), wanted);

		if (fits == 0 && workload)
			fits = has_label(workload->podLabels, wanted);
		if (fits != 1 && config)
			fits = has_label(config->labels, wanted);
		if (fits != 1)
			return fits;
	}
	return 1;
}

bool sk_policy_matches(const struct sk_policy *policy, const struct sk_facts *facts)
{
	const struct sk_policy_match *m = &policy->match;
	const struct sk_fact_Workload *workload = fields_of(facts->slots[SK_FACT_workload]);

	if (!(policy->stages & 1u << facts->stage))
		return false;
	if (m->images.count && !fits_images(facts, &m->images, false))
		return false;
	if (m->registries.count && !fits_images(facts, &m->registries, true))
		return false;
	if (m->namespaces.count && !fits_text(namespace_of(facts), &m->namespaces))
		return false;
	if (m->kinds.count && !fits_text(workload ? workload->kind : of_object(facts, NULL, "kind"), &m->kinds))
		return false;
	return !m->labels || fits_labels(facts, m->labels) != 0;
}
