/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>

#define FUNCTIONS(X) \
	X(TLS_client_method) X(SSL_CTX_new) X(SSL_CTX_free) X(SSL_CTX_ctrl) X(SSL_CTX_load_verify_file) \
	X(SSL_CTX_load_verify_dir) X(SSL_CTX_set_default_verify_paths) X(SSL_CTX_use_certificate_chain_file) \
	X(SSL_CTX_use_PrivateKey_file) X(SSL_CTX_check_private_key) X(SSL_CTX_set_verify) X(SSL_new) X(SSL_free) \
	X(SSL_set_fd) X(SSL_set1_host) X(SSL_get0_param) X(SSL_ctrl) X(SSL_connect) X(SSL_read) X(SSL_write) \
	X(SSL_get_error) X(SSL_get_verify_result) X(SSL_shutdown)

static struct {
#define X(name) __typeof__(&name) name;
	FUNCTIONS(X)
#undef X
} api;
static char failure[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct sk_tls {
	SSL_CTX *context;
	SSL *ssl;
	int fd;
};

/* The soname is that of OpenSSL 3, as is that of libcrypto that we are linked with. */
static void load(void)
{
	void *library = dlopen("libssl.so.3", RTLD_NOW | RTLD_LOCAL), *symbol;
	const char *why;

#define X(name) \
	symbol = library ? dlsym(library, #name) : NULL; \
	if (symbol) \
		memcpy(&api.name, &symbol, sizeof(symbol)); \
	else \
		library = NULL;
	FUNCTIONS(X)
#undef X
	if (!library) {
		why = dlerror();
		strncpy(failure, why ? why : "it is another version", sizeof(failure) - 1);
	}
}

/* What OpenSSL says, its whole queue read. */
static int fail(struct sk_err *err, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return sk_err_set(err, SK_ENET, "%s: %s", what, reason ? reason : "TLS failed");
}

static int load_authorities(struct sk_tls *tls, const struct sk_tls_options *o, struct sk_err *err)
{
	struct stat st;
	int r;

	if (!o->ca)
		r = api.SSL_CTX_set_default_verify_paths(tls->context);
	else if (stat(o->ca, &st) < 0)
		return sk_err_errno(err, "%s", o->ca);
	else
		r = S_ISDIR(st.st_mode) ? api.SSL_CTX_load_verify_dir(tls->context, o->ca) :
					  api.SSL_CTX_load_verify_file(tls->context, o->ca);
	return r == 1 ? 0 : fail(err, o->ca ? o->ca : "the system's authorities");
}

static int load_own(struct sk_tls *tls, const struct sk_tls_options *o, struct sk_err *err)
{
	const char *key = o->key ? o->key : o->cert;

	if (!o->cert)
		return 0;
	if (api.SSL_CTX_use_certificate_chain_file(tls->context, o->cert) != 1)
		return fail(err, o->cert);
	if (api.SSL_CTX_use_PrivateKey_file(tls->context, key, SSL_FILETYPE_PEM) != 1 ||
	    api.SSL_CTX_check_private_key(tls->context) != 1)
		return fail(err, key);
	return 0;
}

int sk_tls_open(const struct sk_tls_options *o, struct sk_tls **ret_tls, struct sk_err *err)
{
	struct sk_tls *tls;

	pthread_once(&once, load);
	if (failure[0])
		return sk_err_set(err, SK_ENET, "libssl, which TLS needs (package libssl3): %s", failure);
	tls = sk_alloc(sizeof(*tls));
	tls->context = api.SSL_CTX_new(api.TLS_client_method());
	if (!tls->context) {
		sk_tls_close(tls);
		return fail(err, "TLS");
	}
	api.SSL_CTX_ctrl(tls->context, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL);
	/* Records that went out in part are continued from another buffer. */
	api.SSL_CTX_ctrl(tls->context, SSL_CTRL_MODE, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER,
			 NULL);
	api.SSL_CTX_set_verify(tls->context, o->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	if (load_authorities(tls, o, err) < 0 || load_own(tls, o, err) < 0) {
		sk_tls_close(tls);
		return -err->code;
	}
	*ret_tls = tls;
	return 0;
}

void sk_tls_close(struct sk_tls *tls)
{
	if (!tls)
		return;
	sk_tls_disconnect(tls);
	if (tls->context)
		api.SSL_CTX_free(tls->context);
	free(tls);
}

/* True when what was tried can be tried again. */
static bool wait_for(struct sk_tls *tls, int result, sk_tls_wait_fn *wait, void *context)
{
	switch (api.SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return wait(context, tls->fd, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return wait(context, tls->fd, POLLOUT);
	default:
		return false;
	}
}

static bool is_ip(const char *name)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static bool expect_name(struct sk_tls *tls, const char *name)
{
	if (is_ip(name))
		return X509_VERIFY_PARAM_set1_ip_asc(api.SSL_get0_param(tls->ssl), name) == 1;
	api.SSL_ctrl(tls->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)name);
	return api.SSL_set1_host(tls->ssl, name) == 1;
}

int sk_tls_connect(struct sk_tls *tls, int fd, const char *name, sk_tls_wait_fn *wait, void *context,
		   struct sk_err *err)
{
	long verdict;
	int r = 0;

	sk_tls_disconnect(tls);
	ERR_clear_error();
	tls->fd = fd;
	tls->ssl = api.SSL_new(tls->context);
	if (!tls->ssl || api.SSL_set_fd(tls->ssl, fd) != 1 || !expect_name(tls, name))
		return fail(err, name);
	do
		r = api.SSL_connect(tls->ssl);
	while (r != 1 && wait_for(tls, r, wait, context));
	if (r == 1)
		return 0;
	verdict = api.SSL_get_verify_result(tls->ssl);
	if (verdict != X509_V_OK) {
		ERR_clear_error();
		sk_err_set(err, SK_ENET, "%s: its certificate: %s", name, X509_verify_cert_error_string(verdict));
	} else {
		fail(err, name);
	}
	api.SSL_free(tls->ssl);
	tls->ssl = NULL;
	return -err->code;
}

void sk_tls_disconnect(struct sk_tls *tls)
{
	if (!tls->ssl)
		return;
	api.SSL_shutdown(tls->ssl);
	api.SSL_free(tls->ssl);
	tls->ssl = NULL;
	ERR_clear_error();
}

size_t sk_tls_write(struct sk_tls *tls, struct sk_span bytes, sk_tls_wait_fn *wait, void *context, struct sk_err *err)
{
	size_t done = 0;

	ERR_clear_error();
	while (done < bytes.len) {
		int n = api.SSL_write(tls->ssl, bytes.ptr + done, (int)(bytes.len - done));

		if (n > 0) {
			done += (size_t)n;
		} else if (!wait_for(tls, n, wait, context)) {
			fail(err, "the connection broke");
			break;
		}
	}
	return done;
}

bool sk_tls_ended(struct sk_tls *tls)
{
	char bytes[256];
	int n;

	ERR_clear_error();
	while ((n = api.SSL_read(tls->ssl, bytes, sizeof(bytes))) > 0)
		;
	return api.SSL_get_error(tls->ssl, n) != SSL_ERROR_WANT_READ;
}
