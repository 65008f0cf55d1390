/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "doc/doc.h"
#include "image/digest.h"
#include "net/request.h"
#include "net/url.h"

#include <ctype.h>

struct sk_registry {
	struct sk_registry_name name;
	char *base;	     /* "https://host/v2/repository" */
	char *authorization; /* header, once the registry has asked for it; NULL: none */
};

/* ---- names ---- */

static bool is_repository(struct sk_span s)
{
	if (s.len == 0 || s.len > 255 || s.ptr[0] == '/' || s.ptr[s.len - 1] == '/')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!islower((unsigned char)s.ptr[i]) && !isdigit((unsigned char)s.ptr[i]) && !strchr("._-/", s.ptr[i]))
			return false;
	return sk_span_find(s, SK_SPAN_LIT("//")) < 0 && sk_span_find(s, SK_SPAN_LIT("..")) < 0;
}

static bool is_tag(struct sk_span s)
{
	if (s.len == 0 || s.len > 128)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.ptr[i]) && s.ptr[i] != '_' && (i == 0 || !strchr(".-", s.ptr[i])))
			return false;
	return true;
}

static bool is_host(struct sk_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.ptr[i]) && !strchr(".-:[]", s.ptr[i]))
			return false;
	return s.len > 0 && s.len < 256 && (sk_span_chr(s, '.') >= 0 || sk_span_chr(s, ':') >= 0 || sk_span_is(s, "localhost"));
}

int sk_registry_name_parse(struct sk_span text, struct sk_registry_name *ret_name, struct sk_err *err)
{
	ptrdiff_t slash = sk_span_chr(text, '/'), at = sk_span_chr(text, '@'), colon;
	struct sk_span host, repository, reference = SK_SPAN_LIT("latest");

	if (slash < 0)
		return sk_err_set(err, SK_EUSAGE, "'%.*s': a registry's host, a '/' and a repository are needed", (int)text.len,
				  text.ptr);
	host = sk_span_sub(text, 0, (size_t)slash);
	repository = sk_span_from(text, (size_t)slash + 1);
	if (at >= 0) {
		reference = sk_span_from(text, (size_t)at + 1);
		repository = sk_span_sub(text, (size_t)slash + 1, (size_t)(at - slash - 1));
	}
	colon = sk_span_chr(repository, ':');
	if (colon >= 0) {
		if (at < 0)
			reference = sk_span_from(repository, (size_t)colon + 1);
		repository = sk_span_sub(repository, 0, (size_t)colon);
	}
	if (!is_host(host) || !is_repository(repository) || (at >= 0 ? !sk_digest_valid(reference) : !is_tag(reference)))
		return sk_err_set(err, SK_EUSAGE, "'%.*s' is no name in a registry, as host/repository:tag is", (int)text.len,
				  text.ptr);
	ret_name->host = sk_strndup(host.ptr, host.len);
	ret_name->repository = sk_strndup(repository.ptr, repository.len);
	ret_name->reference = sk_strndup(reference.ptr, reference.len);
	return 0;
}

void sk_registry_name_release(struct sk_registry_name *name)
{
	free(name->host);
	free(name->repository);
	free(name->reference);
	*name = (struct sk_registry_name){ 0 };
}

static bool is_local(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; i < SK_COUNT(names); i++) {
		size_t n = strlen(names[i]);

		if (strncmp(host, names[i], n) == 0 && (!host[n] || host[n] == ':'))
			return true;
	}
	return false;
}

struct sk_registry *sk_registry_open(const struct sk_registry_name *name)
{
	struct sk_registry *r = sk_alloc(sizeof(*r));

	r->name = (struct sk_registry_name){ sk_strdup(name->host), sk_strdup(name->repository), sk_strdup(name->reference) };
	r->base = sk_printf("%s://%s/v2/%s", is_local(name->host) ? "http" : "https", name->host, name->repository);
	return r;
}

void sk_registry_close(struct sk_registry *r)
{
	if (!r)
		return;
	sk_registry_name_release(&r->name);
	free(r->base);
	free(r->authorization);
	free(r);
}

void sk_registry_closep(struct sk_registry **registry)
{
	sk_registry_close(*registry);
}

/* ---- credentials ---- */

/* "dXNlcjpwYXNz" of this host in Docker's configuration, owned; NULL: none. */
static char *docker_credentials(const char *host)
{
	const char *dir = getenv("DOCKER_CONFIG"), *home = getenv("HOME");
	sk_autofree char *path = dir ? sk_printf("%s/config.json", dir) : sk_printf("%s/.docker/config.json", home ? home : "");
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	sk_autofree char *with_scheme = sk_printf("https://%s", host);
	const struct sk_node *auths, *entry;
	struct sk_span auth;

	if (sk_path_slurp(path, SK_MAX_CONFIG, &text, NULL) < 0 ||
	    sk_doc_parse(&doc, SK_DOC_JSON, sk_buf_view(&text), 0, NULL) < 0)
		return NULL;
	auths = sk_node_get(doc.root, "auths");
	entry = sk_node_get(auths, host);
	auth = sk_node_str(sk_node_get(entry ? entry : sk_node_get(auths, with_scheme), "auth"));
	if (!auth.len || memchr(auth.ptr, '\n', auth.len) || memchr(auth.ptr, '\r', auth.len))
		return NULL;
	return sk_strndup(auth.ptr, auth.len);
}

/* realm="...", service="..." of a challenge; owned, NULL: it is not there. */
static char *challenge_value(struct sk_span challenge, const char *name)
{
	sk_autofree char *key = sk_printf("%s=\"", name);
	ptrdiff_t at = sk_span_find(challenge, sk_span_str(key)), end;
	struct sk_span value;

	if (at < 0)
		return NULL;
	value = sk_span_from(challenge, (size_t)at + strlen(key));
	end = sk_span_chr(value, '"');
	return end < 0 ? NULL : sk_strndup(value.ptr, (size_t)end);
}

static void put_parameter(struct sk_buf *url, const char *name, const char *value)
{
	if (!value)
		return;
	sk_buf_printf(url, "%s%s=", sk_span_chr(sk_buf_view(url), '?') < 0 ? "?" : "&", name);
	for (const char *c = value; *c; c++)
		if (isalnum((unsigned char)*c) || strchr("-._~", *c))
			sk_buf_putc(url, *c);
		else
			sk_buf_printf(url, "%%%02X", (unsigned char)*c);
}

/* A token for what the challenge says, from the server that it names. */
static int fetch_token(struct sk_registry *r, struct sk_span challenge, const char *credentials, struct sk_err *err)
{
	sk_autofree char *realm = challenge_value(challenge, "realm"), *service = challenge_value(challenge, "service");
	sk_autofree char *scope = challenge_value(challenge, "scope");
	sk_autofree char *basic = credentials ? sk_printf("Authorization: Basic %s", credentials) : NULL;
	sk_cleanup(sk_buf_release) struct sk_buf url = { 0 };
	sk_cleanup(sk_response_release) struct sk_response answer = { 0 };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	const char *headers[] = { basic, NULL };
	struct sk_span token;
	int rc;

	if (!realm || !sk_url_is_http(sk_span_str(realm)) || (strncmp(realm, "https:", 6) != 0 && !is_local(r->name.host)))
		return sk_err_set(err, SK_ENET, "%s: asks for a token from nowhere safe", r->name.host);
	sk_buf_puts(&url, realm);
	put_parameter(&url, "service", service);
	put_parameter(&url, "scope", scope);
	rc = sk_request_send(&(struct sk_request){ .url = url.data, .headers = headers, .max_bytes = SK_MAX_CONFIG }, &answer, err);
	if (rc < 0)
		return rc;
	if (answer.status != 200 || sk_doc_parse(&doc, SK_DOC_JSON, sk_buf_view(&answer.body), 0, err) < 0)
		return sk_err_set(err, SK_ENET, "%s: no token was given (status %ld); is 'docker login %s' needed?", realm,
				  answer.status, r->name.host);
	token = sk_node_str(sk_node_get(doc.root, "token"));
	if (!token.len)
		token = sk_node_str(sk_node_get(doc.root, "access_token"));
	if (!token.len || memchr(token.ptr, '\n', token.len))
		return sk_err_set(err, SK_ENET, "%s: the answer has no token", realm);
	free(r->authorization);
	r->authorization = sk_printf("Authorization: Bearer %.*s", (int)token.len, token.ptr);
	return 0;
}

static int authorize(struct sk_registry *r, const struct sk_response *refusal, struct sk_err *err)
{
	struct sk_span challenge = sk_response_header(refusal, "www-authenticate");
	sk_autofree char *credentials = docker_credentials(r->name.host);

	if (challenge.len > 7 && sk_span_ieq(sk_span_sub(challenge, 0, 7), SK_SPAN_LIT("Bearer ")))
		return fetch_token(r, challenge, credentials, err);
	if (!credentials)
		return sk_err_set(err, SK_ENET, "%s wants a name and a password: docker login %s", r->name.host, r->name.host);
	free(r->authorization);
	r->authorization = sk_printf("Authorization: Basic %s", credentials);
	return 0;
}

/* ---- requests ---- */

/* Sends, and once more with what the registry asks for. */
static int send_request(struct sk_registry *r, const char *method, const char *url, const char *header, struct sk_span body,
			size_t max, struct sk_response *ret_response, struct sk_err *err)
{
	for (int tries = 0;; tries++) {
		const char *headers[3] = { NULL, NULL, NULL };
		size_t n = 0;
		struct sk_request request = { .method = method, .url = url, .headers = headers, .body = body, .max_bytes = max };
		int rc;

		if (r->authorization)
			headers[n++] = r->authorization;
		if (header)
			headers[n++] = header;
		rc = sk_request_send(&request, ret_response, err);
		if (rc < 0 || ret_response->status != 401 || tries > 0)
			return rc;
		rc = authorize(r, ret_response, err);
		sk_response_release(ret_response);
		if (rc < 0)
			return rc;
	}
}

static int unexpected(const struct sk_registry *r, const char *what, const struct sk_response *answer, struct sk_err *err)
{
	if (answer->status == 404)
		return sk_err_set(err, SK_ENOTFOUND, "%s/%s: there is no %s", r->name.host, r->name.repository, what);
	return sk_err_set(err, SK_ENET, "%s/%s: %s: status %ld%s", r->name.host, r->name.repository, what, answer->status,
			  answer->status == 401 || answer->status == 403 ? " (not allowed; is docker login needed?)" : "");
}

static int get(struct sk_registry *r, const char *url, const char *header, const char *digest, const char *what, size_t max,
	       struct sk_buf *ret_bytes, struct sk_err *err)
{
	sk_cleanup(sk_response_release) struct sk_response answer = { 0 };
	int rc = send_request(r, "GET", url, header, sk_span("", 0), max, &answer, err);

	if (rc < 0)
		return rc;
	if (answer.status != 200)
		return unexpected(r, what, &answer, err);
	rc = digest ? sk_digest_check(digest, sk_buf_view(&answer.body), err) : 0;
	if (rc < 0)
		return sk_err_wrap(err, "%s/%s: %s", r->name.host, r->name.repository, what);
	sk_buf_span(ret_bytes, sk_buf_view(&answer.body));
	return 0;
}

int sk_registry_manifest(struct sk_registry *r, const char *reference, const char *accept, struct sk_buf *ret_bytes,
			 struct sk_err *err)
{
	sk_autofree char *url = sk_printf("%s/manifests/%s", r->base, reference);
	sk_autofree char *header = sk_printf("Accept: %s", accept), *what = sk_printf("manifest %s", reference);

	return get(r, url, header, sk_digest_valid(sk_span_str(reference)) ? reference : NULL, what, SK_MAX_MANIFEST, ret_bytes,
		   err);
}

int sk_registry_blob(struct sk_registry *r, const char *digest, size_t max, struct sk_buf *ret_bytes, struct sk_err *err)
{
	sk_autofree char *url = sk_printf("%s/blobs/%s", r->base, digest), *what = sk_printf("blob %s", digest);

	return get(r, url, NULL, digest, what, max, ret_bytes, err);
}

/* Where an upload goes on: Location is absolute, or begins at the host. */
static char *upload_url(const struct sk_registry *r, struct sk_span location, const char *digest)
{
	const char *scheme_end = strstr(r->base, "/v2/");
	const char *between = sk_span_chr(location, '?') < 0 ? "?" : "&";

	if (sk_url_is_http(location))
		return sk_printf("%.*s%sdigest=%s", (int)location.len, location.ptr, between, digest);
	return sk_printf("%.*s%.*s%sdigest=%s", (int)(scheme_end - r->base), r->base, (int)location.len, location.ptr, between,
			 digest);
}

int sk_registry_put_blob(struct sk_registry *r, struct sk_span bytes, struct sk_err *err)
{
	sk_cleanup(sk_response_release) struct sk_response there = { 0 }, begun = { 0 }, done = { 0 };
	char digest[SK_DIGEST_TEXT];
	sk_autofree char *head = NULL, *start = sk_printf("%s/blobs/uploads/", r->base), *put = NULL;
	int rc;

	sk_digest_of(bytes, digest);
	head = sk_printf("%s/blobs/%s", r->base, digest);
	rc = send_request(r, "HEAD", head, NULL, sk_span("", 0), SK_MAX_CONFIG, &there, err);
	if (rc < 0 || there.status == 200)
		return rc;
	rc = send_request(r, "POST", start, NULL, sk_span("", 0), SK_MAX_CONFIG, &begun, err);
	if (rc < 0)
		return rc;
	if (begun.status != 202 || !sk_response_header(&begun, "location").len)
		return unexpected(r, "upload", &begun, err);
	put = upload_url(r, sk_response_header(&begun, "location"), digest);
	rc = send_request(r, "PUT", put, "Content-Type: application/octet-stream", bytes, SK_MAX_CONFIG, &done, err);
	if (rc < 0)
		return rc;
	return done.status == 201 ? 0 : unexpected(r, "upload", &done, err);
}

int sk_registry_put_manifest(struct sk_registry *r, const char *reference, const char *media_type, struct sk_span bytes,
			     struct sk_err *err)
{
	sk_cleanup(sk_response_release) struct sk_response answer = { 0 };
	sk_autofree char *url = sk_printf("%s/manifests/%s", r->base, reference);
	sk_autofree char *header = sk_printf("Content-Type: %s", media_type);
	int rc = send_request(r, "PUT", url, header, bytes, SK_MAX_CONFIG, &answer, err);

	if (rc < 0)
		return rc;
	return answer.status == 201 ? 0 : unexpected(r, "manifest", &answer, err);
}
