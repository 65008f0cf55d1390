/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Everything that a policy may ask, declared once: the tables of
 * facts-schema.c, the structs that builders fill in (struct sk_fact_Image) and
 * docs/facts.md all come from here. One more fact is one more row.
 *
 *	F(field, CEL type, what it reads when it is not set, sentence)
 *
 * NONE: reading it is an error ("no such key"), so that rules ask with has().
 * A type stands below those that it is made of.
 */
#define SK_FACTS_Reference(F) \
	F(name, "string", STR, "As it was written") \
	F(registry, "string", STR, "Host of the registry, `docker.io` where none is written") \
	F(repository, "string", STR, "Without registry and tag; `library/nginx` for `nginx`") \
	F(tag, "string", STR, "`latest` where neither tag nor digest is written; empty with a digest alone") \
	F(digest, "string", STR, "`sha256:…`, or empty")

#define SK_FACTS_Os(F) \
	F(id, "string", STR, "As in os-release: `debian`, `alpine`, `rhel`") \
	F(version, "string", STR, "As in os-release; empty for a rolling release") \
	F(name, "string", STR, "For people") \
	F(codename, "string", STR, "`bookworm`") \
	F(variant, "string", STR, "VARIANT_ID") \
	F(support, "string", STR, "`supported`, `extended` (for those who pay), `ended`, `rolling`, `unknown`") \
	F(supportEnds, "timestamp", NONE, "Last day of the regular support") \
	F(newer, "string", STR, "A release that is supported")

#define SK_FACTS_Layer(F) \
	F(index, "int", ZERO, "From 0, the lowest first") \
	F(diffId, "string", STR, "Digest of the unpacked layer") \
	F(digest, "string", STR, "Digest of the blob as stored") \
	F(size, "int", ZERO, "Bytes, unpacked") \
	F(createdBy, "string", STR, "The step that made it")

#define SK_FACTS_Step(F) \
	F(created, "timestamp", NONE, "When") \
	F(createdBy, "string", STR, "The step as the builder wrote it down") \
	F(comment, "string", STR, "The builder's comment") \
	F(emptyLayer, "bool", FALSE, "It changed the configuration alone")

#define SK_FACTS_ImageConfig(F) \
	F(user, "string", STR, "Empty means root") \
	F(workingDir, "string", STR, "Working directory") \
	F(stopSignal, "string", STR, "Signal that stops it") \
	F(env, "list<string>", LIST, "`NAME=value`") \
	F(entrypoint, "list<string>", LIST, "ENTRYPOINT") \
	F(cmd, "list<string>", LIST, "CMD") \
	F(exposedPorts, "list<string>", LIST, "`8080/tcp`") \
	F(volumes, "list<string>", LIST, "Paths that are declared as volumes") \
	F(healthcheck, "list<string>", LIST, "HEALTHCHECK; empty where there is none") \
	F(labels, "map<string, string>", MAP, "LABEL")

#define SK_FACTS_BaseImage(F) \
	F(name, "string", STR, "Reference of the image that this one was built from") \
	F(digest, "string", STR, "Its digest")

#define SK_FACTS_Image(F) \
	F(reference, "string", STR, "As it was named; for a file, its first tag or its path") \
	F(registry, "string", STR, "Host of the registry") \
	F(repository, "string", STR, "Without registry and tag") \
	F(tag, "string", STR, "Tag") \
	F(digest, "string", STR, "Digest of the manifest, or of the configuration where there is none") \
	F(tags, "list<string>", LIST, "All names that it has") \
	F(kind, "string", STR, "`image` or `filesystem`") \
	F(platform, "string", STR, "`linux/amd64`") \
	F(created, "timestamp", NONE, "When it was built; builders that make reproducible images write 1970") \
	F(age, "duration", NONE, "`now - created`") \
	F(scanned, "timestamp", NONE, "When it was scanned") \
	F(advisories, "timestamp", NONE, "Date of the advisory database that it was scanned with") \
	F(complete, "bool", FALSE, "All of it could be looked at") \
	F(size, "int", ZERO, "Bytes of all layers, unpacked") \
	F(os, "sekisho.Os", NONE, "Its operating system; not set where there is none (`FROM scratch`)") \
	F(config, "sekisho.ImageConfig", NONE, "What a container of it starts with") \
	F(base, "sekisho.BaseImage", NONE, "What it was built from") \
	F(layers, "list<sekisho.Layer>", LIST, "The lowest first") \
	F(history, "list<sekisho.Step>", LIST, "How it was built, step by step")

#define SK_FACTS_Package(F) \
	F(type, "string", STR, "As in package URLs: `deb`, `npm`, `golang`") \
	F(name, "string", STR, "As the ecosystem writes it: `@babel/core`, `org.slf4j:slf4j-api`") \
	F(version, "string", STR, "As the ecosystem writes it") \
	F(arch, "string", STR, "Architecture") \
	F(sourceName, "string", STR, "Source package") \
	F(sourceVersion, "string", STR, "Its version") \
	F(licence, "string", STR, "As declared") \
	F(origin, "string", STR, "Who built it") \
	F(purl, "string", STR, "Package URL") \
	F(path, "string", STR, "File that says so") \
	F(line, "int", ZERO, "Line in it") \
	F(layer, "int", ZERO, "Index of the layer that brought it") \
	F(installed, "bool", FALSE, "Its files are there; else a lock file names it") \
	F(dev, "bool", FALSE, "For development or tests alone") \
	F(indirect, "bool", FALSE, "Pulled in by another") \
	F(foreign, "bool", FALSE, "A distribution package from somebody else's repository") \
	F(main, "bool", FALSE, "The application itself")

#define SK_FACTS_Cvss(F) \
	F(score, "double", REAL, "0 to 10") \
	F(vector, "string", STR, "`CVSS:3.1/AV:N/…`")

#define SK_FACTS_Exception(F) \
	F(id, "string", STR, "What it accepts: the finding's id") \
	F(package, "string", STR, "What it accepts: the package") \
	F(path, "string", STR, "What it accepts: a pattern over paths") \
	F(reason, "string", STR, "Why") \
	F(owner, "string", STR, "Who answers for it") \
	F(ticket, "string", STR, "Where it is tracked") \
	F(expires, "timestamp", NONE, "Until when; a date alone is that day's end") \
	F(expired, "bool", FALSE, "That time is over") \
	F(valid, "bool", FALSE, "It counts: nothing is missing, and it is not expired") \
	F(file, "string", STR, "Where it stands") \
	F(line, "int", ZERO, "Line in it")

#define SK_FACTS_Finding(F) \
	F(kind, "string", STR, "`vulnerability`, `secret`, `malware`, `misconfiguration`, `licence`, `coverage`") \
	F(id, "string", STR, "The best-known id: a CVE before a GHSA before the vendor's") \
	F(aliases, "list<string>", LIST, "All other ids") \
	F(severity, "string", STR, "`critical`, `high`, `medium`, `low`, `negligible`, `unknown`") \
	F(severityLevel, "int", ZERO, "The same as a number; compare with `severity.high`") \
	F(severitySource, "string", STR, "Who says so") \
	F(title, "string", STR, "One line") \
	F(package, "sekisho.Package", NONE, "The package that it is in; not set for other kinds") \
	F(fixedVersion, "string", STR, "The version that mends it") \
	F(fixState, "string", STR, "`fixed`, `affected`, `will_not_fix`, `unknown`") \
	F(cvss, "sekisho.Cvss", NONE, "Score and vector") \
	F(kev, "bool", FALSE, "In CISA's catalogue of known exploited vulnerabilities") \
	F(kevDue, "timestamp", NONE, "Date by which US agencies must have acted") \
	F(epss, "double", REAL, "Probability of exploitation within 30 days, 0 to 1") \
	F(epssPercentile, "double", REAL, "Share of all vulnerabilities that are less likely to be exploited") \
	F(exploitMaturity, "string", STR, "`none`, `poc`, `weaponised`, `active`") \
	F(inUse, "bool", FALSE, "The package was seen in use at run time (`--in-use`)") \
	F(lastInUse, "timestamp", NONE, "When it was seen in use last") \
	F(path, "string", STR, "File that it is in") \
	F(line, "int", ZERO, "Line in it") \
	F(layer, "int", NONE, "Index of the layer that brought it") \
	F(remedy, "string", STR, "What to do, one sentence or command") \
	F(published, "timestamp", NONE, "When it became known") \
	F(modified, "timestamp", NONE, "When what is known of it last changed") \
	F(accepted, "bool", FALSE, "A valid exception covers it") \
	F(exception, "sekisho.Exception", NONE, "Which") \
	F(risk, "double", REAL, "The score of `--sort risk`, 0 to 100")

#define SK_FACTS_Signature(F) \
	F(verified, "bool", FALSE, "It is valid, and of a trusted identity or key") \
	F(identity, "string", STR, "Who signed: the certificate's subject, or the key's name") \
	F(issuer, "string", STR, "Who vouches for that identity") \
	F(signedAt, "timestamp", NONE, "When") \
	F(transparency, "bool", FALSE, "It is proven to be in a transparency log")

#define SK_FACTS_Attestation(F) \
	F(predicateType, "string", STR, "`https://slsa.dev/provenance/v1`") \
	F(verified, "bool", FALSE, "Its signature is valid, and of a trusted identity or key") \
	F(identity, "string", STR, "Who signed it") \
	F(builder, "string", STR, "Who built the image, by its provenance") \
	F(source, "string", STR, "What it was built from: repository and commit") \
	F(predicate, "dyn", NONE, "What it says, as it stands there")

#define SK_FACTS_Capabilities(F) \
	F(add, "list<string>", LIST, "Added to the runtime's default set; Docker's without `CAP_`") \
	F(drop, "list<string>", LIST, "Taken from it, written in the same way; `ALL` is all")

#define SK_FACTS_Profile(F) \
	F(type, "string", STR, "`RuntimeDefault`, `Localhost`, `Unconfined`") \
	F(localhostProfile, "string", STR, "Its name with `Localhost`")

#define SK_FACTS_SeLinux(F) \
	F(type, "string", STR, "Type label") \
	F(user, "string", STR, "User label") \
	F(role, "string", STR, "Role label") \
	F(level, "string", STR, "Level label")

#define SK_FACTS_Sysctl(F) \
	F(name, "string", STR, "`net.ipv4.ip_unprivileged_port_start`") \
	F(value, "string", STR, "Its value")

#define SK_FACTS_SecurityContext(F) \
	F(privileged, "bool", FALSE, "No isolation from the host's devices and kernel") \
	F(allowPrivilegeEscalation, "bool", TRUE, "A process may gain more than its parent has (no_new_privs is not set)") \
	F(runAsNonRoot, "bool", FALSE, "It is refused to start as root") \
	F(runAsUser, "int", NONE, "User id, where it is a number") \
	F(runAsUserName, "string", STR, "User as written where it is a name") \
	F(runAsGroup, "int", NONE, "Group id") \
	F(fsGroup, "int", NONE, "Group of volumes (pods)") \
	F(supplementalGroups, "list<int>", LIST, "Further groups (pods)") \
	F(readOnlyRootFilesystem, "bool", FALSE, "The image's files cannot be changed") \
	F(procMount, "string", STR, "`Default`, or `Unmasked`") \
	F(capabilities, "sekisho.Capabilities", NONE, "Linux capabilities (containers)") \
	F(seccompProfile, "sekisho.Profile", NONE, "System-call filter") \
	F(appArmorProfile, "sekisho.Profile", NONE, "AppArmor, also from the annotations of before v1.30") \
	F(seLinuxOptions, "sekisho.SeLinux", NONE, "SELinux labels") \
	F(sysctls, "list<sekisho.Sysctl>", LIST, "Kernel parameters (pods, Docker)") \
	F(hostProcess, "bool", FALSE, "A Windows container with the host's rights")

#define SK_FACTS_EnvVar(F) \
	F(name, "string", STR, "Name") \
	F(value, "string", STR, "Value; empty where it comes from elsewhere") \
	F(from, "string", STR, "`secret`, `configMap`, `field`, `resource`; empty for a plain value")

#define SK_FACTS_Port(F) \
	F(name, "string", STR, "Name") \
	F(containerPort, "int", ZERO, "In the container") \
	F(hostPort, "int", ZERO, "On the host; 0: none") \
	F(hostIP, "string", STR, "Address on the host") \
	F(protocol, "string", STR, "`TCP`, `UDP`, `SCTP`")

#define SK_FACTS_Mount(F) \
	F(name, "string", STR, "The volume's name") \
	F(path, "string", STR, "In the container") \
	F(subPath, "string", STR, "In the volume") \
	F(readOnly, "bool", FALSE, "Cannot be written") \
	F(hostPath, "string", STR, "What is mounted, where it is a path of the host; else empty") \
	F(propagation, "string", STR, "`None`, `HostToContainer`, `Bidirectional`")

#define SK_FACTS_Probe(F) \
	F(name, "string", STR, "`liveness`, `readiness`, `startup`, `postStart`, `preStop`, `healthcheck`") \
	F(kind, "string", STR, "`exec`, `httpGet`, `tcpSocket`, `grpc`, `sleep`") \
	F(host, "string", STR, "Host that is asked, where it is not the pod itself")

#define SK_FACTS_Resources(F) \
	F(requests, "map<string, string>", MAP, "By name, as quantities: `cpu`, `memory`, `ephemeral-storage`") \
	F(limits, "map<string, string>", MAP, "The same")

#define SK_FACTS_Container(F) \
	F(name, "string", STR, "Name; for Docker the image as written, since requests do not tell") \
	F(type, "string", STR, "`container`, `init`, `ephemeral`") \
	F(image, "string", STR, "Reference as written") \
	F(reference, "sekisho.Reference", NONE, "The same, taken apart") \
	F(imagePullPolicy, "string", STR, "`Always`, `IfNotPresent`, `Never`, or empty") \
	F(command, "list<string>", LIST, "Replaces ENTRYPOINT") \
	F(args, "list<string>", LIST, "Replaces CMD") \
	F(workingDir, "string", STR, "Working directory") \
	F(env, "list<sekisho.EnvVar>", LIST, "Environment") \
	F(ports, "list<sekisho.Port>", LIST, "Ports") \
	F(mounts, "list<sekisho.Mount>", LIST, "What is mounted into it") \
	F(devices, "list<string>", LIST, "Devices of the host that are passed through (Docker)") \
	F(resources, "sekisho.Resources", NONE, "Requests and limits") \
	F(pidsLimit, "int", ZERO, "Processes that it may have (Docker); 0: no limit") \
	F(ulimits, "list<string>", LIST, "Names of ulimits that are set (Docker)") \
	F(probes, "list<sekisho.Probe>", LIST, "Probes and lifecycle hooks") \
	F(securityContext, "sekisho.SecurityContext", NONE, "As its own section says; not set where it has none") \
	F(effective, "sekisho.SecurityContext", NONE, "What counts: its own section over the pod's") \
	F(tty, "bool", FALSE, "Has a terminal") \
	F(stdinOpen, "bool", FALSE, "Standard input stays open")

#define SK_FACTS_Volume(F) \
	F(name, "string", STR, "Name") \
	F(kind, "string", STR, "`configMap`, `emptyDir`, `hostPath`, `secret`, `volume` (Docker's own), …") \
	F(hostPath, "string", STR, "Path on the host") \
	F(readOnly, "bool", FALSE, "Said of the volume as a whole")

#define SK_FACTS_Workload(F) \
	F(source, "string", STR, "`kubernetes`, `docker`") \
	F(apiVersion, "string", STR, "`apps/v1`; empty for Docker") \
	F(kind, "string", STR, "`Pod`, `Deployment`, `CronJob`, …; `Container` for Docker") \
	F(name, "string", STR, "Name") \
	F(namespace, "string", STR, "Namespace; `default` where a namespaced object names none") \
	F(labels, "map<string, string>", MAP, "The object's own labels") \
	F(annotations, "map<string, string>", MAP, "The object's own annotations") \
	F(podLabels, "map<string, string>", MAP, "Labels of its pods") \
	F(podAnnotations, "map<string, string>", MAP, "Annotations of its pods") \
	F(replicas, "int", ONE, "How many pods are wanted") \
	F(serviceAccount, "string", STR, "Name of its service account") \
	F(automountServiceAccountToken, "bool", TRUE, "The account's token is put into the container") \
	F(hostNetwork, "bool", FALSE, "Shares the host's network") \
	F(hostPID, "bool", FALSE, "Shares the host's processes") \
	F(hostIPC, "bool", FALSE, "Shares the host's shared memory and queues") \
	F(hostUTS, "bool", FALSE, "Shares the host's name (Docker)") \
	F(hostUsers, "bool", TRUE, "Root in it is root on the host: no user namespace") \
	F(networkMode, "string", STR, "Docker's network mode") \
	F(shareProcessNamespace, "bool", FALSE, "Its containers see each other's processes") \
	F(restartPolicy, "string", STR, "`Always`, `OnFailure`, `Never`; Docker's word for Docker") \
	F(restartCount, "int", ZERO, "Restarts at most (Docker's on-failure)") \
	F(runtimeClass, "string", STR, "RuntimeClass, or Docker's runtime") \
	F(priorityClass, "string", STR, "PriorityClass") \
	F(nodeName, "string", STR, "Node that it is tied to") \
	F(os, "string", STR, "`linux` or `windows`") \
	F(cgroupParent, "string", STR, "Docker's cgroup parent") \
	F(imagePullSecrets, "list<string>", LIST, "Names of secrets") \
	F(securityContext, "sekisho.SecurityContext", NONE, "The pod's section; not set where it has none") \
	F(volumes, "list<sekisho.Volume>", LIST, "Volumes") \
	F(containers, "list<sekisho.Container>", LIST, "All of them: containers, init and ephemeral containers")

#define SK_FACTS_Host(F) \
	F(name, "string", STR, "Host name") \
	F(os, "sekisho.Os", NONE, "Operating system") \
	F(kernel, "string", STR, "Kernel release") \
	F(architecture, "string", STR, "`amd64`") \
	F(engine, "string", STR, "`docker`, `containerd`, `cri-o`") \
	F(engineVersion, "string", STR, "Its version")

#define SK_FACTS_Process(F) \
	F(pid, "int", ZERO, "Process id in the host") \
	F(name, "string", STR, "Name") \
	F(path, "string", STR, "Program") \
	F(args, "list<string>", LIST, "Arguments") \
	F(user, "int", ZERO, "User id") \
	F(parent, "string", STR, "Name of the parent")

#define SK_FACTS_Event(F) \
	F(type, "string", STR, "`execve`, `openat`, `connect`, …") \
	F(time, "timestamp", NONE, "When") \
	F(rule, "string", STR, "Detection rule that it fits") \
	F(process, "sekisho.Process", NONE, "Who did it") \
	F(path, "string", STR, "File that it is about") \
	F(address, "string", STR, "Address that it is about") \
	F(port, "int", ZERO, "Port that it is about") \
	F(container, "string", STR, "Container id") \
	F(image, "string", STR, "Image of the container")

/* All types; those that others are made of come first. */
#define SK_FACT_TYPES(S) \
	S(Reference, "A reference to an image, taken apart") \
	S(Os, "An operating system and its end of life") \
	S(Layer, "A layer of an image") \
	S(Step, "A step of the build") \
	S(ImageConfig, "What a container of the image starts with") \
	S(BaseImage, "The image below") \
	S(Image, "An image, or a file system") \
	S(Package, "Something with a name and a version that the image contains") \
	S(Cvss, "A CVSS score") \
	S(Exception, "A risk that somebody has accepted") \
	S(Finding, "One problem with one subject") \
	S(Signature, "A signature of the image") \
	S(Attestation, "A signed statement about the image") \
	S(Capabilities, "Linux capabilities") \
	S(Profile, "A seccomp or AppArmor profile") \
	S(SeLinux, "SELinux labels") \
	S(Sysctl, "A kernel parameter") \
	S(SecurityContext, "What a container may do") \
	S(EnvVar, "An environment variable") \
	S(Port, "A port") \
	S(Mount, "Something mounted into a container") \
	S(Probe, "A probe or lifecycle hook") \
	S(Resources, "Requests and limits") \
	S(Container, "A container of a workload") \
	S(Volume, "A volume of a workload") \
	S(Workload, "What shall run: a pod, whatever makes pods, or a container that Docker is asked for") \
	S(Host, "The machine below") \
	S(Process, "A process") \
	S(Event, "One thing that the kernel saw a process do")

/* The variables: V(name, CEL type, sentence). */
#define SK_FACT_VARIABLES(V) \
	V(stage, "string", "`build`, `registry`, `admit`, `run`, `audit`: where it is asked") \
	V(now, "timestamp", "When it is asked") \
	V(params, "dyn", "The parameters of the policy and its bundle, with the types that they declare") \
	V(image, "sekisho.Image", "The image that was scanned") \
	V(packages, "list<sekisho.Package>", "What the image contains") \
	V(findings, "list<sekisho.Finding>", "What was found in it, accepted findings included") \
	V(signatures, "list<sekisho.Signature>", "Its signatures") \
	V(attestations, "list<sekisho.Attestation>", "Statements about it") \
	V(exceptions, "list<sekisho.Exception>", "Accepted risks, expired ones included") \
	V(workload, "sekisho.Workload", "What shall run") \
	V(host, "sekisho.Host", "The machine that it runs on") \
	V(event, "sekisho.Event", "What the kernel saw") \
	V(object, "dyn", "The Kubernetes object, or Docker's request, as it stands there") \
	V(oldObject, "dyn", "The object before the change; null when it is created") \
	V(request, "dyn", "Kubernetes' admission request: operation, userInfo, resource, …") \
	V(namespaceObject, "dyn", "The namespace of the object") \
	V(authorizer, "dyn", "Kubernetes' permission checks, where there is a cluster to ask")
