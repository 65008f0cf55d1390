/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/db.h"

#include "base/fd.h"
#include "base/text.h"
#include "vuln/db-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

char *sk_db_default_path(void)
{
	sk_autofree char *dir = sk_xdg_data_dir();

	return sk_printf("%s/advisories.mdb", dir);
}

void sk_db_close(struct sk_db *db)
{
	if (!db)
		return;
	if (db->txn)
		mdb_txn_abort(db->txn);
	if (db->env)
		mdb_env_close(db->env);
	sk_buf_release(&db->block);
	sk_arena_release(&db->arena);
	free(db);
}

void sk_db_closep(struct sk_db **db)
{
	sk_db_close(*db);
}

static int broken(struct sk_err *err, const char *what)
{
	return sk_err_set(err, SK_EINTEGRITY, "the advisory database is broken: %s", what);
}

static int read_sources(struct sk_db *db, struct sk_reader *r, struct sk_err *err)
{
	uint64_t count = sk_read_varint(r);
	struct sk_db_source *sources;

	if (count > 4096)
		return broken(err, "sources");
	sources = sk_arena_alloc(&db->arena, (count + 1) * sizeof(*sources));
	for (size_t i = 0; i < count; i++) {
		sources[i].name = sk_arena_dup(&db->arena, sk_read_string(r));
		sources[i].date = (int64_t)sk_read_u64le(r);
		sources[i].records = (uint32_t)sk_read_varint(r);
		sources[i].broken = (uint32_t)sk_read_varint(r);
		sources[i].withdrawn = (uint32_t)sk_read_varint(r);
	}
	db->info.sources = sources;
	db->info.source_count = count;
	return r->failed ? broken(err, "sources") : 0;
}

/* Short sections are padded in the file: info knows how long each is. */
static int trim_sections(struct sk_db *db, struct sk_reader *r, struct sk_err *err)
{
	for (int i = SK_SECTION_INFO + 1; i < SK_SECTION_COUNT; i++) {
		uint64_t length = sk_read_u64le(r);

		if (length > db->sections.at[i].len)
			return broken(err, sk_section_names[i]);
		db->sections.at[i].len = length;
	}
	return 0;
}

static int read_info(struct sk_db *db, struct sk_err *err)
{
	struct sk_reader r = sk_reader(db->sections.at[SK_SECTION_INFO]);
	sk_cleanup(sk_buf_release) struct sk_buf hex = { 0 };
	uint32_t magic = sk_read_u32le(&r), format = sk_read_u32le(&r);
	int result;

	if (magic != SK_DB_MAGIC)
		return broken(err, "magic");
	if (format != SK_DB_FORMAT)
		return sk_err_set(err, SK_EUNSUPPORTED,
				  "the advisory database has format %u, this program reads %d: run "
				  "\"sekisho db update\"",
				  format, SK_DB_FORMAT);
	db->info.created = (int64_t)sk_read_u64le(&r);
	sk_text_hex(&hex, sk_read_bytes(&r, SK_DB_DIGEST));
	db->info.digest = sk_arena_printf(&db->arena, "sha256:%s", sk_buf_str(&hex));
	result = trim_sections(db, &r, err);
	if (result < 0)
		return result;
	db->info.advisories = (uint32_t)sk_read_varint(&r);
	db->info.packages = (uint32_t)sk_read_varint(&r);
	db->info.ecosystems = (uint32_t)sk_read_varint(&r);
	result = read_sources(db, &r, err);
	/* What info says itself ends here; the rest is padding. */
	db->sections.at[SK_SECTION_INFO].len = r.off;
	return result;
}

static int read_ecosystems(struct sk_db *db, struct sk_err *err)
{
	struct sk_reader r = sk_reader(db->sections.at[SK_SECTION_ECOSYSTEMS]);
	uint64_t count = sk_read_varint(&r);

	if (count != db->info.ecosystems || count > sk_reader_left(&r))
		return broken(err, "ecosystems");
	db->ecosystems = sk_arena_alloc(&db->arena, (count + 1) * sizeof(*db->ecosystems));
	for (size_t i = 0; i < count; i++) {
		db->ecosystems[i] = sk_read_string(&r);
		sk_read_varint(&r);
		if (r.failed || (i && sk_span_cmp(db->ecosystems[i - 1], db->ecosystems[i]) >= 0))
			return broken(err, "ecosystems");
	}
	return 0;
}

/* Sizes that later reads rely on. */
static int check_tables(struct sk_db *db, struct sk_err *err)
{
	size_t index = db->sections.at[SK_SECTION_INDEX].len;
	size_t slots = index / SK_DB_SLOT, records = db->info.advisories;

	if (!slots || index % SK_DB_SLOT || (slots & (slots - 1)))
		return broken(err, "index");
	db->mask = slots - 1;
	if (db->sections.at[SK_SECTION_RECORD_AT].len != (records + 1) * 4)
		return broken(err, "record-at");
	index = db->sections.at[SK_SECTION_BLOCK_AT].len;
	if (index < SK_DB_BLOCK_AT || index % SK_DB_BLOCK_AT)
		return broken(err, "block-at");
	db->block_count = index / SK_DB_BLOCK_AT - 1;
	db->current_block = SIZE_MAX;
	return 0;
}

int sk_db_attach(const struct sk_db_sections *sections, uint64_t size, struct sk_db **ret_db,
		 struct sk_err *err)
{
	struct sk_db *db = sk_alloc(sizeof(*db));
	int r;

	db->sections = *sections;
	db->info.size = size;
	r = read_info(db, err);
	if (r == 0)
		r = read_ecosystems(db, err);
	if (r == 0)
		r = check_tables(db, err);
	if (r < 0) {
		sk_db_close(db);
		return r;
	}
	*ret_db = db;
	return 0;
}

/* Whether the file has the shape that LMDB may rely on. */
static int check_file(const char *path, uint64_t *ret_size, struct sk_err *err)
{
	sk_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct sk_db_sections sections;
	struct stat st;
	void *map;
	int r;

	if (fd < 0 && errno == ENOENT)
		return sk_err_set(
		    err, SK_ENOTFOUND,
		    "there is no advisory database at %s: \"sekisho db update\" fetches one, "
		    "\"sekisho db build --from DIR\" makes one from a mirror, \"sekisho db "
		    "import FILE\" takes over an exported one",
		    path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return sk_err_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_size < 2 * 512)
		return sk_err_set(err, SK_EINTEGRITY, "%s: not an advisory database", path);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return sk_err_errno(err, "%s", path);
	r = sk_db_pages(sk_span(map, (size_t)st.st_size), &sections, err);
	munmap(map, (size_t)st.st_size);
	*ret_size = (uint64_t)st.st_size;
	return r < 0 ? sk_err_wrap(err, "%s", path) : 0;
}

static int open_lmdb(const char *path, MDB_env **ret_env, MDB_txn **ret_txn,
		     struct sk_db_sections *sections)
{
	/* Immutable and replaced by rename: nobody to lock out. */
	unsigned flags = MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS;
	MDB_dbi dbi;
	int r = mdb_env_create(ret_env);

	if (r == 0)
		r = mdb_env_open(*ret_env, path, flags, 0);
	if (r == 0)
		r = mdb_txn_begin(*ret_env, NULL, MDB_RDONLY, ret_txn);
	if (r == 0)
		r = mdb_dbi_open(*ret_txn, NULL, 0, &dbi);
	for (int i = 0; r == 0 && i < SK_SECTION_COUNT; i++) {
		MDB_val key = { strlen(sk_section_names[i]), (void *)sk_section_names[i] }, value;

		r = mdb_get(*ret_txn, dbi, &key, &value);
		if (r == 0)
			sections->at[i] = sk_span(value.mv_data, value.mv_size);
	}
	return r;
}

int sk_db_open(const char *path, struct sk_db **ret_db, struct sk_err *err)
{
	struct sk_db_sections sections = { 0 };
	MDB_env *env = NULL;
	MDB_txn *txn = NULL;
	uint64_t size = 0;
	int r = check_file(path, &size, err);

	if (r < 0)
		return r;
	r = open_lmdb(path, &env, &txn, &sections);
	if (r)
		r = sk_err_set(err, r == EACCES || r == EPERM ? SK_EIO : SK_EINTEGRITY, "%s: %s",
			       path, mdb_strerror(r));
	else if (sk_db_attach(&sections, size, ret_db, err) < 0)
		r = sk_err_wrap(err, "%s", path);
	if (r < 0) {
		if (txn)
			mdb_txn_abort(txn);
		if (env)
			mdb_env_close(env);
		return r;
	}
	(*ret_db)->env = env;
	(*ret_db)->txn = txn;
	return 0;
}

const struct sk_db_info *sk_db_info(const struct sk_db *db)
{
	return &db->info;
}

size_t sk_db_ecosystem_count(const struct sk_db *db)
{
	return db->info.ecosystems;
}

struct sk_span sk_db_ecosystem_name(const struct sk_db *db, size_t ecosystem)
{
	return ecosystem < db->info.ecosystems ? db->ecosystems[ecosystem] : sk_span(NULL, 0);
}

int sk_db_ecosystem(const struct sk_db *db, struct sk_span name)
{
	size_t low = 0, high = db->info.ecosystems;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = sk_span_cmp(name, db->ecosystems[middle]);

		if (order == 0)
			return (int)middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}
