/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How facts are made; for the builders (facts-*.c) alone. The sizes come from
 * documents and inventories that have their own limits, so memory is there or
 * the program aborts.
 */
#include "doc/doc.h"
#include "policy/facts.h"

void *sk_fact_alloc(struct sk_facts *facts, size_t size);

/* A copy, bytes that are no UTF-8 replaced; NULL is absent. */
struct sk_cel_value sk_fact_text(struct sk_facts *facts, struct sk_span s);
struct sk_cel_value sk_fact_str(struct sk_facts *facts, const char *s);
struct sk_cel_value sk_fact_strings(struct sk_facts *facts, const struct sk_strings *list);
/* RFC 3339 or a date; absent where it is neither. */
struct sk_cel_value sk_fact_time(struct sk_span text);
/* "168h", "1h30m", "1.5s" as CEL's duration() reads it; absent where it is none. */
struct sk_cel_value sk_fact_duration(struct sk_span text);
struct sk_cel_value sk_fact_unknown(struct sk_facts *facts, const char *attribute);

/* A struct of that type, all fields absent, maps empty; *ret_value is what to store. */
void *sk_fact_new(struct sk_facts *facts, enum sk_fact_type type, struct sk_cel_value *ret_value);
/* A list of `count` absent items, to be filled in. */
struct sk_cel_value *sk_fact_items(struct sk_facts *facts, size_t count, struct sk_cel_value *ret_value);

/* A document's node as it stands there: objects are maps. NULL is null. */
struct sk_cel_value sk_fact_node(struct sk_facts *facts, const struct sk_node *n);
/* The values of an object as text, as labels are. */
struct sk_cel_value sk_fact_labels(struct sk_facts *facts, const struct sk_node *n);
/* The strings of an array. */
struct sk_cel_value sk_fact_words(struct sk_facts *facts, const struct sk_node *n);
/* Strings, ints and bools of a document; absent where the node is missing or null, an error where it is no such thing. */
struct sk_cel_value sk_fact_get_str(struct sk_facts *facts, const struct sk_node *object, const char *key);
struct sk_cel_value sk_fact_get_int(const struct sk_node *object, const char *key);
struct sk_cel_value sk_fact_get_bool(const struct sk_node *object, const char *key);

/* A node as a value of a declared type; a fault names its line. */
int sk_fact_typed(struct sk_facts *facts, const struct sk_node *n, const char *type,
		  struct sk_cel_value *ret, struct sk_err *err);

/* What covers a finding that is accepted. */
struct sk_finding;
struct sk_cel_value sk_fact_exception(struct sk_facts *facts, const struct sk_finding *finding);

/* Fills a sekisho.Reference. */
struct sk_cel_value sk_fact_reference(struct sk_facts *facts, struct sk_span text);
