/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state and list: what containers are.
 */
#include <pwd.h>

#include "oci/internal.h"

/* As the runtime specification has it. */
static json *state_json(const struct oci_state *s, enum oci_status status)
{
	cleanup_json json *config = NULL;
	json *j = json_obj(), *annotations = NULL;
	char when[WHEN_TEXT];

	json_set(j, "ociVersion", json_str(OCI_VERSION));
	json_set(j, "id", json_str(s->id));
	json_set(j, "pid", json_i64(status == OCI_STOPPED || !s->ready ? 0 : s->pid));
	json_set(j, "status", json_str(oci_status_name(status)));
	json_set(j, "bundle", json_str(s->bundle ? s->bundle : ""));
	json_set(j, "rootfs", json_str(s->rootfs ? s->rootfs : ""));
	format_when(when, s->created);
	json_set(j, "created", json_str(when));
	if (!oci_state_config(s, &config, NULL))
		annotations = json_get(config, "annotations");
	if (annotations)
		json_set(j, "annotations", json_hold(annotations));
	return j;
}

static void print_json(json *j)
{
	cleanup_free char *text = json_dump(j, true);

	puts(text);
	json_put(j);
}

int oci_cmd_state(struct oci *o, const struct strv *words, struct err *e)
{
	cleanup_state struct oci_state s;
	int r = oci_state_open(&s, o, words->v[0], OCI_LOOK, e);

	if (r < 0)
		return r;
	print_json(state_json(&s, oci_state_status(&s)));
	return 0;
}

/* From the file alone: directory services would load libraries and ask servers. */
static void owner_name(uint32_t uid, char out[64])
{
	cleanup_fclose FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *pw;

	snprintf(out, 64, "%u", uid);
	while (f && (pw = fgetpwent(f))) {
		if (pw->pw_uid != uid)
			continue;
		snprintf(out, 64, "%s", pw->pw_name);
		return;
	}
}

struct listing {
	json *all;
	bool table;
};

static void list_id(void *ctx __unused, const struct oci_state *s)
{
	puts(s->id);
}

static void list_one(void *ctx, const struct oci_state *s)
{
	struct listing *l = ctx;
	enum oci_status status = oci_state_status(s);
	pid_t pid = status == OCI_STOPPED || status == OCI_CREATING ? 0 : s->pid;
	char when[WHEN_TEXT], owner[64], bundle[PATH_MAX];
	json *j;

	owner_name(s->owner, owner);
	if (l->table) {
		format_when(when, s->created);
		str_escape(bundle, sizeof(bundle), s->bundle ? s->bundle : "");
		printf("%-20s %-10d %-10s %-30s %-36s %s\n", s->id, pid, oci_status_name(status),
		       bundle, when, owner);
		return;
	}
	j = state_json(s, status);
	json_set(j, "owner", json_str(owner));
	json_add(l->all, j);
}

int oci_cmd_list(struct oci *o, const struct strv *words __unused, struct err *e)
{
	struct listing l = {.table = !o->format || streq(o->format, "table")};
	cleanup_close int root = -1;
	int r;

	if (!l.table && !streq(o->format, "json"))
		return fail(e, EINVAL, "--format is table or json, not \"%s\"", o->format);
	root = oci_root_open(o, false, e);
	if (root < 0 && root != -ENOENT)
		return root;
	l.all = json_arr();
	if (l.table && !o->quiet)
		printf("%-20s %-10s %-10s %-30s %-36s %s\n", "ID", "PID", "STATUS", "BUNDLE",
		       "CREATED", "OWNER");
	r = oci_state_each(o, o->quiet ? list_id : list_one, &l, e);
	if (r >= 0 && !l.table && !o->quiet)
		print_json(take_ptr(l.all));
	json_put(l.all);
	return r;
}
