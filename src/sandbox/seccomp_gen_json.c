/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The half of seccomp_gen that writes the profile. What its format cannot say in one
 * rule becomes several: rules of one call are alternatives, conditions compare 64 bits
 * unless they are masked, and a rule without conditions hides all others of its call.
 */
#include <stdio.h>
#include <string.h>

#include "seccomp_gen.h"

static bool nested_profile;

static bool always_open(enum gate g)
{
	return nested_profile && gates[g].nested;
}

static const char *sep = "";

static void print_names(bool (*want)(const struct row *, const void *), const void *arg)
{
	const char *comma = "";

	printf("%s\n\t\t{\n\t\t\t\"names\": [", sep);
	sep = ",";
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!want(&rows[i], arg))
			continue;
		printf("%s\n\t\t\t\t\"%s\"", comma, rows[i].name);
		comma = ",";
	}
	printf("\n\t\t\t],\n\t\t\t\"action\": ");
}

static bool any_row(bool (*want)(const struct row *, const void *), const void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (want(&rows[i], arg))
			return true;
	return false;
}

static void print_action(uint32_t ret)
{
	if (ret == SECCOMP_RET_ALLOW)
		printf("\"SCMP_ACT_ALLOW\"");
	else
		printf("\"SCMP_ACT_ERRNO\",\n\t\t\t\"errnoRet\": %u", ret & SECCOMP_RET_DATA);
}

static void print_excludes(enum gate g)
{
	const char *comma = "";

	if (g == GATE_NEVER)
		return;
	printf(",\n\t\t\t\"excludes\": {\n\t\t\t\t\"caps\": [");
	for (int i = 0; i < 2; i++) {
		if (strcmp(gates[g].cap[i], "CAP_NONE") == 0)
			continue;
		printf("%s\n\t\t\t\t\t\"%s\"", comma, gates[g].cap[i]);
		comma = ",";
	}
	printf("\n\t\t\t\t]\n\t\t\t}");
}

static bool is_open(const struct row *r, const void *arg)
{
	(void)arg;
	return r->v.check == CHECK_NONE && r->v.ret == SECCOMP_RET_ALLOW;
}

static bool has_gate(const struct row *r, const void *gate)
{
	return !is_open(r, NULL) && r->v.gate == *(const enum gate *)gate;
}

static bool is_denied(const struct row *r, const void *gate)
{
	return has_gate(r, gate) && r->v.check == CHECK_NONE && r->v.ret == RET_ERRNO(EPERM);
}

static void print_gate(enum gate g)
{
	if (g != GATE_NEVER && always_open(g)) {
		print_names(has_gate, &g);
		print_action(SECCOMP_RET_ALLOW);
		printf("\n\t\t}");
		return;
	}
	for (int i = 0; g != GATE_NEVER && i < 2; i++) {
		if (strcmp(gates[g].cap[i], "CAP_NONE") == 0)
			continue;
		print_names(has_gate, &g);
		print_action(SECCOMP_RET_ALLOW);
		printf(",\n\t\t\t\"includes\": {\n\t\t\t\t\"caps\": [\n\t\t\t\t\t\"%s\"\n\t\t\t\t]"
		       "\n\t\t\t}\n\t\t}",
		       gates[g].cap[i]);
	}
	if (any_row(is_denied, &g)) {
		print_names(is_denied, &g);
		print_action(RET_ERRNO(EPERM));
		print_excludes(g);
		printf("\n\t\t}");
	}
}

static bool has_check(const struct row *r, const void *verdict)
{
	return same_verdict(r->v, *(const struct verdict *)verdict);
}

/* print_masked - a rule for the calls of verdict @v: @ret when (argument & mask) == value */
static void print_masked(struct verdict v, int arg, uint32_t mask, uint32_t value, uint32_t ret)
{
	print_names(has_check, &v);
	print_action(ret);
	printf(",\n\t\t\t\"args\": [\n\t\t\t\t{\n\t\t\t\t\t\"index\": %d,\n\t\t\t\t\t\"value\": %u,"
	       "\n\t\t\t\t\t\"valueTwo\": %u,\n\t\t\t\t\t\"op\": \"SCMP_CMP_MASKED_EQ\"\n\t\t\t\t}"
	       "\n\t\t\t]",
	       arg, mask, value);
	print_excludes(v.gate);
	printf("\n\t\t}");
}

/*
 * print_others - rules for all values of a block but those listed. Rules of one call
 * are alternatives in this format, so that "neither A nor B" has to be said by
 * blocks of values that share their high bits.
 */
static void print_others(struct verdict v, int arg, uint32_t mask, uint32_t value,
			 const uint32_t *but, size_t n, uint32_t ret)
{
	uint32_t half = ~mask & ~(~mask >> 1);
	bool inside = false;

	for (size_t i = 0; i < n; i++)
		inside |= (but[i] & mask) == value;
	if (!inside) {
		print_masked(v, arg, mask, value, ret);
	} else if (half) {
		print_others(v, arg, mask | half, value, but, n, ret);
		print_others(v, arg, mask | half, value | half, but, n, ret);
	}
}

static void print_listed(struct verdict v, int arg, const uint32_t *list, size_t n, uint32_t ret)
{
	for (size_t i = 0; i < n; i++)
		print_masked(v, arg, UINT32_MAX, list[i], ret);
}

static void print_no_bits(struct verdict v, uint32_t bits)
{
	print_masked(v, 0, bits, 0, SECCOMP_RET_ALLOW);
	for (uint32_t bit = 1; bit; bit <<= 1)
		if (bits & bit)
			print_masked(v, 0, bit, bit, RET_ERRNO(EPERM));
}

static void print_check(struct verdict v)
{
	switch (v.check) {
	case CHECK_CLONE:
		print_no_bits(v, NEW_BITS_CLONE);
		break;
	case CHECK_UNSHARE:
		print_no_bits(v, NEW_BITS_UNSHARE);
		break;
	case CHECK_IOCTL:
		print_listed(v, 1, bad_ioctls, ARRAY_SIZE(bad_ioctls), RET_ERRNO(EPERM));
		print_others(v, 1, 0, 0, bad_ioctls, ARRAY_SIZE(bad_ioctls), SECCOMP_RET_ALLOW);
		break;
	case CHECK_PERSONALITY:
		print_listed(v, 0, personalities, ARRAY_SIZE(personalities), SECCOMP_RET_ALLOW);
		break;
	case CHECK_FAMILY:
		print_listed(v, 0, families, ARRAY_SIZE(families), SECCOMP_RET_ALLOW);
		print_others(v, 0, ~(FAMILY_END - 1), 0, families, ARRAY_SIZE(families),
			     RET_ERRNO(EAFNOSUPPORT));
		break;
	case CHECK_NONE:
		break;
	}
}

static bool is_first_of_check(size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (same_verdict(rows[i].v, rows[row].v))
			return false;
	return rows[row].v.check != CHECK_NONE;
}

/* print_profile - the list in Docker's format, as it is under --nested when @nested says so */
void print_profile(bool nested)
{
	nested_profile = nested;
	printf("{\n\t\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\t\"defaultErrnoRet\": %d,\n"
	       "\t\"archMap\": [\n"
	       "\t\t{\n\t\t\t\"architecture\": \"SCMP_ARCH_X86_64\",\n"
	       "\t\t\t\"subArchitectures\": [\n\t\t\t\t\"SCMP_ARCH_X86\"\n\t\t\t]\n\t\t},\n"
	       "\t\t{\n\t\t\t\"architecture\": \"SCMP_ARCH_AARCH64\",\n"
	       "\t\t\t\"subArchitectures\": [\n\t\t\t\t\"SCMP_ARCH_ARM\"\n\t\t\t]\n\t\t}\n\t],\n"
	       "\t\"syscalls\": [",
	       ENOSYS);
	print_names(is_open, NULL);
	print_action(SECCOMP_RET_ALLOW);
	printf("\n\t\t}");
	for (enum gate g = 0; g < GATES; g++)
		print_gate(g);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (is_first_of_check(i) &&
		    (rows[i].v.gate == GATE_NEVER || !always_open(rows[i].v.gate)))
			print_check(rows[i].v);
	printf("\n\t]\n}\n");
}
