/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"

#include "analyze/inspect.h"
#include "analyze/manifest.h"
#include "base/text.h"
#include "cmd/inspect.h"
#include "doc/json-write.h"
#include "image/digest.h"

struct manifest_options {
	struct sk_inspect_choices inspect;
	int format;
	const char *output;
};

static const char *choice_format(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "text", "json" };
	static const char *const summaries[] = { "a line for each file, its fields parted by tabs", NULL };

	*ret_summary = i < SK_COUNT(summaries) ? summaries[i] : NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

static const struct sk_option options[] = {
	{ "format", 'f', SK_OPT_ENUM(struct manifest_options, format, choice_format), .argument = "FORMAT",
	  .fallback = "text", .help = "How it is written" },
	{ "output", 'o', SK_OPT_FILE(struct manifest_options, output), .argument = "FILE",
	  .help = "Write to FILE, which is replaced as a whole or not at all",
	  .otherwise = "standard output" },
	SK_INSPECT_OPTIONS(struct manifest_options, inspect),
	{ NULL },
};

static const char *const text[] = {
	"The file manifest of an image names everything in it that can run: path, mode, size, SHA-256, "
	"kind (elf, library, script with its interpreter, other), the package that owns the file and the "
	"layer that brought it. What runs in a container of the image is judged by it.",
	"IMAGE is a target as of 'sekisho scan', or the image id or manifest digest (sha256:...) of an image that "
	"was scanned before: then what was kept is printed.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "sekisho manifest app.tar", "All programs, libraries and scripts of the image." },
	{ "sekisho manifest app.tar --format json | jq '.files[] | select(.owner == null)'",
	  "Those that no package of the distribution owns." },
	{ NULL },
};

static void put_hex(struct sk_buf *out, const struct sk_run_file *file)
{
	sk_text_hex(out, sk_span(file->sha256, sizeof(file->sha256)));
}

static void write_text(const struct sk_manifest *m, struct sk_buf *out)
{
	for (size_t i = 0; i < sk_manifest_info(m).count; i++) {
		struct sk_manifest_file file = sk_manifest_at(m, i), *f = &file;

		sk_text_plain(out, sk_span_str(f->file.path));
		sk_buf_printf(out, "\t%04o\t%llu\tsha256:", f->file.mode, (unsigned long long)f->file.size);
		put_hex(out, &f->file);
		sk_buf_printf(out, "\t%s", sk_run_kind_name(f->file.kind));
		if (f->file.interpreter) {
			sk_buf_putc(out, ' ');
			sk_text_plain(out, sk_span_str(f->file.interpreter));
		}
		sk_buf_putc(out, '\t');
		sk_text_plain(out, sk_span_str(f->owner ? f->owner : "-"));
		sk_buf_printf(out, "\t%s\n", f->layer ? f->layer : "-");
	}
}

static void write_file(struct sk_json_writer *w, const struct sk_manifest_file *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf hex = { 0 };

	put_hex(&hex, &f->file);
	sk_json_object(w);
	sk_json_put_str(w, "path", f->file.path);
	sk_json_key(w, "mode");
	sk_json_printf(w, "%04o", f->file.mode);
	sk_json_put_int(w, "size", (int64_t)f->file.size);
	sk_json_put_str(w, "sha256", sk_buf_str(&hex));
	sk_json_put_str(w, "kind", sk_run_kind_name(f->file.kind));
	sk_json_put_opt(w, "interpreter", f->file.interpreter);
	sk_json_put_str(w, "owner", f->owner);
	sk_json_put_str(w, "layer", f->layer);
	sk_json_end(w);
}

static void write_json(const struct sk_manifest *m, struct sk_buf *out)
{
	struct sk_manifest_info info = sk_manifest_info(m);
	struct sk_json_writer w = { .buf = out, .indent = 2 };

	sk_json_object(&w);
	sk_json_put_str(&w, "schemaVersion", "1.0");
	sk_json_key(&w, "artifact");
	sk_json_object(&w);
	sk_json_put_str(&w, "name", info.name);
	sk_json_put_str(&w, "digest", info.digest);
	sk_json_put_str(&w, "imageId", info.image_id);
	sk_json_end(&w);
	sk_json_key(&w, "files");
	sk_json_array(&w);
	for (size_t i = 0; i < info.count; i++) {
		struct sk_manifest_file file = sk_manifest_at(m, i);

		write_file(&w, &file);
	}
	sk_json_end(&w);
	sk_json_end(&w);
}

static int print(const struct manifest_options *o, const struct sk_manifest *m, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	if (o->format == 1)
		write_json(m, &out);
	else
		write_text(m, &out);
	return sk_output(o->output, sk_buf_view(&out), err);
}

static int scan_and_print(const struct sk_call *call, const struct manifest_options *o, struct sk_err *err)
{
	sk_cleanup(sk_inventory_release) struct sk_inventory inv = { 0 };
	sk_cleanup(sk_manifest_closep) struct sk_manifest *m = NULL;
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	struct sk_progress *progress = sk_progress_new(call);
	int r = sk_inspect_target(call, &o->inspect, SK_MANIFEST_YES, progress, call->args[0], &inv, err);

	sk_progress_free(progress);
	for (size_t i = 0; i < inv.issue_count; i++)
		sk_complain(call, "%s%s%s", inv.issues[i]->path ? inv.issues[i]->path : "",
			    inv.issues[i]->path ? ": " : "", inv.issues[i]->text);
	if (r == 0)
		r = sk_manifest_pack(&inv, &bytes, err);
	if (r == 0)
		r = sk_manifest_of_bytes(sk_buf_view(&bytes), &m, err);
	if (r == 0)
		r = print(o, m, err);
	return r < 0 ? r : inv.incomplete ? SK_EXIT_UNFINISHED : SK_EXIT_CLEAN;
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct manifest_options *o = call->options;
	sk_cleanup(sk_manifest_closep) struct sk_manifest *m = NULL;
	sk_autofree char *dir = sk_manifests_of(call, &o->inspect);
	int r;

	if (!sk_digest_valid(sk_span_str(call->args[0])))
		return scan_and_print(call, o, err);
	r = sk_manifest_open(dir, sk_span_str(call->args[0]), &m, err);
	if (r == -SK_ENOTFOUND)
		return sk_err_set(err, SK_ENOTFOUND,
				  "no manifest of %s is kept in %s: 'sekisho scan IMAGE' makes it",
				  call->args[0], dir);
	return r < 0 ? r : print(o, m, err);
}

const struct sk_command sk_command_manifest = {
	.name = "manifest",
	.summary = "List everything in an image that can run",
	.synopsis = "[options] IMAGE",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct manifest_options),
	.min_args = 1,
	.max_args = 1,
	.args_type = SK_OPTION_FILE,
	.run = run,
};
