/* SPDX-License-Identifier: Apache-2.0 */
/* Java archives made here, and trees of pom.xml and go.mod that are joined. */
#include "analyze/file.h"
#include "analyze/java.h"
#include "analyze/sink.h"
#include "analyze/view.h"
#include "base/limits.h"
#include "tap.h"
#include "zip-maker.h"

#include <sys/mman.h>
#include <unistd.h>

extern const struct sk_analyzer sk_analyzer_jar, sk_analyzer_pom, sk_analyzer_go_mod;

static void describe(struct sk_buf *out, const struct sk_package *p)
{
	sk_buf_printf(out, "%s: %s%s%s@%s%s%s%s\n", p->path, p->ns ? p->ns : "", p->ns ? "/" : "",
		      p->name, p->version ? p->version : "",
		      p->flags & SK_PACKAGE_MAIN ? " main" : "",
		      p->flags & SK_PACKAGE_DEV ? " dev" : "",
		      p->flags & SK_PACKAGE_INDIRECT ? " indirect" : "");
}

/* ---- archives ---- */

static const char *jar(const char *path, struct sk_span bytes, struct sk_buf *out)
{
	struct sk_recorder rec = { 0 };
	struct sk_sink sink = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_file_impl impl = { .fd = -1 };
	struct sk_file file;

	sk_buf_reset(out);
	sk_file_from_bytes(&file, &impl, path, bytes);
	if (sk_sink_analyze(&sink, &rec, &sk_analyzer_jar, &file, &err) < 0)
		sk_buf_printf(out, "error: %s\n", sk_code_name(err.code));
	for (size_t i = 0; i < sink.packages.len; i++)
		describe(out, sink.packages.data[i]);
	for (uint64_t i = 0; i < rec.issues; i++)
		sk_buf_puts(out, "issue\n");
	sk_sink_release(&sink);
	sk_recorder_release(&rec);
	sk_file_impl_release(&impl);
	return sk_buf_str(out);
}

static void test_war(void)
{
	struct zip_maker inner = { 0 }, war = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	zip_add(&inner, "META-INF/maven/org.b/b/pom.properties",
		SK_SPAN_LIT("#made\ngroupId=org.b\r\nartifactId: b\nversion = 2.0\n"), true);
	zip_add(&inner, "META-INF/maven/org.shaded/s/pom.properties",
		SK_SPAN_LIT("groupId=org.shaded\nartifactId=s\nversion=1.1\n"), true);
	zip_done(&inner);
	zip_add(&war, "META-INF/MANIFEST.MF",
		SK_SPAN_LIT("Manifest-Version: 1.0\r\nImplementation-Ven\r\n dor-Id: com.exam\r\n "
			    "ple\r\n"
			    "Implementation-Version: 1.0.0\r\n\r\nName: "
			    "x\r\nImplementation-Version: 9\r\n"),
		true);
	zip_add(&war, "WEB-INF/lib/b-2.0.jar", sk_buf_view(&inner.body), true);
	zip_add(&war, "WEB-INF/lib/c-2.0.jar", sk_buf_view(&inner.body), false);
	zip_add(&war, "WEB-INF/lib/broken.jar", SK_SPAN_LIT("not a zip"), false);
	is_str(jar("app.war", zip_done(&war), &out),
	       "app.war: com.example/app@1.0.0\n"
	       "app.war!WEB-INF/lib/b-2.0.jar: org.b/b@2.0\n"
	       "app.war!WEB-INF/lib/b-2.0.jar: org.shaded/s@1.1\n"
	       "app.war!WEB-INF/lib/c-2.0.jar: org.b/b@2.0\n"
	       "app.war!WEB-INF/lib/c-2.0.jar: org.shaded/s@1.1\n"
	       "issue\n");
	is_str(jar("cut.war", sk_span(war.body.data, war.body.len - 9), &out), "error: invalid\n");
	zip_maker_release(&inner);
	zip_maker_release(&war);
}

static void named(const char *path, const char *artifact, const char *version)
{
	struct sk_coordinates c;

	sk_java_name(sk_span_str(path), &c);
	ok(sk_span_is(c.artifact, artifact) && sk_span_is(c.version, version), "%s: %s %s", path,
	   artifact, version);
}

static void test_names(void)
{
	named("lib/guava-31.1-jre.jar", "guava", "31.1-jre");
	named("log4j-1.2-api-2.17.1.jar", "log4j-1.2-api", "2.17.1");
	named("a-1.0-beta-2.jar", "a", "1.0-beta-2");
	named("a-1.0-20200101.120000-1.jar", "a", "1.0-20200101.120000-1");
	named("org.eclipse.sisu.inject-0.3.5.jar", "org.eclipse.sisu.inject", "0.3.5");
	named("x!lib/jackson-core-2.9.10.jar", "jackson-core", "2.9.10");
	named("test.jar", "test", "");
	named("a-b-2.jar", "a-b", "2");
	named("-1.jar", "-1", "");
	named(".jar", ".jar", "");
	named("", "", "");
	named("b-2.jar", "b", "2");
	named("rc-1-rc-2.jar", "rc", "1-rc-2");
}

static void test_guesses(void)
{
	struct zip_maker z = { 0 }, none = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	zip_add(&z, "META-INF/MANIFEST.MF",
		SK_SPAN_LIT("Implementation-Title: spring-core\nImplementation-Version: 5.3.20\n"
			    "Automatic-Module-Name: spring.core\n"),
		true);
	zip_done(&z);
	is_str(jar("lib/spring-core-5.3.20.jar", sk_buf_view(&z.body), &out),
	       "lib/spring-core-5.3.20.jar: org.springframework/spring-core@5.3.20\n");
	is_str(jar("junit-4.12.jar", zip_done(&none), &out), "junit-4.12.jar: junit/junit@4.12\n");
	is_str(jar("nothing.jar", sk_buf_view(&none.body), &out), "");
	zip_maker_release(&z);
	zip_maker_release(&none);
}

/* pom.xml inside: coordinates where pom.properties is missing, and the licence. */
static void test_inner_poms(void)
{
	struct zip_maker z = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	zip_add(&z, "META-INF/maven/g/a/pom.xml",
		SK_SPAN_LIT("<project><parent><groupId>g</groupId><version>3</version></parent>"
			    "<artifactId>a</artifactId></project>"),
		true);
	zip_add(&z, "META-INF/maven/g/b/pom.properties",
		SK_SPAN_LIT("groupId=g\nartifactId=b\nversion=1\n"), true);
	zip_add(&z, "META-INF/maven/g/b/pom.xml",
		SK_SPAN_LIT("<project><groupId>g</groupId><artifactId>b</artifactId><version>2</"
			    "version></project>"),
		true);
	zip_add(&z, "META-INF/maven/g/c/pom.xml",
		SK_SPAN_LIT("<project><groupId>g</groupId><artifactId>c</artifactId><version>${v}</"
			    "version></project>"),
		true);
	is_str(jar("b-1.jar", zip_done(&z), &out), "b-1.jar: g/b@1\nb-1.jar: g/a@3\n");
	zip_maker_release(&z);
}

/* ---- trees ---- */

struct tree_file {
	const char *path, *text;
};

/* What an analyzer and its finish make of these files. */
static const char *tree(const struct sk_analyzer *analyzer, const struct tree_file *files,
			struct sk_buf *out)
{
	struct sk_inventory inv = { .artifact.type = SK_ARTIFACT_FILESYSTEM,
				    .layers = (struct sk_layer[1]){ { 0 } },
				    .layer_count = 1 };
	struct sk_recorder rec = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_view_input input;
	int fd = memfd_create("test", MFD_CLOEXEC);
	off_t len;
	void *map;

	sk_buf_reset(out);
	for (; files->path; files++) {
		struct sk_file_impl impl = { .fd = -1 };
		struct sk_file file;

		sk_file_from_bytes(&file, &impl, files->path, sk_span_str(files->text));
		sk_sink_run(&rec, analyzer, &file);
		sk_file_impl_release(&impl);
	}
	if (fd < 0 || sk_recorder_finish(&rec, fd, &err) < 0)
		abort();
	len = lseek(fd, 0, SEEK_END);
	map = mmap(NULL, (size_t)len, PROT_READ, MAP_PRIVATE, fd, 0);
	input.bytes = sk_span(map, (size_t)len);
	ok(sk_view_build(&inv, &input, 1, &err) == 0, "joined %s", err.text);
	for (size_t i = 0; i < inv.package_count; i++)
		describe(out, inv.packages[i]);
	for (size_t i = 0; i < inv.issue_count; i++)
		sk_buf_printf(out, "issue %s\n", inv.issues[i]->path ? inv.issues[i]->path : "");
	inv.layers = NULL;
	sk_inventory_release(&inv);
	sk_recorder_release(&rec);
	munmap(map, (size_t)len);
	close(fd);
	return sk_buf_str(out);
}

#define DEPENDENCY(g, a, more)                                                                     \
	"<dependency><groupId>" g "</groupId><artifactId>" a "</artifactId>" more "</dependency>"
#define PARENT(more)                                                                               \
	"<parent><groupId>g</groupId><artifactId>parent</artifactId><version>${revision}</"        \
	"version>" more "</parent>"

static const char
	parent_pom[] =
		"<project><groupId>g</groupId><artifactId>parent</"
		"artifactId><version>${revision}</version>"
		"<properties><revision>1.0</revision><x.version>3.${minor}</"
		"x.version><minor>1</minor></properties>"
		"<dependencyManagement><dependencies>" DEPENDENCY("org.x", "x",
								  "<version>${x.version}</version>")
			DEPENDENCY(
				"g", "list",
				"<version>1</version><type>pom</type><scope>import</"
				"scope>") "</dependencies></dependencyManagement>"
					  "<dependencies>" DEPENDENCY("org.p", "p",
								      "<version>${minor}</version>")
						  DEPENDENCY("org.s", "s", "<version>5</version>")
							  DEPENDENCY("org.z", "z",
								     "<version>1.${minor}</"
								     "version>") "</dependencies></"
										 "project>";
static const char list_pom[] =
	"<project><groupId>g</groupId><artifactId>list</artifactId><version>1</version>"
	"<dependencyManagement><dependencies>" DEPENDENCY(
		"org.y", "y",
		"<version>[7]</version>") "</dependencies></dependencyManagement></project>";
static const char child_pom[] = "<project>" PARENT(
	"") "<artifactId>child</artifactId>"
	    "<properties><minor>2</minor><project.version>9</project.version></"
	    "properties><dependencies>" DEPENDENCY("org.x", "x", "")
		    DEPENDENCY("org.y", "y", "<scope>test</scope>")
			    DEPENDENCY("org.z", "z", "<version>(,2]</version>")
				    DEPENDENCY("${project.groupId}", "sibling",
					       "<version>${project.version}</version>")
					    DEPENDENCY("", "nameless", "")
						    DEPENDENCY("org.${unknown}", "w",
							       "") "</dependencies></project>";

static void test_poms(void)
{
	const struct tree_file files[] = { { "child/pom.xml", child_pom },
					   { "lists/deep/pom.xml", list_pom },
					   { "pom.xml", parent_pom },
					   { 0 } };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	is_str(tree(&sk_analyzer_pom, files, &out), "child/pom.xml: g/child@1.0 main\n"
						    "lists/deep/pom.xml: g/list@1 main\n"
						    "pom.xml: g/parent@1.0 main\n"
						    "child/pom.xml: g/sibling@1.0\n"
						    "pom.xml: org.p/p@1\n"
						    "child/pom.xml: org.p/p@2\n"
						    "pom.xml: org.s/s@5\n"
						    "child/pom.xml: org.x/x@3.2\n"
						    "child/pom.xml: org.y/y@7 dev\n"
						    "child/pom.xml: org.z/z@\n"
						    "pom.xml: org.z/z@1.1\n");
}

/* Parents and lists in circles, properties that are made of themselves or double at each step. */
static void test_hostile_poms(void)
{
	const struct tree_file circle[] = {
		{ "a/pom.xml",
		  "<project><parent><groupId>g</groupId><artifactId>b</artifactId><version>1</"
		  "version>"
		  "<relativePath>../b</relativePath></parent><artifactId>a</artifactId>"
		  "<properties><p>${p}</p><q>${r}${r}</q><r>${q}${q}</r></"
		  "properties><dependencies>" DEPENDENCY(
			  "d", "d", "<version>${p}</version>") DEPENDENCY("d", "e",
									  "<version>${q}</version>")
			  DEPENDENCY("d", "f", "") "</"
						   "dependencies><dependencyManagement><"
						   "dependencies>" DEPENDENCY(
							   "g", "b",
							   "<scope>import</scope>") "</"
										    "dependencies><"
										    "/dependencyMan"
										    "agement></"
										    "project>" },
		{ "b/pom.xml",
		  "<project><parent><groupId>g</groupId><artifactId>a</artifactId><version>1</"
		  "version>"
		  "<relativePath>../a/pom.xml</relativePath></parent><artifactId>b</artifactId>"
		  "<dependencyManagement><dependencies>" DEPENDENCY(
			  "g", "a", "<scope>import</scope>") "</dependencies></"
							     "dependencyManagement></project>" },
		{ "c/pom.xml", "<project>" PARENT("<relativePath>../../../../etc/pom.xml</"
						  "relativePath>") "<artifactId>c</artifactId></"
								   "project>" },
		{ "d/pom.xml", "<project><artifactId>d" },
		{ 0 }
	};
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	is_str(tree(&sk_analyzer_pom, circle, &out),
	       "a/pom.xml: d/d@\na/pom.xml: d/e@\na/pom.xml: d/f@\n"
	       "a/pom.xml: g/a@1 main\nb/pom.xml: g/b@1 main\n"
	       "c/pom.xml: g/c@ main\nissue d/pom.xml\n");
}

/* Every list imports all others, and no version is in any of them. */
static void test_imports(void)
{
	enum { N = 60 };
	struct tree_file files[N + 1] = { 0 };
	struct sk_buf texts[N] = { 0 }, paths[N] = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	for (int i = 0; i < N; i++) {
		sk_buf_printf(&paths[i], "m%d/pom.xml", i);
		sk_buf_printf(&texts[i],
			      "<project><groupId>g</groupId><artifactId>m%d</"
			      "artifactId><version>1</version>"
			      "<dependencies>" DEPENDENCY(
				      "x", "y", "") "</dependencies>"
						    "<dependencyManagement><dependencies>",
			      i);
		for (int k = 0; k < N; k++)
			sk_buf_printf(&texts[i], DEPENDENCY("g", "m%d", "<scope>import</scope>"),
				      k);
		sk_buf_puts(&texts[i], "</dependencies></dependencyManagement></project>");
		files[i] = (struct tree_file){ sk_buf_str(&paths[i]), sk_buf_str(&texts[i]) };
	}
	tree(&sk_analyzer_pom, files, &out);
	ok(strstr(sk_buf_str(&out), "issue ") != NULL,
	   "lists that all import each other end, and it is said");
	for (int i = 0; i < N; i++) {
		sk_buf_release(&texts[i]);
		sk_buf_release(&paths[i]);
	}
}

static void test_go_sum(void)
{
	static const char sum[] =
		"github.com/a/b v1.0.0 h1:x=\ngithub.com/c/d v1.0.0/go.mod h1:x=\n";
	const struct tree_file files[] = {
		{ "new/go.mod", "module n\ngo 1.17\nrequire github.com/a/b v1.0.0\n" },
		{ "new/go.sum", sum },
		{ "old/go.mod", "module o\ngo 1.16\nrequire github.com/a/b v1.0.0\n" },
		{ "old/go.sum", sum },
		{ "stray/go.sum", sum },
		{ 0 },
	};
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	is_str(tree(&sk_analyzer_go_mod, files, &out),
	       "new/go.mod: n@ main\nold/go.mod: o@ main\nnew/go.mod: github.com/a/b@v1.0.0\n"
	       "old/go.mod: github.com/a/b@v1.0.0\nold/go.sum: github.com/c/d@v1.0.0 indirect\n");
}

int main(void)
{
	test_war();
	test_names();
	test_guesses();
	test_inner_poms();
	test_poms();
	test_hostile_poms();
	test_imports();
	test_go_sum();
	return tap_done();
}
