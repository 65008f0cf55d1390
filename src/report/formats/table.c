/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For a person at a terminal. The findings come first and the conclusions
 * last, because the end is what stays on the screen. ASCII alone is drawn, so that every
 * locale shows it; text of others goes through sk_text_plain.
 */
#include "base/text.h"
#include "base/time.h"
#include "report/action.h"
#include "report/format.h"
#include "report/verdict.h"

enum { DEFAULT_WIDTH = 120, MIN_WIDTH = 40, CELL_LINES = 3, MAX_ACTIONS = 5, MAX_WAYS = 10, MAX_ISSUES = 20 };

enum style { PLAIN, BOLD, DIM, CRITICAL, HIGH, MEDIUM, LOW, GOOD };

/* The columns of findings; what stands for what is in fill_row. */
enum { SEVERITY, ID, PACKAGE, INSTALLED, FIXED, TITLE, COLUMNS };

struct cell {
	const char *text; /* safe to print */
	enum style style;
};

struct row {
	struct cell cell[COLUMNS];
	const char *mark; /* '!' known to be exploited, '*' seen in use; two columns; NULL: neither */
};

struct page {
	struct sk_buf *out;
	struct sk_arena arena;
	const struct sk_report *report;
	unsigned width;
	unsigned columns[COLUMNS]; /* widths; 0: left out */
	bool stacked;		   /* too narrow for columns: one below the other */
};

static const enum style severity_style[SK_SEVERITY_COUNT] = {
	[SK_SEVERITY_UNKNOWN] = DIM, [SK_SEVERITY_NEGLIGIBLE] = DIM,
	[SK_SEVERITY_LOW] = LOW,     [SK_SEVERITY_MEDIUM] = MEDIUM,
	[SK_SEVERITY_HIGH] = HIGH,   [SK_SEVERITY_CRITICAL] = CRITICAL,
};

/* ---- text ---- */

static void put_styled(struct page *p, enum style style, struct sk_span s)
{
	static const char *const codes[] = {
		[PLAIN] = "",	     [BOLD] = "\x1b[1m",
		[DIM] = "\x1b[2m",   [CRITICAL] = "\x1b[1;31m",
		[HIGH] = "\x1b[31m", [MEDIUM] = "\x1b[33m",
		[LOW] = "\x1b[36m",  [GOOD] = "\x1b[32m",
	};
	bool coloured = p->report->colour && style != PLAIN && s.len;

	if (coloured)
		sk_buf_puts(p->out, codes[style]);
	sk_buf_span(p->out, s);
	if (coloured)
		sk_buf_puts(p->out, "\x1b[0m");
}

static void put(struct page *p, enum style style, const char *text)
{
	put_styled(p, style, sk_span_str(text));
}

static void put_blanks(struct page *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sk_buf_putc(p->out, ' ');
}

/* Somebody's text as one safe line in the page's arena; "" for NULL. */
static const char *safe(struct page *p, const char *s)
{
	sk_cleanup(sk_buf_release) struct sk_buf folded = { 0 }, plain = { 0 };

	sk_report_fold(s ? s : "", &folded);
	sk_text_plain(&plain, sk_buf_view(&folded));
	return sk_arena_str(&p->arena, sk_buf_str(&plain));
}

/*
 * Length in bytes of the part of s that fits into so many columns: up to a
 * blank where there is one, else behind one of `separators` in the second half, else
 * anywhere. Without separators: as much as fits.
 */
static size_t fit(struct sk_span s, size_t columns, const char *separators)
{
	size_t n = 0, nice = 0, blank = 0, used = 0;

	while (n < s.len) {
		uint32_t c;
		size_t bytes = sk_utf8_length(sk_span_from(s, n), &c);

		bytes = bytes ? bytes : 1;
		used += sk_text_width(sk_span_sub(s, n, bytes));
		if (used > columns)
			break;
		if (separators && s.ptr[n] == ' ')
			blank = n;
		n += bytes;
		if (separators && used * 2 > columns && strchr(separators, s.ptr[n - 1]))
			nice = n;
	}
	if (n == s.len || s.ptr[n] == ' ')
		return n;
	return blank ? blank : nice ? nice : n ? n : 1;
}

/* One line, cut with "..." if it is too long. Returns the columns used. */
static size_t put_cut(struct page *p, enum style style, struct sk_span s, size_t columns)
{
	size_t n;

	if (sk_text_width(s) <= columns) {
		put_styled(p, style, s);
		return sk_text_width(s);
	}
	n = columns > 3 ? fit(s, columns - 3, NULL) : 0;
	put_styled(p, style, sk_span_sub(s, 0, n));
	put_styled(p, style, sk_span("...", columns < 3 ? columns : 3));
	return sk_text_width(sk_span_sub(s, 0, n)) + 3;
}

/* Running text, wrapped; the cursor stands at column `at`, further lines begin at `indent`. Ends
 * the line. */
static void put_wrapped(struct page *p, enum style style, const char *text, size_t at,
			size_t indent)
{
	struct sk_span rest = sk_span_str(text);

	while (rest.len) {
		size_t room = p->width > at + 10 ? p->width - at : 10;
		size_t n = fit(rest, room, "-+/:,");

		put_styled(p, style, sk_span_trim(sk_span_sub(rest, 0, n)));
		sk_buf_putc(p->out, '\n');
		rest = sk_span_trim(sk_span_from(rest, n));
		at = indent;
		if (rest.len)
			put_blanks(p, indent);
	}
	if (!text[0])
		sk_buf_putc(p->out, '\n');
}

static void put_heading(struct page *p, const char *text)
{
	sk_buf_putc(p->out, '\n');
	put(p, BOLD, text);
	sk_buf_putc(p->out, '\n');
}

static const char *plural(struct page *p, size_t n, const char *word)
{
	return sk_arena_printf(&p->arena, "%zu %s%s", n, word, n == 1 ? "" : "s");
}

/* "sha256:12ab34cd56ef" */
static const char *short_digest(struct page *p, const char *digest)
{
	const char *colon = digest ? strchr(digest, ':') : NULL;
	int n = colon ? (int)(colon - digest) + 13 : 19;

	return safe(p, digest ? sk_arena_printf(&p->arena, "%.*s", n, digest) : NULL);
}

/* ---- rows ---- */

static const char *upper(struct page *p, const char *s)
{
	char *text = sk_arena_str(&p->arena, s);

	for (char *c = text; *c; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
	return text;
}

static struct cell fixed_cell(struct page *p, const struct sk_finding *f)
{
	if (f->kind != SK_FINDING_VULNERABILITY)
		return (struct cell){ "", PLAIN };
	if (f->fixed_version)
		return (struct cell){ safe(p, f->fixed_version), GOOD };
	if (f->fix == SK_FIX_WONT)
		return (struct cell){ "won't fix", DIM };
	return (struct cell){ f->fix == SK_FIX_NONE ? "none yet" : "unknown", DIM };
}

/* A run of findings as one row (sk_report_run). */
static void fill_row(struct page *p, struct sk_finding *const *run, size_t count, struct row *row)
{
	sk_cleanup(sk_buf_release) struct sk_buf names = { 0 };
	const struct sk_finding *f = run[0];
	enum style style = severity_style[f->severity];
	static const char *const marks[2][2] = { { NULL, "* " }, { "! ", "!*" } };

	row->mark = marks[f->kev][sk_report_run_used(run, count)];
	if (f->package)
		sk_report_run_names(run, count, 2, &names);
	else if (f->line)
		sk_buf_printf(&names, "line %u", f->line);
	row->cell[SEVERITY] = (struct cell){ upper(p, sk_severity_name(f->severity)), style };
	row->cell[ID] = (struct cell){ safe(p, f->id), BOLD };
	row->cell[PACKAGE] = (struct cell){ safe(p, sk_buf_str(&names)), PLAIN };
	row->cell[INSTALLED] =
	    (struct cell){ safe(p, f->package ? f->package->version : NULL), PLAIN };
	row->cell[FIXED] = fixed_cell(p, f);
	row->cell[TITLE] = (struct cell){ safe(p, f->title), DIM };
}

/* "84 HIGH": what they are sorted by comes first. */
static void show_risk(struct page *p, const struct sk_result *result, const struct sk_finding *f, struct row *row)
{
	int risk = sk_risk_score(f, result->inventory, p->report->risk_class);

	row->cell[SEVERITY].text = sk_arena_printf(&p->arena, "%d %s", risk, row->cell[SEVERITY].text);
}

static const struct row finding_header = { .cell = {
					       [SEVERITY] = { "SEVERITY", BOLD },
					       [ID] = { "ID", BOLD },
					       [PACKAGE] = { "PACKAGE", BOLD },
					       [INSTALLED] = { "INSTALLED", BOLD },
					       [FIXED] = { "FIXED IN", BOLD },
					       [TITLE] = { "WHAT", BOLD },
					   } };

static const struct row risk_header = { .cell = {
					       [SEVERITY] = { "RISK", BOLD },
					       [ID] = { "ID", BOLD },
					       [PACKAGE] = { "PACKAGE", BOLD },
					       [INSTALLED] = { "INSTALLED", BOLD },
					       [FIXED] = { "FIXED IN", BOLD },
					       [TITLE] = { "WHAT", BOLD },
					   } };

static const struct row package_header = { .cell = {
					       [SEVERITY] = { "TYPE", BOLD },
					       [PACKAGE] = { "PACKAGE", BOLD },
					       [INSTALLED] = { "VERSION", BOLD },
					       [FIXED] = { "LAYER", BOLD },
					       [TITLE] = { "FOUND IN", BOLD },
					   } };

static unsigned sum_columns(const unsigned columns[COLUMNS])
{
	unsigned sum = 2;

	for (size_t c = 0; c < COLUMNS; c++)
		sum += columns[c] ? columns[c] + 2 : 0;
	return sum - 2;
}

/*
 * Widths of the columns of one target, from what stands in them: the title
 * takes what is left over; then names and versions get narrower and wrap; at
 * last there are no columns at all.
 */
static void lay_out(struct page *p, const struct row *header, const struct row *rows, size_t count)
{
	static const unsigned most[COLUMNS] = { 14, 24, 44, 32, 32, 0 };
	/* An id is copied from here: CVE and GHSA ids are never broken. */
	static const unsigned least[COLUMNS] = { 10, sizeof("GHSA-xxxx-xxxx-xxxx") - 1, 12, 10, 10,
						 0 };
	unsigned *w = p->columns;

	for (size_t c = 0; c < TITLE; c++) {
		size_t widest = 0;

		for (size_t i = 0; i < count; i++) {
			size_t n = sk_text_width(sk_span_str(rows[i].cell[c].text));

			widest = n > widest ? n : widest;
		}
		if (widest && widest < strlen(header->cell[c].text))
			widest = strlen(header->cell[c].text);
		w[c] = (unsigned)(widest < most[c] ? widest : most[c]);
	}
	w[TITLE] = 0;
	while (sum_columns(w) > p->width) {
		size_t widest = ID;

		for (size_t c = ID; c < TITLE; c++)
			if (w[c] > least[c] && (w[widest] <= least[widest] || w[c] > w[widest]))
				widest = c;
		if (w[widest] <= least[widest])
			break;
		w[widest]--;
	}
	p->stacked = sum_columns(w) > p->width;
	if (!p->stacked && sum_columns(w) + 22 <= p->width)
		w[TITLE] = p->width - sum_columns(w) - 2;
}

/* What has no package has nothing between its id and its title: the title takes that room. */
static void put_short_row(struct page *p, const struct row *row)
{
	const struct cell *c = row->cell;
	size_t at = 2 + p->columns[SEVERITY] + 2;

	put(p, CRITICAL, row->mark ? row->mark : "  ");
	put(p, c[SEVERITY].style, c[SEVERITY].text);
	put_blanks(p, at - 2 - sk_text_width(sk_span_str(c[SEVERITY].text)));
	at += put_cut(p, BOLD, sk_span_str(c[ID].text), p->width - at) + 2;
	if (at + 10 < p->width) {
		put(p, PLAIN, "  ");
		put_cut(p, c[TITLE].style, sk_span_str(c[TITLE].text), p->width - at);
	}
	sk_buf_putc(p->out, '\n');
}

/* Up to CELL_LINES lines; the last is cut. */
static void put_row(struct page *p, const struct row *row)
{
	struct sk_span rest[COLUMNS];

	if (!row->cell[PACKAGE].text[0] && !row->cell[INSTALLED].text[0] &&
	    !row->cell[FIXED].text[0]) {
		put_short_row(p, row);
		return;
	}

	for (size_t c = 0; c < COLUMNS; c++)
		rest[c] = sk_span_str(row->cell[c].text);
	for (int line = 0, more = 1; more; line++) {
		size_t due = 2,
		       at = 0; /* blanks are written once it is known that something follows */

		more = 0;
		for (size_t c = 0; c < COLUMNS; c++) {
			bool last = line == CELL_LINES - 1 || c == TITLE;
			size_t n = last ? rest[c].len : fit(rest[c], p->columns[c], "-+/.:~_,@");

			if (!p->columns[c])
				continue;
			if (n && c == 0 && row->mark && line == 0) {
				put(p, CRITICAL, row->mark);
				at = 2;
			}
			if (n) {
				put_blanks(p, due - at);
				at = due + put_cut(p, row->cell[c].style,
						   sk_span_sub(rest[c], 0, n), p->columns[c]);
			}
			rest[c] = sk_span_trim(sk_span_from(rest[c], n));
			more |= rest[c].len > 0;
			due += p->columns[c] + 2;
		}
		sk_buf_putc(p->out, '\n');
	}
}

static void put_stacked(struct page *p, const struct row *row)
{
	const struct cell *c = row->cell;

	put(p, CRITICAL, row->mark ? row->mark : "  ");
	put(p, c[SEVERITY].style, c[SEVERITY].text);
	put(p, PLAIN, " ");
	put_cut(p, BOLD, sk_span_str(c[ID].text), p->width - 14);
	sk_buf_putc(p->out, '\n');
	put(p, PLAIN, "    ");
	put_wrapped(p, PLAIN,
		    sk_arena_printf(&p->arena, "%s %s%s%s", c[PACKAGE].text, c[INSTALLED].text,
				    c[FIXED].text[0] ? ", fixed in: " : "", c[FIXED].text),
		    4, 4);
	if (c[TITLE].text[0]) {
		put(p, PLAIN, "    ");
		put_cut(p, DIM, sk_span_str(c[TITLE].text), p->width - 4);
		sk_buf_putc(p->out, '\n');
	}
}

/* ---- groups ---- */

/* Where the row before stood. */
struct place {
	int32_t layer;
	const char *group;
};

static void put_layer_heading(struct page *p, const struct sk_result *result, int32_t layer)
{
	sk_cleanup(sk_buf_release) struct sk_buf step = { 0 };
	const struct sk_layer *l;
	const char *text;

	if (layer < 0)
		return;
	l = &result->inventory->layers[layer];
	text = sk_arena_printf(&p->arena, "Layer %d of %zu%s", layer + 1,
			       result->inventory->layer_count,
			       layer == 0 && result->inventory->layer_count > 1 ? " (base)" : "");
	sk_buf_putc(p->out, '\n');
	put(p, BOLD, text);
	if (l->created_by)
		sk_report_step(l->created_by, &step);
	text = sk_arena_printf(&p->arena, "  %s  %s", short_digest(p, l->diff_id),
			       safe(p, sk_buf_str(&step)));
	put_cut(p, DIM, sk_span_trim(sk_span_str(text)).len ? sk_span_str(text) : SK_SPAN_LIT(""),
		p->width - 20);
	sk_buf_putc(p->out, '\n');
}

static const char *group_name(struct page *p, const struct sk_finding *f)
{
	const char *path = safe(p, sk_report_path(f));

	if (f->package && sk_report_is_distribution(f->package))
		return sk_arena_printf(&p->arena, "%s packages",
				       f->package->os ? safe(p, sk_report_os_name(f->package->os))
						      : safe(p, f->package->type));
	if (!f->package)
		return path[0] ? path : "the whole";
	return sk_arena_printf(&p->arena, "%s (%s)", path, safe(p, f->package->type));
}

/* A row, below the heading of its layer and file where those are not the same as before. */
static void put_finding(struct page *p, const struct sk_result *result, const struct sk_finding *f,
			const struct row *row, struct place *before)
{
	int32_t here = p->report->by_risk ? -1 : sk_report_finding_layer(result, f);
	const char *name = p->report->by_risk ? "Findings, the highest risk first" : group_name(p, f);

	if (here != before->layer)
		put_layer_heading(p, result, here);
	if (here != before->layer || !before->group || strcmp(before->group, name) != 0) {
		sk_buf_putc(p->out, '\n');
		put_blanks(p, 2);
		put_cut(p, PLAIN, sk_span_str(name), p->width - 2);
		sk_buf_putc(p->out, '\n');
	}
	if (here != before->layer && !p->stacked)
		put_row(p, p->report->by_risk ? &risk_header : &finding_header);
	*before = (struct place){ here, name };
	if (p->stacked)
		put_stacked(p, row);
	else
		put_row(p, row);
}

/* Findings but coverage, by layer and file, or by risk. */
static void put_findings(struct page *p, const struct sk_result *result)
{
	struct sk_finding **sorted = sk_report_by_place(result, &p->arena);
	struct row *rows = sk_alloc((result->finding_count + 1) * sizeof(*rows));
	struct place before = { -2, NULL };
	size_t count = 0, row_count = 0;

	if (p->report->by_risk)
		memcpy(sorted, result->findings, result->finding_count * sizeof(*sorted));
	for (size_t i = 0; i < result->finding_count; i++)
		if (sorted[i]->kind != SK_FINDING_COVERAGE)
			sorted[count++] = sorted[i];
	for (size_t i = 0, n; i < count; i += n) {
		n = sk_report_run(result, sorted + i, count - i);
		sorted[row_count] = sorted[i];
		fill_row(p, sorted + i, n, &rows[row_count]);
		if (p->report->by_risk)
			show_risk(p, result, sorted[i], &rows[row_count]);
		row_count++;
	}
	lay_out(p, p->report->by_risk ? &risk_header : &finding_header, rows, row_count);
	for (size_t i = 0; i < row_count; i++)
		put_finding(p, result, sorted[i], &rows[i], &before);
	free(rows);
}

/* ---- lists ---- */

static void fill_package(struct page *p, const struct sk_result *result,
			 const struct sk_package *package, struct row *row)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };
	int32_t layer = sk_report_package_layer(result, package);

	sk_report_name(package, &name);
	row->cell[SEVERITY] = (struct cell){ safe(p, package->type), DIM };
	row->cell[ID] = (struct cell){ "", PLAIN };
	row->cell[PACKAGE] = (struct cell){ safe(p, sk_buf_str(&name)), BOLD };
	row->cell[INSTALLED] = (struct cell){ safe(p, package->version), PLAIN };
	row->cell[FIXED] =
	    (struct cell){ layer < 0 ? "" : sk_arena_printf(&p->arena, "%d", layer + 1), DIM };
	row->cell[TITLE] = (struct cell){ safe(p, package->path), DIM };
}

static void put_packages(struct page *p, const struct sk_result *result)
{
	const struct sk_inventory *inv = result->inventory;
	struct row *rows = sk_alloc((inv->package_count + 1) * sizeof(*rows));

	for (size_t i = 0; i < inv->package_count; i++)
		fill_package(p, result, inv->packages[i], &rows[i]);
	lay_out(p, &package_header, rows, inv->package_count);
	put_heading(p, sk_arena_printf(&p->arena, "Packages (%zu)", inv->package_count));
	if (!p->stacked && inv->package_count)
		put_row(p, &package_header);
	for (size_t i = 0; i < inv->package_count; i++) {
		const struct cell *c = rows[i].cell;

		if (!p->stacked) {
			put_row(p, &rows[i]);
			continue;
		}
		put_blanks(p, 2);
		put_wrapped(p, PLAIN,
			    sk_arena_printf(&p->arena, "%s %s (%s, %s)", c[PACKAGE].text,
					    c[INSTALLED].text, c[SEVERITY].text, c[TITLE].text),
			    2, 4);
	}
	free(rows);
}

static void put_statement(struct page *p, const struct sk_finding *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 }, says = { 0 };

	if (f->package)
		sk_report_name(f->package, &name);
	if (f->statement)
		sk_report_statement(f->statement, &says);
	put_blanks(p, 2);
	put_wrapped(p, DIM,
		    sk_arena_printf(&p->arena, "%s %s %s: %s",
				    upper(p, sk_severity_name(f->severity)), safe(p, f->id),
				    safe(p, sk_buf_str(&name)), safe(p, sk_buf_str(&says))),
		    2, 4);
}

static void put_ignored(struct page *p, const struct sk_result *result)
{
	if (!result->ignored_count)
		return;
	put_heading(p, sk_arena_printf(&p->arena, "Ignored (%zu)", result->ignored_count));
	for (size_t i = 0; i < result->ignored_count; i++)
		put_statement(p, result->ignored[i]);
}

/* What is said of findings that count all the same: affected, under investigation. */
static void put_statements(struct page *p, const struct sk_result *result)
{
	bool any = false;

	for (size_t i = 0; i < result->finding_count; i++) {
		if (!result->findings[i]->statement)
			continue;
		if (!any)
			put_heading(p, "Said of these");
		any = true;
		put_statement(p, result->findings[i]);
	}
}

static void put_coverage(struct page *p, const struct sk_result *result, size_t count)
{
	size_t shown = 0;

	if (!count)
		return;
	put_heading(p, "Not looked at, or not with certainty");
	for (size_t i = 0; i < result->finding_count && shown < MAX_ISSUES; i++) {
		const struct sk_finding *f = result->findings[i];
		const char *path = safe(p, sk_report_path(f)), *text;

		if (f->kind != SK_FINDING_COVERAGE)
			continue;
		shown++;
		put(p, MEDIUM, "  ! ");
		text = sk_arena_printf(&p->arena, "%s%s%s", path, path[0] ? ": " : "",
				       safe(p, f->title ? f->title : f->id));
		put_wrapped(p, PLAIN, text, 4, 4);
		if (f->remedy) {
			put_blanks(p, 4);
			put_wrapped(p, DIM, safe(p, f->remedy), 4, 4);
		}
	}
	if (count > shown)
		put(p, PLAIN,
		    sk_arena_printf(&p->arena, "    and %zu more: --format json lists all\n",
				    count - shown));
}

static void put_actions(struct page *p, const struct sk_result *result)
{
	struct sk_actions actions = { 0 };

	sk_report_actions(result, &actions);
	if (actions.list.len)
		put_heading(p, "What to do first");
	for (size_t i = 0; i < actions.list.len && i < MAX_ACTIONS; i++) {
		const struct sk_action *a = &actions.list.data[i];
		sk_cleanup(sk_buf_release) struct sk_buf effect = { 0 };
		const char *where = a->where ? safe(p, a->where) : "";

		sk_action_effect(a, &effect);
		put(p, PLAIN, sk_arena_printf(&p->arena, "  %zu. ", i + 1));
		put_wrapped(p, a->kev ? CRITICAL : BOLD,
			    sk_arena_printf(&p->arena, "%s%s%s (%s)", safe(p, a->what),
					    where[0] ? a->join : "", where, sk_buf_str(&effect)),
			    5, 5);
		if (a->command) {
			put_blanks(p, 5);
			put_wrapped(p, GOOD, safe(p, a->command), 5, 5);
		}
	}
	if (actions.list.len > MAX_ACTIONS)
		put(p, PLAIN,
		    sk_arena_printf(&p->arena, "     and %zu more\n",
				    actions.list.len - MAX_ACTIONS));
	sk_actions_release(&actions);
}

/* ---- the target ---- */

static const char *database_words(struct page *p)
{
	const char *newest = p->report->database_newest;

	if (p->report->packages_only)
		return "not compared with advisories";
	return newest ? sk_arena_printf(&p->arena, "advisories of %.10s", safe(p, newest))
		      : "no advisory database";
}

static void put_target(struct page *p, const struct sk_result *result)
{
	const struct sk_inventory *inv = result->inventory;
	const struct sk_artifact *a = &inv->artifact;
	const struct sk_os *os = sk_report_os(result);
	const char *text;

	put_wrapped(p, BOLD, safe(p, a->name), 0, 0);
	text = sk_arena_printf(&p->arena, "%s%s%s%s%s", sk_report_artifact_type(result),
			       a->platform ? ", " : "", safe(p, a->platform), a->digest ? ", " : "",
			       short_digest(p, a->digest));
	put_wrapped(p, DIM, text, 0, 0);
	text = sk_arena_printf(
	    &p->arena, "%s, %s%s%s, %s",
	    os ? safe(p, sk_report_os_name(os)) : "no operating system found",
	    plural(p, inv->package_count, "package"), inv->layer_count ? " in " : "",
	    inv->layer_count ? plural(p, inv->layer_count, "layer") : "", database_words(p));
	put_wrapped(p, PLAIN, text, 0, 0);
}

/* "2 critical, 1 high"; the cursor stands at column `at`, further lines begin at `indent`. */
static void put_severities(struct page *p, const struct sk_counts *counts, size_t at, size_t indent)
{
	const char *separator = "";

	for (int s = SK_SEVERITY_CRITICAL; s >= 0; s--) {
		const char *text;

		if (!counts->severity[s])
			continue;
		text = sk_arena_printf(&p->arena, "%zu %s", counts->severity[s],
				       sk_severity_name((enum sk_severity)s));
		put(p, PLAIN, separator);
		if (at + strlen(text) + 2 > p->width) {
			sk_buf_putc(p->out, '\n');
			put_blanks(p, indent);
			at = indent;
		} else if (separator[0]) {
			put(p, PLAIN, " ");
			at++;
		}
		put(p, severity_style[s], text);
		at += strlen(text) + 1;
		separator = ",";
	}
}

static void put_totals(struct page *p, const struct sk_counts *counts, size_t ignored)
{
	const char *text = plural(p, counts->findings, "finding");

	if (counts->findings) {
		put(p, BOLD, text);
		put(p, PLAIN, ": ");
		put_severities(p, counts, strlen(text) + 2, 2);
		sk_buf_putc(p->out, '\n');
		text = sk_arena_printf(&p->arena,
				       "%zu of %zu vulnerabilities can be fixed by an update",
				       counts->fixable, counts->kind[SK_FINDING_VULNERABILITY]);
		if (counts->kind[SK_FINDING_VULNERABILITY])
			put_wrapped(p, PLAIN, text, 0, 0);
	}
	if (counts->kev)
		put_wrapped(
		    p, CRITICAL,
		    sk_arena_printf(
			&p->arena,
			"%zu %s known to be exploited by attackers (CISA KEV), marked with !",
			counts->kev, counts->kev == 1 ? "is" : "are"),
		    0, 0);
	if (counts->used)
		put_wrapped(p, PLAIN,
			    sk_arena_printf(&p->arena, "%zu of packages that were seen in use, marked with *",
					    counts->used),
			    0, 0);
	if (ignored)
		put_wrapped(
		    p, PLAIN,
		    sk_arena_printf(&p->arena, "%s ignored%s", plural(p, ignored, "finding"),
				    p->report->show_ignored ? "" : ": --show-ignored lists them"),
		    0, 0);
}

static void put_risk(struct page *p, const struct sk_result *result)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	if (sk_report_risk(p->report, result, &text))
		put_wrapped(p, PLAIN, safe(p, sk_buf_str(&text)), 0, 0);
}

static void put_comparison(struct page *p, const struct sk_result *result)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	if (sk_report_comparison(result, &text))
		put_wrapped(p, PLAIN, safe(p, sk_buf_str(&text)), 0, 0);
}

static void put_clean(struct page *p, const struct sk_result *result,
		      const struct sk_counts *counts)
{
	static const char *const texts[] = {
		[SK_OUTCOME_UNASKED] = "Packages were listed alone, not compared with advisories.",
		[SK_OUTCOME_UNMATCHED] = "Nothing was compared with advisories: there is no "
					 "advisory database. 'sekisho db update' fetches one.",
		[SK_OUTCOME_UNREADABLE] = "Nothing is known of it: it could not be looked at.",
		[SK_OUTCOME_EMPTY] = "No package was found, so there was nothing to compare.",
		[SK_OUTCOME_PARTLY] = "No known vulnerability in what could be looked at.",
	};
	enum sk_outcome outcome = sk_report_outcome(p->report, result, counts);

	if (result->comparison)
		return;
	if (outcome == SK_OUTCOME_CLEAN)
		put_wrapped(p, GOOD,
			    sk_arena_printf(&p->arena, "No known vulnerability in %s.",
					    plural(p, result->inventory->package_count, "package")),
			    0, 0);
	else if (outcome != SK_OUTCOME_FINDINGS)
		put_wrapped(p, MEDIUM, texts[outcome], 0, 0);
}

/* ---- policies ---- */

static void put_ways(struct page *p, const struct sk_verdicts *v, bool stopped)
{
	if (!v->ways.len)
		return;
	put(p, BOLD, stopped ? "  The shortest way to pass\n" : "  What would be better\n");
	for (size_t i = 0; i < v->ways.len && i < MAX_WAYS; i++) {
		const struct sk_way *w = &v->ways.data[i];

		put(p, PLAIN, sk_arena_printf(&p->arena, "  %zu. ", i + 1));
		put_wrapped(p, BOLD, sk_arena_printf(&p->arena, "%s (%s)", safe(p, w->what), plural(p, w->settles, "reason")),
			    5, 5);
		if (w->command) {
			put_blanks(p, 5);
			put_wrapped(p, GOOD, safe(p, w->command), 5, 5);
		}
	}
	if (v->ways.len > MAX_WAYS)
		put(p, PLAIN, sk_arena_printf(&p->arena, "     and %zu more\n", v->ways.len - MAX_WAYS));
}

static void put_policy(struct page *p, const struct sk_result *result)
{
	static const enum style styles[] = { GOOD, MEDIUM, MEDIUM, CRITICAL };
	const struct sk_decision *d = result->decision;
	struct sk_verdicts v = { 0 };

	if (!d)
		return;
	sk_report_verdicts(result, &v);
	put_heading(p, "Policy");
	put(p, styles[d->effect], sk_arena_printf(&p->arena, "  %s", sk_effect_name(d->effect)));
	put(p, PLAIN, sk_arena_printf(&p->arena, ": %s kept, %zu not, %zu do not apply, %zu for people\n",
				      plural(p, v.kept, "rule"), v.lines.len, v.skipped, v.manual));
	for (size_t i = 0; i < v.lines.len; i++) {
		const struct sk_verdict_line *l = &v.lines.data[i];

		put(p, strcmp(l->mark, "deny") == 0 ? CRITICAL : MEDIUM, sk_arena_printf(&p->arena, "  %-8s", l->mark));
		put_wrapped(p, BOLD, sk_arena_printf(&p->arena, "%s/%s", safe(p, l->policy), safe(p, l->rule)), 10, 10);
		put_blanks(p, 10);
		put_wrapped(p, PLAIN,
			    l->others ? sk_arena_printf(&p->arena, "%s, and %zu more", safe(p, l->example), l->others) :
					safe(p, l->example),
			    10, 10);
	}
	put_ways(p, &v, d->effect >= SK_EFFECT_UNKNOWN);
	sk_verdicts_release(&v);
}

static void put_result(struct page *p, const struct sk_result *result)
{
	struct sk_counts counts = sk_report_counts(result);

	put_target(p, result);
	if (p->report->list_packages)
		put_packages(p, result);
	put_findings(p, result);
	if (p->report->show_ignored)
		put_ignored(p, result);
	put_statements(p, result);
	put_coverage(p, result, counts.kind[SK_FINDING_COVERAGE]);
	put_actions(p, result);
	sk_buf_putc(p->out, '\n');
	put_totals(p, &counts, result->ignored_count);
	put_risk(p, result);
	put_comparison(p, result);
	put_clean(p, result, &counts);
	put_policy(p, result);
}

/* A line for each target, when there are several. */
static void put_overview(struct page *p)
{
	struct sk_counts all = { 0 };

	put_heading(p, sk_arena_printf(&p->arena, "All %zu targets", p->report->result_count));
	for (size_t i = 0; i < p->report->result_count; i++) {
		const struct sk_result *result = &p->report->results[i];
		struct sk_counts counts = sk_report_counts(result);
		bool unreadable;

		sk_counts_add(&all, &counts);
		put_blanks(p, 2);
		put_wrapped(p, BOLD, safe(p, result->inventory->artifact.name), 2, 2);
		put_blanks(p, 4);
		unreadable = sk_report_outcome(p->report, result, &counts) == SK_OUTCOME_UNREADABLE;
		if (counts.findings)
			put_severities(p, &counts, 4, 4);
		else
			put(p, unreadable ? MEDIUM : GOOD,
			    unreadable ? "could not be looked at" : "nothing found");
		sk_buf_putc(p->out, '\n');
		if (counts.kind[SK_FINDING_COVERAGE] && !unreadable) {
			put_blanks(p, 4);
			put(p, MEDIUM, "not everything was looked at\n");
		}
	}
	sk_buf_putc(p->out, '\n');
	put_totals(p, &all, 0);
}

static int write_table(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	struct page p = { .out = out, .report = report, .width = report->width };

	if (!p.width)
		p.width = DEFAULT_WIDTH;
	if (p.width < MIN_WIDTH)
		p.width = MIN_WIDTH;
	for (size_t i = 0; i < report->result_count; i++) {
		if (i) {
			sk_buf_putc(out, '\n');
			for (unsigned k = 0; k < p.width; k++)
				sk_buf_putc(out, '-');
			sk_buf_putc(out, '\n');
		}
		put_result(&p, &report->results[i]);
	}
	if (report->result_count > 1)
		put_overview(&p);
	sk_arena_release(&p.arena);
	return 0;
}

const struct sk_format sk_format_table = {
	.name = "table",
	.summary = "for a person at a terminal",
	.extension = "txt",
	.write = write_table,
};
