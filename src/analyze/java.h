/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What Java archives say about themselves outside of Maven's own files. */
#include "analyze/analyzer.h"
#include "base/map.h"

/* Maven's coordinates; spans are empty where unknown. */
struct sk_coordinates {
	struct sk_span group, artifact, version;
};

/* Whether a path is named like an archive of Java classes: .jar, .war, .ear and their relatives. */
bool sk_java_is_archive(struct sk_span path);

/*
 * "lib/log4j-1.2-api-2.17.1.jar": artifact "log4j-1.2-api", version "2.17.1".
 * version stays empty if the name has none.
 */
void sk_java_name(struct sk_span path, struct sk_coordinates *ret);

/*
 * The main section of a manifest (the JAR File Specification): key in lower
 * case to struct sk_span *, with continued lines joined. All of it lives in arena.
 */
void sk_java_manifest(struct sk_span text, struct sk_arena *arena, struct sk_map *ret_map);
struct sk_span sk_java_manifest_get(const struct sk_map *map, const char *key);

/*
 * Fills what is empty in c from the manifest and from what is known of
 * publishers whose archives carry no Maven files. True if all three are known.
 */
bool sk_java_guess(const struct sk_map *manifest, struct sk_coordinates *c);

/* groupId, artifactId and version of a pom.properties; borrowed from text. */
void sk_java_pom_properties(struct sk_span text, struct sk_coordinates *ret);
