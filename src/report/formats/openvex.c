/* SPDX-License-Identifier: Apache-2.0 */
/* OpenVEX 0.2.0: what was said of findings, accepted ones first of all. */
#include "base/map.h"
#include "base/time.h"
#include "doc/json-write.h"
#include "report/format.h"
#include "report/statement.h"
#include "report/view.h"

static void put_vulnerability(struct sk_json_writer *w, const struct sk_finding *f)
{
	sk_json_key(w, "vulnerability");
	sk_json_object(w);
	sk_json_put_str(w, "name", f->id);
	if (f->aliases.count) {
		sk_json_key(w, "aliases");
		sk_json_array(w);
		for (size_t i = 0; i < f->aliases.count; i++)
			sk_json_str(w, f->aliases.items[i]);
		sk_json_end(w);
	}
	sk_json_end(w);
}

static void put_id(struct sk_json_writer *w, const char *purl)
{
	sk_json_put_str(w, "@id", purl);
	sk_json_key(w, "identifiers");
	sk_json_object(w);
	sk_json_put_str(w, "purl", purl);
	sk_json_end(w);
}

/* The image with the package in it; where the image has no name, the package. */
static void put_product(struct sk_json_writer *w, const struct sk_stated *s)
{
	const char *purl = s->finding->package->purl;

	sk_json_key(w, "products");
	sk_json_array(w);
	sk_json_object(w);
	put_id(w, s->image ? s->image : purl);
	if (s->image) {
		sk_json_key(w, "subcomponents");
		sk_json_array(w);
		sk_json_object(w);
		put_id(w, purl);
		sk_json_end(w);
		sk_json_end(w);
	}
	sk_json_end(w);
	sk_json_end(w);
}

static const char *text_key(const struct sk_stated *s)
{
	return s->status == SK_VEX_NOT_AFFECTED ? "impact_statement"
	       : s->status == SK_VEX_AFFECTED	? "action_statement"
						: "status_notes";
}

static void put_statement(struct sk_json_writer *w, const struct sk_report *report,
			  const struct sk_stated *s)
{
	const char *said = s->finding->statement->timestamp;
	char time[SK_TIME_TEXT];
	int64_t when;

	if (!said || !sk_time_parse(sk_span_str(said), &when))
		when = report->created;
	sk_json_object(w);
	put_vulnerability(w, s->finding);
	sk_json_put_str(w, "timestamp", sk_time_format(when, time));
	put_product(w, s);
	sk_json_put_str(w, "status", sk_vex_status_name(s->status));
	sk_json_put_opt(w, "justification", s->justification);
	sk_json_put_opt(w, text_key(s), s->text);
	sk_json_end(w);
}

static int write_openvex(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	sk_cleanup(sk_stated_release) struct sk_stated_list stated = { 0 };
	struct sk_json_writer w = { .buf = out, .indent = 2 };
	char uuid[37], time[SK_TIME_TEXT];

	sk_report_stated(report, &stated);
	sk_report_uuid(report, "openvex", uuid);
	sk_json_object(&w);
	sk_json_put_str(&w, "@context", "https://openvex.dev/ns/v0.2.0");
	sk_json_key(&w, "@id");
	sk_json_printf(&w, "urn:uuid:%s", uuid);
	sk_json_put_str(&w, "author", report->author ? report->author : "sekisho");
	sk_json_put_str(&w, "timestamp", sk_time_format(report->created, time));
	sk_json_put_int(&w, "version", 1);
	sk_json_put_str(&w, "tooling", "sekisho " SK_VERSION);
	sk_json_key(&w, "statements");
	sk_json_array(&w);
	for (size_t i = 0; i < stated.list.len; i++)
		put_statement(&w, report, &stated.list.data[i]);
	sk_json_end(&w);
	sk_json_end(&w);
	return 0;
}

const struct sk_format sk_format_openvex = {
	.name = "openvex",
	.summary = "OpenVEX 0.2.0: what exceptions and VEX documents say of the findings",
	.extension = "openvex.json",
	.write = write_openvex,
};
