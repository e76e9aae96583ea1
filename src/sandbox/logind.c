/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of containers in the background when their user logs out: systemd-logind may kill
 * all processes of the session then, and ends the user's own systemd and its runtime folder, unless
 * he lingers.
 * Source: logind.conf(5), loginctl(1); systemd 252, manager_shall_kill().
 */
#include <dirent.h>
#include <strings.h>

#include "sandbox/idmap_internal.h"

#define CONF_MAX (1 << 20)

/* In order of precedence. */
static const char *const folders[] = {"/etc/systemd", "/run/systemd", "/usr/local/lib/systemd",
				      "/usr/lib/systemd"};

/** struct conf - what the files say; @has_exclude: @exclude was said, if only to be empty */
struct conf {
	bool kill, has_exclude;
	struct strv only, exclude;
};

static bool is_yes(const char *v)
{
	static const char *const yes[] = {"1", "yes", "y", "true", "t", "on"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!strcasecmp(v, yes[i]))
			return true;
	}
	return false;
}

/* An empty value forgets what was there. */
static void add_users(struct strv *l, const char *value)
{
	if (!*value)
		strv_free(l);
	strv_split(l, value, ' ');
}

static void set(struct conf *c, const char *key, const char *value)
{
	if (streq(key, "KillUserProcesses")) {
		c->kill = is_yes(value);
	} else if (streq(key, "KillOnlyUsers")) {
		add_users(&c->only, value);
	} else if (streq(key, "KillExcludeUsers")) {
		add_users(&c->exclude, value);
		c->has_exclude = true;
	}
}

/* Return: whether the file is there. */
static bool read_conf(struct conf *c, const char *path)
{
	cleanup_buf struct buf text = {};
	cleanup_strv struct strv lines = {};
	bool login = false;

	if (read_file_at(AT_FDCWD, path, CONF_MAX, &text) < 0)
		return false;
	strv_split(&lines, text.data ? text.data : "", '\n');
	strv_for_each (l, &lines) {
		cleanup_free char *copy = xstrdup(l);
		char *key = str_trim(copy), *value = strchr(key, '=');

		if (*key == '[')
			login = streq(key, "[Login]");
		if (!login || *key == '#' || *key == ';' || !value)
			continue;
		*value++ = '\0';
		set(c, str_trim(key), str_trim(value));
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_names(struct strv *names, const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *de;

	while (d && (de = readdir(d))) {
		if (str_has_suffix(de->d_name, ".conf") && de->d_name[0] != '.' &&
		    !strv_has(names, de->d_name))
			strv_add(names, de->d_name);
	}
	if (d)
		closedir(d);
}

/* The first file of a name counts, of all folders; they are read by their names. */
static void read_all(struct conf *c, const char *root)
{
	cleanup_strv struct strv names = {};
	bool found = false;

	for (size_t i = 0; !found && i < ARRAY_SIZE(folders); i++) {
		cleanup_free char *path = xasprintf("%s%s/logind.conf", root, folders[i]);

		found = read_conf(c, path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		cleanup_free char *path = xasprintf("%s%s/logind.conf.d", root, folders[i]);

		add_names(&names, path);
	}
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_name);
	strv_for_each (name, &names) {
		found = false;
		for (size_t i = 0; !found && i < ARRAY_SIZE(folders); i++) {
			cleanup_free char *path = xasprintf("%s%s/logind.conf.d/%s", root,
							    folders[i], name);

			found = read_conf(c, path);
		}
	}
}

static bool is_killed(const struct conf *c, const char *user)
{
	if ((!c->has_exclude && streq(user, "root")) || strv_has(&c->exclude, user))
		return false;
	return c->only.n ? strv_has(&c->only, user) : c->kill;
}

/**
 * logind_look - what happens to a user's processes when he logs out
 * @root: folder that stands for /, "" for the host's own
 * @user: his name
 *
 * Return: a set of enum logind.
 */
unsigned logind_look(const char *root, const char *user)
{
	cleanup_free char *there = xasprintf("%s/run/systemd/seats", root);
	cleanup_free char *linger = xasprintf("%s/var/lib/systemd/linger/%s", root, user);
	struct conf c = {};
	unsigned found = LOGIND_THERE;

	/* As sd_login_monitor and others ask whether it runs. */
	if (faccessat(AT_FDCWD, there, F_OK, 0) < 0)
		return 0;
	if (!strchr(user, '/') && !faccessat(AT_FDCWD, linger, F_OK, 0))
		found |= LOGIND_LINGERS;
	read_all(&c, root);
	if (is_killed(&c, user))
		found |= LOGIND_KILLS;
	strv_free(&c.only);
	strv_free(&c.exclude);
	return found;
}

/**
 * logind_caller - what happens to our own processes when we log out
 *
 * Return: a set of enum logind; 0 also when we have no name.
 */
unsigned logind_caller(void)
{
	struct owner o;
	unsigned found = 0;

	/* Nothing is to be asked of name services where there is no logind. */
	if (access("/run/systemd/seats", F_OK) < 0)
		return 0;
	owner_find(&o, "/etc/passwd", geteuid());
	if (o.names.n)
		found = logind_look("", o.names.v[0]);
	owner_free(&o);
	return found;
}
