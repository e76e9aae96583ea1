/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * features: what this runtime can do, for engines that ask before they rely on it. checkpoint
 * and restore: what it cannot.
 */
#include "linux/sys.h"
#include "oci/internal.h"

/* Source: features-linux.md of the runtime specification. */
static const char *const actions[] = {
	"SCMP_ACT_ALLOW",        "SCMP_ACT_ERRNO",       "SCMP_ACT_KILL",
	"SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",
	"SCMP_ACT_NOTIFY",       "SCMP_ACT_TRACE",       "SCMP_ACT_TRAP",
};

static const char *const operators[] = {
	"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT",        "SCMP_CMP_LE",
	"SCMP_CMP_LT", "SCMP_CMP_NE", "SCMP_CMP_MASKED_EQ",
};

static json *list(const char *const *v, size_t n)
{
	json *a = json_arr();

	for (size_t i = 0; i < n; i++)
		json_add(a, json_str(v[i]));
	return a;
}
#define LIST(v) list(v, ARRAY_SIZE(v))

static json *namespaces(void)
{
	json *a = json_arr();

	for (size_t i = 0; oci_namespaces[i]; i++)
		json_add(a, json_str(oci_namespaces[i]));
	return a;
}

static json *mount_options(void)
{
	json *a = json_arr();
	const char *word;

	for (size_t i = 0; (word = oci_mount_option(i)); i++)
		json_add(a, json_str(word));
	return a;
}

static json *enabled(bool yes)
{
	json *j = json_obj();

	json_set(j, "enabled", json_boolean(yes));
	return j;
}

static json *capabilities(void)
{
	json *a = json_arr();
	const char *name;

	for (unsigned i = 0; (name = cap_name(i)); i++) {
		cleanup_free char *full = xasprintf("CAP_%s", name);

		json_add(a, json_str(full));
	}
	return a;
}

static json *seccomp(void)
{
	static const char *const archs[] = {
#if defined(__x86_64__)
		"SCMP_ARCH_X86",
		"SCMP_ARCH_X86_64",
		"SCMP_ARCH_X32",
#elif defined(__aarch64__)
		"SCMP_ARCH_AARCH64",
		"SCMP_ARCH_ARM",
#else
		"SCMP_ARCH_NATIVE",
#endif
	};
	json *j = enabled(true);

	json_set(j, "actions", LIST(actions));
	json_set(j, "operators", LIST(operators));
	json_set(j, "archs", LIST(archs));
	return j;
}

static json *cgroup(void)
{
	json *j = json_obj();

	json_set(j, "v1", json_boolean(false));
	json_set(j, "v2", json_boolean(true));
	json_set(j, "systemd", json_boolean(false));
	json_set(j, "systemdUser", json_boolean(false));
	json_set(j, "rdma", json_boolean(false));
	return j;
}

static json *linux_part(void)
{
	json *l = json_obj(), *extensions = json_obj();

	json_set(l, "namespaces", namespaces());
	json_set(l, "capabilities", capabilities());
	json_set(l, "cgroup", cgroup());
	json_set(l, "seccomp", seccomp());
	json_set(l, "apparmor", enabled(true));
	json_set(l, "selinux", enabled(true));
	json_set(l, "intelRdt", enabled(false));
	json_set(extensions, "idmap", enabled(true));
	json_set(l, "mountExtensions", extensions);
	return l;
}

int oci_cmd_features(struct oci *o __unused, const struct strv *words __unused,
		     struct err *e __unused)
{
	cleanup_json json *j = json_obj();
	cleanup_free char *text = NULL;

	json_set(j, "ociVersionMin", json_str(OCI_VERSION_MIN));
	json_set(j, "ociVersionMax", json_str(OCI_VERSION));
	json_set(j, "hooks", list(hook_names, HOOK_KINDS));
	json_set(j, "mountOptions", mount_options());
	json_set(j, "linux", linux_part());
	text = json_dump(j, true);
	puts(text);
	return 0;
}

static int not_supported(struct err *e)
{
	return fail_hint(e, fail(e, EOPNOTSUPP, "checkpoint and restore are not supported"),
			 "stop the container, and start it again");
}

int oci_cmd_checkpoint(struct oci *o __unused, const struct strv *words __unused, struct err *e)
{
	return not_supported(e);
}

int oci_cmd_restore(struct oci *o __unused, const struct strv *words __unused, struct err *e)
{
	return not_supported(e);
}
