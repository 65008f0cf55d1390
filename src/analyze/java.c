/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/java.h"

#include <ctype.h>

static const char *const archive_suffixes[] = {
	".jar", ".war", ".ear", ".par", ".sar", ".nar", ".jpi", ".hpi", ".kar", ".lpkg",
};

static bool ends_nocase(struct sk_span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.len > n && sk_span_ieq(sk_span_from(s, s.len - n), sk_span_str(suffix));
}

bool sk_java_is_archive(struct sk_span path)
{
	for (size_t i = 0; i < SK_COUNT(archive_suffixes); i++)
		if (ends_nocase(path, archive_suffixes[i]))
			return true;
	return false;
}

/* ---- file names ---- */

static bool is_qualifier(struct sk_span word)
{
	static const char *const words[] = { "alpha", "beta", "rc", "cr", "m",	"snapshot",
					     "final", "ga",   "sp", "b",  "ea", "milestone" };

	for (size_t i = 0; i < SK_COUNT(words); i++)
		if (sk_span_ieq(word, sk_span_str(words[i])))
			return true;
	return false;
}

/* Where the word before `end` (at a '-' or the end of name) begins. */
static size_t word_start(struct sk_span name, size_t end)
{
	while (end > 0 && name.ptr[end - 1] != '-')
		end--;
	return end;
}

void sk_java_name(struct sk_span path, struct sk_coordinates *ret)
{
	struct sk_span name = sk_span_basename(path);
	ptrdiff_t dot = sk_span_rchr(name, '.');
	size_t version = 0, at;

	if (dot > 0)
		name.len = (size_t)dot;
	*ret = (struct sk_coordinates){ .artifact = name };
	/* The last word that begins with a digit ... */
	for (at = name.len; at > 0;) {
		size_t start = word_start(name, at);

		if (start > 1 && start < at && isdigit((unsigned char)name.ptr[start])) {
			version = start;
			break;
		}
		at = start > 0 ? start - 1 : 0;
	}
	/* ... and what belongs to it on its left: "1.0-beta-2", "1.0-20200101.120000-1". */
	while (version > 1) {
		size_t start = word_start(name, version - 1);
		struct sk_span word = sk_span_sub(name, start, version - 1 - start);

		if (start == 0 || word.len == 0 ||
		    !(isdigit((unsigned char)word.ptr[0]) || is_qualifier(word)))
			break;
		version = start;
	}
	if (version == 0)
		return;
	ret->version = sk_span_from(name, version);
	ret->artifact = sk_span_sub(name, 0, version - 1);
	/* "b-2" alone is no version: what qualifies must follow a number. */
	while (ret->version.len && !isdigit((unsigned char)ret->version.ptr[0])) {
		ptrdiff_t next = sk_span_chr(ret->version, '-');

		ret->version = sk_span_from(ret->version, (size_t)next + 1);
		ret->artifact.len = (size_t)(ret->version.ptr - name.ptr) - 1;
	}
}

/* ---- manifest ---- */

static void put_header(const struct sk_buf *line, struct sk_arena *arena, struct sk_map *map)
{
	struct sk_span s = sk_buf_view(line);
	ptrdiff_t colon = sk_span_chr(s, ':');
	struct sk_span *value;
	char *key;

	if (colon <= 0)
		return;
	key = sk_arena_dup(arena, sk_span_sub(s, 0, (size_t)colon));
	for (char *c = key; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	value = sk_arena_alloc(arena, sizeof(*value));
	*value = sk_span_trim(sk_span_from(s, (size_t)colon + 1));
	value->ptr = sk_arena_dup(arena, *value);
	sk_map_put(map, sk_span_str(key), value);
}

void sk_java_manifest(struct sk_span text, struct sk_arena *arena, struct sk_map *ret_map)
{
	struct sk_buf header = { 0 };
	struct sk_span line;

	while (sk_span_line(&text, &line)) {
		if (line.len && line.ptr[0] == ' ') {
			sk_buf_span(&header, sk_span_from(line, 1));
			continue;
		}
		put_header(&header, arena, ret_map);
		sk_buf_reset(&header);
		/* Further sections speak of single files. */
		if (sk_span_trim(line).len == 0 && ret_map->entries.len)
			break;
		sk_buf_span(&header, line);
	}
	put_header(&header, arena, ret_map);
	sk_buf_release(&header);
}

struct sk_span sk_java_manifest_get(const struct sk_map *map, const char *key)
{
	const struct sk_span *value = sk_map_get(map, sk_span_str(key));

	/* "${project.version}" was never filled in. */
	return value && sk_span_find(*value, SK_SPAN_LIT("${")) < 0 ? *value : sk_span(NULL, 0);
}

/*
 * Groups of artifacts whose archives have no pom.properties because they are
 * not built by Maven, as they stand on Maven Central. Those that moved have a
 * line for each major version from which on it holds.
 */
static const struct {
	const char *prefix, *group;
	unsigned since;
} known_groups[] = {
	{ "spring-boot", "org.springframework.boot" },
	{ "spring-security-", "org.springframework.security" },
	{ "spring-data-", "org.springframework.data" },
	{ "spring-cloud-", "org.springframework.cloud" },
	{ "spring-session-", "org.springframework.session" },
	{ "spring-kafka", "org.springframework.kafka" },
	{ "spring-rabbit", "org.springframework.amqp" },
	{ "spring-amqp", "org.springframework.amqp" },
	{ "spring-integration-", "org.springframework.integration" },
	{ "spring-batch-", "org.springframework.batch" },
	{ "spring-hateoas", "org.springframework.hateoas" },
	{ "spring-retry", "org.springframework.retry" },
	{ "spring-ldap-", "org.springframework.ldap" },
	{ "spring-ws-", "org.springframework.ws" },
	{ "spring-graphql", "org.springframework.graphql" },
	{ "spring-plugin-", "org.springframework.plugin" },
	{ "spring-", "org.springframework" },
	{ "tomcat-embed-", "org.apache.tomcat.embed" },
	{ "tomcat-", "org.apache.tomcat" },
	{ "hibernate-core", "org.hibernate" },
	{ "hibernate-core", "org.hibernate.orm", 6 },
	{ "hibernate-entitymanager", "org.hibernate" },
	{ "hibernate-commons-annotations", "org.hibernate" },
	{ "hibernate-commons-annotations", "org.hibernate.common", 5 },
	{ "kotlin-", "org.jetbrains.kotlin" },
	{ "kotlinx-", "org.jetbrains.kotlinx" },
	{ "okhttp", "com.squareup.okhttp" },
	{ "okhttp", "com.squareup.okhttp3", 3 },
	{ "okio", "com.squareup.okio" },
	{ "retrofit", "com.squareup.retrofit2", 2 },
	{ "micrometer-", "io.micrometer" },
	{ "reactor-core", "io.projectreactor" },
	{ "reactor-netty", "io.projectreactor.netty" },
	{ "rsocket-", "io.rsocket" },
	{ "grpc-", "io.grpc" },
	{ "opentelemetry-", "io.opentelemetry" },
	{ "groovy", "org.codehaus.groovy" },
	{ "groovy", "org.apache.groovy", 4 },
	{ "byte-buddy", "net.bytebuddy" },
	{ "asm", "asm" },
	{ "asm", "org.ow2.asm", 4 },
	{ "ant", "org.apache.ant" },
	{ "velocity", "org.apache.velocity" },
	{ "lucene-", "org.apache.lucene" },
	{ "kafka-clients", "org.apache.kafka" },
	{ "kafka-streams", "org.apache.kafka" },
	{ "elasticsearch", "org.elasticsearch" },
	{ "elasticsearch-rest-", "org.elasticsearch.client" },
	{ "opensearch", "org.opensearch" },
	{ "opensearch-rest-", "org.opensearch.client" },
	{ "mongodb-driver-", "org.mongodb" },
	{ "mongo-java-driver", "org.mongodb" },
	{ "bson", "org.mongodb" },
	{ "jackson-core-asl", "org.codehaus.jackson" },
	{ "jackson-mapper-asl", "org.codehaus.jackson" },
	{ "jackson-jaxrs", "org.codehaus.jackson" },
	{ "jackson-xc", "org.codehaus.jackson" },
	{ "dom4j", "dom4j" },
	{ "dom4j", "org.dom4j", 2 },
	{ "xercesImpl", "xerces" },
	{ "itext", "com.lowagie" },
	{ "itextpdf", "com.itextpdf" },
	{ "struts", "struts" },
	{ "ehcache", "net.sf.ehcache" },
	{ "ehcache", "org.ehcache", 3 },
	{ "caffeine", "com.github.ben-manes.caffeine" },
	{ "graphql-java", "com.graphql-java" },
	{ "jna", "net.java.dev.jna" },
	{ "checker-qual", "org.checkerframework" },
	{ "lz4-java", "org.lz4" },
	{ "jakarta.activation-api", "jakarta.activation" },
	{ "aspectjweaver", "org.aspectj" },
	{ "aspectjrt", "org.aspectj" },
	{ "lombok", "org.projectlombok" },
	{ "thymeleaf-spring", "org.thymeleaf" },
	{ "antlr4-runtime", "org.antlr" },
	{ "mockito-", "org.mockito" },
	{ "junit-jupiter", "org.junit.jupiter" },
	{ "junit-platform-", "org.junit.platform" },
};

/* A prefix without '-' at its end must be whole or go on with '-'. */
static bool has_prefix(struct sk_span artifact, const char *prefix)
{
	size_t n = strlen(prefix);

	return sk_span_starts(artifact, prefix) &&
	       (prefix[n - 1] == '-' || artifact.len == n || artifact.ptr[n] == '-');
}

static unsigned major_of(struct sk_span version)
{
	unsigned major = 0;

	for (size_t i = 0; i < version.len && i < 6 && isdigit((unsigned char)version.ptr[i]); i++)
		major = major * 10 + (unsigned)(version.ptr[i] - '0');
	return major;
}

/* The longest prefix wins, then the latest line. */
static const char *known_group(struct sk_span artifact, struct sk_span version)
{
	unsigned major = major_of(version);
	const char *group = NULL;
	size_t best = 0;

	for (size_t i = 0; i < SK_COUNT(known_groups); i++) {
		size_t n = strlen(known_groups[i].prefix);

		if (n < best || major < known_groups[i].since ||
		    !has_prefix(artifact, known_groups[i].prefix))
			continue;
		best = n;
		group = known_groups[i].group;
	}
	return group;
}

/* A Java package: letters, digits and '_' with at least one '.' between. */
static bool is_package(struct sk_span s)
{
	bool dot = false;

	for (size_t i = 0; i < s.len; i++) {
		if (!isalnum((unsigned char)s.ptr[i]) && !strchr("._-", s.ptr[i]))
			return false;
		dot |= s.ptr[i] == '.' && i > 0;
	}
	return dot;
}

/* "org.eclipse.sisu.inject;singleton:=true" without its directives. */
static struct sk_span symbolic_name(const struct sk_map *manifest)
{
	struct sk_span s = sk_java_manifest_get(manifest, "bundle-symbolicname");
	ptrdiff_t semicolon = sk_span_chr(s, ';');

	return sk_span_trim(semicolon >= 0 ? sk_span_sub(s, 0, (size_t)semicolon) : s);
}

/* The group that a dotted name (module, bundle, extension) gives: it, or what stands before the artifact in it. */
static struct sk_span group_of(struct sk_span name, struct sk_span artifact)
{
	ptrdiff_t dot;

	if (!is_package(name))
		return sk_span(NULL, 0);
	dot = sk_span_rchr(name, '.');
	if (artifact.len < name.len &&
	    sk_span_eq(sk_span_from(name, name.len - artifact.len), artifact) &&
	    name.ptr[name.len - artifact.len - 1] == '.')
		return sk_span_sub(name, 0, name.len - artifact.len - 1);
	/* The artifact is named by the whole: org.eclipse.sisu.inject of org.eclipse.sisu. */
	if (sk_span_eq(name, artifact))
		return sk_span_sub(name, 0, (size_t)dot);
	return name;
}

static struct sk_span guess_group(const struct sk_map *manifest, const struct sk_coordinates *c)
{
	static const char *const keys[] = { "implementation-vendor-id", "group-id",
					    "automatic-module-name", "extension-name",
					    "specification-title" };
	const char *known = known_group(c->artifact, c->version);
	struct sk_span artifact = c->artifact;
	struct sk_span group;

	if (known)
		return sk_span_str(known);
	group = sk_java_manifest_get(manifest, keys[0]);
	if (is_package(group))
		return group;
	group = group_of(symbolic_name(manifest), artifact);
	for (size_t i = 1; i < SK_COUNT(keys) && group.len == 0; i++)
		group = group_of(sk_java_manifest_get(manifest, keys[i]), artifact);
	if (group.len == 0)
		group = group_of(artifact, artifact);
	return group;
}

bool sk_java_guess(const struct sk_map *manifest, struct sk_coordinates *c)
{
	static const char *const versions[] = { "implementation-version", "bundle-version",
						"specification-version", "plugin-version" };

	for (size_t i = 0; i < SK_COUNT(versions) && c->version.len == 0; i++)
		c->version = sk_java_manifest_get(manifest, versions[i]);
	if (c->group.len == 0)
		c->group = guess_group(manifest, c);
	/* Many old artifacts are their own group: junit, log4j, commons-io. */
	if (c->group.len == 0)
		c->group = c->artifact;
	return c->artifact.len && c->version.len;
}

/* ---- pom.properties ---- */

void sk_java_pom_properties(struct sk_span text, struct sk_coordinates *ret)
{
	struct sk_span line;

	*ret = (struct sk_coordinates){ 0 };
	while (sk_span_line(&text, &line)) {
		struct sk_span key, value;
		size_t i = 0;

		line = sk_span_trim(line);
		if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == '!')
			continue;
		while (i < line.len && line.ptr[i] != '=' && line.ptr[i] != ':')
			i++;
		key = sk_span_trim(sk_span_sub(line, 0, i));
		value = sk_span_trim(sk_span_from(line, i + 1));
		if (sk_span_find(value, SK_SPAN_LIT("${")) >= 0)
			continue;
		if (sk_span_is(key, "groupId"))
			ret->group = value;
		else if (sk_span_is(key, "artifactId"))
			ret->artifact = value;
		else if (sk_span_is(key, "version"))
			ret->version = value;
	}
}
