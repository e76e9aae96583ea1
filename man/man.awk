# SPDX-License-Identifier: GPL-2.0-or-later
#
# man.awk -v cmd=NAME -v version=V tables.tsv TEMPLATE: a manual page. NAME is a
# command, or sandbox for the page of the program itself. In TEMPLATE, a page in
# man(7) macros, these lines are replaced:
#
#   @HEAD@      .TH, NAME and SYNOPSIS from the command's line of the table
#   @OPTIONS@   a .TP for each option of the command
#   @COMMANDS@  a .TP for each command
#   @VERBS@     a .SS for each command behind this one (`sandbox oci VERB`), with its options
#   @FOOT@      SEE ALSO (its arguments are further pages: @FOOT@ newuidmap(1))

BEGIN { FS = "\t" }

function roff(s)
{
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	if (s ~ /^[.']/)
		s = "\\&" s
	return s
}

function synopsis(usage, name)
{
	sub("^sandbox ", "", usage)
	sub("^" name "( |$)", "", usage)
	return ".B sandbox" (name == "" ? "" : " " roff(name)) "\n" (usage == "" ? "" : roff(usage) "\n")
}

function head(   page)
{
	page = cmd == "sandbox" ? "sandbox" : "sandbox-" cmd
	printf ".TH %s 1 \"\" \"sandbox %s\" \"User Commands\"\n", toupper(roff(page)), version
	print ".SH NAME"
	print roff(page) " \\- " roff(cmd == "sandbox" ? "run containers as a normal user" : help[cmd])
	print ".SH SYNOPSIS"
	if (cmd == "sandbox")
		printf "%s", synopsis("[OPTION]... COMMAND [ARG]...", "")
	else
		printf "%s", synopsis(usage[cmd], typed[cmd])
	if (aliases[cmd] != "")
		print ".P\nThe command may also be written " roff(aliases[cmd]) "."
}

# told: whether the help text names all the choices itself.
function told(text, choices,   n, i, w)
{
	n = split(choices, w, "|")
	for (i = 1; i <= n; i++)
		if (index(text, w[i]) == 0)
			return 0
	return 1
}

function options(   i, o)
{
	for (i = 1; i <= nopt; i++) {
		split(opt[i], o, "\t")
		print ".TP"
		printf ".B%s ", o[5] == "" ? "" : "R"
		printf "\"%s%s\"", o[4] == "" ? "" : roff(o[4]) ", ", roff(o[3])
		if (o[5] != "")
			printf " \"%s\\fI%s\\fP\"", o[5] ~ /^\[/ ? "" : " ", roff(o[5])
		print ""
		if (o[6] ~ /^enum:/) {
			sub(/^enum:/, "", o[6])
			if (!told(o[7], o[6])) {
				gsub(/\|/, ", ", o[6])
				o[7] = o[7] " (one of: " o[6] ")"
			}
		}
		print roff(o[7])
	}
	if (nopt == 0)
		print "None of its own."
}

function commands(   i)
{
	for (i = 1; i <= ncmd; i++) {
		print ".TP"
		print ".BR sandbox\\-" roff(names[i]) " (1)"
		print roff(help[names[i]])
	}
}

function verbs(   i, k, o, n, name, saved)
{
	saved = nopt
	for (i = 1; i <= nverb; i++) {
		name = verb[i]
		sub(/^[^ ]* /, "", name)
		print ".SS \"" roff(name) " " roff(vusage[verb[i]]) "\""
		print roff(vhelp[verb[i]]) "."
		nopt = 0
		n = nvopt[verb[i]]
		for (k = 1; k <= n; k++) {
			split(vopt[verb[i], k], o, "\t")
			if (o[3] != "--help")
				opt[++nopt] = vopt[verb[i], k]
		}
		if (nopt)
			options()
	}
	nopt = saved
}

function foot(more,   i, n, w)
{
	print ".SH SEE ALSO"
	if (cmd != "sandbox")
		print ".BR sandbox (1),"
	for (i = 1; i <= ncmd; i++)
		if (names[i] != cmd)
			print ".BR sandbox\\-" roff(names[i]) " (1)" (i < ncmd || more != "" ? "," : "")
	n = split(more, w, " ")
	for (i = 1; i <= n; i++) {
		sub(/\(/, " (", w[i])
		print ".BR " roff(w[i]) (i < n ? "," : "")
	}
}

NR == FNR && $1 == "verb" && index($2, cmd " ") == 1 {
	verb[++nverb] = $2
	vusage[$2] = $3
	vhelp[$2] = $4
	next
}

NR == FNR && $1 == "option" && $2 in vhelp {
	gsub(/\t +\t/, "\t\t")
	vopt[$2, ++nvopt[$2]] = $0
	next
}

NR == FNR {
	if ($1 == "command" || $1 == "option") {
		# "volume create" has the page sandbox-volume-create.
		words = $2
		gsub(/ /, "-", $2)
	}
	if ($1 == "command") {
		typed[$2] = words
		names[++ncmd] = $2
		aliases[$2] = $3
		usage[$2] = $4
		help[$2] = $5
	} else if ($1 == "option" && ($2 == cmd || (cmd == "sandbox" && $2 ~ /^-?$/))) {
		# An empty short name may come as a blank.
		gsub(/\t +\t/, "\t\t")
		opt[++nopt] = $0
	}
	next
}

FNR == 1 { print ".\\\" Made from " cmd "'s option table and its .in file by man.awk." }
/^\.\\" SPDX/ { print; next }
$0 == "@HEAD@" { head(); next }
$0 == "@OPTIONS@" { options(); next }
$0 == "@COMMANDS@" { commands(); next }
$0 == "@VERBS@" { verbs(); next }
/^@FOOT@/ { sub(/^@FOOT@ */, ""); foot($0); next }
{ print }
