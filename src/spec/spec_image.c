/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/spec.h"

void image_config_free(struct image_config *c)
{
	strv_free(&c->env);
	strv_free(&c->entrypoint);
	strv_free(&c->cmd);
	free(take_ptr(c->user));
	free(take_ptr(c->cwd));
}

/**
 * spec_apply_image - put an image's configuration under what the user asked for
 * @s: args hold what stands behind the image, env what -e and --env-file gave
 * @entrypoint: from --entrypoint
 * @has_entrypoint: it was given: the image's entrypoint and command do not count then
 */
void spec_apply_image(struct spec *s, const struct image_config *c, const struct strv *entrypoint,
		      bool has_entrypoint)
{
	struct strv args = {}, env = {};

	strv_copy(&args, has_entrypoint ? entrypoint : &c->entrypoint);
	if (s->args.n)
		strv_copy(&args, &s->args);
	else if (!has_entrypoint)
		strv_copy(&args, &c->cmd);
	strv_free(&s->args);
	s->args = args;

	env_put(&env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	env_put(&env, "container=sandbox");
	if (s->tty)
		env_put(&env, "TERM=xterm");
	if (s->hostname)
		env_set(&env, "HOSTNAME", s->hostname);
	strv_for_each (one, &c->env)
		env_put(&env, one);
	strv_for_each (one, &s->env)
		env_put(&env, one);
	strv_free(&s->env);
	s->env = env;

	if (!s->user && c->user)
		s->user = xstrdup(c->user);
	if (!s->cwd && c->cwd && *c->cwd) {
		s->cwd = xstrdup(c->cwd);
		s->make_cwd = true;
	}
	if (c->stop_signal)
		s->stop_signal = c->stop_signal;
}
