/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Every bound on what input may make us do, with its reason. Exceeding one is
 * an SK_ELIMIT error or a coverage finding, never silence.
 */

/* Paths: PATH_MAX of Linux; no container runtime creates a longer one. */
#define SK_MAX_PATH 4096
/* Nesting of JSON, YAML, TOML: deepest lock file seen is 40; the parsers do not recurse deeper. */
#define SK_MAX_DOC_DEPTH 512
/* Nodes in one document: a 60 MB package-lock.json has 4 M; each takes 40 bytes. */
#define SK_MAX_DOC_NODES (8u << 20)
/* One YAML document may expand its aliases to this many nodes ("billion laughs"). */
#define SK_MAX_YAML_NODES (1u << 20)

/* A file that an analyzer wants whole: larger ones are reported, not read. */
#define SK_MAX_FILE_BYTES (128u << 20)
/* Up to here a wanted file is kept in memory, above in an unlinked temporary file. */
#define SK_FILE_MEMORY (8u << 20)
/* The largest file that is spooled for random access (package databases, binaries, jars). */
#define SK_MAX_SPOOL (4ull << 30)
/* Archives inside archives (jar in war in ear, uber jars); public test cases go down to 10. */
#define SK_MAX_JAR_DEPTH 16
/* Entries of one jar or wheel: the largest on Maven Central have some 200,000; and their directory. */
#define SK_MAX_ZIP_ENTRIES (1u << 20)
#define SK_MAX_ZIP_DIRECTORY (64u << 20)
/*
 * Bytes that may come out of one archive and those in it: so many times its
 * own size (real jars stay below 20), and never more than this.
 */
#define SK_MAX_ZIP_RATIO 100u
#define SK_MIN_ZIP_BYTES (16u << 20)
#define SK_MAX_ZIP_BYTES (2ull << 30)
/* A deflated archive inside another is held in memory. */
#define SK_MAX_ZIP_NESTED (256u << 20)

/* One rpm header: rpm allows 256 MiB; the largest of a distribution (kernel sources, TeX) have 10 MiB. */
#define SK_MAX_RPM_HEADER (32u << 20)
/* Folders of one rpm: TeX Live has 15,000. */
#define SK_MAX_RPM_FOLDERS (1u << 20)
/* XML (pom.xml, packages.config): the deepest pom seen has 15 levels, the largest 100,000 elements. */
#define SK_MAX_XML_DEPTH 256
#define SK_MAX_XML_NODES (2u << 20)
/* Parents above a pom.xml; Maven's deepest real chains have some 10. */
#define SK_MAX_POM_PARENTS 32
/* Sections and segments of an executable; linkers make 30 to 60. Load commands of a Mach-O: 64 KB at most. */
#define SK_MAX_EXE_SECTIONS 4096
#define SK_MAX_EXE_COMMANDS (1u << 20)
/* Go's module list and cargo-auditable's list (inflated) of one binary; the largest seen have 200 KB. */
#define SK_MAX_BUILD_INFO (16u << 20)

/* Core metadata of a Python package with its description; the largest on PyPI are some 500 kB. */
#define SK_MAX_METADATA (8u << 20)
/* Packages of one file: the largest distribution has some 80,000; each takes 300 bytes. */
#define SK_MAX_FILE_PACKAGES (1u << 18)
/*
 * Paths that one package database says are owned, written out: a few bytes can stand for 4 kB
 * (a folder's name is said once). 600,000 files of a full workstation take 45 MB.
 */
#define SK_MAX_OWNED_BYTES (128u << 20)
/* One text field of a package (name, version, licence). */
#define SK_MAX_FIELD 65536

/* Layers read at once: each takes four threads and 10 MiB; disks do not feed more. */
#define SK_MAX_JOBS 32
/* Address space of a worker: stacks and arenas of its threads, a mapped spool, and a wide margin. */
#define SK_MAX_WORKER_MEMORY (6ull << 30)
/* Files of an image archive: a blob for each layer, and a few documents. */
#define SK_MAX_ARCHIVE_ENTRIES 100000
/* What may follow the end of an image archive that is read once: tar pads to 10 KiB, tapes to some MB. */
#define SK_MAX_TRAILER (64u << 20)
/* Layers of one image: overlayfs takes 500 lower layers, Docker 127. */
#define SK_MAX_LAYERS 1024
/* JSON documents of an image (manifest, config, index); registries refuse above 4 MiB. */
#define SK_MAX_MANIFEST (8u << 20)
/* A file manifest: a million files that can run takes half of it. */
#define SK_MAX_MANIFEST_BYTES (256u << 20)
/* All file manifests that are kept: most take some 200 kB, those of a thousand images fit. */
#define SK_MAX_MANIFEST_FOLDER (512u << 20)
/*
 * Files of one image that were seen in use: a desktop's image with everything started has 20,000. What
 * is written of them, and what they take in memory with their paths.
 */
#define SK_MAX_IN_USE_FILES 65536u
#define SK_MAX_IN_USE_BYTES (32u << 20)
#define SK_MAX_IN_USE_MEMORY (64u << 20)
/* All records of a node: most take a few kilobytes; what was written longest ago goes. */
#define SK_MAX_IN_USE_FOLDER (64u << 20)
/* Images of one node whose use is kept in memory: kubelets hold a few hundred. */
#define SK_MAX_IN_USE_IMAGES 4096u
/* Sightings on their way to the thread that keeps them: a burst of a few seconds. */
#define SK_MAX_IN_USE_QUEUE 8192u
/* A process's maps as text: the default of vm.max_map_count allows some 8 MB. */
#define SK_MAX_PROC_TEXT (8u << 20)
/* Entries of one layer: the largest images have a few million files. */
#define SK_MAX_LAYER_ENTRIES (32u << 20)
/* Symbolic links of one layer that are remembered for path resolution. */
#define SK_MAX_LAYER_LINKS (1u << 18)
/* Symbolic links followed for one path, as the kernel's MAXSYMLINKS. */
#define SK_MAX_LINK_DEPTH 40
/* A decompressed layer: bombs end here; the largest real layers (models, CUDA) are below 100 GB. */
#define SK_MAX_LAYER_BYTES (1ull << 40)
/* sekisho.yaml and exceptions: ten thousand exceptions fit. */
#define SK_MAX_CONFIG (4u << 20)
/* A VEX document: the largest that distributions publish, a CVE of every kernel, have some 50 MB. */
#define SK_MAX_VEX (256u << 20)
/* Statements, ids and products that one document names; those have some 30,000. */
#define SK_MAX_VEX_NAMES (1u << 20)
/* Exceptions of all files, and of all VEX documents: those without an id cost a little for each finding. */
#define SK_MAX_EXCEPTIONS 1000000u

/* One advisory's JSON: the largest on osv.dev, a kernel's with every version listed, has 9 MB. */
#define SK_MAX_ADVISORY (32u << 20)
/* Advisories of one archive, and the bytes that they inflate to: all of osv.dev has some 800,000 and 6 GB. */
#define SK_MAX_ADVISORIES (4u << 20)
#define SK_MAX_FEED_BYTES (32ull << 30)
/* CISA's catalogue has 2 MB; EPSS scores of all CVEs have 15 MB. */
#define SK_MAX_CATALOGUE (256u << 20)
/* An id, an ecosystem's or package's name, a version in an advisory: real ones stay below 300 bytes. */
#define SK_MAX_ADVISORY_FIELD 1024
/* What is kept of an advisory: text for a person to judge by, not all of it. */
#define SK_MAX_ADVISORY_TITLE 300
#define SK_MAX_ADVISORY_DETAILS 4000
#define SK_MAX_ADVISORY_REFERENCES 12
/* Other ids of one advisory: a kernel's erratum names some 1,500. */
#define SK_MAX_ADVISORY_IDS 16384
/* A whole advisory database: with every ecosystem of osv.dev some 400 MB. */
#define SK_MAX_DATABASE (4ull << 30)
/* Constraints of one version range: the longest published lists name some 2,000 versions. */
#define SK_MAX_VERS_CONSTRAINTS 65536
/* A feed as it is fetched: the largest archive of osv.dev has some 300 MB. */
#define SK_MAX_FEED_ARCHIVE (4ull << 30)
/*
 * A layer that inflates beyond this size and this ratio is a bomb. Layers of
 * empty files reach 150 to 1, zero bytes in gzip 1,032 to 1, in zstd far more.
 */
#define SK_BOMB_BYTES (4ull << 30)
#define SK_BOMB_RATIO 250
/*
 * A JSON report that is read back. One with 100,000 findings and their texts has 200 MB; the limit
 * on a document's nodes (SK_MAX_DOC_NODES) ends it at some 250,000.
 */
#define SK_MAX_REPORT (512u << 20)
/* Targets of one report: as many as one call of `sekisho scan` takes. */
#define SK_MAX_REPORT_TARGETS 10000u

/* A policy file: Kubernetes keeps no object above 1.5 MiB. */
#define SK_MAX_POLICY_BYTES (2u << 20)
/* Files of one bundle and policies of one call; the largest published library has some 400. */
#define SK_MAX_POLICIES 4096u
/* Variables, rules or validations of one policy. */
#define SK_MAX_POLICY_PARTS 1000u
/*
 * What the expressions of one Kubernetes policy may cost together: the API server's own budget
 * (RuntimeCELCostBudget, about a second), and what its match conditions may.
 */
#define SK_MAX_VAP_COST 10000000u
#define SK_MAX_VAP_MATCH_COST 2500000u
/* The same for one of our policies: 100,000 findings, walked by some twenty rules. */
#define SK_MAX_POLICY_COST 100000000u
/* And in time and memory, whatever the cost says; nanoseconds, bytes. */
#define SK_MAX_POLICY_TIME 5000000000ll
#define SK_MAX_POLICY_MEMORY (64u << 20)
/* One scope of one exception over one finding: it is asked for each of them. */
#define SK_MAX_SCOPE_COST 100000u
/* Reasons of one rule (offenders) that are told one by one; the rest is counted. */
#define SK_MAX_RULE_REASONS 1000u
/* And of one decision: with the longest messages they take 100 MB. */
#define SK_MAX_REASONS 20000u
/* Faults of policies that are told: a person mends the first ones first, and each place costs a walk. */
#define SK_MAX_POLICY_FAULTS 200u
/* A message that an expression makes: Kubernetes cuts at 5 KiB. */
#define SK_MAX_POLICY_MESSAGE 5120u
/* A bundle of policies as it is pulled, all its files: the largest shipped one has 60 kB. */
#define SK_MAX_BUNDLE_BYTES (64u << 20)
/* Conditions of detection rules: the deepest published ones nest 12 levels; the longest have 9 kB. */
#define SK_MAX_FILTER_DEPTH 100
#define SK_MAX_FILTER_BYTES (1u << 20)
/* Macros and negations in each other, all of which are on the stack at once; the deepest published rule has 9. */
#define SK_MAX_GRAPH_DEPTH 64
/* A rule file: all published ones together have 220 kB. Its problems: a person reads no more. */
#define SK_MAX_RULE_FILE (16u << 20)
#define SK_MAX_RULE_PROBLEMS 1000u
/* Checks of one condition, lists and macros put in; the largest published one has 248. */
#define SK_MAX_FILTER_NODES (1u << 16)
/* Operands of one transformer of a detection rule; published rules have one. */
#define SK_MAX_TRANSFORM_OPERANDS 64u
/* Options and their arguments that getopt() finds: nobody writes so many, and each may be asked for by its number. */
#define SK_MAX_GETOPT_VALUES 128u
/* The width of a field in a rule's output; terminals end before. */
#define SK_MAX_OUTPUT_WIDTH 1000u
/* Rule files of one folder. */
#define SK_MAX_RULE_FILES 1000u
/* A record of events: some ten million of them; it is mapped, not read. */
#define SK_MAX_TRAIL_BYTES (4ull << 30)
/* Processes and containers that a record defines; each takes about a kilobyte. */
#define SK_MAX_TRAIL_OBJECTS (1u << 18)
#define SK_MAX_TRAIL_MEMORY (1ull << 30)
/* Arguments of one event: the widest type has 17. Mounts and labels of a container: Docker's have tens. */
#define SK_MAX_EVENT_ARGS 32u
#define SK_MAX_CONTAINER_LABELS 1024u
/* Ancestors of a process in a record: a shell in a shell ... seen are 30. */
#define SK_MAX_TRAIL_DEPTH 256u
/* One line of a record's text form. */
#define SK_MAX_TRAIL_LINE 65536u
/* A program that the gate reads whole before it may run; larger ones are not known to be the image's. */
#define SK_MAX_GATE_FILE (2ull << 30)
/* A program that is not: whoever ran it waits while its digest is computed for the report. */
#define SK_MAX_GATE_REPORTED (64ull << 20)
/* Processes that the sensor remembers, ended ones that have children among them; each takes about a kilobyte. */
#define SK_MAX_PROCESSES (1u << 16)
/* What the kernel says of all processes at once: a kilobyte of each. */
#define SK_MAX_ALIVE_BYTES (64u << 20)
/* Arguments of one process: what its exec event tells (SK_WIRE_PART of bpf/event.h). */
#define SK_MAX_PROCESS_TEXT 4096u
/* Containers that the sensor remembers: ten nodes of Kubernetes have fewer, and an entry takes some kilobytes. */
#define SK_MAX_CONTAINERS 8192u
/* Id of a container, which is the name of folders. */
#define SK_MAX_CONTAINER_ID 255u
/* Labels of one container, or of its pod: Kubernetes allows 256 kB of annotations, which some engines make labels of. */
#define SK_MAX_CONTAINER_TEXT (256u << 10)
/* One file of a runtime or an engine about a container: a bundle's has 30 kB, containers.json 2 kB a container. */
#define SK_MAX_CONTAINER_STATE (8u << 20)
/* /etc/passwd or /etc/group of a container: Debian's have 1 kB; and all of them that differ, which are kept. */
#define SK_MAX_CONTAINER_USERS (256u << 10)
#define SK_MAX_USERS (8u << 20)
/* bbolt: pages are the machine's (4 to 64 KiB); a value is a description of a container at most. */
#define SK_MAX_BOLT_PAGE (64u << 10)
#define SK_MAX_BOLT_VALUE (1u << 20)
/* Mounts of one container that are told to rules. */
#define SK_MAX_CONTAINER_MOUNTS 256u
/* What an agent says of itself: some 200 bytes for each container and rule that fired. */
#define SK_MAX_STATUS (64u << 20)
/* A limit of the agent's responses, "10/1m": a number that a person may mean; each takes eight bytes. */
#define SK_MAX_RATE 10000u
#define SK_MAX_RATE_SECONDS 86400
/* Responses that wait for a thread: each has an alert, some 4 kB; what comes then is not done and said not to be. */
#define SK_MAX_RESPONSES_WAITING 256u
/* Lines about responses that wait to be written. */
#define SK_MAX_RESPONSE_LINES 4096u
/* Processes below one that are killed with it, and how often new ones of them are looked for. */
#define SK_MAX_TREE 4096u
#define SK_MAX_TREE_ROUNDS 16
/* What /proc tells of a process as text (cgroup, mountinfo, maps): a JVM's maps have 400 kB. */
#define SK_MAX_PROC_FILE (4u << 20)
/* Processes and open files that evidence lists. */
#define SK_MAX_EVIDENCE_PROCESSES 1024u
#define SK_MAX_EVIDENCE_FILES 4096u
/* One text of evidence: maps of a JVM have 400 kB, mounts of a node with a hundred containers 200 kB. */
#define SK_MAX_EVIDENCE_TEXT (1u << 20)
/* A program whose digest is taken as evidence; larger ones cost more time than there is. */
#define SK_MAX_EVIDENCE_HASHED (1ull << 30)
/* What one incident counts at least against the quota, so that small ones are bounded in number, too. */
#define SK_MIN_INCIDENT_BYTES 65536u
/* What an engine answers to a request to pause or stop: a line of JSON. */
#define SK_MAX_ENGINE_ANSWER 65536u
/* One alert as an output sends it: all arguments and the longest paths of an event take 30 kB. */
#define SK_MAX_OUTPUT_MESSAGE (256u << 10)
/* Messages that wait in memory for one output: some four thousand alerts. */
#define SK_MAX_OUTPUT_MEMORY (4u << 20)
/* And on disk, unless somebody says otherwise: an hour of seventy a second. */
#define SK_OUTPUT_SPOOL (256ull << 20)
/* Outputs of one agent: each has threads. */
#define SK_MAX_OUTPUTS 32u
/* A file with a password, a header or a key. */
#define SK_MAX_SECRET 65536u
/* What an agent says of itself: some 200 bytes for each container and rule that fired. */
#define SK_MAX_STATUS (64u << 20)
/* Connections to an agent's server, of TCP and of Unix sockets each; Prometheus makes one every few seconds. */
#define SK_MAX_SERVER_CLIENTS 16u
/* What a client may send before the empty line, and how long all of it may take; milliseconds. */
#define SK_MAX_SERVER_REQUEST 8192u
#define SK_MAX_SERVER_MS 10000
