/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/glob.h"

static struct sk_span without_root(struct sk_span path)
{
	while (sk_span_starts(path, "/") || sk_span_starts(path, "./"))
		path = sk_span_from(path, path.ptr[0] == '/' ? 1 : 2);
	return path;
}

/* Where to go on when the rest does not fit: the star takes one byte more. */
struct retry {
	bool there;
	size_t pattern, path;
};

/* Steps over a double star; "**" followed by '/' may also be nothing at all. */
static size_t pass_stars(struct sk_span p, size_t i, bool *ret_folders)
{
	while (i < p.len && p.ptr[i] == '*')
		i++;
	*ret_folders = i < p.len && p.ptr[i] == '/';
	return *ret_folders ? i + 1 : i;
}

/*
 * Only the last star of each kind is ever tried again: what stands before a
 * double star is settled once it is reached, and what stands before '*' once
 * its folder is left.
 */
bool sk_glob_match(struct sk_span pattern, struct sk_span path)
{
	struct retry star = { 0 }, folders = { 0 };
	bool whole_folders = false;
	size_t i = 0, j = 0;

	pattern = without_root(pattern);
	path = without_root(path);
	while (j < path.len || i < pattern.len) {
		bool at_star = i < pattern.len && pattern.ptr[i] == '*';

		if (at_star && i + 1 < pattern.len && pattern.ptr[i + 1] == '*') {
			i = pass_stars(pattern, i, &whole_folders);
			folders = (struct retry){ true, i, j };
			star.there = false;
		} else if (at_star) {
			star = (struct retry){ true, ++i, j };
		} else if (i < pattern.len && j < path.len &&
			   (pattern.ptr[i] == path.ptr[j] ||
			    (pattern.ptr[i] == '?' && path.ptr[j] != '/'))) {
			i++;
			j++;
		} else if (star.there && star.path < path.len && path.ptr[star.path] != '/') {
			i = star.pattern;
			j = ++star.path;
		} else if (folders.there && folders.path < path.len) {
			do
				folders.path++;
			while (whole_folders && folders.path < path.len &&
			       path.ptr[folders.path - 1] != '/');
			if (whole_folders && path.ptr[folders.path - 1] != '/')
				return false;
			i = folders.pattern;
			j = folders.path;
			star.there = false;
		} else {
			return false;
		}
	}
	return true;
}
