/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "cli/template.h"

static const char data_text[] =
	"{\"Id\":\"0123456789abcdef\",\"Names\":[\"web\",\"db\"],\"Pid\":42,\"Zero\":0,\"Running\":true,"
	"\"Off\":false,\"Nothing\":null,\"State\":{\"Status\":\"running\",\"Health\":null,"
	"\"Log\":[{\"At\":1},{\"At\":2}]},\"Labels\":{\"b\":\"2\",\"a\":\"1\",\"x-y\":\"dash\"},\"Empty\":[],"
	"\"Text\":\"a\\tb\\\"c\"}";

static int render(const char *text, bool heading, struct buf *out, struct err *e)
{
	cleanup_json json *data = NULL;
	cleanup_template struct template t = {};
	int r = json_parse(data_text, strlen(data_text), &data, e);

	buf_puts(out, "");
	if (!r)
		r = template_parse(text, &t, e);
	return r < 0 ? r : template_run(&t, data, heading, out, e);
}

static void good(const char *text, const char *want)
{
	cleanup_buf struct buf out = {};
	struct err e = {};
	int r = render(text, false, &out, &e);

	if (r < 0 || !streq(out.data, want))
		fail_msg("%s: wanted \"%s\", got \"%s\" %s", text, want, out.data, e.msg);
}

static void bad(const char *text, const char *why)
{
	cleanup_buf struct buf out = {};
	struct err e = {};
	int r = render(text, false, &out, &e);

	if (r >= 0 || e.code != -r || !strstr(e.msg, why) || strchr(e.msg, '\n'))
		fail_msg("%s: wanted \"%s\", got %d \"%s\" %s", text, why, r, out.data, e.msg);
}

static void test_text(void **state)
{
	(void)state;
	good("", "");
	good("a\\tb\\nc \\x {", "a\tb\nc \\x {");
	good("{{/* note */}}x{{- /* more */ -}} y", "xy");
	good("a  {{- .Pid -}}  b", "a42b");
	good("a {{ .Pid }} b", "a 42 b");
	good("{{-3}}", "-3");
	good("{{\"a\\t\\x41\\\\\"}}{{`\\t`}}", "a\tA\\\\t");
}

static void test_fields(void **state)
{
	(void)state;
	good("{{.Id}} {{.ID}} {{.Pid}} {{.Running}}", "0123456789abcdef 0123456789abcdef 42 true");
	good("{{.State.Status}}|{{.Nothing}}|{{.Names}}|{{.Labels}}",
	     "running|<no value>|[web db]|map[a:1 b:2 x-y:dash]");
	good("{{(index .State.Log 1).At}} {{$.Pid}} {{(.State).Status}}", "2 42 running");
	bad("{{.Missing}}", "there is no field .Missing; there are .Id .Names");
	bad("{{.State.Nope}}", "there is no field .Nope; there are .Status");
	bad("{{.State.Health.Status}}", ".Status: what stands before it is nothing");
	bad("{{.Pid.x}}", "is a number");
	bad("{{.Labels.x-y}}", "use {{index .X");
}

static void test_functions(void **state)
{
	(void)state;
	good("{{json .State.Log}}{{.Names | json}}{{json .Nothing}}",
	     "[{\"At\":1},{\"At\":2}][\"web\",\"db\"]null");
	good("{{json .Text}}", "\"a\\tb\\\"c\"");
	good("{{upper .State.Status}} {{\"ABC\" | lower}} {{title \"two words\"}}",
	     "RUNNING abc Two Words");
	good("{{join .Names \",\"}} {{join (split \"a:b\" \":\") \"-\"}}", "web,db a-b");
	good("{{index .Names 0}} {{index .Labels \"x-y\"}} {{index .Labels \"none\"}}|",
	     "web dash |");
	good("{{index .State.Log 0 \"At\"}}", "1");
	good("{{len .Names}}{{len .Labels}}{{len .Id}}{{len .Empty}}", "23160");
	good("{{slice .Id 0 4}} {{slice .Names 1}} {{truncate .Id 3}} {{pad \"x\" 1 2}}|",
	     "0123 [db] 012  x  |");
	good("{{print 1 2 \"a\" 3}}{{println .Pid true}}", "1 2a342 true\n");
	good("{{printf \"%s-%-6s|%5d|%05d|%q %v %t%%\" \"a\" \"b\" 7 7 \"q\" .Names true}}",
	     "a-b     |    7|00007|\"q\" [web db] true%");
	good("{{eq .Pid 42}}{{eq .Pid 1 2 42}}{{ne \"a\" \"b\"}}{{lt 1 2}}{{ge 1 2}}",
	     "truetruetruetruefalse");
	good("{{and .Running .Pid}} {{or .Zero \"else\"}} {{not .Off}} {{.Pid | eq 42}}",
	     "42 else true true");
	/* What decides comes first; the rest is not looked at. */
	good("{{and .State.Health .State.Health.Status}}", "<no value>");
	bad("{{frobnicate .Pid}}", "templates have no function \"frobnicate\"; there are and eq");
	bad("{{index .Names 2}}", "index 2 of a list of 2");
	bad("{{index .Names \"a\"}}", "index of a list");
	bad("{{join .Pid \",\"}}", "join wants a list");
	bad("{{upper}}", "upper takes 1 to 1 values");
	bad("{{eq .Pid \"42\"}}", "cannot compare");
	bad("{{printf \"%n\" 1}}", "printf has no");
	bad("{{printf \"%9999s\" 1}}", "printf has no");
	bad("{{printf \"%s\"}}", "more % than values");
	bad("{{printf \"x\" 1}}", "more values");
	bad("{{slice .Id 3 2}}", "slice 3 to 2");
	bad("{{pad \"x\" 100000 1}}", "pad wants widths");
}

static void test_control(void **state)
{
	(void)state;
	good("{{if .Running}}up{{else}}down{{end}}{{if .Off}}x{{else if .Zero}}y{{else}}z{{end}}",
	     "upz");
	good("{{range .Names}}<{{.}}>{{end}}{{range .Empty}}x{{else}}none{{end}}", "<web><db>none");
	good("{{range $i, $n := .Names}}{{$i}}={{$n}} {{end}}", "0=web 1=db ");
	good("{{range $k, $v := .Labels}}{{$k}}={{$v}},{{end}}", "a=1,b=2,x-y=dash,");
	good("{{range .State.Log}}{{.At}}{{$.Pid}} {{end}}", "142 242 ");
	good("{{with .State}}{{.Status}}{{end}}{{with .Nothing}}x{{else}}{{.Pid}}{{end}}",
	     "running42");
	good("{{$x := 1}}{{if true}}{{$x = 2}}{{$y := 3}}{{end}}{{$x}}", "2");
	bad("{{if .Off}}", "{{if}} has no {{end}}");
	bad("{{range .Names}}", "{{range}} has no {{end}}");
	bad("{{end}}", "{{end}} without");
	bad("{{else}}", "{{else}} without");
	bad("{{if .Off}}a{{else}}b{{else}}c{{end}}", "second {{else}}");
	bad("{{range .Pid}}{{end}}", "range goes over");
	bad("{{if true}}{{$y := 3}}{{end}}{{$y}}", "no variable $y");
}

static void test_syntax(void **state)
{
	static const char *const texts[] = {
		"{{",
		"{{}}",
		"{{.",
		"{{.Pid",
		"{{.Pid}",
		"{{.Pid .Id}}",
		"{{.Pid|",
		"{{|}}",
		"{{(.Pid}}",
		"{{.Pid)}}",
		"{{\"}}",
		"{{\"\\",
		"{{`}}",
		"{{/*}}",
		"{{.a..b}}",
		"{{.9}}",
		"{{9x}}",
		"{{'a'}}",
		"{{$x :=",
		"{{a.b}}",
		"{{if}}",
		"{{.Pid|1}}",
		"{{print print}}",
		"{{\"\\q\"}}",
		"{{99999999999999999999}}",
		"{{else if}}",
		"{{.Pid -}}{{",
		"{{end",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		bad(texts[i], "template");
}

static void repeat(struct buf *b, const char *s, int times)
{
	while (times-- > 0)
		buf_puts(b, s);
}

static void test_limits(void **state)
{
	cleanup_buf struct buf deep = {}, bracket = {}, many = {}, slow = {}, doubled = {},
			       big = {};

	(void)state;
	repeat(&deep, "{{if true}}", 40);
	repeat(&deep, "{{end}}", 40);
	bad(deep.data, "nested more than");
	repeat(&bracket, "{{", 1);
	repeat(&bracket, "(", 40);
	bad(bracket.data, "nested more than");
	repeat(&many, "{{1}}", 4000);
	bad(many.data, "parts");
	repeat(&slow, "{{range $.Names}}", 30);
	repeat(&slow, "{{.}}", 1);
	repeat(&slow, "{{end}}", 30);
	bad(slow.data, "steps");
	repeat(&doubled, "{{$x := \"0123456789abcdef0123456789abcdef\"}}", 1);
	repeat(&doubled, "{{$x = print $x $x}}", 60);
	bad(doubled.data, "steps");
	repeat(&big, "0123456789", 7000);
	bad(big.data, "bytes");
}

static void test_heading(void **state)
{
	static const char text[] =
		"{{.Id}}\t{{.State.Status | upper}}\t{{json .Other}}\t{{join .Names "
		"\",\"}}{{if .Pid}}\t{{printf \"%s\" .Pid}}{{end}}"
		"{{range .Labels}}\t{{.}}{{end}}";
	cleanup_json json *titles = json_obj();
	cleanup_template struct template t = {};
	cleanup_buf struct buf out = {};
	struct err e = {};

	(void)state;
	json_set(titles, "ID", json_str("CONTAINER ID"));
	json_set(titles, "Names", json_str("NAMES"));
	assert_int_equal(template_parse(text, &t, &e), 0);
	assert_int_equal(template_run(&t, titles, true, &out, &e), 0);
	assert_string_equal(out.data, "CONTAINER ID\tSTATUS\tOTHER\tNAMES\tPID\t");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),      cmocka_unit_test(test_fields),
		cmocka_unit_test(test_functions), cmocka_unit_test(test_control),
		cmocka_unit_test(test_syntax),    cmocka_unit_test(test_limits),
		cmocka_unit_test(test_heading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
