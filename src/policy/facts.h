/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Facts: all that is known of a subject as CEL values, the only thing that a
 * policy sees. A variable, or any part of it, is
 *
 *	a value    known,
 *	unknown    it exists and was not established: a rule that depends on it
 *	           is neither kept nor broken,
 *	none       the subject has no such thing (the workload of an image in a
 *	           file): a rule that depends on it does not apply.
 *
 * Built once, read by any number of evaluations. What they are built from
 * must live as long as they do.
 */
#include "base/buf.h"
#include "base/err.h"
#include "policy/cel/cel.h"
#include "policy/facts-fields.h"

enum sk_stage { SK_STAGE_BUILD, SK_STAGE_REGISTRY, SK_STAGE_ADMIT, SK_STAGE_RUN, SK_STAGE_AUDIT, SK_STAGE_COUNT };
const char *sk_stage_name(enum sk_stage stage);
bool sk_stage_parse(struct sk_span text, enum sk_stage *ret_stage);

/* Slots of the variables: SK_FACT_image, ... */
enum sk_fact {
#define V(name, type, doc) SK_FACT_##name,
	SK_FACT_VARIABLES(V)
#undef V
	SK_FACT_COUNT,
};

/* A struct of values for each type; its address is that of sk_cel_struct's fields. */
#define F(field, type, otherwise, doc) struct sk_cel_value field;
#define S(type, doc) \
	struct sk_fact_##type { \
		SK_FACTS_##type(F) \
	};
SK_FACT_TYPES(S)
#undef S
#undef F

enum sk_fact_type {
#define S(type, doc) SK_TYPE_##type,
	SK_FACT_TYPES(S)
#undef S
	SK_TYPE_COUNT,
};
extern const struct sk_cel_struct_type sk_fact_types[SK_TYPE_COUNT];

/* A variable's name, type and sentence, by its slot. */
struct sk_fact_variable {
	const char *name, *type, *doc;
};
extern const struct sk_fact_variable sk_fact_variables[SK_FACT_COUNT];

/*
 * Declares types, variables and constants (severity.high) in env, variables in
 * slots 0 to SK_FACT_COUNT - 1. For Kubernetes' own policies only those that
 * Kubernetes has can be named.
 */
int sk_facts_declare(struct sk_cel_env *env, const char *params_type, bool kubernetes,
		     struct sk_cel_issues *issues);

/* docs/facts.md */
void sk_facts_document(struct sk_buf *out);

struct sk_facts {
	struct sk_cel_arena arena;
	struct sk_cel_value slots[SK_FACT_COUNT];
	uint32_t none;		    /* bit 1 << slot: the subject has no such thing */
	enum sk_stage stage;
	int64_t now;
	const char *subject;	    /* for people: "app.tar", "Deployment web/shop" */
	struct sk_cel_value no_map; /* an empty map */
};

/* Sets of variables that one kind of subject has, and the others have not. */
#define SK_FACTS_OF_IMAGES \
	(1u << SK_FACT_image | 1u << SK_FACT_packages | 1u << SK_FACT_findings | \
	 1u << SK_FACT_signatures | 1u << SK_FACT_attestations | 1u << SK_FACT_exceptions)
#define SK_FACTS_OF_WORKLOADS (1u << SK_FACT_workload)
#define SK_FACTS_OF_OBJECTS \
	(1u << SK_FACT_object | 1u << SK_FACT_oldObject | 1u << SK_FACT_request | \
	 1u << SK_FACT_namespaceObject | 1u << SK_FACT_authorizer)
#define SK_FACTS_OF_HOSTS (1u << SK_FACT_host | 1u << SK_FACT_event)

/*
 * Empties facts and sets what is true of every subject, stage and now; all
 * that `has` names is unknown until a builder says it, the rest is none.
 */
void sk_facts_begin(struct sk_facts *facts, enum sk_stage stage, int64_t now, uint32_t has);
void sk_facts_release(struct sk_facts *facts);
