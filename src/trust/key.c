/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/key.h"

#include "base/fd.h"
#include "base/mem.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

/* The largest keys and signatures, of RSA 16384, have 13 kB and 2 kB. */
enum { MAX_KEY = 65536, MAX_SIGNATURE = 4096 };

struct sk_key {
	EVP_PKEY *pkey;
};

/* Never asks on the terminal. */
static int no_password(char *buf, int size, int writing, void *ctx)
{
	return 0;
}

int sk_key_load(const char *path, bool is_private, struct sk_key **ret_key, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf pem = { 0 };
	EVP_PKEY *pkey;
	BIO *bio;
	int r = sk_path_slurp(path, MAX_KEY, &pem, err);

	if (r < 0)
		return r;
	bio = BIO_new_mem_buf(sk_buf_str(&pem), (int)pem.len);
	if (!bio)
		abort();
	pkey = is_private ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
	BIO_free(bio);
	if (pem.data)
		OPENSSL_cleanse(pem.data, pem.len);
	if (!pkey)
		return sk_err_set(err, SK_EINVAL, "%s: no %s key in PEM%s", path, is_private ? "private" : "public",
				  is_private ? ", or one that a password protects: openssl pkey -in KEY -out PLAIN" : "");
	*ret_key = sk_alloc(sizeof(**ret_key));
	(*ret_key)->pkey = pkey;
	return 0;
}

void sk_key_free(struct sk_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

void sk_key_freep(struct sk_key **key)
{
	sk_key_free(*key);
}

/* Ed25519 hashes by itself. */
static const EVP_MD *digest_of(const struct sk_key *key)
{
	return EVP_PKEY_get_base_id(key->pkey) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
}

int sk_key_sign(const struct sk_key *key, struct sk_span bytes, struct sk_buf *ret_signature, struct sk_err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char raw[MAX_SIGNATURE];
	unsigned char text[MAX_SIGNATURE * 4 / 3 + 8];
	size_t len = sizeof(raw);
	bool ok;

	if (!ctx)
		abort();
	ok = EVP_DigestSignInit(ctx, NULL, digest_of(key), NULL, key->pkey) == 1 &&
	     EVP_DigestSign(ctx, raw, &len, (const unsigned char *)bytes.ptr, bytes.len) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return sk_err_set(err, SK_EUNSUPPORTED, "this kind of key cannot sign here");
	sk_buf_put(ret_signature, text, (size_t)EVP_EncodeBlock(text, raw, (int)len));
	return 0;
}

/* The bytes of base64 text; false: it is none. */
static bool decode(struct sk_span text, unsigned char raw[MAX_SIGNATURE], size_t *ret_len)
{
	int n;

	text = sk_span_trim(text);
	if (text.len == 0 || text.len % 4 != 0 || text.len / 4 * 3 > MAX_SIGNATURE)
		return false;
	n = EVP_DecodeBlock(raw, (const unsigned char *)text.ptr, (int)text.len);
	if (n < 0)
		return false;
	*ret_len = (size_t)n - (text.ptr[text.len - 1] == '=') - (text.ptr[text.len - 2] == '=');
	return true;
}

int sk_key_verify(const struct sk_key *key, struct sk_span bytes, struct sk_span signature, struct sk_err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char raw[MAX_SIGNATURE];
	size_t len = 0;
	bool ok;

	if (!ctx)
		abort();
	ok = decode(signature, raw, &len) && EVP_DigestVerifyInit(ctx, NULL, digest_of(key), NULL, key->pkey) == 1 &&
	     EVP_DigestVerify(ctx, raw, len, (const unsigned char *)bytes.ptr, bytes.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : sk_err_set(err, SK_EINTEGRITY, "the signature is not this key's");
}
