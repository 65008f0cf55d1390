/* SPDX-License-Identifier: Apache-2.0 */
#include "report/compare.h"

#include "report/view.h"

static struct sk_span key_of(struct sk_base *base, const struct sk_finding *f)
{
	const char *path = sk_report_path(f);

	sk_buf_reset(&base->key);
	sk_buf_u8(&base->key, (uint8_t)f->kind);
	sk_buf_string(&base->key, sk_span_str(f->id));
	sk_buf_string(&base->key, sk_span_str(path));
	if (f->package) {
		sk_buf_string(&base->key, sk_span_str(f->package->type));
		sk_report_name(f->package, &base->key);
	}
	return sk_buf_view(&base->key);
}

static void add(struct sk_base *base, struct sk_finding *const *findings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct sk_span key = key_of(base, findings[i]);

		if (findings[i]->kind != SK_FINDING_COVERAGE)
			sk_map_put(&base->keys, sk_span(sk_arena_dup(&base->arena, key), key.len),
				   sk_arena_alloc(&base->arena, sizeof(bool)));
	}
}

static bool is_called(const struct sk_result *result, const char *name)
{
	const char *base = result->inventory->artifact.name;

	return name && base && strcmp(name, base) == 0;
}

void sk_base_begin(struct sk_base *base, const struct sk_inventory *inv)
{
	const struct sk_report *report = &base->file.report;
	bool by_name = false;

	sk_map_release(&base->keys);
	sk_arena_release(&base->arena);
	base->seen = 0;
	for (size_t i = 0; i < report->result_count; i++)
		by_name |= is_called(&report->results[i], inv->artifact.name);
	for (size_t i = 0; i < report->result_count; i++) {
		const struct sk_result *r = &report->results[i];

		if (by_name && !is_called(r, inv->artifact.name))
			continue;
		add(base, r->findings, r->finding_count);
		add(base, r->ignored, r->ignored_count); /* accepted, but not new */
	}
}

bool sk_base_knows(struct sk_base *base, const struct sk_finding *finding)
{
	bool *seen = finding->kind == SK_FINDING_COVERAGE
			     ? NULL
			     : sk_map_get(&base->keys, key_of(base, finding));

	if (seen && !*seen)
		base->seen++;
	if (seen)
		*seen = true;
	return seen != NULL;
}

size_t sk_base_gone(const struct sk_base *base)
{
	return base->keys.entries.len - base->seen;
}

int sk_base_load(struct sk_base *base, const char *path, struct sk_err *err)
{
	return sk_report_load(&base->file, path, err);
}

void sk_base_release(struct sk_base *base)
{
	sk_report_file_release(&base->file);
	sk_map_release(&base->keys);
	sk_arena_release(&base->arena);
	sk_buf_release(&base->key);
}
