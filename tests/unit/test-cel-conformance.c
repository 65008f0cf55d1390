/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conformance suite of google/cel-spec, every case. What is left out
 * stands in tests/data/cel/conformance-skipped.txt with its reason; a case
 * there that passes is a failure too.
 */
#include "tap.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/map.h"
#include "base/mem.h"
#include "doc/doc.h"
#include "policy/cel/function.h"
#include "policy/cel/type.h"
#include "policy/doc-value.h"

#include "cel-proto.h"
#include "policy/cel/value.h"

#include <dirent.h>
#include <math.h>

struct suite {
	struct sk_map skipped; /* "file/section/name", to anything */
	struct sk_arena arena;
	size_t passed, failed, skipped_count, wrong_skips;
	const char *file, *section;
	bool verbose;
};

/* ---- types as text ---- */

static const char *type_text(struct sk_arena *a, const struct sk_node *t)
{
	static const struct {
		const char *name, *text;
	} words[] = {
		{ "BOOL", "bool" },	    { "INT64", "int" },		  { "UINT64", "uint" },
		{ "DOUBLE", "double" },	    { "STRING", "string" },	  { "BYTES", "bytes" },
		{ "DURATION", "duration" }, { "TIMESTAMP", "timestamp" }, { "ANY", "dyn" }
	};
	static const char *const keys[] = { "primitive", "well_known", "wrapper" };
	const struct sk_node *n, *params;

	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0;
		     (n = sk_node_get(t, keys[k])) && i < sizeof(words) / sizeof(words[0]); i++)
			if (sk_span_is(sk_node_str(n), words[i].name))
				return k == 2 ? sk_arena_printf(a, "wrapper<%s>", words[i].text)
					      : words[i].text;
	if ((n = sk_node_get(t, "list_type")))
		return sk_arena_printf(a, "list<%s>", type_text(a, sk_node_get(n, "elem_type")));
	if ((n = sk_node_get(t, "map_type")))
		return sk_arena_printf(a, "map<%s, %s>", type_text(a, sk_node_get(n, "key_type")),
				       type_text(a, sk_node_get(n, "value_type")));
	if ((n = sk_node_get(t, "message_type")) || (n = sk_node_get(t, "type_param")))
		return sk_node_cstr(n);
	if ((n = sk_node_get(t, "abstract_type"))) {
		const char *text = sk_arena_printf(a, "%s<", sk_node_cstr(sk_node_get(n, "name")));

		params = sk_node_get(n, "parameter_types");
		sk_node_each(p, params)
			text = sk_arena_printf(a, "%s%s%s", text,
					       p == sk_node_first(params) ? "" : ", ",
					       type_text(a, p));
		return sk_arena_printf(a, "%s>", text);
	}
	if ((n = sk_node_get(t, "type")))
		return sk_node_first(n) ? sk_arena_printf(a, "type<%s>", type_text(a, n)) : "type";
	if (sk_node_get(t, "null"))
		return "null_type";
	return "dyn";
}

static const char *signature(struct sk_arena *a, const struct sk_node *overload)
{
	bool member = sk_node_bool(sk_node_get(overload, "is_instance_function"), false);
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	size_t i = 0;

	if (!member)
		sk_buf_putc(&out, '(');
	sk_node_each(p, sk_node_get(overload, "params")) {
		sk_buf_puts(&out, i > member ? ", " : "");
		sk_buf_puts(&out, type_text(a, p));
		if (member && i == 0)
			sk_buf_puts(&out, ".(");
		i++;
	}
	sk_buf_printf(&out, ") -> %s", type_text(a, sk_node_get(overload, "result_type")));
	return sk_arena_dup(a, sk_buf_view(&out));
}

/* ---- values ---- */

static struct sk_cel_value value_of(struct sk_cel_arena *a, const struct sk_node *n);

static double number(const struct sk_node *n)
{
	struct sk_span text = sk_node_text(n);

	if (sk_span_is(text, "Infinity"))
		return INFINITY;
	if (sk_span_is(text, "-Infinity"))
		return -INFINITY;
	return sk_span_is(text, "NaN") ? NAN
				       : strtod(sk_node_cstr(n) ? sk_node_cstr(n) : "0", NULL) +
						 sk_node_float(n, 0);
}

static struct sk_cel_value text_value(struct sk_cel_arena *a, struct sk_span s)
{
	return sk_cel_string_checked(a, s.ptr, s.len);
}

static struct sk_cel_value base64_value(struct sk_cel_arena *a, struct sk_span s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = sk_cel_alloc(a, s.len + 1);
	uint32_t bits = 0, held = 0;
	size_t n = 0;

	for (size_t i = 0; i < s.len && s.ptr[i] != '='; i++) {
		bits = bits << 6 | (uint32_t)(strchr(digits, s.ptr[i]) - digits);
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (char)(bits >> held);
		}
	}
	return sk_cel_bytes(out, n);
}

static struct sk_cel_value list_value(struct sk_cel_arena *a, const struct sk_node *n)
{
	const struct sk_node *values = sk_node_get(n, "values");
	struct sk_cel_value *items =
		sk_cel_alloc(a, ((values ? values->count : 0) + 1) * sizeof(*items));
	uint32_t i = 0;

	sk_node_each(v, values)
		items[i++] = value_of(a, v);
	return sk_cel_list_copy(a, items, i);
}

static struct sk_cel_value map_value(struct sk_cel_arena *a, const struct sk_node *n)
{
	const struct sk_node *entries = sk_node_get(n, "entries");
	struct sk_cel_map *map = sk_cel_map_begin(a, entries ? entries->count : 0);

	sk_node_each(e, entries)
		sk_cel_map_put(map, value_of(a, sk_node_get(e, "key")),
			       value_of(a, sk_node_get(e, "value")));
	return sk_cel_map_end(map);
}

/* Through the language itself: it has the words for times. */
static struct sk_cel_value evaluated(struct sk_cel_arena *a, const char *function,
				     struct sk_span text)
{
	struct sk_cel_env *env = sk_cel_env_new();
	struct sk_cel_eval *eval = sk_cel_eval_new();
	struct sk_cel_issues issues = { 0 };
	struct sk_cel_program *program;
	struct sk_cel_value v = { 0 };
	char source[200];

	snprintf(source, sizeof(source), "%s('%.*s')", function, (int)text.len, text.ptr);
	program = sk_cel_compile(env, source, strlen(source), 0, &issues);
	if (program)
		v = sk_cel_run(program, eval, NULL);
	sk_cel_program_free(program);
	sk_cel_issues_release(&issues);
	sk_cel_eval_free(eval);
	sk_cel_env_free(env);
	return v;
}

/* ---- messages ---- */

static struct proto protos;

static struct sk_cel_value message_value(struct sk_cel_arena *a, const struct sk_node *n);

/* Enums by their names or numbers. */
static struct sk_cel_value enum_value(const struct sk_node *n)
{
	static const char *const names[] = { "FOO", "BAR", "BAZ" };

	for (int i = 0; i < 3; i++)
		if (sk_span_is(sk_node_str(n), names[i]))
			return sk_cel_int(i);
	return sk_cel_int(sk_node_int(n, 0));
}

/* JSON as google.protobuf.Value has it. */
static struct sk_cel_value plain_value(struct sk_cel_arena *a, const struct sk_node *n)
{
	struct sk_cel_value v;

	if (sk_node_get(n, "@type"))
		return message_value(a, n);
	if (sk_doc_value(n, a, &v, NULL) < 0)
		return (struct sk_cel_value){ 0 };
	return proto_json(a, v);
}

static struct sk_cel_value kind_value(struct sk_cel_arena *a, const struct proto_field *f,
				      enum proto_kind kind, const struct sk_node *n);

static struct sk_cel_value fields_value(struct sk_cel_arena *a, const struct proto_message *m,
					const struct sk_node *n);

static struct sk_cel_value key_value(enum proto_kind kind, struct sk_cel_arena *a,
				     struct sk_span key)
{
	if (kind == PROTO_BOOL)
		return sk_cel_bool(sk_span_is(key, "true"));
	if (kind == PROTO_STRING)
		return text_value(a, key);
	return kind == PROTO_UINT32 || kind == PROTO_UINT64
		       ? sk_cel_uint(strtoull(key.ptr, NULL, 10))
		       : sk_cel_int(strtoll(key.ptr, NULL, 10));
}

static struct sk_cel_value field_value(struct sk_cel_arena *a, const struct proto_field *f,
				       const struct sk_node *n)
{
	struct sk_cel_value *items = sk_cel_alloc(a, (n->count + 1) * sizeof(*items));
	struct sk_cel_map *map = sk_cel_map_begin(a, n->count);
	uint32_t count = 0;

	if (f->label == PROTO_SINGLE)
		return kind_value(a, f, f->kind, n);
	sk_node_each(child, n) {
		items[count] = kind_value(a, f, f->kind, child);
		if (f->label == PROTO_MAP)
			sk_cel_map_put(map, key_value(f->key, a, child->key), items[count]);
		count++;
	}
	return f->label == PROTO_MAP ? sk_cel_map_end(map) : sk_cel_list_copy(a, items, count);
}

static struct sk_cel_value kind_value(struct sk_cel_arena *a, const struct proto_field *f,
				      enum proto_kind kind, const struct sk_node *n)
{
	switch (kind) {
	case PROTO_INT32:
	case PROTO_INT64:
		return sk_cel_int((int64_t)strtoll(sk_node_text(n).ptr, NULL, 10));
	case PROTO_UINT32:
	case PROTO_UINT64:
		return sk_cel_uint(strtoull(sk_node_text(n).ptr, NULL, 10));
	case PROTO_FLOAT:
		return sk_cel_double((double)(float)(n->type == SK_NODE_STRING
							     ? number(n)
							     : sk_node_float(n, 0)));
	case PROTO_DOUBLE:
		return sk_cel_double(n->type == SK_NODE_STRING ? number(n) : sk_node_float(n, 0));
	case PROTO_BOOL:
		return sk_cel_bool(sk_node_bool(n, false));
	case PROTO_STRING:
		return text_value(a, sk_node_str(n));
	case PROTO_BYTES:
		return base64_value(a, sk_node_str(n));
	case PROTO_ENUM:
		return enum_value(n);
	case PROTO_DURATION:
		return evaluated(a, "duration", sk_node_str(n));
	case PROTO_TIMESTAMP:
		return evaluated(a, "timestamp", sk_node_str(n));
	case PROTO_MESSAGE:
		return fields_value(a, f->message, n);
	default:
		return plain_value(a, n);
	}
}

static struct sk_cel_value fields_value(struct sk_cel_arena *a, const struct proto_message *m,
					const struct sk_node *n)
{
	struct sk_cel_struct *object = sk_cel_alloc(a, sizeof(*object));
	struct sk_cel_value *fields = sk_cel_alloc(a, ((size_t)m->count + 1) * sizeof(*fields));

	*object = (struct sk_cel_struct){ &m->type, fields };
	for (int i = 0; i < m->count; i++) {
		const char *name = m->fields[i].name;
		sk_autofree char *extension = sk_printf("[%s]", name);
		const char *last = strrchr(name, '.');
		const struct sk_node *child = sk_node_get(n, last ? extension : name);

		if (!child && last) /* the suite's JSON has repeated ones so */
			child = sk_node_get(n, last + 1);
		if (child)
			fields[i] = field_value(a, &m->infos[i], child);
	}
	return (struct sk_cel_value){ .kind = SK_CEL_STRUCT, .object = object };
}

/* By its "@type": messages with their fields, well-known ones with "value". */
static struct sk_cel_value message_value(struct sk_cel_arena *a, const struct sk_node *n)
{
	struct sk_span type = sk_node_str(sk_node_get(n, "@type"));
	ptrdiff_t slash = sk_span_chr(type, '/');
	const struct proto_message *m =
		proto_find(&protos, sk_span_from(type, (size_t)(slash + 1)));
	const struct sk_node *v = sk_node_get(n, "value");

	if (!m)
		return (struct sk_cel_value){ 0 };
	if (!m->type.value_type)
		return fields_value(a, m, n);
	if (strcmp(m->type.value_type, "dyn") == 0 || m->infos[0].kind >= PROTO_ANY)
		return plain_value(a, v);
	return kind_value(a, &m->infos[0], m->infos[0].kind, v);
}

/* Well-known messages that are values of the language. */
static struct sk_cel_value object_value(struct sk_cel_arena *a, const struct sk_node *n)
{
	struct sk_span type = sk_node_str(sk_node_get(n, "@type"));
	const struct sk_node *v = sk_node_get(n, "value");

	if (sk_span_ends(type, "google.protobuf.Duration"))
		return evaluated(a, "duration", sk_node_str(v));
	if (sk_span_ends(type, "google.protobuf.Timestamp"))
		return evaluated(a, "timestamp", sk_node_str(v));
	return message_value(a, n);
}

static struct sk_cel_value type_value(struct sk_cel_arena *a, struct sk_span name)
{
	struct sk_cel_type *t = sk_cel_alloc(a, sizeof(*t));
	char *copy = sk_cel_alloc(a, name.len + 1);

	memcpy(copy, name.ptr, name.len);
	t->kind = SK_CEL_T_OPAQUE;
	t->name = copy;
	return (struct sk_cel_value){ .kind = SK_CEL_TYPE, .type = t };
}

/* SK_CEL_ABSENT: a message, which is no value here. */
static struct sk_cel_value value_of(struct sk_cel_arena *a, const struct sk_node *n)
{
	const struct sk_node *v;

	if ((v = sk_node_get(n, "int64_value")))
		return sk_cel_int((int64_t)strtoll(sk_node_text(v).ptr, NULL, 10));
	if ((v = sk_node_get(n, "uint64_value")))
		return sk_cel_uint(strtoull(sk_node_text(v).ptr, NULL, 10));
	if ((v = sk_node_get(n, "double_value")))
		return sk_cel_double(v->type == SK_NODE_STRING ? number(v) : sk_node_float(v, 0));
	if ((v = sk_node_get(n, "bool_value")))
		return sk_cel_bool(sk_node_bool(v, false));
	if ((v = sk_node_get(n, "string_value")))
		return text_value(a, sk_node_str(v));
	if ((v = sk_node_get(n, "bytes_value")))
		return base64_value(a, sk_node_str(v));
	if ((v = sk_node_get(n, "list_value")))
		return list_value(a, v);
	if ((v = sk_node_get(n, "map_value")))
		return map_value(a, v);
	if ((v = sk_node_get(n, "type_value")))
		return type_value(a, sk_node_str(v));
	if ((v = sk_node_get(n, "object_value")))
		return object_value(a, v);
	if (sk_node_get(n, "null_value"))
		return sk_cel_null();
	return (struct sk_cel_value){ 0 };
}

/* Equal, and of the same types all the way down: 1 is not 1.0, NaN is itself. */
static bool same(struct sk_cel_value a, struct sk_cel_value b)
{
	if (a.kind == SK_CEL_DOUBLE && b.kind == SK_CEL_DOUBLE && isnan(a.d) && isnan(b.d))
		return true;
	if (a.kind == SK_CEL_TYPE && b.kind == SK_CEL_TYPE)
		return sk_cel_equal(a, b);
	if (a.kind != b.kind)
		return false;
	if (a.kind == SK_CEL_LIST) {
		for (uint32_t i = 0; i < a.list->count && i < b.list->count; i++)
			if (!same(a.list->items[i], b.list->items[i]))
				return false;
		return a.list->count == b.list->count;
	}
	return sk_cel_equal(a, b);
}

/*
 * The JSON form of the suite has kept some escapes of the text format that it
 * was made from, \\u0100 and \\? among them. A text that is not equal as it
 * stands is compared again with those taken apart.
 */
static struct sk_cel_value unescaped(struct sk_cel_arena *a, struct sk_cel_value v)
{
	char *out = sk_cel_alloc(a, v.len + 1), digits[9] = "";
	size_t n = 0, width;

	for (uint32_t i = 0; i < v.len; i++) {
		if (v.str[i] != '\\' || i + 1 == v.len) {
			out[n++] = v.str[i];
			continue;
		}
		width = v.str[++i] == 'u' ? 4 : v.str[i] == 'U' ? 8 : 0;
		if (!width || i + width >= v.len) {
			out[n++] = v.str[i];
			continue;
		}
		memcpy(digits, v.str + i + 1, width);
		digits[width] = '\0';
		n += sk_cel_utf8_put(out + n, (uint32_t)strtoul(digits, NULL, 16));
		i += (uint32_t)width;
	}
	return v.kind == SK_CEL_BYTES ? sk_cel_bytes(out, n) : sk_cel_string(out, n);
}

/* ---- one case ---- */

struct one {
	struct sk_cel_env *env;
	struct sk_cel_eval *eval;
	struct sk_cel_issues issues;
	struct sk_cel_arena arena;
	struct sk_cel_value slots[16];
	unsigned slot_count;
	char why[1024];
};

static bool fail(struct one *o, const char *what, const char *detail)
{
	snprintf(o->why, sizeof(o->why), "%s: %s", what, detail ? detail : "");
	return false;
}

static bool bind(struct one *o, const struct sk_node *test, const char *name, const char *type)
{
	const struct sk_node *binding = sk_node_get(sk_node_get(test, "bindings"), name);
	int slot = sk_cel_env_variable(o->env, name, type, &o->issues);

	if (slot < 0)
		return fail(o, "declaration", o->issues.first->text);
	if (slot >= 16)
		return fail(o, "too many variables", name);
	o->slots[slot] = value_of(&o->arena, sk_node_get(binding, "value"));
	if (binding && o->slots[slot].kind == SK_CEL_ABSENT)
		return fail(o, "a message is bound to", name);
	o->slot_count = (unsigned)slot + 1;
	return true;
}

static bool declared(const struct sk_node *test, struct sk_span name)
{
	sk_node_each(d, sk_node_get(test, "type_env"))
		if (sk_span_eq(sk_node_str(sk_node_get(d, "name")), name))
			return true;
	return false;
}

static bool declare(struct suite *s, struct one *o, const struct sk_node *test)
{
	sk_node_each(d, sk_node_get(test, "type_env")) {
		const char *name = sk_node_cstr(sk_node_get(d, "name"));
		const struct sk_node *function = sk_node_get(d, "function");

		sk_node_each(overload, sk_node_get(function, "overloads"))
			if (sk_cel_env_declare(o->env, name, signature(&s->arena, overload),
					       &o->issues) < 0)
				return fail(o, "declaration", o->issues.first->text);
		if (!function &&
		    !bind(o, test, name,
			  type_text(&s->arena, sk_node_path(d, "ident", "type", NULL))))
			return false;
	}
	sk_node_each(b, sk_node_get(test, "bindings"))
		if (!declared(test, b->key) && !bind(o, test, b->key.ptr, "dyn"))
			return false;
	return true;
}

static bool type_matches(struct suite *s, struct one *o, const struct sk_node *test,
			 const struct sk_cel_program *program)
{
	const struct sk_node *deduced = sk_node_path(test, "typed_result", "deduced_type", NULL);
	const char *wanted = deduced ? type_text(&s->arena, deduced) : NULL,
		   *got = sk_cel_program_type(program);

	if (wanted && strcmp(wanted, "timestamp") == 0)
		wanted = "google.protobuf.Timestamp";
	if (wanted && strcmp(wanted, "duration") == 0)
		wanted = "google.protobuf.Duration";
	return !wanted || strcmp(wanted, got) == 0 || fail(o, "type", got);
}

static bool result_matches(struct one *o, const struct sk_node *test, struct sk_cel_value got)
{
	const struct sk_node *wanted = sk_node_get(test, "value"),
			     *error = sk_node_get(test, "eval_error");
	struct sk_cel_value want = sk_cel_bool(true);
	size_t len;

	if (error)
		return got.kind == SK_CEL_ERROR ||
		       fail(o, "no error", sk_cel_print(&o->arena, got, false, &len));
	if (!wanted)
		wanted = sk_node_path(test, "typed_result", "result", NULL);
	if (wanted)
		want = value_of(&o->arena, wanted);
	if (want.kind == SK_CEL_ABSENT)
		return fail(o, "the result is a message", "");
	if (same(got, want) || ((want.kind == SK_CEL_STRING || want.kind == SK_CEL_BYTES) &&
				same(got, unescaped(&o->arena, want))))
		return true;
	return fail(o, "result", sk_cel_print(&o->arena, got, false, &len));
}

static bool run_case(struct suite *s, struct one *o, const struct sk_node *test)
{
	struct sk_span expr = sk_node_str(sk_node_get(test, "expr"));
	unsigned flags =
		sk_node_bool(sk_node_get(test, "disable_check"), false) ? SK_CEL_NO_CHECK : 0;
	const char *container = sk_node_cstr(sk_node_get(test, "container"));
	struct sk_cel_activation activation = { .slots = o->slots };
	struct sk_cel_program *program;
	bool ok;

	for (size_t i = 0; sk_cel_libraries[i]; i++)
		if (sk_cel_env_library(o->env, sk_cel_libraries[i], &o->issues) < 0)
			return fail(o, "library", o->issues.first->text);
	if (proto_declare(&protos, o->env, &o->issues) < 0 ||
	    sk_cel_env_library(o->env, &proto_library, &o->issues) < 0)
		return fail(o, "messages", o->issues.first->text);
	if (container)
		sk_cel_env_container(o->env, container);
	if (!declare(s, o, test))
		return false;
	if (sk_node_bool(sk_node_get(test, "check_only"), false))
		flags |= SK_CEL_CHECK_ONLY;
	program = sk_cel_compile(o->env, expr.ptr, expr.len, flags, &o->issues);
	if (!program) /* what the checker refuses cannot be evaluated either */
		return (sk_node_get(test, "eval_error") && !(flags & SK_CEL_NO_CHECK)) ||
		       fail(o, "compile", o->issues.first->text);
	activation.count = o->slot_count;
	ok = type_matches(s, o, test, program);
	if (ok && !(flags & SK_CEL_CHECK_ONLY))
		ok = result_matches(o, test, sk_cel_run(program, o->eval, &activation));
	sk_cel_program_free(program);
	return ok;
}

static void test_case(struct suite *s, const struct sk_node *test)
{
	struct one o = { .env = sk_cel_env_new(), .eval = sk_cel_eval_new() };
	const char *id = sk_arena_printf(&s->arena, "%s/%s/%s", s->file, s->section,
					 sk_node_cstr(sk_node_get(test, "name")));
	bool skipped = sk_map_get(&s->skipped, sk_span_str(id)) != NULL,
	     passed = run_case(s, &o, test);
	bool proto = sk_node_bool(sk_node_get(test, "needs_proto"), false);

	if (skipped) {
		s->skipped_count++;
		s->wrong_skips += passed;
		if (passed)
			printf("# listed as skipped, and passes: %s\n", id);
	} else if (passed) {
		s->passed++;
	} else {
		s->failed++;
		printf("# FAIL%s %s\t%s\t%.300s\n", proto ? " proto" : "", id, o.why,
		       sk_node_cstr(sk_node_get(test, "expr")));
	}
	sk_cel_issues_release(&o.issues);
	sk_cel_arena_release(&o.arena);
	sk_cel_eval_free(o.eval);
	sk_cel_env_free(o.env);
}

static void test_file(struct suite *s, const char *folder, const char *name)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	sk_autofree char *path = sk_printf("%s/%s", folder, name);
	struct sk_err err = SK_ERR_INIT;
	size_t failed = s->failed;

	if (sk_path_slurp(path, 16u << 20, &text, &err) < 0 ||
	    sk_doc_parse(&doc, SK_DOC_JSON, sk_buf_view(&text), 0, &err) < 0) {
		ok(false, "%s: %s", name, err.text);
		return;
	}
	s->file = sk_arena_dup(&s->arena, sk_span(name, strlen(name) - strlen(".json")));
	sk_node_each(section, sk_node_get(doc.root, "section")) {
		s->section = sk_node_cstr(sk_node_get(section, "name"));
		sk_node_each(test, sk_node_get(section, "test"))
			test_case(s, test);
	}
	ok(s->failed == failed, "%s", name);
}

/* One id a line; what stands behind a tab is the reason. */
static void read_skipped(struct suite *s)
{
	sk_autofree char *path =
		sk_printf("%s/data/cel/conformance-skipped.txt", getenv("SK_TESTS"));
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, line, id;

	if (sk_path_slurp(path, 1u << 20, &text, NULL) < 0)
		return;
	rest = sk_buf_view(&text);
	while (sk_span_line(&rest, &line))
		if (line.len && line.ptr[0] != '#' && sk_span_split(&line, '\t', &id))
			sk_map_put(&s->skipped, sk_span(sk_arena_dup(&s->arena, id), id.len), s);
}

int main(void)
{
	struct suite s = { 0 };
	struct dirent **names;
	char folder[4096];
	int count;

	if (!corpora()) {
		printf("1..0 # SKIP no third-party cases here\n");
		return 0;
	}
	snprintf(folder, sizeof(folder), "%s/cel-spec", corpora());
	read_skipped(&s);
	proto_init(&protos);
	count = scandir(folder, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (sk_span_ends(sk_span_str(names[i]->d_name), ".json"))
			test_file(&s, folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	ok(s.wrong_skips == 0, "nothing is listed as skipped that passes");
	printf("# %zu passed, %zu failed, %zu left out\n", s.passed, s.failed, s.skipped_count);
	sk_map_release(&s.skipped);
	sk_arena_release(&s.arena);
	return tap_done();
}
