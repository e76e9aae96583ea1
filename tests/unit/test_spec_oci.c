/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.json to struct spec, and the catalogue of bad ones: each with its exact message.
 */
#include <linux/ioprio.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "unit.h"
#include "linux/sys.h"
#include "spec/spec.h"

/* A member that is written twice counts as it was written last: so each test adds its own. */
#define CONFIG                                                      \
	"{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"}," \
	"\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"%s},"          \
	"\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"}%s]%s}%s}"

static int parse_text(struct spec *s, const char *text, struct err *e)
{
	json *j cleanup_json = NULL;
	int r = json_parse(text, strlen(text), &j, e);

	spec_init(s);
	return r < 0 ? r : spec_from_oci(s, j, "/bundle", e);
}

/* one after the other: members of process, namespaces, members of linux, members at the top */
static int parse(struct spec *s, const char *process, const char *ns, const char *linux_,
		 const char *top, struct err *e)
{
	cleanup_free char *text = xasprintf(CONFIG, process, ns, linux_, top);

	return parse_text(s, text, e);
}

static void ok(struct spec *s, const char *process, const char *ns, const char *linux_,
	       const char *top)
{
	struct err e = {};
	int r = parse(s, process, ns, linux_, top, &e);

	if (r < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(e.code, 0);
}

static void test_minimal(void **state)
{
	struct spec s;

	(void)state;
	ok(&s, "", "", "", "");
	assert_true(s.bare);
	assert_false(s.init);
	assert_false(s.sec.no_new_privs);
	assert_int_equal(s.sec.seccomp, SECCOMP_UNCONFINED);
	assert_int_equal(s.sec.caps | s.sec.permitted, 0);
	assert_int_equal(s.mounts.n + s.sec.masked.n + s.sec.readonly.n + s.devices.n, 0);
	assert_string_equal(s.rootfs.dir, "/bundle/rootfs");
	assert_int_equal(s.rootfs.driver, ROOTFS_DIR);
	assert_int_equal(s.ns[NS_MNT].mode, NS_PRIVATE);
	assert_int_equal(s.ns[NS_PID].mode, NS_PRIVATE);
	assert_int_equal(s.ns[NS_NET].mode, NS_HOST);
	assert_int_equal(s.ns[NS_USER].mode, NS_HOST);
	assert_string_equal(s.args.v[0], "sh");
	assert_null(s.user); /* root */
	spec_free(&s);
}

static void test_process(void **state)
{
	struct spec s;

	(void)state;
	ok(&s,
	   ",\"terminal\":true,\"consoleSize\":{\"height\":25,\"width\":80},"
	   "\"user\":{\"uid\":1000,\"gid\":7,\"umask\":63,\"additionalGids\":[5,4294967294]},"
	   "\"env\":[\"A=1\",\"B=2\",\"A=3\"],\"cwd\":\"/a//b/../c\","
	   "\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\",\"CAP_NO_SUCH\"],"
	   "\"permitted\":[\"CAP_KILL\"],\"effective\":[\"CAP_KILL\"],"
	   "\"inheritable\":[\"CAP_KILL\"],\"ambient\":[\"CAP_KILL\"]},"
	   "\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":10,\"hard\":18446744073709551615}],"
	   "\"noNewPrivileges\":true,\"oomScoreAdj\":-1000,"
	   "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":4},"
	   "\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"nice\":-3,"
	   "\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\"]},"
	   "\"execCPUAffinity\":{\"initial\":\"0-1\",\"final\":\"1,3-4\"},"
	   "\"apparmorProfile\":\"p\",\"selinuxLabel\":\"l\",\"unknown\":{\"x\":1}",
	   "", "", "");
	assert_true(s.tty);
	assert_int_equal(s.oci.console_height, 25);
	assert_int_equal(s.oci.console_width, 80);
	assert_string_equal(s.user, "1000:7");
	assert_int_equal(s.group_add.n, 2);
	assert_string_equal(s.group_add.v[1], "4294967294");
	assert_true(s.has_umask);
	assert_int_equal(s.umask, 077);
	assert_int_equal(s.env.n, 2);
	assert_string_equal(s.env.v[0], "A=3");
	assert_string_equal(s.cwd, "/a/c");
	assert_int_equal(s.sec.caps, 1ULL << 0 | 1ULL << 5);
	assert_int_equal(s.sec.ambient, 1ULL << 5);
	assert_int_equal(s.rlimits.v[0].resource, RLIMIT_NOFILE);
	assert_int_equal(s.rlimits.v[0].hard, UINT64_MAX);
	assert_true(s.sec.no_new_privs);
	assert_true(s.oci.has_oom_score);
	assert_int_equal(s.oci.oom_score, -1000);
	assert_int_equal(s.oci.ioprio, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4));
	assert_int_equal(s.oci.sched.nice, -3);
	assert_int_equal(s.oci.sched.flags, 1);
	assert_string_equal(s.oci.affinity_final, "1,3-4");
	assert_string_equal(s.sec.apparmor, "p");
	assert_string_equal(s.sec.selinux, "l");
	spec_free(&s);
}

/* 71: the kernel raises no ambient capability that the other two sets lack */
static void test_ambient(void **state)
{
	struct spec s;

	(void)state;
	ok(&s,
	   ",\"capabilities\":{\"permitted\":[\"CAP_KILL\",\"CAP_CHOWN\"],"
	   "\"inheritable\":[\"CAP_KILL\"],\"ambient\":[\"CAP_KILL\",\"CAP_CHOWN\"]}",
	   "", "", "");
	assert_int_equal(s.sec.ambient, 1ULL << 5);
	spec_free(&s);
}

#define MOUNT(rest) ",\"mounts\":[{\"destination\":\"/m\"," rest "}]"

static void test_mounts(void **state)
{
	struct spec s;
	const struct mount_spec *m;

	(void)state;
	/* Slurm's: no type to speak of, and the path of the host */
	ok(&s, "", "", "",
	   MOUNT("\"type\":\"none\",\"source\":\"/tmp/x\",\"options\":[\"bind\",\"ro\"]"));
	m = &s.mounts.v[0];
	assert_string_equal(m->type, "bind");
	assert_false(m->recursive);
	assert_int_equal(m->attr_set, MOUNT_ATTR_RDONLY);
	spec_free(&s);

	ok(&s, "", "", "",
	   MOUNT("\"source\":\"data\",\"options\":[\"rbind\",\"rro\",\"noatime\",\"rslave\","
		 "\"sync\",\"ro\",\"rw\"]"));
	m = &s.mounts.v[0];
	assert_string_equal(m->source, "/bundle/data");
	assert_true(m->recursive && m->rpropagation);
	assert_int_equal(m->propagation, MS_SLAVE);
	assert_int_equal(m->rattr_set, MOUNT_ATTR_RDONLY);
	assert_int_equal(m->attr_set, MOUNT_ATTR_NOATIME);
	assert_int_equal(m->attr_clr, MOUNT_ATTR__ATIME | MOUNT_ATTR_RDONLY);
	assert_int_equal(m->data.n, 0);
	spec_free(&s);

	ok(&s, "", "", "",
	   MOUNT("\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"size=65536k\","
		 "\"mode=755\",\"tmpcopyup\"]"));
	m = &s.mounts.v[0];
	assert_string_equal(m->type, "tmpfs");
	assert_true(m->tmpcopyup);
	assert_int_equal(m->data.n, 2);
	spec_free(&s);

	ok(&s, "", "", "",
	   MOUNT("\"source\":\"/x\",\"options\":[\"bind\"],"
		 "\"uidMappings\":[{\"containerID\":0,\"hostID\":5,\"size\":1}],"
		 "\"gidMappings\":[{\"containerID\":0,\"hostID\":6,\"size\":1}]"));
	m = &s.mounts.v[0];
	assert_int_equal(m->idmapped, IDMAPPED);
	assert_int_equal(m->gidmap.v[0].outside, 6);
	spec_free(&s);
}

static void test_linux(void **state)
{
	struct spec s;

	(void)state;
	ok(&s, "",
	   ",{\"type\":\"user\"},{\"type\":\"network\",\"path\":\"/run/netns/x\"},"
	   "{\"type\":\"time\"},{\"type\":\"uts\",\"path\":\"\"},{\"type\":\"ipc\",\"path\":null}",
	   ",\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1},"
	   "{\"containerID\":1,\"hostID\":100000,\"size\":65536}],"
	   "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":4294967295}],"
	   "\"timeOffsets\":{\"monotonic\":{\"secs\":-2,\"nanosecs\":5},\"boottime\":{\"secs\":1}},"
	   "\"devices\":[{\"path\":\"/dev/x\",\"type\":\"u\",\"major\":1,\"minor\":3,"
	   "\"fileMode\":438,\"uid\":1,\"gid\":2},{\"path\":\"/dev/p\",\"type\":\"p\"}],"
	   "\"netDevices\":{\"eth7\":{\"name\":\"lan0\"},\"eth8\":{}},"
	   "\"sysctl\":{\"net.ipv4.ip_forward\":\"1\",\"kernel.shmmax\":\"2\"},"
	   "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"},"
	   "\"rootfsPropagation\":\"rslave\",\"maskedPaths\":[\"/proc/kcore\"],"
	   "\"readonlyPaths\":[\"/proc/sys\"],\"mountLabel\":\"m\","
	   "\"personality\":{\"domain\":\"LINUX32\"},\"cgroupsPath\":\"/a/b\","
	   "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\","
	   "\"flags\":[\"MPOL_F_STATIC_NODES\"]},\"intelRdt\":null",
	   ",\"hostname\":\"h\",\"domainname\":\"d\",\"annotations\":{\"a.b\":\"c=d\"}");
	assert_int_equal(s.ns[NS_USER].mode, NS_PRIVATE);
	assert_int_equal(s.ns[NS_NET].mode, NS_JOIN);
	assert_string_equal(s.ns[NS_NET].path, "/run/netns/x");
	assert_int_equal(s.ns[NS_UTS].mode, NS_PRIVATE);
	assert_int_equal(s.userns, USERNS_EXPLICIT);
	assert_int_equal(s.uidmap.v[1].outside, 100000);
	assert_true(s.uidmap.v[1].host);
	assert_int_equal(s.gidmap.v[0].count, 4294967295);
	assert_int_equal(s.time_monotonic, -2000000000LL + 5);
	assert_int_equal(s.devices.v[0].type, 'c');
	assert_int_equal(s.devices.v[0].mode, 0666);
	assert_int_equal(s.devices.v[1].type, 'p');
	assert_string_equal(s.oci.net_devices.v[0].inside, "lan0");
	assert_string_equal(s.oci.net_devices.v[1].inside, "eth8");
	assert_string_equal(s.sysctl.v[0], "net.ipv4.ip_forward=1");
	assert_int_equal(s.sec.seccomp, SECCOMP_TEXT);
	assert_string_equal(s.sec.seccomp_text, "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
	assert_int_equal(s.propagation, MS_SLAVE);
	assert_string_equal(s.sec.masked.v[0], "/proc/kcore");
	assert_int_equal(s.oci.personality, 8);
	assert_string_equal(s.oci.cgroups_path, "/a/b");
	assert_int_equal(s.oci.mempolicy, 2);
	assert_string_equal(spec_annotation(&s, "a.b"), "c=d");
	assert_null(spec_annotation(&s, "a"));
	spec_free(&s);
}

static void test_hooks(void **state)
{
	struct spec s;

	(void)state;
	ok(&s, "", "", "",
	   ",\"hooks\":{\"prestart\":null,\"poststop\":[{\"path\":\"/bin/true\","
	   "\"args\":[\"true\",\"x\"],\"env\":[\"A=b\"],\"timeout\":3}]}");
	assert_int_equal(s.oci.hooks[HOOK_PRESTART].n, 0);
	assert_int_equal(s.oci.hooks[HOOK_POSTSTOP].n, 1);
	assert_string_equal(s.oci.hooks[HOOK_POSTSTOP].v[0].args.v[1], "x");
	assert_int_equal(s.oci.hooks[HOOK_POSTSTOP].v[0].timeout, 3000000000LL);
	spec_free(&s);
}

static void test_resources(void **state)
{
	static const char *const want[] = {
		"memory.max=1048576",
		"memory.swap.max=1048576",
		"memory.low=4096",
		"cpu.weight=39",
		"cpu.max=50000 100000",
		"cpuset.cpus=0-1",
		"pids.max=max",
		"io.weight=5000",
		"io.max=8:0 rbps=1024",
		"hugetlb.2MB.max=0",
		"memory.high=18446744073709551615",
	};
	struct spec s;
	json *j cleanup_json = NULL;
	static const char update[] = "{\"memory\":{\"limit\":2097152},\"pids\":{\"limit\":7}}";
	struct err e = {};

	(void)state;
	ok(&s, "", "",
	   ",\"resources\":{\"devices\":[{\"allow\":false},"
	   "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rw\"}],"
	   "\"memory\":{\"limit\":1048576,\"swap\":2097152,\"reservation\":4096,"
	   "\"swappiness\":18446744073709551615},"
	   "\"cpu\":{\"shares\":1024,\"quota\":50000,\"cpus\":\"0-1\",\"mems\":\"\"},"
	   "\"pids\":{\"limit\":-1},"
	   "\"blockIO\":{\"weight\":505,\"throttleReadBpsDevice\":"
	   "[{\"major\":8,\"minor\":0,\"rate\":1024}]},"
	   "\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0}],"
	   "\"unified\":{\"memory.high\":\"18446744073709551615\"}}",
	   "");
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_true(i < s.oci.cgroup_files.n);
		assert_string_equal(s.oci.cgroup_files.v[i], want[i]);
	}
	assert_int_equal(s.oci.cgroup_files.n, ARRAY_SIZE(want));
	assert_int_equal(s.oci.device_rules.n, 2);
	assert_false(s.oci.device_rules.v[0].allow);
	assert_int_equal(s.oci.device_rules.v[0].type, 'a');
	assert_int_equal(s.oci.device_rules.v[0].major, -1);
	assert_false(s.oci.device_rules.v[1].mknod);

	assert_int_equal(json_parse(update, strlen(update), &j, &e), 0);
	assert_int_equal(spec_oci_resources(&s, j, &e), 0);
	assert_string_equal(s.oci.cgroup_files.v[0], "memory.max=2097152");
	assert_string_equal(s.oci.cgroup_files.v[6], "pids.max=7");
	assert_int_equal(s.oci.cgroup_files.n, ARRAY_SIZE(want));
	spec_free(&s);
}

/* Everything survives the store's own record. */
static void test_record(void **state)
{
	struct spec s, back;
	json *j cleanup_json = NULL, *again cleanup_json = NULL;
	struct err e = {};

	(void)state;
	ok(&s, ",\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":18446744073709551615}]",
	   ",{\"type\":\"network\"}",
	   ",\"netDevices\":{\"e\":{}},\"devices\":[{\"path\":\"/dev/p\",\"type\":\"p\"}],"
	   "\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"b\",\"major\":8}]}",
	   MOUNT("\"source\":\"/x\",\"options\":[\"bind\",\"ridmap\",\"rro\"],"
		 "\"uidMappings\":[{\"containerID\":0,\"hostID\":5,\"size\":1}],"
		 "\"gidMappings\":[{\"containerID\":0,\"hostID\":6,\"size\":1}]") ",\"hooks\":{\"poststop\":[{\"path\":\"/x\",\"env\":[\"A=b\"]}]},"
										  "\"annotations\":{\"k\":\"v\"}");
	spec_init(&back);
	j = spec_to_json(&s);
	assert_int_equal(spec_from_json(&back, j, &e), 0);
	again = spec_to_json(&back);
	{
		cleanup_free char *a = json_dump(j, false), *b = json_dump(again, false);

		assert_string_equal(a, b);
		assert_non_null(strstr(a, "\"rattr_set\":1"));
		assert_non_null(strstr(a, "18446744073709551615"));
	}
	spec_free(&s);
	spec_free(&back);
}

/* A record of a container that is not from config.json does not grow by what only that can say. */
static void test_record_of_run(void **state)
{
	struct spec s;
	json *j cleanup_json = NULL;

	(void)state;
	spec_init(&s);
	j = spec_to_json(&s);
	assert_null(json_get(j, "oci.version"));
	assert_null(json_get(j, "oci.hooks[HOOK_POSTSTOP]"));
	spec_free(&s);
}

static void test_exec_process(void **state)
{
	static const char text[] = "{\"args\":[\"id\"],\"cwd\":\"/\",\"user\":{\"uid\":3}}";
	json *j cleanup_json = NULL;
	struct spec s;
	struct err e = {};

	(void)state;
	ok(&s,
	   ",\"env\":[\"A=1\"],\"noNewPrivileges\":true,\"terminal\":true,\"apparmorProfile\":\"p\","
	   "\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}",
	   "", "", "");
	assert_int_equal(json_parse(text, strlen(text), &j, &e), 0);
	assert_int_equal(spec_oci_process(&s, j, &e), 0);
	assert_string_equal(s.args.v[0], "id");
	assert_int_equal(s.args.n, 1);
	assert_int_equal(s.env.n, 0);
	assert_string_equal(s.user, "3:0");
	assert_false(s.sec.no_new_privs);
	assert_false(s.tty);
	assert_int_equal(s.sec.caps, 0);
	assert_string_equal(s.sec.apparmor, "p");
	spec_free(&s);
}

static void test_number_list(void **state)
{
	unsigned long bits[2] = {};

	(void)state;
	assert_int_equal(number_list("0-2,64,5", bits, 128), 0);
	assert_int_equal(bits[0], 0x27);
	assert_int_equal(bits[1], 1);
	assert_int_equal(number_list("128", bits, 128), -ERANGE);
	assert_int_equal(number_list("", NULL, 0), -EINVAL);
	assert_int_equal(number_list("1-", NULL, 0), -EINVAL);
	assert_int_equal(number_list("3-1", NULL, 0), -EINVAL);
	assert_int_equal(number_list("-1", NULL, 0), -EINVAL);
	assert_int_equal(number_list("1,,2", NULL, 0), -EINVAL);
	assert_int_equal(number_list("0-4294967295", NULL, 0), 0);
	assert_int_equal(number_list("4294967296", NULL, 0), -EINVAL);
}

/* ---- the catalogue of bad input, rows 61 to 79 ----------------------------------------------------- */

struct bad {
	const char *process, *ns, *linux_, *top, *message;
};

static void check_bad(const struct bad *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct spec s;
		struct err e = {};
		int r = parse(&s, rows[i].process, rows[i].ns, rows[i].linux_, rows[i].top, &e);

		if (r >= 0 || !streq(e.msg, rows[i].message))
			print_error("row %zu: wanted: %s\n", i, rows[i].message);
		assert_int_equal(r, -EINVAL);
		assert_int_equal(e.code, EINVAL);
		assert_string_equal(e.msg, rows[i].message);
		spec_free(&s);
	}
}

#define PROCESS(text) .process = "," text, .ns = "", .linux_ = "", .top = ""
#define LINUX(text)   .process = "", .ns = "", .linux_ = "," text, .top = ""
#define TOP(text)     .process = "", .ns = "", .linux_ = "", .top = "," text
#define NS(text)      .process = "", .ns = "," text, .linux_ = "", .top = ""

static void test_bad_top(void **state)
{
	static const struct bad rows[] = {
		/* 62 */
		{TOP("\"root\":null"), "root: is missing"},
		{TOP("\"process\":null"), "process: is missing"},
		{TOP("\"ociVersion\":null"), "ociVersion: is missing"},
		{TOP("\"ociVersion\":\"99.0\""),
		 "ociVersion: \"99.0\" is no version such as 1.2.0"},
		{TOP("\"ociVersion\":\"99.0.0\""),
		 "ociVersion: version 99.0.0 is not one that sandbox knows; it reads 1.0.0 to 1.3.0"},
		{TOP("\"ociVersion\":1"), "ociVersion: has to be a string"},
		{TOP("\"ociVersion\":\"1.0.0x\""),
		 "ociVersion: \"1.0.0x\" is no version such as 1.2.0"},
		/* 63 */
		{TOP("\"root\":{}"), "root.path: is missing"},
		{TOP("\"root\":{\"path\":\"\"}"),
		 "root.path: is empty; write the folder with the root file system"},
		{TOP("\"root\":{\"path\":\"/\"}"),
		 "root.path: the host's own root is refused; give the container a folder of its own"},
		{TOP("\"root\":{\"path\":\"../\"}"),
		 "root.path: the host's own root is refused; give the container a folder of its own"},
		{TOP("\"root\":{\"path\":\"r\",\"readonly\":1}"),
		 "root.readonly: has to be true or false"},
		{TOP("\"root\":[]"), "root: has to be an object"},
		/* 68 */
		{TOP("\"hooks\":{\"prestart\":[{\"path\":\"bin/x\"}]}"),
		 "hooks.prestart[0].path: \"bin/x\" is not an absolute path; it has to begin with /"},
		{TOP("\"hooks\":{\"poststop\":[{\"path\":\"/x\",\"timeout\":0}]}"),
		 "hooks.poststop[0].timeout: has to be a whole number from 1 to 2147483647"},
		{TOP("\"hooks\":{\"poststop\":[{\"args\":[]}]}"),
		 "hooks.poststop[0].path: is missing"},
		{TOP("\"hooks\":{\"poststop\":{}}"), "hooks.poststop: has to be an array"},
		{.process = "",
		 .ns = "",
		 .linux_ = ",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
		 .top = ",\"hooks\":{\"startContainer\":[{\"path\":\"/x\"}]}",
		 .message =
			 "hooks.startContainer: with linux.seccomp they need process.noNewPrivileges, or they would run before the filter and as root"},
		/* 77 */
		{TOP("\"hostname\":\"h\""),
		 "hostname: goes with an own uts namespace; add {\"type\": \"uts\"} to linux.namespaces or leave it out"},
		{TOP("\"domainname\":\"h\""),
		 "domainname: goes with an own uts namespace; add {\"type\": \"uts\"} to linux.namespaces or leave it out"},
		/* 79 */
		{TOP("\"annotations\":{\"\":\"x\"}"), "annotations: a key is empty"},
		{TOP("\"annotations\":{\"a\":1}"), "annotations.a: has to be a string"},
	};

	(void)state;
	check_bad(rows, ARRAY_SIZE(rows));
}

static void test_bad_process(void **state)
{
	static const struct bad rows[] = {
		/* 64 */
		{PROCESS("\"args\":[]"),
		 "process.args: names no command; its first element is the program"},
		{PROCESS("\"args\":[\"\"]"), "process.args: the name of the command is empty"},
		{PROCESS("\"args\":[\"a\",7]"), "process.args[1]: has to be a string"},
		{PROCESS("\"args\":[\"a\",null]"), "process.args[1]: is null"},
		{PROCESS("\"args\":[\"a\\u0000b\"]"), "process.args[0]: holds a zero byte"},
		{PROCESS("\"env\":[\"A=1\",\"=2\"]"), "process.env[1]: \"=2\" is not NAME=VALUE"},
		{PROCESS("\"env\":{}"), "process.env: has to be an array"},
		/* 69 */
		{PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_NONE\",\"soft\":1,\"hard\":1}]"),
		 "process.rlimits[0].type: there is no limit \"RLIMIT_NONE\""},
		{PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":2,\"hard\":1}]"),
		 "process.rlimits[0]: the soft limit is above the hard one"},
		{PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":1},"
			 "{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":1}]"),
		 "process.rlimits[1]: the same limit was given before; leave one out"},
		{PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":-1,\"hard\":1}]"),
		 "process.rlimits[0].soft: has to be a whole number from 0"},
		{PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1.5,\"hard\":2}]"),
		 "process.rlimits[0].soft: has to be a whole number from 0"},
		/* 71 */
		{PROCESS("\"capabilities\":{\"effective\":[\"CAP_KILL\"]}"),
		 "process.capabilities: effective has capabilities that permitted lacks; add them there"},
		{PROCESS("\"capabilities\":{\"bounding\":\"ALL\"}"),
		 "process.capabilities.bounding: has to be an array"},
		/* 78 */
		{PROCESS("\"cwd\":\"rel\""),
		 "process.cwd: \"rel\" is not an absolute path; it has to begin with /"},
		{PROCESS("\"cwd\":null"), "process.cwd: is missing"},
		{PROCESS("\"user\":{\"uid\":-1}"),
		 "process.user.uid: has to be a whole number from 0 to 4294967294"},
		{PROCESS("\"user\":{\"additionalGids\":[4294967295]}"),
		 "process.user.additionalGids[0]: has to be a whole number from 0 to 4294967294"},
		{PROCESS("\"user\":{\"umask\":512}"),
		 "process.user.umask: has to be a whole number from 0 to 511"},
		{PROCESS("\"oomScoreAdj\":1001"),
		 "process.oomScoreAdj: has to be a whole number from -1000 to 1000"},
		{PROCESS("\"oomScoreAdj\":18446744073709551615"),
		 "process.oomScoreAdj: has to be a whole number from -1000 to 1000"},
		{PROCESS("\"scheduler\":{\"policy\":\"SCHED_X\"}"),
		 "process.scheduler.policy: \"SCHED_X\" is none of the words that go here"},
		{PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":8}"),
		 "process.ioPriority.priority: has to be a whole number from 0 to 7"},
		{PROCESS("\"execCPUAffinity\":{\"initial\":\"1-\"}"),
		 "process.execCPUAffinity.initial: \"1-\" is no list of processors such as 0-3,7"},
		{PROCESS("\"terminal\":\"yes\""), "process.terminal: has to be true or false"},
	};

	(void)state;
	check_bad(rows, ARRAY_SIZE(rows));
}

static void test_bad_mounts(void **state)
{
	cleanup_free char *big = xasprintf("\"mounts\":[{\"destination\":\"/m\",\"type\":\"tmpfs\","
					   "\"options\":[\"size=%05000d\"]}]",
					   1);
	cleanup_free char *big_top = xasprintf(",%s", big);
	const struct bad rows[] = {
		/* 65 */
		{TOP("\"mounts\":[{\"destination\":\"rel\",\"type\":\"tmpfs\"}]"),
		 "mounts[0].destination: \"rel\" is not an absolute path; it has to begin with /"},
		{TOP("\"mounts\":[{\"destination\":\"/../..\",\"type\":\"tmpfs\"}]"),
		 "mounts[0].destination: nothing can be mounted over the whole root; see root.path"},
		{TOP("\"mounts\":[{\"type\":\"tmpfs\"}]"), "mounts[0].destination: is missing"},
		{TOP("\"mounts\":[{\"destination\":\"/m\"}]"),
		 "mounts[0].type: is missing: write a file system such as tmpfs, or bind"},
		{TOP("\"mounts\":[{\"destination\":\"/m\",\"type\":\"bind\"}]"),
		 "mounts[0].source: is missing: a bind needs a path of the host"},
		{TOP("\"mounts\":[{\"destination\":\"/m\",\"type\":\"bind\",\"source\":\"/x\","
		     "\"options\":[\"bogus\"]}]"),
		 "mounts[0].options: a bind has no option \"bogus\"; leave it out"},
		{"", "", "", big_top,
		 "mounts[0].options[0]: is longer than the 255 bytes that the kernel takes"},
		{TOP("\"mounts\":[{\"destination\":\"/m\",\"type\":\"proc\",\"options\":"
		     "[\"tmpcopyup\"]}]"),
		 "mounts[0]: tmpcopyup is for a tmpfs"},
		{TOP("\"mounts\":[{\"destination\":\"/m\",\"type\":\"tmpfs\",\"options\":"
		     "[\"idmap\"]}]"),
		 "mounts[0]: only a bind can have mapped ids; leave the mappings out"},
		{TOP("\"mounts\":[{\"destination\":\"/m\",\"type\":\"bind\",\"source\":\"/x\","
		     "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]}]"),
		 "mounts[0]: has one of uidMappings and gidMappings; give both"},
		{TOP("\"mounts\":[7]"), "mounts[0]: has to be an object"},
	};

	(void)state;
	check_bad(rows, ARRAY_SIZE(rows));
}

static void test_bad_linux(void **state)
{
	static const struct bad rows[] = {
		/* 66 */
		{LINUX("\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":10},"
		       "{\"containerID\":9,\"hostID\":100,\"size\":1}]"),
		 "linux.uidMappings[1]: has ids that [0] has as well"},
		{LINUX("\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":0}]"),
		 "linux.uidMappings[0]: size is 0: a mapping has at least one id"},
		{LINUX("\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":4294967296}]"),
		 "linux.uidMappings[0].size: has to be a whole number from 0 to 4294967295"},
		{LINUX("\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":4294967295}]"),
		 "linux.uidMappings[0]: goes beyond 4294967294, the last id there is"},
		{LINUX("\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}]"),
		 "linux.uidMappings: mappings go with an own user namespace; add {\"type\": \"user\"} to linux.namespaces or leave them out"},
		{.process = "",
		 .ns = ",{\"type\":\"user\"}",
		 .linux_ = ",\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}]",
		 .top = "",
		 .message =
			 "linux.uidMappings: goes with gidMappings; give both, or none for the caller's own ids"},
		/* 67 */
		{NS("{\"type\":\"pid\"}"),
		 "linux.namespaces[2]: a namespace of type pid was given before; leave one out"},
		{NS("{\"type\":\"net\"}"),
		 "linux.namespaces[2].type: there is no namespace \"net\""},
		{NS("{}"), "linux.namespaces[2].type: is missing"},
		{NS("{\"type\":\"ipc\",\"path\":\"x\"}"),
		 "linux.namespaces[2].path: \"x\" is not an absolute path; it has to begin with /"},
		{LINUX("\"namespaces\":[{\"type\":\"pid\"}]"),
		 "linux.namespaces: a container needs a new mount namespace, else nothing would bound what it mounts; add {\"type\": \"mount\"} without a path"},
		/* 70 */
		{LINUX("\"sysctl\":{\"kernel.core_pattern\":\"|x\"}"),
		 "linux.sysctl.kernel.core_pattern: is a setting of the whole host, which no container may change"},
		{LINUX("\"sysctl\":{\"net/../kernel/core_pattern\":\"|x\"}"),
		 "linux.sysctl.net/../kernel/core_pattern: is no name of a setting"},
		{LINUX("\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"}"),
		 "linux.sysctl.net.ipv4.ip_forward: is a setting of the host as long as linux.namespaces has no network namespace"},
		{LINUX("\"sysctl\":{\"kernel.shmmaxx\":\"1\"}"),
		 "linux.sysctl.kernel.shmmaxx: is a setting of the whole host, which no container may change"},
		/* 72 */
		{LINUX("\"maskedPaths\":[\"\"]"),
		 "linux.maskedPaths[0]: \"\" is not an absolute path; it has to begin with /"},
		{LINUX("\"maskedPaths\":[\"/a\",\"/..\"]"),
		 "linux.maskedPaths[1]: the whole root cannot be meant; has to be a path below /"},
		{LINUX("\"readonlyPaths\":[\"/\"]"),
		 "linux.readonlyPaths[0]: the whole root cannot be meant; has to be a path below /"},
		/* 73: what the profile holds is read by sandbox/seccomp_json.c */
		{LINUX("\"seccomp\":[]"), "linux.seccomp: has to be an object"},
		/* 74 */
		{LINUX("\"devices\":[{\"path\":\"/dev/x\",\"type\":\"z\",\"major\":1,\"minor\":1}]"),
		 "linux.devices[0].type: \"z\" is none of c, u, b and p"},
		{LINUX("\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":-1,\"minor\":1}]"),
		 "linux.devices[0].major: has to be a whole number from 0 to 4095"},
		{LINUX("\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1}]"),
		 "linux.devices[0].minor: is missing"},
		{LINUX("\"rootfsPropagation\":\"x\""),
		 "linux.rootfsPropagation: \"x\" is none of private, slave, shared, unbindable and their r forms"},
		{LINUX("\"personality\":{\"domain\":\"X\"}"),
		 "linux.personality.domain: \"X\" is neither LINUX nor LINUX32"},
		{LINUX("\"intelRdt\":{}"),
		 "linux.intelRdt: sandbox makes no resctrl groups; leave it out"},
		{LINUX("\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"x\"}"),
		 "linux.memoryPolicy.nodes: \"x\" is no list of memory nodes such as 0-1,3"},
		{LINUX("\"timeOffsets\":{\"monotonic\":{\"secs\":1}}"),
		 "linux.timeOffsets: goes with a new time namespace; add {\"type\": \"time\"} to linux.namespaces"},
		{LINUX("\"timeOffsets\":{\"monotonic\":{\"secs\":9223372036854775807}}"),
		 "linux.timeOffsets.monotonic.secs: has to be a whole number from -9223372035 to 9223372035"},
		{LINUX("\"netDevices\":{\"a/b\":{}}"),
		 "linux.netDevices.a/b: \"a/b\" cannot be the name of an interface"},
		{LINUX("\"resources\":{\"unified\":{\"../x\":\"1\"}}"),
		 "linux.resources.unified.../x: is no file of a limit, such as memory.high"},
		{LINUX("\"resources\":{\"unified\":{\"cgroup.procs\":\"1\"}}"),
		 "linux.resources.unified.cgroup.procs: is no file of a limit, such as memory.high"},
		{LINUX("\"resources\":{\"memory\":{\"limit\":\"1g\"}}"),
		 "linux.resources.memory.limit: has to be a whole number from -1 to 9223372036854775807"},
		{LINUX("\"resources\":{\"memory\":{\"limit\":4096,\"swap\":1}}"),
		 "linux.resources.memory.swap: is memory and swap together: it cannot be below \"limit\""},
		{LINUX("\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rx\"}]}"),
		 "linux.resources.devices[0].access: \"rx\" has letters other than r, w and m"},
	};

	(void)state;
	check_bad(rows, ARRAY_SIZE(rows));
}

/* 66: one line more than the kernel takes */
static void test_too_many_maps(void **state)
{
	cleanup_buf struct buf text = {};
	struct spec s;
	struct err e = {};

	(void)state;
	buf_puts(&text, ",\"uidMappings\":[");
	for (int i = 0; i < 341; i++)
		buf_printf(&text, "%s{\"containerID\":%d,\"hostID\":%d,\"size\":1}", i ? "," : "",
			   i, 2 * i);
	buf_puts(&text, "]");
	assert_int_equal(parse(&s, "", "", text.data, "", &e), -EINVAL);
	assert_string_equal(e.msg, "linux.uidMappings[340]: the kernel takes at most 340 mappings");
	spec_free(&s);
}

/* 61: what is no JSON does not get as far as the members */
static void test_no_json(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"", "not valid JSON: it ends too early"},
		{"not json", "not valid JSON at byte 1: null expected"},
		{"\xef\xbb\xbf{}", "not valid JSON at byte 0: invalid utf-8 string"},
		{"{}{}", "not valid JSON at byte 2: unexpected character"},
		{"[]", "config.json: has to be an object"},
		{"{\"ociVersion\":\"1.0.0\"", "not valid JSON: it ends too early"},
		{"{\"x\":18446744073709551616}", "not valid JSON: an integer does not fit 64 bits"},
	};
	cleanup_buf struct buf deep = {};
	struct spec s;
	struct err e = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(&e, 0, sizeof(e));
		assert_true(parse_text(&s, rows[i].text, &e) < 0);
		assert_string_equal(e.msg, rows[i].message);
		spec_free(&s);
	}
	for (int i = 0; i < 10000; i++)
		buf_puts(&deep, "[");
	memset(&e, 0, sizeof(e));
	assert_int_equal(parse_text(&s, deep.data, &e), -EINVAL);
	assert_non_null(strstr(e.msg, "nesting too deep"));
	spec_free(&s);
}

/* 79: large is not wrong */
static void test_large_annotation(void **state)
{
	cleanup_buf struct buf text = {};
	struct spec s;

	(void)state;
	buf_puts(&text, ",\"annotations\":{\"k\":\"");
	for (int i = 0; i < (10 << 20) / 64; i++)
		buf_puts(&text, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	buf_puts(&text, "\"}");
	ok(&s, "", "", "", text.data);
	assert_int_equal(strlen(spec_annotation(&s, "k")), 10 << 20);
	spec_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_minimal),       cmocka_unit_test(test_process),
		cmocka_unit_test(test_ambient),       cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_linux),         cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_resources),     cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_of_run), cmocka_unit_test(test_exec_process),
		cmocka_unit_test(test_number_list),   cmocka_unit_test(test_bad_top),
		cmocka_unit_test(test_bad_process),   cmocka_unit_test(test_bad_mounts),
		cmocka_unit_test(test_bad_linux),     cmocka_unit_test(test_too_many_maps),
		cmocka_unit_test(test_no_json),       cmocka_unit_test(test_large_annotation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
