/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the analyzers of lock files and of language packages share. */
#include "analyze/analyzer.h"
#include "base/map.h"
#include "doc/doc.h"

/*
 * The packages of one lock file, each name and version once: the places of a
 * dependency tree where it is needed are not told apart. Zero-initialise with
 * sink and type set; release frees the index alone, packages are the sink's.
 */
struct sk_lockfile {
	struct sk_sink *sink;
	const char *type; /* purl type; npm and composer names are split at their namespace */
	struct sk_arena arena;
	struct sk_map seen;
};
void sk_lockfile_release(struct sk_lockfile *lock);

/*
 * Adds a package, or finds it again: then SK_PACKAGE_DEV and _INDIRECT stay
 * only if all places say so. NULL if name is empty or there are too many.
 */
struct sk_package *sk_lockfile_add(struct sk_lockfile *lock, struct sk_span name,
				   struct sk_span version, uint32_t line, uint32_t flags);

/* sk_sink_add with npm's "@scope/name" or Composer's "vendor/name" split into namespace and name. */
struct sk_package *sk_sink_add_named(struct sk_sink *sink, const char *type, struct sk_span name,
				     struct sk_span version, uint32_t line);

/*
 * The file's text as UTF-8: without a byte order mark, and converted from
 * UTF-16 if the mark says so (PowerShell writes such requirements.txt).
 * `buf` holds the converted text and must live as long as it.
 */
int sk_file_text(const struct sk_file *file, struct sk_buf *buf, struct sk_span *ret_text,
		 struct sk_err *err);

/* The file as a document; sk_doc_release also after an error. */
int sk_file_doc(const struct sk_file *file, enum sk_doc_format format, unsigned flags,
		struct sk_doc *doc, struct sk_err *err);

/* Whether path has a folder of that name above its last part. */
bool sk_path_within(const char *path, const char *folder);

/* "name@version" cut at the last '@' that is not the first byte; version is empty without one. */
void sk_split_at(struct sk_span s, struct sk_span *ret_name, struct sk_span *ret_version);

/*
 * Licences as JSON has them: "MIT", ["MIT", "Apache-2.0"], {"type": "MIT"} or
 * a list of those, joined by `with`; NULL for anything else.
 */
const char *sk_node_licence(struct sk_sink *sink, const struct sk_node *node, const char *with);

/*
 * Reachability in a lock file's dependency graph, to tell what only
 * development needs. Keys are borrowed and must outlive the graph:
 *
 *	sk_graph_visit(&graph, root, SK_REACH_PROD);
 *	while (sk_graph_next(&graph, &key, &reach))
 *		for each dependency d of key: sk_graph_visit(&graph, d, reach);
 */
enum sk_reach {
	SK_REACH_PROD = 1,
	SK_REACH_DEV = 2,
};

struct sk_graph {
	struct sk_map marks; /* key -> enum sk_reach bits as a pointer's value */
	SK_VEC(struct {
		struct sk_span key;
		unsigned reach;
	})
	queue;
	size_t next;
};
void sk_graph_release(struct sk_graph *graph);
void sk_graph_visit(struct sk_graph *graph, struct sk_span key, unsigned reach);
bool sk_graph_next(struct sk_graph *graph, struct sk_span *ret_key, unsigned *ret_reach);

/* SK_PACKAGE_DEV if key is reached from development dependencies alone, else 0. */
uint32_t sk_graph_flags(const struct sk_graph *graph, struct sk_span key);

/*
 * Joins a lock file with what is installed beside it: a package that is
 * installed in the same version is told once, as installed, with what the lock
 * file knows of it (development, indirect); the lock's is dropped. `complete`
 * says that `installed` is all that there is: then the lock's other packages
 * are dropped too, but for SK_PACKAGE_MAIN.
 */
void sk_lock_join(struct sk_fragment *lock, struct sk_fragment *const *installed, size_t count,
		  bool complete);
