/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The Common Expression Language (github.com/google/cel-spec), a library of
 * its own: this header, libsekisho-cel, the C library and nothing else.
 *
 *	env      what names exist: variables, struct types, functions. Built once.
 *	program  one expression, parsed, checked and compiled against an env.
 *	         Immutable: any number of threads evaluate it at once.
 *	eval     one thread's working memory: stack and arena, reused for every
 *	         evaluation. Values that it made live until its next reset.
 *
 * Errors and unknowns are values (SK_CEL_ERROR, SK_CEL_UNKNOWN), as in the
 * specification: `false && error` is false. Nothing here recurses deeper than
 * limits allow, blocks, prints or exits; sizes that an expression chooses are
 * bounded by struct sk_cel_limits.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sk_cel_arena;
struct sk_cel_env;
struct sk_cel_program;
struct sk_cel_eval;
struct sk_cel_type;
struct sk_cel_library;

/* ---- Values ------------------------------------------------------------ */

enum sk_cel_kind {
	SK_CEL_ABSENT, /* a field that is not set; zeroed memory. Never a result */
	SK_CEL_NULL,
	SK_CEL_BOOL,
	SK_CEL_INT,
	SK_CEL_UINT,
	SK_CEL_DOUBLE,
	SK_CEL_STRING, /* UTF-8; size() counts code points */
	SK_CEL_BYTES,
	SK_CEL_LIST,
	SK_CEL_MAP,
	SK_CEL_STRUCT, /* of a declared type (struct sk_cel_struct_type) */
	SK_CEL_TYPE,
	SK_CEL_TIMESTAMP, /* i: seconds since 1970, nanos: 0 to 999,999,999 */
	SK_CEL_DURATION,  /* i: seconds, nanos: same sign as i or 0 */
	SK_CEL_OPTIONAL,
	SK_CEL_OPAQUE, /* a library's own: ip, cidr, url, quantity, semver */
	SK_CEL_ERROR,
	SK_CEL_UNKNOWN,
};

/* 16 bytes, passed by value; what it points to belongs to an eval, a program or the caller. */
struct sk_cel_value {
	uint8_t kind;  /* enum sk_cel_kind */
	uint8_t flags; /* STRING: SK_CEL_ASCII when every byte is known to be below 0x80 */
	uint16_t unused;
	union {
		uint32_t len;  /* STRING, BYTES: bytes */
		int32_t nanos; /* TIMESTAMP, DURATION */
	};
	union {
		bool truth;
		int64_t i;
		uint64_t u;
		double d;
		const char *str; /* STRING, BYTES; not NUL-terminated */
		const struct sk_cel_list *list;
		const struct sk_cel_map *map;
		const struct sk_cel_struct *object;
		const struct sk_cel_type *type;
		const struct sk_cel_value *some; /* OPTIONAL: NULL is optional.none() */
		const struct sk_cel_opaque *opaque;
		const struct sk_cel_error *error;
		const struct sk_cel_unknown *unknown;
	};
};
static_assert(sizeof(struct sk_cel_value) == 16, "two words");

enum sk_cel_value_flags { SK_CEL_ASCII = 1 << 0 };

struct sk_cel_list {
	uint32_t count;
	const struct sk_cel_value *items;
};

/* Keys are bool, int, uint or string; 1, 1u and 1.0 are the same key. In order of insertion. */
struct sk_cel_map;

/* A value of a declared type: a slot for each field, SK_CEL_ABSENT where it is not set. */
struct sk_cel_struct {
	const struct sk_cel_struct_type *type;
	const struct sk_cel_value *fields;
};

/* What an extension library adds as a value of its own. */
struct sk_cel_opaque_type {
	const char *name; /* as type() prints it: "kubernetes.Quantity" */
	bool (*equal)(const struct sk_cel_opaque *a, const struct sk_cel_opaque *b);
	/* What string() and printing give; a string in arena. NULL: the type's name. */
	struct sk_cel_value (*text)(struct sk_cel_arena *arena, const struct sk_cel_opaque *v);
};
struct sk_cel_opaque {
	const struct sk_cel_opaque_type *type; /* first member of the library's struct */
};

enum sk_cel_error_code {
	SK_CEL_EVALUE = 1, /* overflow, division by zero, bad conversion, index out of range ... */
	SK_CEL_ENO_OVERLOAD, /* no such function for these types */
	SK_CEL_ENO_SUCH,     /* no such key, field or variable */
	SK_CEL_ELIMIT,	     /* cost, memory or depth; not absorbed by && and || */
	SK_CEL_EMISSING,     /* the host lacks what the function needs (authorizer) */
};
struct sk_cel_error {
	int code;	 /* enum sk_cel_error_code */
	uint32_t offset; /* byte in the expression */
	const char *text;
};

/* What could not be established: which attributes ("image.signatures"), NULL-terminated. */
struct sk_cel_unknown {
	uint32_t count;
	const char *const *attributes;
};

static inline struct sk_cel_value sk_cel_null(void)
{
	return (struct sk_cel_value){ .kind = SK_CEL_NULL };
}
static inline struct sk_cel_value sk_cel_bool(bool truth)
{
	return (struct sk_cel_value){ .kind = SK_CEL_BOOL, .u = truth };
}
static inline struct sk_cel_value sk_cel_int(int64_t i)
{
	return (struct sk_cel_value){ .kind = SK_CEL_INT, .i = i };
}
static inline struct sk_cel_value sk_cel_uint(uint64_t u)
{
	return (struct sk_cel_value){ .kind = SK_CEL_UINT, .u = u };
}
static inline struct sk_cel_value sk_cel_double(double d)
{
	return (struct sk_cel_value){ .kind = SK_CEL_DOUBLE, .d = d };
}
/* Borrowed; must be valid UTF-8 (sk_cel_string_checked asks). */
static inline struct sk_cel_value sk_cel_string(const char *ptr, size_t len)
{
	return (struct sk_cel_value){ .kind = SK_CEL_STRING, .len = (uint32_t)len, .str = ptr };
}
static inline struct sk_cel_value sk_cel_bytes(const char *ptr, size_t len)
{
	return (struct sk_cel_value){ .kind = SK_CEL_BYTES, .len = (uint32_t)len, .str = ptr };
}
static inline struct sk_cel_value sk_cel_list(const struct sk_cel_list *list)
{
	return (struct sk_cel_value){ .kind = SK_CEL_LIST, .list = list };
}
static inline bool sk_cel_is_true(struct sk_cel_value v)
{
	return v.kind == SK_CEL_BOOL && v.truth;
}

/* CEL's ==: numbers across int, uint and double; lists, maps and structs by content. */
bool sk_cel_equal(struct sk_cel_value a, struct sk_cel_value b);

/* The element, or SK_CEL_ABSENT. Numeric keys compare across int, uint and double. */
struct sk_cel_value sk_cel_map_get(const struct sk_cel_map *map, struct sk_cel_value key);
uint32_t sk_cel_map_count(const struct sk_cel_map *map);
/* Entry i in order of insertion. */
struct sk_cel_value sk_cel_map_key(const struct sk_cel_map *map, uint32_t i);
struct sk_cel_value sk_cel_map_value(const struct sk_cel_map *map, uint32_t i);

/* ---- Memory ------------------------------------------------------------ */

/*
 * A bounded arena: everything in it is freed, or reused, at once. Allocation
 * beyond the limit fails (NULL) and stays failed until the next reset.
 */
struct sk_cel_arena {
	struct sk_cel_block *head;
	char *next, *end;
	size_t total, limit; /* bytes; limit 0: none */
	bool failed;
};
void *sk_cel_alloc(struct sk_cel_arena *arena,
		   size_t size);		     /* zeroed, 8-byte aligned; NULL at the limit */
void sk_cel_arena_reset(struct sk_cel_arena *arena); /* empties it, keeps one block */
void sk_cel_arena_release(struct sk_cel_arena *arena);

/* ---- Building facts ---------------------------------------------------- */

/*
 * A map is begun with room for at most `capacity` entries, filled, and ended;
 * then it is read-only. A repeated key keeps its place and takes the last
 * value. put returns false for a kind that is no key, at the capacity, or when
 * the arena is full.
 */
struct sk_cel_map *sk_cel_map_begin(struct sk_cel_arena *arena, uint32_t capacity);
bool sk_cel_map_put(struct sk_cel_map *map, struct sk_cel_value key, struct sk_cel_value value);
struct sk_cel_value sk_cel_map_end(struct sk_cel_map *map);

/* Copies; the string form also checks UTF-8 and sets SK_CEL_ASCII. SK_CEL_ERROR if not or when full. */
struct sk_cel_value sk_cel_string_checked(struct sk_cel_arena *arena, const char *ptr, size_t len);
struct sk_cel_value sk_cel_list_copy(struct sk_cel_arena *arena, const struct sk_cel_value *items,
				     uint32_t count);
/* A value that says "not established", for the attribute of that name. */
struct sk_cel_value sk_cel_make_unknown(struct sk_cel_arena *arena, const char *attribute);

/* ---- Types and declarations -------------------------------------------- */

/*
 * Types are written as in CEL: "int", "list<string>", "map<string, dyn>",
 * "optional<T>", "google.protobuf.Timestamp" (or "timestamp"), "type", the
 * name of a declared struct or opaque type; single capital letters are type
 * parameters.
 */
struct sk_cel_field {
	const char *name; /* NULL ends the table */
	const char *type;
	const char *doc; /* one sentence; may be NULL */
	const struct sk_cel_value *
		otherwise; /* read when it is absent; NULL: reading it is an error ("no such key") */
};

/* Messages as data: a constant table. Fields are found by position once the type is known. */
struct sk_cel_struct_type {
	const char *name; /* "sekisho.Image" */
	const char *doc;
	const struct sk_cel_field *fields;
	/*
	 * What an expression gets that constructs one: the fields may be checked
	 * and mended, the value may be another one (protobuf's Int64Value is its
	 * int), whose type is value_type then. NULL: the struct as it is.
	 */
	struct sk_cel_value (*made)(struct sk_cel_eval *eval, struct sk_cel_struct *object);
	const char *value_type;
};

/* Something that a person must mend. */
struct sk_cel_issue {
	uint32_t offset, length; /* bytes in the text */
	uint32_t line, column;	 /* from 1; columns count code points */
	const char *text;	 /* with a suggestion where one is near ("did you mean ...?") */
	struct sk_cel_issue *next;
};
struct sk_cel_issues {
	struct sk_cel_arena arena;
	struct sk_cel_issue *first, *last;
	uint32_t count;
};
void sk_cel_issues_release(struct sk_cel_issues *issues);

/* With the standard library and macros, and nothing else. */
struct sk_cel_env *sk_cel_env_new(void);
void sk_cel_env_free(struct sk_cel_env *env);

/*
 * Each returns 0, or -1 with an issue added (a type that cannot be read, a
 * name declared twice, overloads that collide). All declarations come before
 * the first compilation. Texts are borrowed and must outlive the env.
 */
int sk_cel_env_library(struct sk_cel_env *env, const struct sk_cel_library *library,
		       struct sk_cel_issues *issues);
int sk_cel_env_struct(struct sk_cel_env *env, const struct sk_cel_struct_type *type,
		      struct sk_cel_issues *issues);
/* `name` may be qualified ("variables.containers"). Returns its slot: 0, 1, 2 ... in order of declaration. */
int sk_cel_env_variable(struct sk_cel_env *env, const char *name, const char *type,
			struct sk_cel_issues *issues);
/* A named constant: an enum's value, for instance. */
int sk_cel_env_constant(struct sk_cel_env *env, const char *name, struct sk_cel_value value,
			struct sk_cel_issues *issues);
/* Signature only ("fn(string, int) -> string"), for checking expressions whose function the host lacks. */
int sk_cel_env_declare(struct sk_cel_env *env, const char *name, const char *signature,
		       struct sk_cel_issues *issues);
void sk_cel_env_container(struct sk_cel_env *env,
			  const char *name); /* prefix for names, as in protobuf */

/* The libraries, by their names in `sekisho cel --help`; NULL-terminated. */
extern const struct sk_cel_library *const sk_cel_libraries[];
const char *sk_cel_library_name(const struct sk_cel_library *library);
/*
 * Of the library k8s-authz: what a host gives to a variable `authorizer` of type
 * "kubernetes.authorization.Authorizer". Whoever asks it gets SK_CEL_EMISSING.
 */
extern const struct sk_cel_opaque sk_cel_authorizer;

/* ---- Programs ---------------------------------------------------------- */

enum sk_cel_compile_flags {
	SK_CEL_NO_CHECK =
		1 << 0, /* dynamic typing alone, as disable_check in the conformance suite */
	SK_CEL_CHECK_ONLY = 1 << 1, /* no code: type and cost alone */
	/* Literals of mixed types in one list or map are errors, as Kubernetes has it. */
	SK_CEL_HOMOGENEOUS = 1 << 2,
};

/* The program, or NULL with at least one issue. The text is copied. */
struct sk_cel_program *sk_cel_compile(const struct sk_cel_env *env, const char *text, size_t len,
				      unsigned flags, struct sk_cel_issues *issues);
void sk_cel_program_free(struct sk_cel_program *program);

/* The type that the expression has, as text; "dyn" without a check. */
const char *sk_cel_program_type(const struct sk_cel_program *program);
/* Bounds of what an evaluation costs; UINT64_MAX where input sizes decide. */
void sk_cel_program_cost(const struct sk_cel_program *program, uint64_t *ret_min,
			 uint64_t *ret_max);
/* Does the expression read that variable's slot? */
bool sk_cel_program_reads(const struct sk_cel_program *program, unsigned slot);

/* ---- Evaluation -------------------------------------------------------- */

struct sk_cel_limits {
	uint64_t cost;	  /* 0: none. One for a step, more for work that grows with its input */
	size_t memory;	  /* bytes of values that an evaluation makes; 0: 64 MiB */
	int64_t deadline; /* CLOCK_MONOTONIC nanoseconds, looked at now and then; 0: none */
};

/*
 * Variables by slot. A slot with SK_CEL_ABSENT is asked for through `resolve`,
 * at most once an evaluation (so that policies' variables are computed when
 * they are needed); without `resolve` it is an error to read it.
 */
struct sk_cel_activation {
	const struct sk_cel_value *slots;
	uint32_t count;
	struct sk_cel_value (*resolve)(void *context, unsigned slot, struct sk_cel_eval *eval);
	void *context;
};

struct sk_cel_eval *sk_cel_eval_new(void);
void sk_cel_eval_free(struct sk_cel_eval *eval);
/* Forgets all values made so far and sets what the following evaluations may use together. */
void sk_cel_eval_reset(struct sk_cel_eval *eval, const struct sk_cel_limits *limits);
struct sk_cel_arena *sk_cel_eval_arena(struct sk_cel_eval *eval);
uint64_t sk_cel_eval_cost(const struct sk_cel_eval *eval); /* used since the last reset */

/* The result: any kind but SK_CEL_ABSENT. May be called by `resolve`, nested. */
struct sk_cel_value sk_cel_run(const struct sk_cel_program *program, struct sk_cel_eval *eval,
			       const struct sk_cel_activation *activation);

/* ---- Text -------------------------------------------------------------- */

/*
 * The value as a CEL literal ("[1, 'a', duration('2s')]") or, as_json, as JSON
 * the way Kubernetes and protobuf write it (bytes as base64, durations "2s",
 * timestamps RFC 3339). In arena, NUL-terminated; NULL when it is full.
 */
char *sk_cel_print(struct sk_cel_arena *arena, struct sk_cel_value v, bool as_json,
		   size_t *ret_len);

#ifdef __cplusplus
}
#endif
