/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard.h"

#include "base/buf.h"
#include "guard/field.h"

static void write_field(struct sk_buf *out, const struct sk_field *f)
{
	bool wants = f->flags & SK_FIELD_ARG_REQUIRED, may = f->flags & SK_FIELD_ARG_ALLOWED;
	size_t start = out->len;

	sk_buf_printf(out, "  %s%s", f->name, wants ? "[...]" : may ? "[[...]]" : "");
	while (out->len < start + 44)
		sk_buf_putc(out, ' ');
	sk_buf_printf(out, " %s", f->doc);
	if (f->type != SK_FIELD_TEXT)
		sk_buf_printf(out, " (%s)", sk_field_type_name(f->type));
	sk_buf_puts(out, f->flags & SK_FIELD_FILTER_ONLY ? "; for conditions alone\n" : "\n");
}

/* Every name that begins with what was asked for. */
static size_t write_known(struct sk_buf *out, const char *asked)
{
	size_t count = 0;

	for (size_t c = 0; sk_field_classes[c]; c++) {
		bool headed = false;

		for (const struct sk_field *f = sk_field_classes[c]->fields; f->name; f++) {
			if (!sk_span_starts(sk_span_str(f->name), asked))
				continue;
			if (!headed)
				sk_buf_printf(out, "%s%s: %s\n", out->len ? "\n" : "", sk_field_classes[c]->name,
					      sk_field_classes[c]->doc);
			headed = true;
			write_field(out, f);
			count++;
		}
	}
	return count;
}

static size_t write_absent(struct sk_buf *out, const char *asked)
{
	size_t count = 0;

	for (const struct sk_field_absent *a = sk_fields_absent; a->name; a++) {
		if (!sk_span_starts(sk_span_str(a->name), asked))
			continue;
		if (count++ == 0)
			sk_buf_printf(out, "%sFalco's fields that are not known here:\n", out->len ? "\n" : "");
		sk_buf_printf(out, "  %-42s %s\n", a->name, a->reason);
	}
	return count;
}

/* "evt.arg.flags" is meant by the row of evt.arg. */
static size_t write_meant(struct sk_buf *out, const char *asked)
{
	struct sk_field_arg arg;
	const struct sk_field *f = sk_field_resolve(sk_span_str(asked), sk_span(NULL, 0), &arg, NULL);

	if (f)
		write_field(out, f);
	return f != NULL;
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const char *asked = call->arg_count ? call->args[0] : "", *near;
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	size_t count = write_known(&out, asked);

	count += write_absent(&out, asked);
	if (!count)
		count = write_meant(&out, asked);
	if (count)
		return sk_output(NULL, sk_buf_view(&out), err);
	near = sk_field_nearest(sk_span_str(asked));
	return sk_err_set(err, SK_EUSAGE, "there is no field \"%s\"%s%s%s", asked, near ? "; did you mean \"" : "",
			  near ? near : "", near ? "\"?" : "");
}

static const char *const text[] = {
	"Lists the fields that conditions and outputs of rules may name, with their meaning, and those of Falco that are "
	"not known here, with the reason. With NAME, those that begin with it.",
	NULL,
};

const struct sk_command sk_guard_fields = {
	.name = "fields",
	.summary = "List the fields that rules may name",
	.synopsis = "[NAME]",
	.text = text,
	.max_args = 1,
	.run = run,
};
