/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of facts-fields.h as declarations for CEL, and as a page for people. */
#include "finding/finding.h"
#include "policy/facts.h"

static const struct sk_cel_list no_items = { 0 };
static const struct sk_cel_value otherwise_str = { .kind = SK_CEL_STRING, .flags = SK_CEL_ASCII, .str = "" };
static const struct sk_cel_value otherwise_zero = { .kind = SK_CEL_INT };
static const struct sk_cel_value otherwise_one = { .kind = SK_CEL_INT, .i = 1 };
static const struct sk_cel_value otherwise_real = { .kind = SK_CEL_DOUBLE };
static const struct sk_cel_value otherwise_false = { .kind = SK_CEL_BOOL };
static const struct sk_cel_value otherwise_true = { .kind = SK_CEL_BOOL, .u = 1 };
static const struct sk_cel_value otherwise_list = { .kind = SK_CEL_LIST, .list = &no_items };

#define NONE NULL
#define STR (&otherwise_str)
#define ZERO (&otherwise_zero)
#define ONE (&otherwise_one)
#define REAL (&otherwise_real)
#define FALSE (&otherwise_false)
#define TRUE (&otherwise_true)
#define LIST (&otherwise_list)
#define MAP NULL /* builders always set maps */

#define F(field, type, otherwise, doc) { #field, type, doc, otherwise },
#define S(type, doc) \
	static const struct sk_cel_field fields_##type[] = { SK_FACTS_##type(F) { NULL, NULL, NULL, NULL } };
SK_FACT_TYPES(S)
#undef S
#undef F

const struct sk_cel_struct_type sk_fact_types[SK_TYPE_COUNT] = {
#define S(type, doc) { "sekisho." #type, doc, fields_##type },
	SK_FACT_TYPES(S)
#undef S
};

const struct sk_fact_variable sk_fact_variables[SK_FACT_COUNT] = {
#define V(name, type, doc) { #name, type, doc },
	SK_FACT_VARIABLES(V)
#undef V
};

static const char *const stage_names[SK_STAGE_COUNT] = { "build", "registry", "admit", "run", "audit" };

const char *sk_stage_name(enum sk_stage stage)
{
	return stage < SK_STAGE_COUNT ? stage_names[stage] : "?";
}

bool sk_stage_parse(struct sk_span text, enum sk_stage *ret_stage)
{
	for (unsigned i = 0; i < SK_STAGE_COUNT; i++)
		if (sk_span_is(text, stage_names[i])) {
			*ret_stage = (enum sk_stage)i;
			return true;
		}
	return false;
}

static const char *const severity_names[] = {
	"severity.unknown", "severity.negligible", "severity.low",
	"severity.medium",  "severity.high",	   "severity.critical",
};

/* What the variables are called where Kubernetes' policies must not see them. */
static const char *const hidden_names[SK_FACT_COUNT] = {
#define V(name, type, doc) "sekisho." #name,
	SK_FACT_VARIABLES(V)
#undef V
};

static const char *name_for(size_t i, bool kubernetes)
{
	if (!kubernetes || i == SK_FACT_params || (SK_FACTS_OF_OBJECTS & 1u << i))
		return sk_fact_variables[i].name;
	return hidden_names[i];
}

int sk_facts_declare(struct sk_cel_env *env, const char *params_type, bool kubernetes,
		     struct sk_cel_issues *issues)
{
	for (size_t i = 0; i < SK_TYPE_COUNT; i++)
		if (sk_cel_env_struct(env, &sk_fact_types[i], issues) < 0)
			return -1;
	for (size_t i = 0; i < SK_FACT_COUNT; i++) {
		const char *type = i == SK_FACT_params ? params_type : sk_fact_variables[i].type;

		if (sk_cel_env_variable(env, name_for(i, kubernetes), type, issues) != (int)i)
			return -1;
	}
	for (int i = 0; !kubernetes && i <= SK_SEVERITY_CRITICAL; i++)
		if (sk_cel_env_constant(env, severity_names[i], sk_cel_int(i), issues) < 0)
			return -1;
	return 0;
}

/* ---- docs/facts.md ---- */

static const char *reads(const struct sk_cel_field *f)
{
	if (f->otherwise == STR)
		return "`\"\"`";
	if (f->otherwise == LIST)
		return "`[]`";
	if (f->otherwise == TRUE)
		return "`true`";
	if (f->otherwise == FALSE)
		return "`false`";
	if (f->otherwise == ZERO)
		return "`0`";
	if (f->otherwise == ONE)
		return "`1`";
	if (f->otherwise == REAL)
		return "`0.0`";
	return strncmp(f->type, "map<", 4) == 0 ? "`{}`" : "ask with `has()`";
}

static void document_type(struct sk_buf *out, const struct sk_cel_struct_type *type)
{
	sk_buf_printf(out, "\n### %s\n\n%s.\n\n| field | type | not set | |\n|---|---|---|---|\n", type->name, type->doc);
	for (const struct sk_cel_field *f = type->fields; f->name; f++)
		sk_buf_printf(out, "| `%s` | `%s` | %s | %s |\n", f->name, f->type, reads(f), f->doc);
}

void sk_facts_document(struct sk_buf *out)
{
	sk_buf_puts(out,
		    "# Facts\n\n"
		    "What a [policy](policies.md) may ask. This page is written by `sekisho policy facts` from the\n"
		    "declaration in `src/policy/facts-fields.h`; a test fails when it is out of date.\n\n"
		    "A variable that the subject has, and of which nothing could be established, is *unknown*, and so\n"
		    "may be any part of it. One that the subject has not (the workload of an image in a file) makes a\n"
		    "rule that depends on it not apply. A field that is known not to be set reads as the table says.\n\n"
		    "## Variables\n\n| variable | type | |\n|---|---|---|\n");
	for (size_t i = 0; i < SK_FACT_COUNT; i++)
		sk_buf_printf(out, "| `%s` | `%s` | %s |\n", sk_fact_variables[i].name, sk_fact_variables[i].type,
			      sk_fact_variables[i].doc);
	sk_buf_puts(out, "\nConstants: `severity.unknown` to `severity.critical` for `severityLevel`.\n\n## Types\n");
	for (size_t i = 0; i < SK_TYPE_COUNT; i++)
		document_type(out, &sk_fact_types[i]);
}
