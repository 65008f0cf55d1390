/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Fields: what a rule may ask of an event ("proc.name", "fd.sip",
 * "evt.arg.flags", "proc.aname[2]"), named and meant as in Falco
 * (falco.org/docs/reference/rules/supported-fields). One table row is one
 * field: fields/<class>.c holds the rows of one class.
 */
#include "base/err.h"
#include "guard/container.h"
#include "guard/event.h"
#include "guard/process.h"

enum sk_field_type {
	SK_FIELD_TEXT,
	SK_FIELD_INT,
	SK_FIELD_BOOL,
	SK_FIELD_IP,	 /* 4 or 16 bytes, network order */
	SK_FIELD_NET,	 /* compared with CIDRs */
	SK_FIELD_PORT,
	SK_FIELD_TIME,	 /* absolute, nanoseconds */
	SK_FIELD_SPAN,	 /* relative time, nanoseconds */
	SK_FIELD_BYTES,
};

enum sk_field_flags {
	SK_FIELD_ARG_REQUIRED = 1 << 0, /* evt.arg[...] */
	SK_FIELD_ARG_ALLOWED = 1 << 1,	/* proc.aname, proc.aname[2] */
	SK_FIELD_ARG_INDEX = 1 << 2,	/* the argument is a number */
	/* Several values where no argument picks one (both ends of a connection, all ancestors): one that fits is enough. */
	SK_FIELD_ANY = 1 << 3,
	SK_FIELD_OF_FILE = 1 << 4,	/* absent where the event is not about a file or socket */
	SK_FIELD_OF_TYPE = 1 << 5,	/* the type of the event alone decides it */
	SK_FIELD_OF_ARG = 1 << 6,	/* absent where the event has no argument of the name in brackets */
	SK_FIELD_NE_ALL = 1 << 7,	/* ANY, but != must hold for all: fd.ip != x means neither end */
	SK_FIELD_ARG_TYPE = 1 << 8,	/* the type is that of the argument in brackets: evt.rawarg.uid */
	SK_FIELD_FILTER_ONLY = 1 << 9,	/* for conditions alone, not for outputs */
	/* Of an open that succeeded: the same whoever opens that file with those flags (sk_sensor_boring_fn). */
	SK_FIELD_OF_OPEN = 1 << 10,
};

struct sk_field_value {
	enum sk_field_type type;
	union {
		int64_t i;
		uint64_t u;
		struct sk_span text; /* TEXT, BYTES, IP, NET */
	};
};

/* The index or key in brackets, taken apart once when the rule is loaded. */
struct sk_field_arg {
	struct sk_span text; /* empty: none */
	int64_t index;	     /* ARG_INDEX */
};

/* Where a field puts a value that is not there to be borrowed; emptied for each event. */
struct sk_scratch {
	char *memory;
	size_t used, cap;
};
#define SK_SCRATCH_BYTES (1u << 20)
char *sk_scratch_alloc(struct sk_scratch *scratch, size_t size); /* NULL when it is full: the value is absent */

/*
 * Gives value `n` (0 first; only ANY has more) of the field; false when it is
 * absent: every comparison with an absent value is false, != included.
 */
typedef bool sk_field_fn(const struct sk_event *event, const struct sk_field_arg *arg, unsigned n,
			 struct sk_scratch *scratch, struct sk_field_value *ret_value);

struct sk_field {
	const char *name;
	enum sk_field_type type;
	unsigned flags;
	const char *doc;
	sk_field_fn *get;
};

/* NULL-terminated by name; the classes in the order of the documentation. */
struct sk_field_class {
	const char *name; /* "proc" */
	const char *doc;
	const struct sk_field *fields;
};
extern const struct sk_field_class *const sk_field_classes[];

/* The field of that name, or NULL. */
const struct sk_field *sk_field_find(struct sk_span name);
/* The known field that is most like a misspelt name, or NULL. */
const char *sk_field_nearest(struct sk_span name);
/*
 * The field that is written as `name`, with the argument in brackets (ptr NULL:
 * none) or behind a further dot (evt.arg.flags). NULL with err: there is no such
 * field, or the argument does not fit.
 */
const struct sk_field *sk_field_resolve(struct sk_span name, struct sk_span brackets, struct sk_field_arg *ret_arg,
					struct sk_err *err);
/* The type of its values. */
enum sk_field_type sk_field_type_of(const struct sk_field *field, const struct sk_field_arg *arg);
/* Fields of Falco that are not known here, each with the reason; ends with a NULL name. */
struct sk_field_absent {
	const char *name, *reason;
};
extern const struct sk_field_absent sk_fields_absent[];
const char *sk_field_type_name(enum sk_field_type type);

/* The value as Falco prints it; appended to out. */
struct sk_buf;
void sk_field_print(struct sk_buf *out, const struct sk_field_value *value);
