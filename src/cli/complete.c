/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What shells complete that is not in the tables: names of this user's things, a line each.
 */
#include "cli/internal.h"
#include "container/container.h"

static int complete_containers(struct global *g, struct err *e)
{
	cleanup_container_infos struct container_infos all = {};
	int r = container_list(&g->dirs, &all, e);

	for (size_t i = 0; !r && i < all.n; i++) {
		if (all.v[i].name)
			puts(all.v[i].name);
		else
			printf("%.12s\n", all.v[i].id);
	}
	return r;
}

static int complete_images(struct global *g, struct err *e)
{
	struct image_list list = {};
	int r = image_list(g->dirs.store, &list, e);

	puts("busybox\nalpine");
	for (size_t i = 0; !r && i < list.n; i++)
		puts(list.v[i].name);
	image_list_free(&list);
	return r;
}

static int complete_volumes(struct global *g, struct err *e)
{
	struct volume_list list = {};
	int r = volume_list(&g->dirs, &list, e);

	for (size_t i = 0; !r && i < list.n; i++)
		puts(list.v[i].name);
	volume_list_free(&list);
	return r;
}

/**
 * cmd_complete - __complete containers, images or volumes
 */
int cmd_complete(struct global *g, int argc, char **argv, struct err *e)
{
	int r = argc == 2 ? global_ready(g, e) : fail(e, EINVAL, "__complete wants one word");

	if (r < 0)
		return r;
	if (streq(argv[1], "containers"))
		return complete_containers(g, e);
	if (streq(argv[1], "images"))
		return complete_images(g, e);
	if (streq(argv[1], "volumes"))
		return complete_volumes(g, e);
	return fail(e, EINVAL, "there is nothing called \"%s\" to complete", argv[1]);
}
