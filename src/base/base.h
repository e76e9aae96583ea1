/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base: what every layer stands on. No knowledge of containers.
 */
#ifndef SANDBOX_BASE_H
#define SANDBOX_BASE_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a)      (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)          ((a) < (b) ? (a) : (b))
#define MAX(a, b)          ((a) > (b) ? (a) : (b))
#define __printf_fmt(f, a) __attribute__((format(printf, f, a)))
#define __cleanup(f)       __attribute__((cleanup(f)))
#define __noreturn         __attribute__((noreturn))
#define __must_check       __attribute__((warn_unused_result))
#define __unused           __attribute__((unused))
/* Runs while a supervisor has nothing to do: mem_give_back() tells why. */
#define __idle __attribute__((noinline, section(".text.hot.idle")))

/* ---- err.c: the one error idiom ------------------------------------------------------------ */

/**
 * enum err_kind - whose failure it was; cli/ chooses the exit code by it
 * @ERR_SANDBOX: sandbox itself failed (125)
 * @ERR_NOEXEC: the payload's command was found but cannot be executed (126)
 * @ERR_NOENT: the payload's command was not found (127)
 */
enum err_kind { ERR_SANDBOX, ERR_NOEXEC, ERR_NOENT };

/**
 * struct err - why something failed: a value, also what travels on the error pipe
 * @code: positive errno value, 0 while nothing failed
 * @kind: enum err_kind
 * @msg: one line: cause, then the remedy
 */
struct err {
	int code;
	int kind;
	char msg[1016];
};

int fail(struct err *e, int code, const char *fmt, ...) __printf_fmt(3, 4);
int fail_errno(struct err *e, const char *fmt, ...) __printf_fmt(2, 3);
int fail_in(struct err *e, int r, const char *fmt, ...) __printf_fmt(3, 4);
int fail_hint(struct err *e, int r, const char *fmt, ...) __printf_fmt(3, 4);

/* ---- cleanup.c: scope exits ----------------------------------------------------------------- */

/* DEFINE_CLEANUP(cleanup_x, T, f): a cleanup attribute that calls f(value) when value is set. */
#define DEFINE_CLEANUP(name, type, func)                 \
	static inline __unused void name##_func(type *p) \
	{                                                \
		if (*p)                                  \
			func(*p);                        \
	}

void close_fd(int fd);
void close_fdp(int *fd);
void free_ptrp(void *p);
DEFINE_CLEANUP(cleanup_file, FILE *, fclose)

#define cleanup_free   __cleanup(free_ptrp)
#define cleanup_close  __cleanup(close_fdp)
#define cleanup_fclose __cleanup(cleanup_file_func)

static inline int take_fd(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

#define take_ptr(p)                        \
	({                                 \
		__typeof__(p) *pp_ = &(p); \
		__typeof__(p) r_ = *pp_;   \
		*pp_ = NULL;               \
		r_;                        \
	})

/* ---- log.c: one sink ------------------------------------------------------------------------ */

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/** enum log_form - how lines are written: as plain text, or as objects, as runc does */
enum log_form { LOG_TEXT, LOG_JSON };

void log_set(enum log_level max, const char *prefix);
void log_to(int fd, enum log_form form);
bool log_enabled(enum log_level level);
bool log_warns(void);
void log_msg(enum log_level level, const char *fmt, ...) __printf_fmt(2, 3);
#define log_debug(...)                                   \
	do {                                             \
		if (log_enabled(LOG_DEBUG))              \
			log_msg(LOG_DEBUG, __VA_ARGS__); \
	} while (0)
#define log_warn(...) log_msg(LOG_WARN, __VA_ARGS__)

/* ---- mem.c: allocation that does not fail (one line and exit 125 when memory is exhausted) --- */

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __printf_fmt(1, 2);
char *xvasprintf(const char *fmt, va_list ap);
void mem_give_back(void);
struct pollfd;
int poll_idle(struct pollfd *fds, size_t n, int ms);

/* ---- str.c: strings and lists of strings ------------------------------------------------------ */

/**
 * struct strv - a growing list of strings, NULL-terminated once it has grown
 * @v: owned strings, or NULL while empty
 * @n: how many
 */
struct strv {
	char **v;
	size_t n;
};

#define strv_for_each(s, list)                                \
	for (size_t s##_i_ = 0; s##_i_ < (list)->n; s##_i_++) \
		for (const char *s = (list)->v[s##_i_]; s; s = NULL)

void strv_add(struct strv *l, const char *s);
void strv_take(struct strv *l, char *s);
void strv_addf(struct strv *l, const char *fmt, ...) __printf_fmt(2, 3);
void strv_copy(struct strv *to, const struct strv *from);
void strv_split(struct strv *l, const char *s, char sep);
bool strv_has(const struct strv *l, const char *s);
void strv_free(struct strv *l);
#define cleanup_strv __cleanup(strv_free)

const char *env_get(const struct strv *env, const char *name);
void env_set(struct strv *env, const char *name, const char *value);
void env_put(struct strv *env, const char *assignment);
void env_unset(struct strv *env, const char *name);

/**
 * struct buf - a growing byte buffer; data is always NUL-terminated once it has grown
 */
struct buf {
	char *data;
	size_t len, cap;
};

void buf_add(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __printf_fmt(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
void buf_free(struct buf *b);
#define cleanup_buf __cleanup(buf_free)

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool str_has_prefix(const char *s, const char *prefix);
bool str_has_suffix(const char *s, const char *suffix);
size_t str_utf8(const unsigned char *s);
void str_escape(char *out, size_t size, const char *s);
char *str_trim(char *s);

/* ---- num.c: strict parsing: the whole string, in range, or -EINVAL/-ERANGE --------------------- */

int parse_u64(const char *s, uint64_t max, uint64_t *out);
int parse_i64(const char *s, int64_t min, int64_t max, int64_t *out);
int parse_u32(const char *s, uint32_t *out);
int parse_id(const char *s, uint32_t *out);
int parse_size(const char *s, uint64_t *bytes);
int parse_duration(const char *s, int64_t *ns);
int parse_bool(const char *s, bool *out);
bool all_digits(const char *s);
void format_size(char out[16], uint64_t bytes);

/* ---- when.c: points in time, ns since 1970 -------------------------------------------------------- */

#define WHEN_TEXT 48

int64_t wall_ns(void);
void format_when(char out[WHEN_TEXT], int64_t ns);
int parse_rfc3339(const char *s, size_t n, int64_t *ns);
int parse_when(const char *s, bool ahead, int64_t *ns);

/* ---- fdio.c: whole reads and writes, files by folder fd, fds over sockets ----------------------- */

ssize_t read_full(int fd, void *p, size_t n);
int write_full(int fd, const void *p, size_t n);
int read_rest(int fd, size_t max, struct buf *out);
int read_file_fd(int fd, size_t max, struct buf *out);
int read_file_at(int dirfd, const char *path, size_t max, struct buf *out);
int write_file_at(int dirfd, const char *path, const void *p, size_t n);
int write_file(const char *path, const char *s);

enum replace_sync { REPLACE_FAST, REPLACE_SYNC };
int replace_file_at(int dirfd, const char *name, const void *p, size_t n, mode_t mode,
		    enum replace_sync sync);

int send_msg(int sock, const void *p, size_t n, const int *fds, size_t nfds);
ssize_t recv_msg(int sock, void *p, size_t n, int *fds, size_t *nfds);
void close_deferred(int fd);
int fd_set_cloexec(int fd, bool on);
int move_fd_above(int fd, int min);

/* ---- path.c: folders, and names inside a root that is not trusted ------------------------------- */

int open_no_links(const char *path, int flags);
int open_in_root(int rootfd, const char *path, int flags, mode_t mode);
int open_in_mount(int rootfd, const char *path, int flags);
int mkdir_p_in_root(int rootfd, const char *path, mode_t mode);
int mkdir_p(const char *path, mode_t mode);
int path_clean(const char *path, char *out, size_t size);
int remove_tree_at(int dirfd, const char *name);
char *path_join(const char *a, const char *b);
char *path_absolute(const char *path);

/* ---- proc.c: processes by pidfd, start time and boot id ------------------------------------------ */

int boot_id(char out[37]);
int proc_start_time(pid_t pid, uint64_t *ticks);
int wait_pid(pid_t pid, int *status);
int64_t now_ns(void);
void random_hex(char *out, size_t digits);
void signals_learn(void);
bool signal_was_ignored(int sig);
void reset_signals(void);
int program_start(mode_t *mask, struct err *e);

/* ---- lock.c -------------------------------------------------------------------------------------- */

int lock_file_at(int dirfd, const char *name, bool shared, bool wait);
int lock_soon(int fd, int op);
int lock_owner(int fd);
int lock_own(int fd);

/* ---- json.c: json-c behind a small door ---------------------------------------------------------- */

struct json_object;
typedef struct json_object json;

int json_parse(const char *text, size_t n, json **out, struct err *e);
int json_parse_bytes(const char *text, size_t n, json **out, struct err *e);
void json_put(json *j);
json *json_get(const json *j, const char *key);
const char *json_get_str(const json *j, const char *key, const char *fallback);
int64_t json_get_i64(const json *j, const char *key, int64_t fallback);
int json_get_u64(const json *j, const char *key, uint64_t *out);
int json_get_int(const json *j, const char *key, int64_t *out);
int json_get_flag(const json *j, const char *key, bool *out);
bool json_is_obj(const json *j);
bool json_is_arr(const json *j);
bool json_get_bool(const json *j, const char *key, bool fallback);
void json_get_strv(const json *j, const char *key, struct strv *out);
json *json_obj(void);
json *json_arr(void);
json *json_str(const char *s);
json *json_i64(int64_t v);
json *json_u64(uint64_t v);
json *json_boolean(bool v);
json *json_strv(const struct strv *l);
void json_set(json *obj, const char *key, json *value);
void json_add(json *arr, json *value);
size_t json_len(const json *arr);
json *json_at(const json *arr, size_t i);
const char *json_as_str(const json *j);
size_t json_str_len(const json *j);
int json_as_u64(const json *j, uint64_t *out);
char *json_dump(const json *j, bool pretty);
enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_INT,
	JSON_DOUBLE,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};
enum json_kind json_kind(const json *j);
json *json_hold(const json *j);
bool json_has(const json *obj, const char *key, json **out);
void json_keys(const json *obj, struct strv *out);
bool json_true(const json *j);
int64_t json_int(const json *j);
DEFINE_CLEANUP(cleanup_jsonp, json *, json_put)
#define cleanup_json __cleanup(cleanup_jsonp_func)

/* ---- fault.c: stops a process at a named stage, for the fault tests ------------------------------- */

#ifdef FAULT_POINTS
void fault_point(const char *stage);
#else
static inline void fault_point(const char *stage __unused)
{
}
#endif

#endif
