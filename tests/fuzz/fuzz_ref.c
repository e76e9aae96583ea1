/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of images, and of minirootfs files: what is accepted has a canonical
 * spelling that is accepted as the same, is one file name, and stays what it is.
 */
#include "image/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_name(const char *text)
{
	struct ref ref, again;
	struct err e = {};
	cleanup_free char *name = NULL, *file = NULL;
	int r = ref_parse(text, &ref, &e);

	if (r < 0) {
		require(e.code == -r && *e.msg && !strpbrk(e.msg, "\n\033"));
		free(ref.path);
		return;
	}
	name = ref_name(&ref, NULL);
	require(!ref_parse(name, &again, &e) && again.kind == ref.kind &&
		streq(again.version, ref.version));
	if (ref.kind == REF_FILE) {
		/* As wanted_parse() does: records are of whole paths. */
		char *whole = path_join("/", name);

		free(name);
		name = whole;
	}
	file = record_file(name);
	require(!strchr(file, '/') && *file != '.' && strlen(file) < NAME_MAX);
	free(ref.path);
	free(again.path);
}

static void check_file(const char *text)
{
	char version[32], arch[16], branch[16];

	if (alpine_file_parse(text, version, arch) < 0)
		return;
	require(alpine_version_exact(version) && alpine_version_ok(version) &&
		alpine_arch_ok(arch) && !strchr(text, '/'));
	require(!alpine_version_cmp(version, version) && alpine_version_match(version, version));
	alpine_branch(version, branch);
	require(*branch && !strchr(branch, '/'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	cleanup_free char *text = xstrndup((const char *)data, n);

	check_name(text);
	check_file(text);
	return 0;
}
