/* SPDX-License-Identifier: Apache-2.0 */
#include "report/statement.h"

#include "analyze/purl.h"
#include "base/map.h"
#include "policy/exception.h"

const char *sk_report_image_purl(const struct sk_artifact *a, struct sk_arena *arena)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span name = sk_span_str(a->tag_count ? a->tags[0] : a->name), tag = { 0 };
	struct sk_purl_qualifier qualifiers[2];
	struct sk_purl purl = { .type = "oci", .version = a->digest, .qualifiers = qualifiers };
	ptrdiff_t at = sk_span_chr(name, '@');

	if (a->type != SK_ARTIFACT_IMAGE || !a->digest)
		return NULL;
	if (at >= 0)
		name.len = (size_t)at;
	at = sk_span_rchr(name, ':');
	if (at > sk_span_rchr(name, '/')) {
		tag = sk_span_from(name, (size_t)at + 1);
		name.len = (size_t)at;
	}
	purl.name = sk_arena_dup(arena, sk_span_basename(name));
	/* A file's name is no repository. */
	if (a->tag_count && sk_span_chr(name, '/') >= 0)
		qualifiers[purl.qualifier_count++] =
			(struct sk_purl_qualifier){ "repository_url", sk_arena_dup(arena, name) };
	if (a->tag_count && tag.len)
		qualifiers[purl.qualifier_count++] =
			(struct sk_purl_qualifier){ "tag", sk_arena_dup(arena, tag) };
	if (sk_purl_normalize(&purl, arena, NULL) < 0)
		return NULL;
	sk_purl_write(&text, &purl);
	return sk_arena_dup(arena, sk_buf_view(&text));
}

static const char *action(const struct sk_statement *s, struct sk_arena *arena)
{
	if (s->status != SK_VEX_ACCEPTED)
		return s->reason ? s->reason : "no action was stated";
	return sk_arena_printf(arena, "The risk is accepted until %s by %s: %s",
			       s->until ? s->until : "further notice", s->owner ? s->owner : "nobody named",
			       s->reason ? s->reason : "no reason given");
}

static void fill(struct sk_stated *stated, struct sk_arena *arena)
{
	const struct sk_statement *s = stated->finding->statement;

	stated->status = s->status == SK_VEX_ACCEPTED ? SK_VEX_AFFECTED : s->status;
	if (stated->status == SK_VEX_AFFECTED) {
		stated->text = action(s, arena);
		return;
	}
	stated->text = s->reason;
	if (stated->status != SK_VEX_NOT_AFFECTED)
		return;
	if (s->justification && sk_vex_justification_valid(sk_span_str(s->justification)))
		stated->justification = s->justification;
	else if (!s->reason)
		stated->text = "no reason was given";
}

static void add(struct sk_stated_list *list, const struct sk_result *result, const char *image,
		struct sk_map *seen, struct sk_finding *const *findings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct sk_finding *f = findings[i];
		const char *key;
		bool is_new;

		if (!f->statement || f->kind != SK_FINDING_VULNERABILITY || !f->id || !f->id[0] ||
		    !f->package || !f->package->purl)
			continue;
		key = sk_arena_printf(&list->arena, "%s\n%s\n%s", f->id, image ? image : "",
				      f->package->purl);
		sk_map_at(seen, sk_span_str(key), &is_new);
		if (is_new) {
			struct sk_stated *stated = sk_vec_push(&list->list);

			*stated = (struct sk_stated){ .result = result, .finding = f, .image = image };
			fill(stated, &list->arena);
		}
	}
}

static int cmp_stated(const void *a, const void *b)
{
	const struct sk_stated *x = a, *y = b;
	int c = strcmp(x->finding->id, y->finding->id);

	return c ? c : sk_finding_cmp(&x->finding, &y->finding);
}

void sk_report_stated(const struct sk_report *report, struct sk_stated_list *list)
{
	struct sk_map seen = { 0 };

	for (size_t i = 0; i < report->result_count; i++) {
		const struct sk_result *r = &report->results[i];
		const char *image = sk_report_image_purl(&r->inventory->artifact, &list->arena);

		add(list, r, image, &seen, r->ignored, r->ignored_count);
		add(list, r, image, &seen, r->findings, r->finding_count);
	}
	if (list->list.len)
		qsort(list->list.data, list->list.len, sizeof(list->list.data[0]), cmp_stated);
	sk_map_release(&seen);
}

void sk_stated_release(struct sk_stated_list *list)
{
	sk_vec_release(&list->list);
	sk_arena_release(&list->arena);
}
