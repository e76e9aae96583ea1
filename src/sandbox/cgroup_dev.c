/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which devices the processes of a control group may use: version 2 asks a small program,
 * which is made here of the rules of config.json. The last rule that fits decides, as they
 * are meant one after the other; what no rule knows is refused, but for the devices that
 * every container has, and so without any rule all others are, as under runc: root's container
 * may make nodes, and its root may hold some. Only root may load such a program. A user needs
 * none: he can make no nodes, and those that he binds are bounded by their modes.
 *
 * Source: Documentation/admin-guide/cgroup-v2.rst, "Device controller"; linux/bpf.h.
 */
#include <linux/bpf.h>
#include <sys/syscall.h>

#include "sandbox/internal.h"

#define MAX_RULES 512
#define PER_RULE  8
#define ANY       (-1)

/* What runc and crun allow whatever the rules are: nodes may be made, not used. */
static const struct device_rule always[] = {
	{true, 'c', ANY, ANY, false, false, true}, {true, 'b', ANY, ANY, false, false, true},
	{true, 'c', 1, 3, true, true, true},     /* null */
	{true, 'c', 1, 5, true, true, true},     /* zero */
	{true, 'c', 1, 7, true, true, true},     /* full */
	{true, 'c', 1, 8, true, true, true},     /* random */
	{true, 'c', 1, 9, true, true, true},     /* urandom */
	{true, 'c', 5, 0, true, true, true},     /* tty */
	{true, 'c', 5, 2, true, true, true},     /* ptmx */
	{true, 'c', 136, ANY, true, true, true}, /* terminals */
};

static struct bpf_insn jump_unless(uint8_t reg, int32_t value)
{
	return (struct bpf_insn){.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = reg, .imm = value};
}

static struct bpf_insn insn(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	return (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm};
}

static int32_t access_bits(const struct device_rule *d)
{
	return (d->mknod ? BPF_DEVCG_ACC_MKNOD : 0) | (d->read ? BPF_DEVCG_ACC_READ : 0) |
	       (d->write ? BPF_DEVCG_ACC_WRITE : 0);
}

/* r2 access, r3 type, r4 major, r5 minor; every jump leads behind the rule */
static size_t put_rule(struct bpf_insn *out, const struct device_rule *d)
{
	int32_t bits = access_bits(d);
	size_t n = 0;

	if (d->type != 'a')
		out[n++] = jump_unless(BPF_REG_3,
				       d->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	/* Allowed is what asks for no more than a rule gives; denied, what asks for any of it. */
	if (bits != (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)) {
		out[n++] = insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_2, 0, 0);
		out[n++] = insn(BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_6, 0, 0,
				d->allow ? ~bits : bits);
		out[n++] = d->allow ? jump_unless(BPF_REG_6, 0)
				    : insn(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_6, 0, 0, 0);
	}
	if (d->major >= 0)
		out[n++] = jump_unless(BPF_REG_4, (int32_t)d->major);
	if (d->minor >= 0)
		out[n++] = jump_unless(BPF_REG_5, (int32_t)d->minor);
	out[n++] = insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, d->allow);
	out[n++] = insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (size_t i = 0; i < n; i++) {
		if (out[i].code == (BPF_JMP | BPF_JNE | BPF_K) ||
		    out[i].code == (BPF_JMP | BPF_JEQ | BPF_K))
			out[i].off = (int16_t)(n - i - 1);
	}
	return n;
}

static size_t make_program(const struct device_rules *rules, struct bpf_insn *out)
{
	size_t n = 0;

	out[n++] = insn(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_2, BPF_REG_1, 0, 0);
	out[n++] = insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
	out[n++] = insn(BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_3, 0, 0, 0xffff);
	out[n++] = insn(BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_2, 0, 0, 16);
	out[n++] = insn(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_4, BPF_REG_1, 4, 0);
	out[n++] = insn(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_5, BPF_REG_1, 8, 0);
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		n += put_rule(out + n, &always[i]);
	for (size_t i = rules->n; i > 0; i--) {
		size_t len = put_rule(out + n, &rules->v[i - 1]);

		n += len;
		/* It fits everything: the verifier refuses what can never be reached. */
		if (len == 2)
			return n;
	}
	out[n++] = insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	out[n++] = insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return n;
}

static int load(const struct bpf_insn *prog, size_t n)
{
	static const char license[] = "GPL";
	union bpf_attr attr = {};
	long fd;

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insn_cnt = (uint32_t)n;
	attr.insns = (uint64_t)(uintptr_t)prog;
	attr.license = (uint64_t)(uintptr_t)license;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return fd < 0 ? -errno : (int)fd;
}

static int attach(int group, int prog)
{
	union bpf_attr attr = {};

	attr.target_fd = (uint32_t)group;
	attr.attach_bpf_fd = (uint32_t)prog;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	return syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

/**
 * cgroup_devices - bound the devices of a group
 * @rules: in their order
 *
 * Return: 0, also for a user; -E2BIG or what the kernel says.
 */
int cgroup_devices(const struct cgroup *g, const struct device_rules *rules, struct err *e)
{
	struct bpf_insn *prog;
	cleanup_close int fd = -1;
	int r;

	if (g->fd < 0)
		return 0;
	if (rules->n > MAX_RULES)
		return fail(e, E2BIG, "linux.resources.devices: at most %d rules", MAX_RULES);
	prog = xcalloc((rules->n + ARRAY_SIZE(always)) * PER_RULE + 8, sizeof(*prog));
	fd = load(prog, make_program(rules, prog));
	free(prog);
	if (fd == -EPERM) {
		log_debug("linux.resources.devices: only root bounds devices, ignoring");
		return 0;
	}
	r = fd < 0 ? fd : attach(g->fd, fd);
	return r < 0 ? fail(e, -r,
			    "linux.resources.devices: the kernel does not take the rules: %s",
			    strerror(-r))
		     : 0;
}
