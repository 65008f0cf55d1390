/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How functions are written: a library is a table of overloads, each with its
 * signature as text and a function of values. One library is one file in lib/
 * and one word in meson.build.
 *
 *	{ "charAt", "string.(int) -> string", char_at, .cost = SK_CEL_COST_SCAN },
 *
 * "string.(int)" is called as a member ('abc'.charAt(1)), "(string, int)" as a
 * global function; a name may be qualified ("math.greatest"). Capital letters
 * are type parameters: "list<A>.(A) -> bool".
 */
#include "policy/cel/cel.h"

/*
 * Arguments are never errors or unknowns (unless SK_CEL_LENIENT), and of the
 * kinds that the signature says; `dyn` may be anything. The result may be an
 * error (sk_cel_fail), and must not be bigger than the input justifies: what
 * it allocates comes from the eval's arena, whose NULL becomes sk_cel_full.
 */
typedef struct sk_cel_value sk_cel_fn(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				      unsigned count);

enum sk_cel_cost_model {
	SK_CEL_COST_ONE, /* whatever the arguments are */
	SK_CEL_COST_SCAN, /* + a tenth of the bytes of string arguments, + one for each element of lists and maps */
	SK_CEL_COST_PAIR, /* + product of two sizes: substring search, a regular expression over text */
	SK_CEL_COST_OWN, /* the function itself calls sk_cel_charge before it works */
};

enum sk_cel_overload_flags {
	SK_CEL_LENIENT = 1 << 0,  /* gets errors and unknowns too */
	SK_CEL_VARIADIC = 1 << 1, /* the last parameter's type may be repeated */
};

struct sk_cel_overload {
	const char *name; /* NULL ends a table */
	const char *signature;
	sk_cel_fn *fn;
	enum sk_cel_cost_model cost;
	unsigned flags;
};

/* A type that a library brings; its values are SK_CEL_OPAQUE. */
struct sk_cel_library {
	const char *name; /* "strings", "k8s-quantity" */
	const char *doc;
	const struct sk_cel_overload *overloads;
	const struct sk_cel_opaque_type *const *types; /* NULL-terminated; or NULL */
	const struct sk_cel_macro *macros; /* ends with a NULL name; or NULL (macro.h) */
};

/* An error value; the text is formatted into the arena. */
struct sk_cel_value sk_cel_fail(struct sk_cel_eval *eval, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));
/* The error for an arena that is full, or a cost that is used up. */
struct sk_cel_value sk_cel_full(struct sk_cel_eval *eval);

/* Counts work; false when the limit is reached: return sk_cel_full(eval). */
bool sk_cel_charge(struct sk_cel_eval *eval, uint64_t cost);

/* Zeroed memory of the eval; NULL when full. */
void *sk_cel_eval_alloc(struct sk_cel_eval *eval, size_t size);
/* A new string of `len` bytes to be filled through *ret_bytes; SK_CEL_ERROR when full. */
struct sk_cel_value sk_cel_new_string(struct sk_cel_eval *eval, size_t len, char **ret_bytes);
struct sk_cel_value sk_cel_new_list(struct sk_cel_eval *eval, uint32_t count,
				    struct sk_cel_value **ret_items);
struct sk_cel_value sk_cel_new_optional(struct sk_cel_eval *eval, struct sk_cel_value v);
static inline struct sk_cel_value sk_cel_none(void)
{
	return (struct sk_cel_value){ .kind = SK_CEL_OPTIONAL };
}
static inline struct sk_cel_value sk_cel_opaque(const struct sk_cel_opaque *opaque)
{
	return (struct sk_cel_value){ .kind = SK_CEL_OPAQUE, .opaque = opaque };
}
static inline struct sk_cel_value sk_cel_duration(int64_t seconds, int32_t nanos)
{
	return (struct sk_cel_value){ .kind = SK_CEL_DURATION, .nanos = nanos, .i = seconds };
}
static inline struct sk_cel_value sk_cel_timestamp(int64_t seconds, int32_t nanos)
{
	return (struct sk_cel_value){ .kind = SK_CEL_TIMESTAMP, .nanos = nanos, .i = seconds };
}

/*
 * == of values that an expression has made: 1, 0, or -1 at a limit (return
 * sk_cel_full). [x, x] of [x, x] of ... is small and takes for ever to compare,
 * so what it looks at is charged for. sk_cel_equal is for a host's own facts.
 */
int sk_cel_equal_in(struct sk_cel_eval *eval, struct sk_cel_value a, struct sk_cel_value b);
/* -1, 0, 1 for values of one ordered type (numbers across types); 2 when they have no order (NaN, other kinds). */
int sk_cel_compare(struct sk_cel_value a, struct sk_cel_value b);
/* "int", "list", "google.protobuf.Duration" ...: the word in messages, and what type() prints. */
const char *sk_cel_kind_name(struct sk_cel_value v);

/* Code points of valid UTF-8, and the byte offset of code point n (len when n is the count, -1 beyond). */
size_t sk_cel_code_points(struct sk_cel_value string);
ptrdiff_t sk_cel_code_point_offset(struct sk_cel_value string, int64_t n);

/* ---- Text forms that several libraries need ---- */

/* Shortest decimal that reads back as d, as Go's strconv 'g'/'f' -1 prints it for string(double). Returns the length; buf has 32 bytes. */
size_t sk_cel_format_double(char *buf, double d);
/* RFC 3339 with the fewest fraction digits, in UTC; "3723.5s"; both want 48 bytes. */
size_t sk_cel_format_timestamp(char *buf, struct sk_cel_value timestamp);
size_t sk_cel_format_duration(char *buf, struct sk_cel_value duration);

/* ---- Regular expressions: regex-function.h ---- */

/* The eval's compiled patterns, released with it. */
struct sk_cel_regex_cache *sk_cel_eval_regexes(struct sk_cel_eval *eval);
