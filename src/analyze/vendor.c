/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/vendor.h"

#include <ctype.h>

/*
 * rpm: the header's Vendor, as each distribution's own packages spell it (the
 * beginning, case ignored). A system that is not listed has nothing foreign;
 * neither has a package without a vendor.
 */
struct rpm_vendor {
	const char *os;
	const char *prefixes[6];
};

static const struct rpm_vendor rpm_vendors[] = {
	{ "rhel", { "Red Hat" } },
	{ "centos", { "CentOS", "Red Hat" } },
	{ "rocky", { "Rocky", "RESF" } },
	{ "almalinux", { "AlmaLinux" } },
	{ "ol", { "Oracle America", "Oracle" } },
	{ "amzn", { "Amazon" } },
	{ "fedora", { "Fedora Project" } },
	{ "sles", { "SUSE", "openSUSE" } },
	{ "sled", { "SUSE", "openSUSE" } },
	{ "sle_hpc", { "SUSE", "openSUSE" } },
	{ "sles_sap", { "SUSE", "openSUSE" } },
	{ "sle-micro", { "SUSE", "openSUSE" } },
	{ "sl-micro", { "SUSE", "openSUSE" } },
	{ "opensuse-leap", { "SUSE", "openSUSE" } },
	{ "opensuse-tumbleweed", { "SUSE", "openSUSE" } },
	{ "photon", { "VMware", "Broadcom" } },
	{ "mariner", { "Microsoft" } },
	{ "azurelinux", { "Microsoft" } },
};

/* Marks in an rpm's release that the vendor field may not tell. */
static const char *const rpm_marks[] = { "PGDG", ".remi", ".elrepo", "nodesource", NULL };

static bool any_prefix(struct sk_span s, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count && prefixes[i]; i++)
		if (sk_span_ieq(sk_span_sub(s, 0, strlen(prefixes[i])), sk_span_str(prefixes[i])))
			return true;
	return false;
}

static bool contains_any(const char *s, const char *const *marks)
{
	for (; s && *marks; marks++)
		if (strcasestr(s, *marks))
			return true;
	return false;
}

/* openSUSE Build Service's home projects call themselves "obs://build.opensuse.org/home:..." */
static bool rpm_is_foreign(const struct sk_package *p, const struct sk_os *os)
{
	if (contains_any(p->version, rpm_marks))
		return true;
	if (!p->origin)
		return false;
	for (size_t i = 0; i < SK_COUNT(rpm_vendors); i++)
		if (strcmp(rpm_vendors[i].os, os->id) == 0)
			return !any_prefix(sk_span_str(p->origin), rpm_vendors[i].prefixes,
					   SK_COUNT(rpm_vendors[i].prefixes));
	return false;
}

/*
 * deb, apk: who maintains the packages of well-known repositories. Only
 * addresses of teams and companies that publish there, never of persons:
 * Debian's maintainers write from any domain.
 */
static const char *const publishers[] = { "support@docker.com",
					  "@nodesource.com",
					  "nginx-packaging@",
					  "@nginx.com",
					  "@elastic.co",
					  "@hashicorp.com",
					  "@mongodb.com",
					  "@10gen.com",
					  "@grafana.com",
					  "@influxdb.com",
					  "@influxdata.com",
					  "@gitlab.com",
					  "@rabbitmq.com",
					  "rabbitmq-core@",
					  "@confluent.io",
					  "@datadoghq.com",
					  "@newrelic.com",
					  "@puppet.com",
					  "@puppetlabs.com",
					  "@perforce.com",
					  "@percona.com",
					  "mysql-build@oss.oracle.com",
					  "maria-developers@lists.launchpad.net",
					  "@mariadb.com",
					  "@clickhouse.com",
					  "@couchbase.com",
					  "@neo4j.com",
					  "@redis.com",
					  "@redislabs.com",
					  "temurin-dev@eclipse.org",
					  "@adoptopenjdk.net",
					  "@azul.com",
					  "@bell-sw.com",
					  "corretto-team@amazon.com",
					  "cudatools@nvidia.com",
					  "cuda-installer@nvidia.com",
					  "@tailscale.com",
					  "@cloudflare.com",
					  "yarn@dan.cx",
					  "@yarnpkg.com",
					  "chromium-dev@chromium.org",
					  "linux-packages-keymaster@google.com",
					  "gpgci@microsoft.com",
					  "apt@postgresql.org",
					  "pgsql-pkg-debian@postgresql.org",
					  "@timescale.com",
					  "@citusdata.com",
					  "@varnish-software.com",
					  "@varnish-cache.org",
					  "@haproxy.com",
					  "@fluentd.org",
					  "@treasure-data.com",
					  "@treasuredata.com",
					  "@sury.org",

					  "@openresty.com",
					  "@openresty.org",
					  "@kubernetes.io",
					  "@githubcli.com",
					  "opensource+cli@github.com",
					  "@1password.com",
					  "@signal.org",
					  "@slack-corp.com",
					  "@sublimetext.com",
					  "@passenger",
					  "@phusion.nl",
					  "@netdata.cloud",
					  "@zabbix.com",
					  "@icinga.com",
					  "@proxysql.com",
					  "@scylladb.com",
					  "@crunchydata.com",
					  NULL };

/* Marks in a version: apt.postgresql.org, deb.sury.org, getdeb, Docker's and others'
 * "~ubuntu.22.04~jammy". */
static const char *const deb_marks[] = { "pgdg",     "sury.org", "nodesource", "~debian.",
					 "~ubuntu.", ".getdeb",	 "~dotdeb",    NULL };

/*
 * Debian and Ubuntu mark rebuilds by number (+deb12u1, ~22.04.1), never by
 * codename, as nginx.org ("1.25.3-1~bookworm") and others do.
 */
static const char *const codenames[] = {
	"stretch", "buster", "bullseye", "bookworm", "trixie",	 "forky",  "trusty",   "xenial",
	"bionic",  "focal",  "jammy",	 "noble",    "oracular", "plucky", "questing", "resolute",
};

static bool named_after_release(const char *version)
{
	for (size_t i = 0; i < SK_COUNT(codenames); i++) {
		const char *at = strstr(version, codenames[i]);
		const char *end = at ? at + strlen(codenames[i]) : NULL;

		if (at && at > version && (at[-1] == '~' || at[-1] == '.' || at[-1] == '+') &&
		    !isalpha((unsigned char)*end))
			return true;
	}
	return false;
}

static const char *const debian_addresses[] = {
	"debian.org", "debian.net",   "@ubuntu.com", "lists.ubuntu.com", "@canonical.com",
	"kali.org",   "raspbian.org", "devuan.org",  "linuxmint.com",	 "progress-linux.org",
	NULL
};

static bool deb_is_foreign(const struct sk_package *p)
{
	if (contains_any(p->version, deb_marks))
		return true;
	if (contains_any(p->origin, debian_addresses))
		return false;
	return contains_any(p->origin, publishers) ||
	       (p->version && named_after_release(p->version));
}

bool sk_package_is_foreign(const struct sk_package *p, const struct sk_os *os)
{
	if (strcmp(p->type, "rpm") == 0)
		return os && os->id && rpm_is_foreign(p, os);
	if (strcmp(p->type, "deb") == 0)
		return deb_is_foreign(p);
	return strcmp(p->type, "apk") == 0 && contains_any(p->origin, publishers);
}
