/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The processes of a container are those of the host's /proc that are in the pid namespace of
 * its first process, or below. Nothing inside the container is asked, and no file of it is
 * read: names are its processes' own words, so they are escaped.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "cli/internal.h"
#include "cli/output.h"
#include "container/container.h"

struct top_opts {
	bool latest;
	int help;
};

#define AT(member) offsetof(struct top_opts, member)

static const struct opt table[] = {
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"latest", 'l', OPT_FLAG, AT(latest), "", "none", "the container made last"},
};

const struct opts top_opts_table = {table, ARRAY_SIZE(table)};

/**
 * struct proc - one process
 * @fd: its folder in /proc
 * @uid: inside the container
 * @pid: inside, @hpid: on the host
 * @ticks: of CPU time, @start: ticks after boot
 */
struct proc {
	int fd;
	pid_t hpid, pid, ppid;
	int64_t uid;
	char comm[64], state;
	uint64_t ticks, start, vsize, rss;
	int64_t nice, tty;
};

/** struct top - the table that is being made; @init: the first process, on the host */
struct top {
	pid_t init;
	ino_t ns;
	double uptime;
	json *rows;
};

/* ---- reading one process --------------------------------------------------------------------------- */

static bool read_small(int fd, const char *name, struct buf *out)
{
	out->len = 0;
	return !read_file_at(fd, name, 65536, out) && out->len;
}

/* /proc/PID/stat: the name stands in brackets and may hold anything, brackets as well. */
static bool read_stat(struct proc *p)
{
	cleanup_buf struct buf text = {};
	char *open, *close;
	long long tty, nice;
	unsigned long long utime, stime, start, vsize;
	long long rss;

	if (!read_small(p->fd, "stat", &text))
		return false;
	open = strchr(text.data, '(');
	close = strrchr(text.data, ')');
	if (!open || !close || close < open)
		return false;
	snprintf(p->comm, sizeof(p->comm), "%.*s", (int)(close - open - 1), open + 1);
	if (sscanf(close + 1,
		   " %c %*d %*d %*d %lld %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %lld %*d %*d "
		   "%llu %llu %lld",
		   &p->state, &tty, &utime, &stime, &nice, &start, &vsize, &rss) != 8)
		return false;
	p->tty = tty;
	p->nice = nice;
	p->ticks = utime + stime;
	p->start = start;
	p->vsize = vsize;
	p->rss = (uint64_t)rss * (uint64_t)sysconf(_SC_PAGESIZE);
	return true;
}

/* The last number of a line of /proc/PID/status, the first with @first. */
static int64_t status_number(const char *text, const char *key, bool first)
{
	const char *at = strstr(text, key), *end;
	int64_t v = -1;

	if (!at)
		return -1;
	at += strlen(key);
	end = at + strcspn(at, "\n");
	for (const char *p = at + strspn(at, " \t"); p < end; p += strspn(p, " \t")) {
		char *stop;

		v = strtoll(p, &stop, 10);
		if (stop == p || first)
			break;
		p = stop;
	}
	return v;
}

static bool in_namespace(const struct top *t, int fd)
{
	struct stat st;

	return !fstatat(fd, "ns/pid", &st, 0) && st.st_ino == t->ns;
}

/* What an id of the host is inside: by the map of the container's first process. */
static int64_t inside_id(const struct proc *p, int64_t id)
{
	cleanup_buf struct buf text = {};
	cleanup_strv struct strv lines = {};
	unsigned long long inside, outside, count;

	if (!read_small(p->fd, "uid_map", &text))
		return id;
	strv_split(&lines, text.data, '\n');
	strv_for_each (line, &lines) {
		if (sscanf(line, "%llu %llu %llu", &inside, &outside, &count) == 3 &&
		    (uint64_t)id >= outside && (uint64_t)id - outside < count)
			return (int64_t)((uint64_t)id - outside + inside);
	}
	return id;
}

static bool read_proc(struct proc *p)
{
	cleanup_buf struct buf status = {}, parent = {};
	char path[32];

	if (!read_stat(p) || !read_small(p->fd, "status", &status))
		return false;
	p->pid = (pid_t)status_number(status.data, "\nNSpid:", false);
	p->uid = inside_id(p, status_number(status.data, "\nUid:", true));
	snprintf(path, sizeof(path), "/proc/%d/status",
		 (int)status_number(status.data, "\nPPid:", true));
	/* The parent of the first process is outside. */
	p->ppid = 0;
	if (p->pid != 1 && read_small(AT_FDCWD, path, &parent))
		p->ppid = (pid_t)status_number(parent.data, "\nNSpid:", false);
	return p->pid > 0;
}

static char *command_line(const struct proc *p)
{
	cleanup_buf struct buf text = {};

	if (!read_small(p->fd, "cmdline", &text))
		return xasprintf("[%s]", p->comm);
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (!text.data[i])
			text.data[i] = ' ';
	}
	return take_ptr(text.data);
}

/* ---- columns ------------------------------------------------------------------------------------------ */

static json *clock_text(uint64_t seconds, bool elapsed)
{
	char text[48];

	if (elapsed)
		human_duration(text, (int64_t)seconds);
	else
		snprintf(text, sizeof(text), "%02llu:%02u:%02u",
			 (unsigned long long)(seconds / 3600), (unsigned)(seconds / 60 % 60),
			 (unsigned)(seconds % 60));
	return json_str(text);
}

static json *tty_text(int64_t tty)
{
	char text[24];
	unsigned major = (unsigned)(tty >> 8) & 0xfff;
	unsigned minor = ((unsigned)tty & 0xff) | ((unsigned)(tty >> 12) & 0xfff00);

	if (!tty)
		return json_str("?");
	if (major == 136)
		snprintf(text, sizeof(text), "pts/%u", minor);
	else
		snprintf(text, sizeof(text), "%u:%u", major, minor);
	return json_str(text);
}

static json *share_text(const struct top *t, const struct proc *p, double hz)
{
	double alive = t->uptime - (double)p->start / hz;
	char text[24];

	snprintf(text, sizeof(text), "%.3f",
		 alive > 0 ? 100.0 * (double)p->ticks / hz / alive : 0.0);
	return json_str(text);
}

static json *row(const struct top *t, const struct proc *p)
{
	cleanup_free char *args = command_line(p);
	double hz = (double)sysconf(_SC_CLK_TCK), alive = t->uptime - (double)p->start / hz;
	char user[24], state[2] = {p->state, '\0'};
	json *j = json_obj();

	snprintf(user, sizeof(user), p->uid ? "%lld" : "root", (long long)p->uid);
	json_set(j, "user", json_str(user));
	json_set(j, "uid", json_i64(p->uid));
	json_set(j, "pid", json_i64(p->pid));
	json_set(j, "hpid", json_i64(p->hpid));
	json_set(j, "ppid", json_i64(p->ppid));
	json_set(j, "pcpu", share_text(t, p, hz));
	json_set(j, "etime", clock_text(alive > 0 ? (uint64_t)alive : 0, true));
	json_set(j, "tty", tty_text(p->tty));
	json_set(j, "time", clock_text((uint64_t)((double)p->ticks / hz), false));
	json_set(j, "state", json_str(state));
	json_set(j, "nice", json_i64(p->nice));
	json_set(j, "vsz", json_u64(p->vsize / 1024));
	json_set(j, "rss", json_u64(p->rss / 1024));
	json_set(j, "comm", json_str(p->comm));
	json_set(j, "args", json_str(args));
	return j;
}

static const struct column descriptors[] = {
	{"user", "USER", true},    {"pid", "PID", true},       {"ppid", "PPID", true},
	{"pcpu", "%CPU", true},    {"etime", "ELAPSED", true}, {"tty", "TTY", true},
	{"time", "TIME", true},    {"args", "COMMAND", true},  {"comm", "COMMAND", false},
	{"hpid", "HPID", false},   {"nice", "NI", false},      {"rss", "RSS", false},
	{"state", "STATE", false}, {"uid", "UID", false},      {"vsz", "VSZ", false},
};

/* The columns that were asked for, separated by blanks or commas; without any the usual ones. */
static int choose(const struct strv *words, struct column *out, size_t *n, struct err *e)
{
	*n = 0;
	for (size_t i = 1; i < words->n; i++) {
		cleanup_strv struct strv names = {};

		strv_split(&names, words->v[i], ',');
		strv_for_each (name, &names) {
			size_t k = 0;

			while (k < ARRAY_SIZE(descriptors) && !streq(descriptors[k].key, name))
				k++;
			if (k == ARRAY_SIZE(descriptors) || *n == 32)
				return fail(
					e, EINVAL,
					"top has no column \"%s\"; there are args comm etime "
					"hpid nice pcpu pid ppid rss state time tty uid user vsz",
					name);
			out[*n] = descriptors[k];
			out[(*n)++].shown = true;
		}
	}
	for (size_t i = 0; !words->n || (words->n == 1 && i < ARRAY_SIZE(descriptors)); i++) {
		if (descriptors[i].shown)
			out[(*n)++] = descriptors[i];
	}
	return 0;
}

/* ---- the command ---------------------------------------------------------------------------------------- */

static void each_process(struct top *t, struct output *out)
{
	DIR *d = opendir("/proc");
	struct dirent *de;

	while (d && (de = readdir(d))) {
		cleanup_close int fd = -1;
		struct proc p = {};
		struct err ignored = {};

		if (!all_digits(de->d_name))
			continue;
		fd = openat(dirfd(d), de->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || !in_namespace(t, fd))
			continue;
		p.fd = fd;
		p.hpid = (pid_t)atoi(de->d_name);
		if (read_proc(&p))
			output_row(out, row(t, &p), &ignored);
	}
	if (d)
		closedir(d);
}

static int open_namespace(struct top *t, const struct container_info *c, struct err *e)
{
	char path[40];
	struct stat st, own;
	uint64_t start = 0;
	cleanup_buf struct buf text = {};

	t->init = c->pid;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)c->pid);
	/* The record is of this process and no later one: the start time is asked behind the link. */
	if (c->pid <= 0 || stat(path, &st) < 0 || proc_start_time(c->pid, &start) < 0 ||
	    (c->pid_start && start != c->pid_start))
		return fail(e, ESRCH, "the processes of container %.12s cannot be seen", c->id);
	if (!stat("/proc/self/ns/pid", &own) && own.st_ino == st.st_ino)
		return fail(e, EOPNOTSUPP,
			    "container %.12s shares the host's processes; ask ps of the host",
			    c->id);
	t->ns = st.st_ino;
	if (!read_file_at(AT_FDCWD, "/proc/uptime", 128, &text) && text.data)
		t->uptime = strtod(text.data, NULL);
	return 0;
}

static int find(struct global *g, const struct top_opts *o, struct strv *words,
		struct container_info *c, struct err *e)
{
	cleanup_container_infos struct container_infos all = {};
	int r;

	if (o->latest) {
		r = container_list(&g->dirs, &all, e);
		if (!r && !all.n)
			r = fail(e, ENOENT, "there are no containers");
		if (r < 0)
			return r;
		/* What stands behind are columns. */
		strv_add(words, "");
		for (size_t i = words->n - 1; i > 0; i--) {
			char *word = words->v[i];

			words->v[i] = words->v[i - 1];
			words->v[i - 1] = word;
		}
		return container_find(&g->dirs, all.v[0].id, c, e);
	}
	if (!words->n)
		return fail(e, EINVAL, "top wants a container behind it");
	return container_find(&g->dirs, words->v[0], c, e);
}

static int run_top(struct global *g, const struct top_opts *o, struct strv *words, struct err *e)
{
	cleanup_container_info struct container_info c = {};
	cleanup_output struct output out = {};
	struct column columns[32 + ARRAY_SIZE(descriptors)];
	struct top t = {};
	size_t n = 0;
	int r = global_ready(g, e);

	if (!r)
		r = find(g, o, words, &c, e);
	if (!r)
		r = choose(words, columns, &n, e);
	if (!r) {
		r = life_may(OP_TOP, c.state, c.id, e);
		r = r < 0 ? r : 0;
	}
	if (!r)
		r = open_namespace(&t, &c, e);
	if (!r)
		r = output_begin(&out, columns, n, NULL, e);
	if (r < 0)
		return r;
	each_process(&t, &out);
	return output_end(&out, e);
}

int cmd_top(struct global *g, int argc, char **argv, struct err *e)
{
	struct top_opts o = {};
	cleanup_strv struct strv words = {};
	int r = opts_parse(&top_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("top"));
	else if (!r)
		r = run_top(g, &o, &words, e);
	return r;
}
