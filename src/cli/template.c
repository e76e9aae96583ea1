/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The text of --format becomes a tree of nodes, without looking at any data. Outside of
 * {{ }} it is text, in which \t and \n are a tab and a new line, as podman has it; inside
 * are keywords and pipelines. One function a rule of the grammar; the text, the number of
 * nodes and the nesting are limited, so a hostile template costs little.
 */
#include <ctype.h>

#include "cli/template.h"

/**
 * struct parser - a place in the text
 * @p: what comes next
 * @stop: the keyword that ended the list of nodes: "end", "else", or NULL at the end of the text
 * @trim: the action before asked for the blanks behind it to go
 */
struct parser {
	const char *p;
	struct template *t;
	const char *stop;
	unsigned depth;
	bool trim;
	struct err *e;
};

static int parse_list(struct parser *s, struct node **list);
static int parse_pipe(struct parser *s, bool range, struct node **out);

static int new_node(struct parser *s, enum node_kind kind, struct node **out)
{
	struct template *t = s->t;

	if (t->n >= TEMPLATE_NODES)
		return fail(s->e, E2BIG, "the template has more than %d parts", TEMPLATE_NODES);
	if (!(t->n & (t->n - 1)))
		t->nodes = xreallocarray(t->nodes, t->n ? t->n * 2 : 1, sizeof(*t->nodes));
	*out = xcalloc(1, sizeof(**out));
	(*out)->kind = kind;
	t->nodes[t->n++] = *out;
	return 0;
}

static void skip_blanks(struct parser *s)
{
	while (*s->p && strchr(" \t\r\n", *s->p))
		s->p++;
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

static size_t word_len(const char *p)
{
	size_t n = 0;

	while (in_word(p[n]))
		n++;
	return n;
}

/* " -}}" is the end of an action, too; a minus that touches a word is not. */
static bool at_close(const struct parser *s)
{
	return !strncmp(s->p, "}}", 2) || (!strncmp(s->p, "-}}", 3) && strchr(" \t\r\n", s->p[-1]));
}

static int unexpected(struct parser *s, const char *where)
{
	if (!*s->p)
		return fail(s->e, EINVAL, "the template ends inside of {{ }}");
	return fail(s->e, EINVAL, "bad template: \"%.12s\" cannot stand %s", s->p, where);
}

static int expect_close(struct parser *s)
{
	skip_blanks(s);
	if (!at_close(s))
		return unexpected(s, "before }}");
	s->trim = *s->p == '-';
	s->p += s->trim ? 3 : 2;
	return 0;
}

static bool take_keyword(struct parser *s, const char *word)
{
	size_t n = word_len(s->p);

	if (n != strlen(word) || strncmp(s->p, word, n))
		return false;
	s->p += n;
	skip_blanks(s);
	return true;
}

/* ---- operands ------------------------------------------------------------------------------------- */

static int parse_escape(struct parser *s, struct buf *out)
{
	static const char from[] = "ntrabfv\\\"'", to[] = "\n\t\r\a\b\f\v\\\"'";
	const char *at = *s->p ? strchr(from, *s->p) : NULL;
	unsigned value;
	int used = 0;

	if (at) {
		buf_add(out, to + (at - from), 1);
		s->p++;
		return 0;
	}
	if (sscanf(s->p, "x%2x%n", &value, &used) == 1 && used == 3 && value) {
		char byte = (char)value;

		buf_add(out, &byte, 1);
		s->p += used;
		return 0;
	}
	return unexpected(s, "behind a backslash");
}

static int parse_string(struct parser *s, struct node *n)
{
	cleanup_buf struct buf text = {};
	char quote = *s->p++;
	int r = 0;

	buf_puts(&text, "");
	while (!r && *s->p && *s->p != quote) {
		if (*s->p == '\\' && quote == '"') {
			s->p++;
			r = parse_escape(s, &text);
		} else {
			buf_add(&text, s->p++, 1);
		}
	}
	if (!r && !*s->p)
		r = fail(s->e, EINVAL, "the template ends inside of a string");
	if (!r) {
		s->p++;
		n->value = json_str(text.data);
	}
	return r;
}

static int parse_number(struct parser *s, struct node *n)
{
	size_t len = 1 + word_len(s->p + 1);
	cleanup_free char *text = xstrndup(s->p, len);
	int64_t v;

	if (parse_i64(*text == '+' ? text + 1 : text, INT64_MIN, INT64_MAX, &v) < 0)
		return fail(s->e, EINVAL, "bad template: \"%s\" is no whole number", text);
	n->value = json_i64(v);
	s->p += len;
	return 0;
}

/* .A.B behind dot, a variable or a bracket */
static int parse_path(struct parser *s, struct node *n)
{
	while (*s->p == '.') {
		size_t len = word_len(s->p + 1);

		if (!len && !n->path.n && !n->text && !n->a) {
			s->p++;
			return 0; /* dot alone */
		}
		if (!len || isdigit((unsigned char)s->p[1]))
			return unexpected(s, "where the name of a field is wanted");
		strv_take(&n->path, xstrndup(s->p + 1, len));
		s->p += 1 + len;
	}
	if (*s->p && !strchr(" \t\r\n|),=:", *s->p) && !at_close(s))
		return unexpected(s, "in the name of a field; use {{index .X \"name\"}}");
	return 0;
}

static int parse_bracket(struct parser *s, struct node *n)
{
	int r;

	s->p++;
	if (++s->depth > TEMPLATE_DEPTH)
		return fail(s->e, E2BIG, "the template is nested more than %d deep",
			    TEMPLATE_DEPTH);
	r = parse_pipe(s, false, &n->a);
	s->depth--;
	if (r < 0)
		return r;
	if (*s->p != ')')
		return unexpected(s, "where ) is wanted");
	s->p++;
	return parse_path(s, n);
}

static int parse_word(struct parser *s, bool first, struct node *n)
{
	size_t len = word_len(s->p);

	n->kind = N_LITERAL;
	if (take_keyword(s, "true") || take_keyword(s, "false")) {
		n->value = json_boolean(len == 4);
		return 0;
	}
	if (take_keyword(s, "nil"))
		return 0;
	n->kind = N_FUNC;
	n->fn = template_func_find(s->p, len);
	if (!n->fn) {
		cleanup_buf struct buf names = {};

		template_func_names(&names);
		return fail(s->e, EINVAL, "templates have no function \"%.*s\"; there are %s",
			    (int)MIN(len, 64), s->p, names.data);
	}
	if (!first)
		return unexpected(s, "as an operand without brackets around it");
	s->p += len;
	return 0;
}

static int parse_operand(struct parser *s, bool first, struct node **out)
{
	struct node *n;
	int r = new_node(s, N_FIELD, out);

	if (r < 0)
		return r;
	n = *out;
	if (*s->p == '.')
		return parse_path(s, n);
	if (*s->p == '$') {
		size_t len = 1 + word_len(s->p + 1);

		n->text = xstrndup(s->p, len);
		s->p += len;
		return parse_path(s, n);
	}
	if (*s->p == '(')
		return parse_bracket(s, n);
	if (*s->p == '"' || *s->p == '`') {
		n->kind = N_LITERAL;
		return parse_string(s, n);
	}
	if (isdigit((unsigned char)*s->p) ||
	    ((*s->p == '-' || *s->p == '+') && isdigit((unsigned char)s->p[1]))) {
		n->kind = N_LITERAL;
		return parse_number(s, n);
	}
	return in_word(*s->p) ? parse_word(s, first, n) : unexpected(s, "where a value is wanted");
}

/* ---- pipelines ------------------------------------------------------------------------------------- */

static bool at_pipe_end(const struct parser *s)
{
	return !*s->p || *s->p == ')' || at_close(s);
}

static int parse_command(struct parser *s, struct node *cmd)
{
	struct node **at = &cmd->a;
	size_t count = 0;
	int r = 0;

	skip_blanks(s);
	while (!r && !at_pipe_end(s) && *s->p != '|') {
		r = parse_operand(s, at == &cmd->a, at);
		if (!r && ++count > TEMPLATE_ARGS)
			r = fail(s->e, E2BIG, "bad template: more than %d operands", TEMPLATE_ARGS);
		if (!r)
			at = &(*at)->next;
		skip_blanks(s);
	}
	if (!r && !cmd->a)
		r = unexpected(s, "where a value is wanted");
	if (!r && cmd->a->next && cmd->a->kind != N_FUNC)
		r = fail(s->e, EINVAL,
			 "bad template: two values side by side; the first of them "
			 "has to be a function");
	return r;
}

/* "$x :=", "$x =", and for range "$i, $x :=" */
static int parse_names(struct parser *s, bool range, struct node *pipe)
{
	const char *p = s->p;
	size_t len[2] = {}, n = 0;
	const char *start[2];

	while (n < (range ? 2 : 1) && *p == '$' && word_len(p + 1)) {
		start[n] = p;
		len[n] = 1 + word_len(p + 1);
		p += len[n++];
		p += strspn(p, " \t");
		if (*p != ',')
			break;
		p++;
		p += strspn(p, " \t");
	}
	if (!n || (strncmp(p, ":=", 2) && (*p != '=' || n > 1)))
		return 0;
	pipe->assign = *p == '=';
	s->p = p + (pipe->assign ? 1 : 2);
	for (size_t i = 0; i < n; i++)
		pipe->names[i] = xstrndup(start[i], len[i]);
	return 0;
}

static int parse_pipe(struct parser *s, bool range, struct node **out)
{
	struct node **at;
	int r = new_node(s, N_PIPE, out);

	if (r < 0)
		return r;
	at = &(*out)->a;
	skip_blanks(s);
	r = parse_names(s, range, *out);
	while (!r) {
		r = new_node(s, N_COMMAND, at);
		if (!r)
			r = parse_command(s, *at);
		if (!r && at != &(*out)->a && (*at)->a->kind != N_FUNC)
			r = fail(s->e, EINVAL, "bad template: behind | stands a function");
		if (r < 0 || *s->p != '|')
			break;
		s->p++;
		at = &(*at)->next;
	}
	return r;
}

/* ---- lists and control ------------------------------------------------------------------------------ */

static bool control_keyword(struct parser *s, enum node_kind *kind)
{
	*kind = take_keyword(s, "if")      ? N_IF
		: take_keyword(s, "range") ? N_RANGE
		: take_keyword(s, "with")  ? N_WITH
					   : N_TEXT;
	return *kind != N_TEXT;
}

/* Behind "if", "range" or "with", up to its end. */
static int parse_control(struct parser *s, enum node_kind kind, struct node **out)
{
	static const char *const names[] = {[N_IF] = "if", [N_RANGE] = "range", [N_WITH] = "with"};
	enum node_kind next;
	struct node *n;
	int r = new_node(s, kind, out);

	if (!r && ++s->depth > TEMPLATE_DEPTH)
		r = fail(s->e, E2BIG, "the template is nested more than %d deep", TEMPLATE_DEPTH);
	n = *out;
	if (!r)
		r = parse_pipe(s, kind == N_RANGE, &n->a);
	if (!r)
		r = expect_close(s);
	if (!r)
		r = parse_list(s, &n->b);
	if (!r && s->stop && streq(s->stop, "else")) {
		if (control_keyword(s, &next)) {
			r = parse_control(s, next, &n->c);
		} else {
			r = expect_close(s);
			if (!r)
				r = parse_list(s, &n->c);
		}
		if (!r && s->stop && streq(s->stop, "else"))
			r = fail(s->e, EINVAL, "bad template: a second {{else}}");
	}
	if (!r && !s->stop)
		r = fail(s->e, EINVAL, "bad template: {{%s}} has no {{end}}", names[kind]);
	s->depth--;
	return r;
}

/* Text up to the next action, whose "{{" and trim mark are passed over. */
static int parse_text(struct parser *s, struct node **out)
{
	cleanup_buf struct buf text = {};
	const char *end = strstr(s->p, "{{");
	int r = 0;

	if (s->trim)
		skip_blanks(s);
	s->trim = false;
	end = end ? MAX(end, s->p) : s->p + strlen(s->p);
	for (; s->p < end; s->p++) {
		if (*s->p == '\\' && (s->p[1] == 't' || s->p[1] == 'n'))
			buf_puts(&text, *++s->p == 't' ? "\t" : "\n");
		else
			buf_add(&text, s->p, 1);
	}
	if (*s->p) {
		s->p += 2;
		if (*s->p == '-' && s->p[1] && strchr(" \t\r\n", s->p[1])) {
			while (text.len && strchr(" \t\r\n", text.data[text.len - 1]))
				text.data[--text.len] = '\0';
			s->p++;
		}
	} else {
		s->p = NULL;
	}
	if (text.len) {
		r = new_node(s, N_TEXT, out);
		if (!r)
			(*out)->text = take_ptr(text.data);
	}
	return r;
}

static int pass_comment(struct parser *s)
{
	const char *end = strstr(s->p + 2, "*/");

	if (!end)
		return fail(s->e, EINVAL, "the template ends inside of a comment");
	s->p = end + 2;
	return expect_close(s);
}

/* One action, behind its "{{"; a keyword that ends the list sets @stop. */
static int parse_action(struct parser *s, struct node **out)
{
	enum node_kind kind;
	struct node *n;
	int r;

	skip_blanks(s);
	if (!strncmp(s->p, "/*", 2))
		return pass_comment(s);
	if (take_keyword(s, "end")) {
		s->stop = "end";
		return expect_close(s);
	}
	if (take_keyword(s, "else")) {
		s->stop = "else";
		return 0;
	}
	if (control_keyword(s, &kind)) {
		r = parse_control(s, kind, out);
		s->stop = NULL;
		return r;
	}
	r = new_node(s, N_OUTPUT, out);
	if (r < 0)
		return r;
	n = *out;
	r = parse_pipe(s, false, &n->a);
	return r < 0 ? r : expect_close(s);
}

static int parse_list(struct parser *s, struct node **list)
{
	int r = 0;

	s->stop = NULL;
	while (!r && !s->stop) {
		r = parse_text(s, list);
		while (*list)
			list = &(*list)->next;
		if (r < 0 || !s->p)
			break;
		r = parse_action(s, list);
		while (*list)
			list = &(*list)->next;
	}
	if (!r && !s->p) {
		s->p = "";
		s->stop = NULL;
	}
	return r;
}

/**
 * template_parse - make a tree of the text of --format
 * @text: borrowed
 * @out: receives it, for template_free()
 *
 * Context: pure.
 * Return: 0, -EINVAL, or -E2BIG.
 */
int template_parse(const char *text, struct template *out, struct err *e)
{
	struct parser s = {.p = text, .t = out, .e = e};
	int r;

	*out = (struct template){};
	if (strlen(text) > TEMPLATE_MAX)
		return fail(e, E2BIG, "the template has more than %d bytes", TEMPLATE_MAX);
	r = parse_list(&s, &out->first);
	if (!r && s.stop)
		r = fail(e, EINVAL, "bad template: {{%s}} without {{if}}, {{range}} or {{with}}",
			 s.stop);
	if (r < 0)
		template_free(out);
	return r;
}

void template_free(struct template *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct node *n = t->nodes[i];

		free(n->text);
		free(n->names[0]);
		free(n->names[1]);
		json_put(n->value);
		strv_free(&n->path);
		free(n);
	}
	free(t->nodes);
	*t = (struct template){};
}
