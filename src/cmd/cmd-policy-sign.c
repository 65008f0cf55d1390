/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho policy sign, verify, push and pull: bundles on their way from those who write them to those who use them. */
#include "base/mem.h"
#include "cmd/policy.h"
#include "policy/lock.h"
#include "policy/transport.h"

struct key_options {
	const char *key;
	bool unsigned_;
};

#define KEY_OPTION(what) \
	{ "key", 'k', SK_OPT_FILE(struct key_options, key), .argument = "FILE", .otherwise = "it must be given", .help = what }

/* The key that --key names; without one, an error that says what to do. */
static int load_key(const struct key_options *o, bool is_private, struct sk_key **ret_key, struct sk_err *err)
{
	if (o->key)
		return sk_key_load(o->key, is_private, ret_key, err);
	return sk_err_set(err, SK_EUSAGE, is_private ? "--key is missing: a private key, made by: openssl genpkey -algorithm EC "
						       "-pkeyopt ec_paramgen_curve:P-256 -out policy.key" :
						       "--key is missing: the public key of those who sign, made by: openssl pkey "
						       "-in policy.key -pubout -out policy.pub");
}

/* ---- sign and verify ---- */

static const struct sk_option sign_options[] = { KEY_OPTION("The private key, in PEM: EC, RSA or Ed25519"), { NULL } };

static int run_sign(const struct sk_call *call, struct sk_err *err)
{
	sk_cleanup(sk_key_freep) struct sk_key *key = NULL;
	int r = load_key(call->options, true, &key, err);

	for (size_t i = 0; r == 0 && i < call->arg_count; i++) {
		r = sk_policy_sign(call->args[i], key, err);
		if (r == 0)
			sk_say(call, "%s/" SK_POLICY_SIGNATURE, call->args[i]);
	}
	return r;
}

static const char *const sign_text[] = {
	"Signs the bundle's policy.lock, and with it every file that the lock names, into policy.lock.sig: the signature in "
	"base64, as 'cosign sign-blob --key' writes it. 'sekisho policy lock' comes first.",
	NULL,
};

static const struct sk_example sign_examples[] = {
	{ "policy sign rules/baseline --key policy.key", "Sign a bundle" },
	{ NULL, NULL },
};

const struct sk_command sk_policy_sign_command = {
	.name = "sign",
	.summary = "Sign bundles",
	.synopsis = "--key FILE DIR...",
	.text = sign_text,
	.examples = sign_examples,
	.options = sign_options,
	.options_size = sizeof(struct key_options),
	.min_args = 1,
	.max_args = 1000,
	.args_type = SK_OPTION_FOLDER,
	.run = run_sign,
};

static const struct sk_option verify_options[] = { KEY_OPTION("The public key, in PEM"), { NULL } };

static int run_verify(const struct sk_call *call, struct sk_err *err)
{
	sk_cleanup(sk_key_freep) struct sk_key *key = NULL;
	int r = load_key(call->options, false, &key, err);

	for (size_t i = 0; r == 0 && i < call->arg_count; i++) {
		r = sk_policy_verify(call->args[i], key, err);
		if (r == -SK_EINTEGRITY) {
			sk_complain(call, "%s", err->text);
			return SK_EXIT_POLICY;
		}
		if (r == 0)
			sk_say(call, "%s: signed, and as it was signed", call->args[i]);
	}
	return r;
}

static const char *const verify_text[] = {
	"Checks that a bundle's files are what its policy.lock says, and that the key's owner has signed the lock. Exits with 1 "
	"where either is not so.",
	NULL,
};

const struct sk_command sk_policy_verify_command = {
	.name = "verify",
	.summary = "Check the signatures of bundles",
	.synopsis = "--key FILE DIR...",
	.text = verify_text,
	.options = verify_options,
	.options_size = sizeof(struct key_options),
	.min_args = 1,
	.max_args = 1000,
	.args_type = SK_OPTION_FOLDER,
	.run = run_verify,
};

/* ---- push and pull ---- */

static int run_push(const struct sk_call *call, struct sk_err *err)
{
	int r = sk_bundle_push(call->args[0], call->args[1], err);

	if (r == 0)
		sk_say(call, "%s is now %s", call->args[0], call->args[1]);
	return r;
}

static const char *const push_text[] = {
	"Puts a bundle into an OCI registry, with its lock and its signature. Credentials are those of 'docker login'. Each "
	"file is a layer with its name as title, so that 'oras pull' fetches the same files.",
	NULL,
};

static const struct sk_example push_examples[] = {
	{ "policy push rules/baseline registry.example.com/policies/baseline:1.0", "Publish a bundle" },
	{ NULL, NULL },
};

const struct sk_command sk_policy_push = {
	.name = "push",
	.summary = "Put a bundle into a registry",
	.synopsis = "DIR REGISTRY/REPOSITORY[:TAG]",
	.text = push_text,
	.examples = push_examples,
	.min_args = 2,
	.max_args = 2,
	.args_type = SK_OPTION_FOLDER,
	.run = run_push,
};

static const struct sk_option pull_options[] = {
	{ "key", 'k', SK_OPT_FILE(struct key_options, key), .argument = "FILE",
	  .otherwise = "--unsigned must be given", .help = "The public key, in PEM, of those who sign" },
	{ "unsigned", 0, SK_OPT_FLAG(struct key_options, unsigned_),
	  .help = "Take a bundle that nobody vouches for; its lock is still checked" },
	{ NULL },
};

static int run_pull(const struct sk_call *call, struct sk_err *err)
{
	const struct key_options *o = call->options;
	sk_cleanup(sk_key_freep) struct sk_key *key = NULL;
	int r = 0;

	if (o->key && o->unsigned_)
		return sk_err_set(err, SK_EUSAGE, "--key and --unsigned exclude each other");
	if (!o->unsigned_)
		r = load_key(o, false, &key, err);
	if (r == 0)
		r = sk_bundle_pull(call->args[0], call->args[1], key, err);
	if (r == 0)
		sk_say(call, "%s is now in %s%s", call->args[0], call->args[1], key ? "" : ", unsigned");
	return r;
}

static const char *const pull_text[] = {
	"Fetches a bundle from an OCI registry, or from a folder, and puts it into DIR: whole, checked against its lock, and "
	"signed by the key's owner, or not at all. A bundle that was in DIR is replaced.",
	NULL,
};

static const struct sk_example pull_examples[] = {
	{ "policy pull registry.example.com/policies/baseline:1.0 /etc/sekisho/policies/baseline --key policy.pub",
	  "Fetch a bundle and check who signed it" },
	{ NULL, NULL },
};

const struct sk_command sk_policy_pull = {
	.name = "pull",
	.summary = "Fetch a bundle from a registry or a folder",
	.synopsis = "[options] SOURCE DIR",
	.text = pull_text,
	.examples = pull_examples,
	.options = pull_options,
	.options_size = sizeof(struct key_options),
	.min_args = 2,
	.max_args = 2,
	.args_type = SK_OPTION_FOLDER,
	.run = run_pull,
};
