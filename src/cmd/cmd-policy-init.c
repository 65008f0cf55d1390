/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho policy init: the seed of a bundle. */
#include "base/fd.h"
#include "cmd/policy-template.h"
#include "cmd/policy.h"

#include <sys/stat.h>

struct init_options {
	int class;
};

static const char *choice_class(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "internet-facing", "internal", "regulated", "development" };

	*ret_summary = NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

static const struct sk_option options[] = {
	{ "class", 0, SK_OPT_ENUM(struct init_options, class, choice_class), .argument = "CLASS",
	  .fallback = "internal", .help = "How much is at risk" },
	{ NULL },
};

static int write_file(const char *dir, const char *name, const char *text, struct sk_err *err)
{
	sk_autofree char *path = sk_printf("%s/%s", dir, name);
	struct sk_span folder = sk_span_dirname(sk_span_str(path));
	sk_autofree char *parent = sk_strndup(folder.ptr, folder.len);
	int r = sk_path_make_dirs(parent, 0755, err);

	return r < 0 ? r : sk_path_replace(path, sk_span_str(text), 0644, err);
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct init_options *o = call->options;
	const char *dir = call->args[0], *ignored, *class = choice_class((unsigned)o->class, &ignored);
	size_t len = strlen(class), count = 0;
	sk_autofree char *head = sk_printf("%s/bundle.yaml", dir);
	struct stat st;

	/* Nobody's work is written over. */
	if (stat(head, &st) == 0)
		return sk_err_set(err, SK_EUSAGE, "%s: there is a bundle already", dir);
	for (const struct sk_policy_template *t = sk_policy_templates; t->path; t++) {
		if (strncmp(t->path, class, len) != 0 || t->path[len] != '/')
			continue;
		if (write_file(dir, t->path + len + 1, t->text, err) < 0)
			return -err->code;
		count++;
	}
	if (!count)
		return sk_err_set(err, SK_ENOTFOUND, "this build has no template for '%s'", class);
	sk_say(call, "%s: %zu files; next: sekisho policy test %s", dir, count, dir);
	return SK_EXIT_CLEAN;
}

static const char *const text[] = {
	"Writes the seed of a bundle of your own into DIR: policies, parameters and cases for one class of risk. Change "
	"what does not fit.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "sekisho policy init --class internet-facing policies", "A seed for what the internet can reach." },
	{ NULL },
};

const struct sk_command sk_policy_init = {
	.name = "init",
	.summary = "Write the seed of a bundle of your own",
	.synopsis = "[options] DIR",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct init_options),
	.min_args = 1,
	.max_args = 1,
	.args_type = SK_OPTION_FOLDER,
	.run = run,
};
