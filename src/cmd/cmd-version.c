/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"

#include "base/buf.h"
#include "guard/sensor.h"
#include "net/curl.h"
#include "sandbox/sandbox.h"

#include <archive.h>
#include <libfyaml.h>
#include <lmdb.h>
#include <lzma.h>
#include <openssl/crypto.h>
#include <zlib.h>
#include <zstd.h>

/* What the machine that we run on grants a worker. */
static void put_sandbox(struct sk_buf *out)
{
	int parts = sk_sandbox_probe();

	sk_buf_printf(out, "sandbox   %s, %s, %s\n",
		      parts & SK_SANDBOX_SECCOMP ? "seccomp" : "no seccomp (refused here)",
		      parts & SK_SANDBOX_LANDLOCK ? "landlock" : "no landlock (not in this kernel)",
		      parts & SK_SANDBOX_RLIMITS ? "resource limits" : "no resource limits");
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_err local = SK_ERR_INIT;
	const struct sk_curl *curl = sk_curl_open(&local);

	sk_buf_puts(&out, "sekisho " SK_VERSION "\n");
	sk_buf_printf(&out, "gzip      %s\n",
		      SK_HAVE_ISAL ? "ISA-L igzip" : "zlib (built without ISA-L: slower)");
	sk_buf_printf(&out, "zlib      %s\n", zlibVersion());
	sk_buf_printf(&out, "zstd      %s\n", ZSTD_versionString());
	sk_buf_printf(&out, "xz        %s\n", lzma_version_string());
	sk_buf_printf(&out, "digests   %s\n", OpenSSL_version(OPENSSL_VERSION));
	sk_buf_printf(&out, "archives  %s\n", archive_version_string());
	sk_buf_printf(&out, "YAML      libfyaml %s\n", fy_library_version());
	sk_buf_printf(&out, "database  %s\n", mdb_version(NULL, NULL, NULL));
	sk_buf_printf(&out, "network   %s\n", curl ? curl->version() : local.text);
	put_sandbox(&out);
	sk_buf_printf(&out, "sensor    %s\n", sk_sensor_built() ? "built in" :
							   "not built in (guard events and guard run need it)");
	return sk_output(NULL, sk_buf_view(&out), err);
}

const struct sk_command sk_command_version = {
	.name = "version",
	.summary = "Show the version and what it was built with",
	.synopsis = "",
	.run = run,
};
