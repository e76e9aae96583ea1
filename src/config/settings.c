/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * What the user wants by default, weakest first: the table below, the file of
 * the administrator, the file of the user, the environment; options of the
 * command line are above all of them and belong to cli/. A key that is not in
 * the table is an error that names file and line: a setting which is silently
 * without effect (a misspelt one, or one of a later version) would be worse.
 */
#include "config/config.h"

enum setting_type { SETTING_BOOL, SETTING_STRING, SETTING_DURATION };

/**
 * struct setting - one key
 * @key: in the files
 * @env: the variable above them
 * @type: of the member at @at in struct settings
 * @choices: for strings: the values there are, separated by spaces; NULL for any
 * @fallback: the value when nobody said anything, as it would stand in a file; NULL for none
 */
struct setting {
	const char *key, *env;
	enum setting_type type;
	size_t at;
	const char *choices, *fallback;
};

#define SETTING(member, env, type, ...)                                            \
	{                                                                          \
#member, env, type, offsetof(struct settings, member), __VA_ARGS__ \
	}

static const struct setting settings[] = {
	SETTING(image_path, "SANDBOX_IMAGE_PATH", SETTING_STRING),
	SETTING(keep, "SANDBOX_KEEP", SETTING_BOOL, NULL, "false"),
	SETTING(mirror, "SANDBOX_MIRROR", SETTING_STRING),
	SETTING(network, "SANDBOX_NETWORK", SETTING_STRING),
	SETTING(pull, "SANDBOX_PULL", SETTING_STRING, "missing always never newer"),
	SETTING(pull_timeout, "SANDBOX_PULL_TIMEOUT", SETTING_DURATION, NULL, "10m"),
	SETTING(storage_driver, "SANDBOX_STORAGE_DRIVER", SETTING_STRING,
		"auto overlay fuse-overlayfs copy"),
	SETTING(sync, "SANDBOX_SYNC", SETTING_BOOL, NULL, "true"),
	SETTING(userns, "SANDBOX_USERNS", SETTING_STRING),
};

static bool is_choice(const char *choices, const char *value)
{
	cleanup_strv struct strv all = {};

	strv_split(&all, choices, ' ');
	return strv_has(&all, value);
}

static int set_string(const struct setting *k, char **to, const char *value, const char *where,
		      struct err *e)
{
	if (*value && k->choices && !is_choice(k->choices, value))
		return fail(e, EINVAL, "%s: %s \"%.60s\" is none of: %s", where, k->key, value,
			    k->choices);
	free(*to);
	*to = *value ? xstrdup(value) : NULL;
	return 0;
}

static int set_one(struct settings *s, const struct setting *k, const char *value,
		   const char *where, struct err *e)
{
	void *to = (char *)s + k->at;

	switch (k->type) {
	case SETTING_STRING:
		return set_string(k, to, value, where, e);
	case SETTING_BOOL:
		if (parse_bool(value, to) < 0)
			return fail(e, EINVAL, "%s: %s \"%.60s\" is neither true nor false", where,
				    k->key, value);
		return 0;
	case SETTING_DURATION:
		if (parse_duration(value, to) < 0 || *(int64_t *)to <= 0)
			return fail(e, EINVAL, "%s: %s \"%.60s\" is not a time such as 90s or 10m",
				    where, k->key, value);
		return 0;
	}
	return 0;
}

static int unknown_key(const char *key, const char *where, struct err *e)
{
	cleanup_buf struct buf known = {};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		buf_printf(&known, "%s%s", i ? ", " : "", settings[i].key);
	return fail(e, EINVAL, "%s: there is no setting %.60s; there are %s", where, key,
		    known.data);
}

static int set_line(void *ctx, const char *key, const char *value, const char *file, unsigned line,
		    struct err *e)
{
	cleanup_free char *where = xasprintf("%s:%u", file, line);

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (streq(settings[i].key, key))
			return set_one(ctx, &settings[i], value, where, e);
	}
	return unknown_key(key, where, e);
}

/* config_dir - the user's folder of settings, whether it is there or not; a new string, or NULL */
char *config_dir(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config && *config == '/')
		return path_join(config, "sandbox");
	if (home && *home == '/')
		return path_join(home, ".config/sandbox");
	return NULL;
}

static char *user_file(void)
{
	cleanup_free char *dir = config_dir();

	return dir ? path_join(dir, "sandbox.conf") : NULL;
}

static int load(struct settings *s, struct err *e)
{
	cleanup_free char *user = user_file();
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(settings) && !r; i++) {
		if (settings[i].fallback)
			r = set_one(s, &settings[i], settings[i].fallback, "default", e);
	}
	if (r >= 0)
		r = conf_read(SYSCONFDIR "/sandbox/sandbox.conf", set_line, s, e);
	if (r >= 0 && user)
		r = conf_read(user, set_line, s, e);
	for (size_t i = 0; i < ARRAY_SIZE(settings) && r >= 0; i++) {
		const char *value = getenv(settings[i].env);

		if (value && *value)
			r = set_one(s, &settings[i], value, settings[i].env, e);
	}
	return r < 0 ? r : 0;
}

/**
 * settings_load - read the configuration files and the environment
 * @s: filled; release with settings_free()
 *
 * Two failed opens when there are no files.
 * Return: 0 or -errno; then @s is empty.
 */
int settings_load(struct settings *s, struct err *e)
{
	int r;

	*s = (struct settings){};
	r = load(s, e);
	if (r < 0)
		settings_free(s);
	return r;
}

/* settings_free - release what settings_load() filled */
void settings_free(struct settings *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (settings[i].type == SETTING_STRING)
			free(*(char **)((char *)s + settings[i].at));
	}
	*s = (struct settings){};
}
