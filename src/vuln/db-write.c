/* SPDX-License-Identifier: Apache-2.0 */
/* Sections into an LMDB file, which takes its place by rename. */
#include "base/fd.h"
#include "vuln/db-format.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

static void env_closep(MDB_env **env)
{
	if (*env)
		mdb_env_close(*env);
}

static int lmdb_err(struct sk_err *err, const char *path, int code)
{
	/* What LMDB makes of a write that stops short. */
	return sk_err_set(err, SK_EIO, "%s: %s%s", path, mdb_strerror(code),
			  code == EIO ? " (is the disk full?)" : "");
}

/*
 * A value below half a page would lie inside the leaf, and several of them
 * would split it; readers rely on one leaf (db-page.c). So short ones are
 * padded with zeros; info has the true lengths.
 */
static int put_section(MDB_txn *txn, MDB_dbi dbi, const char *name, struct sk_span bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	MDB_val key = { strlen(name), (void *)name };
	MDB_val value = { bytes.len < page ? page : bytes.len, NULL };
	int r = mdb_put(txn, dbi, &key, &value, MDB_RESERVE);

	if (r)
		return r;
	if (bytes.len)
		memcpy(value.mv_data, bytes.ptr, bytes.len);
	memset((char *)value.mv_data + bytes.len, 0, value.mv_size - bytes.len);
	return 0;
}

static int put_all(MDB_env *env, const struct sk_db_sections *sections)
{
	MDB_txn *txn;
	MDB_dbi dbi;
	int r = mdb_txn_begin(env, NULL, 0, &txn);

	if (r)
		return r;
	r = mdb_dbi_open(txn, NULL, 0, &dbi);
	for (int i = 0; r == 0 && i < SK_SECTION_COUNT; i++)
		r = put_section(txn, dbi, sk_section_names[i], sections->at[i]);
	if (r) {
		mdb_txn_abort(txn);
		return r;
	}
	return mdb_txn_commit(txn);
}

static int write_file(const char *path, const struct sk_db_sections *sections, struct sk_err *err)
{
	sk_cleanup(env_closep) MDB_env *env = NULL;
	size_t size = 1 << 20;
	int r;

	for (int i = 0; i < SK_SECTION_COUNT; i++)
		size += (sections->at[i].len + (128 << 10)) & ~(size_t)0xffff;
	r = mdb_env_create(&env);
	if (r == 0)
		r = mdb_env_set_mapsize(env, size);
	if (r == 0) /* one writer, a name that nobody else knows yet: no lock */
		r = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0644);
	if (r == 0)
		r = put_all(env, sections);
	if (r == 0)
		r = mdb_env_sync(env, 1);
	return r ? lmdb_err(err, path, r) : 0;
}

static int sync_path(const char *path, int flags, struct sk_err *err)
{
	sk_autoclose int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return sk_err_errno(err, "%s", path);
	return 0;
}

static char *folder_of(const char *path)
{
	struct sk_span dir = sk_span_dirname(sk_span_str(path));

	if (!dir.len)
		return sk_strdup(path[0] == '/' ? "/" : ".");
	return sk_strndup(dir.ptr, dir.len);
}

int sk_db_write(const char *path, const struct sk_db_sections *sections, struct sk_err *err)
{
	sk_autofree char *temporary = sk_printf("%s.%ld.new", path, (long)getpid());
	sk_autofree char *folder = folder_of(path);
	int r = sk_path_make_dirs(folder, 0755, err);

	if (r < 0)
		return r;
	unlink(temporary);
	r = write_file(temporary, sections, err);
	if (r == 0)
		r = sync_path(temporary, O_RDONLY, err);
	if (r == 0 && rename(temporary, path) < 0)
		r = sk_err_errno(err, "%s", path);
	if (r == 0)
		return sync_path(folder, O_RDONLY | O_DIRECTORY, err);
	unlink(temporary);
	return r;
}

static void digest_freep(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

int sk_db_digest(const struct sk_db_sections *sections, uint8_t ret_digest[SK_DB_DIGEST],
		 struct sk_err *err)
{
	sk_cleanup(digest_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct sk_span info = sections->at[SK_SECTION_INFO];
	bool good = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	uint8_t digest[SK_DB_DIGEST];

	info = sk_span_from(info, SK_DB_DIGEST_AT + SK_DB_DIGEST);
	good = good && EVP_DigestUpdate(ctx, info.ptr, info.len);
	for (int i = SK_SECTION_INFO + 1; i < SK_SECTION_COUNT; i++)
		good = good && EVP_DigestUpdate(ctx, sections->at[i].ptr, sections->at[i].len);
	if (!good || !EVP_DigestFinal_ex(ctx, digest, NULL))
		return sk_err_set(err, SK_EIO, "SHA-256 is not to be had");
	memcpy(ret_digest, digest, sizeof(digest));
	return 0;
}
