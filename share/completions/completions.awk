# SPDX-License-Identifier: GPL-2.0-or-later
#
# completions.awk -v shell=bash|zsh|fish tables.tsv: the completion of that shell,
# from the program's own tables. What a word is comes from the option's kind, or
# for arguments from the command's usage line: IMAGE, CONTAINER, FILE, DIR.

BEGIN { FS = "\t" }

$1 == "command" {
	names[++ncmd] = $2
	aliases[$2] = $3
	usage[$2] = $4
	help[$2] = $5
}

$1 == "option" {
	gsub(/\t +\t/, "\t\t")
	c = $2 ~ /^-?$/ ? "sandbox" : $2
	opt[c, ++nopt[c]] = $0
}

# "oci create": a word behind the command oci, of which the shells complete the name only.
$1 == "verb" {
	split($2, w, " ")
	verbs[w[1]] = verbs[w[1]] (verbs[w[1]] == "" ? "" : "|") w[2]
}

# group, its help, word=command|word=command: "image ls" is a form of the command "images".
$1 == "group" {
	groups[++ngroup] = $2
	ghelp[$2] = $3
	nmember[$2] = split($4, pair, "|")
	for (i = 1; i <= nmember[$2]; i++) {
		split(pair[i], w, "=")
		member[$2, i] = w[1]
		target[$2, i] = w[2]
		if (w[2] != $2 " " w[1])
			forms[w[2]] = forms[w[2]] "\t" $2 " " w[1]
	}
}

# Command words that are complete without a second one.
function single(name)
{
	return name !~ / /
}

END {
	if (shell == "bash")
		bash()
	else if (shell == "zsh")
		zsh()
	else
		fish()
}

# What the first argument of a command is.
function first(cmd,   u)
{
	u = usage[cmd]
	if (cmd in verbs)
		return "enum:" verbs[cmd]
	if (u ~ /IMAGE/)
		return "image"
	if (u ~ /CONTAINER/)
		return "container"
	if (cmd ~ /^volume / && u ~ /NAME/)
		return cmd == "volume create" ? "none" : "volume"
	if (u ~ /FILE/)
		return "file"
	if (u ~ /DIR/)
		return "dir"
	return "none"
}

function words(list)
{
	gsub(/\|/, " ", list)
	return list
}

# One quoted shell word; none of these shells expands inside single quotes.
function sq(s)
{
	gsub(/'/, "'\\''", s)
	return "'" s "'"
}

# ---- bash ----------------------------------------------------------------------------------------

function bash_reply(kind)
{
	if (kind ~ /^enum:/)
		return "COMPREPLY=($(compgen -W " sq(words(substr(kind, 6))) " -- \"$cur\"))"
	if (kind == "file")
		return "COMPREPLY=($(compgen -f -- \"$cur\")); compopt -o filenames 2>/dev/null"
	if (kind == "dir")
		return "COMPREPLY=($(compgen -d -- \"$cur\")); compopt -o filenames 2>/dev/null"
	if (kind == "image")
		return "COMPREPLY=($(compgen -W \"$(_sandbox_images)\" -- \"$cur\") $(compgen -f -- \"$cur\"))"
	if (kind == "container")
		return "COMPREPLY=($(compgen -W \"$(_sandbox_containers)\" -- \"$cur\"))"
	if (kind == "volume")
		return "COMPREPLY=($(compgen -W \"$(_sandbox_volumes)\" -- \"$cur\"))"
	return "COMPREPLY=()"
}

# Every way to type a command, with tabs between: itself, its aliases, in its groups.
function spellings(cmd,   a, n, w, i, list, group)
{
	list = cmd
	group = single(cmd) ? "" : substr(cmd, 1, index(cmd, " "))
	a = aliases[cmd]
	n = split(a, w, / +/)
	for (i = 1; i <= n; i++)
		list = list "\t" group w[i]
	return list forms[cmd]
}

# The same as alternatives of a case pattern.
function pattern(cmd,   n, w, i, list)
{
	n = split(spellings(cmd), w, "\t")
	for (i = 1; i <= n; i++)
		list = list (i > 1 ? " | " : "") (single(w[i]) ? w[i] : sq(w[i]))
	return list
}

function group_words(g,   i, list)
{
	for (i = 1; i <= nmember[g]; i++)
		list = list (i > 1 ? " " : "") member[g, i]
	return list
}

# A name that shells take for a function's.
function ident(s)
{
	gsub(/ /, "_", s)
	return s
}

function bash_values(cmd,   i, o, n)
{
	for (i = 1; i <= nopt[cmd]; i++) {
		split(opt[cmd, i], o, "\t")
		if (o[5] == "" || o[5] ~ /^\[/)
			continue
		printf "        %s%s) %s; return ;;\n", o[3], o[4] == "" ? "" : " | " o[4], bash_reply(o[6])
		n++
	}
	return n
}

function bash_words(cmd,   i, o, list)
{
	for (i = 1; i <= nopt[cmd]; i++) {
		split(opt[cmd, i], o, "\t")
		list = list (list == "" ? "" : " ") o[3] (o[4] == "" ? "" : " " o[4])
	}
	return list
}

function bash_takes(cmd,   i, o, list)
{
	for (i = 1; i <= nopt[cmd]; i++) {
		split(opt[cmd, i], o, "\t")
		if (o[5] != "" && o[5] !~ /^\[/)
			list = list (list == "" ? "" : " | ") o[3] (o[4] == "" ? "" : " | " o[4])
	}
	return list == "" ? "''" : list
}

function bash(   i, c)
{
	print "# bash completion of sandbox, made from its option tables by completions.awk"
	print "# shellcheck shell=bash disable=SC2207,SC2254"
	print ""
	print "_sandbox_images()\n{"
	print "  \"${COMP_WORDS[0]}\" __complete images 2>/dev/null\n}"
	print ""
	print "_sandbox_containers()\n{"
	print "  \"${COMP_WORDS[0]}\" __complete containers 2>/dev/null\n}"
	print ""
	print "_sandbox_volumes()\n{"
	print "  \"${COMP_WORDS[0]}\" __complete volumes 2>/dev/null\n}"
	print ""
	print "_sandbox()\n{"
	print "  local cur prev cmd='' i=1 args=0"
	print "  cur=${COMP_WORDS[COMP_CWORD]}"
	print "  prev=${COMP_WORDS[COMP_CWORD - 1]}"
	print "  COMPREPLY=()"
	print "  # --option=value comes as three words."
	print "  if [ \"$cur\" = = ]; then"
	print "    cur=''"
	print "  elif [ \"$prev\" = = ]; then"
	print "    prev=${COMP_WORDS[COMP_CWORD - 2]}"
	print "  fi"
	print "  while [ \"$i\" -lt \"$COMP_CWORD\" ]; do"
	print "    case ${COMP_WORDS[i]} in"
	print "      " bash_takes("sandbox") ") i=$((i + 1)) ;;"
	print "      -* | =) ;;"
	print "      *) cmd=${COMP_WORDS[i]}; break ;;"
	print "    esac"
	print "    i=$((i + 1))"
	print "  done"
	print "  i=$((i + 1))"
	print "  case $cmd in"
	for (i = 1; i <= ngroup; i++) {
		print "    " groups[i] ")"
		print "      if [ \"$i\" -ge \"$COMP_CWORD\" ]; then"
		print "        COMPREPLY=($(compgen -W " sq(group_words(groups[i]) " --help") " -- \"$cur\"))"
		print "        return"
		print "      fi"
		print "      cmd=\"$cmd ${COMP_WORDS[i]}\""
		print "      i=$((i + 1))"
		print "      ;;"
	}
	print "  esac"
	print "  case $cmd in"
	print "    '')"
	print "      case $prev in"
	bash_values("sandbox")
	print "      esac"
	printf "      COMPREPLY=($(compgen -W '"
	for (i = 1; i <= ncmd; i++)
		if (single(names[i]))
			printf "%s ", names[i]
	for (i = 1; i <= ngroup; i++)
		printf "%s ", groups[i]
	print bash_words("sandbox") "' -- \"$cur\"))"
	print "      return"
	print "      ;;"
	for (i = 1; i <= ncmd; i++) {
		c = names[i]
		print "    " pattern(c) ")"
		print "      while [ \"$i\" -lt \"$COMP_CWORD\" ]; do"
		print "        case ${COMP_WORDS[i]} in"
		print "          " bash_takes(c) ") i=$((i + 1)) ;;"
		print "          -* | =) ;;"
		print "          *) args=$((args + 1)) ;;"
		print "        esac"
		print "        i=$((i + 1))"
		print "      done"
		if (usage[c] !~ /(CONTAINER|IMAGE|NAME)\.\.\.\]?$/) {
			print "      # After IMAGE come words of the command inside."
			print "      if [ \"$args\" -gt 0 ]; then"
			print "        COMPREPLY=($(compgen -f -- \"$cur\"))"
			print "        return"
			print "      fi"
		}
		print "      case $prev in"
		bash_values(c)
		print "      esac"
		print "      if [[ $cur == -* ]]; then"
		print "        COMPREPLY=($(compgen -W '" bash_words(c) "' -- \"$cur\"))"
		print "        return"
		print "      fi"
		print "      " bash_reply(first(c))
		print "      ;;"
	}
	print "  esac"
	print "}"
	print ""
	print "complete -F _sandbox sandbox"
}

# ---- zsh -----------------------------------------------------------------------------------------

function zsh_action(kind)
{
	if (kind ~ /^enum:/)
		return "(" words(substr(kind, 6)) ")"
	if (kind == "file")
		return "_files"
	if (kind == "dir")
		return "_files -/"
	if (kind == "image")
		return "_sandbox_images"
	if (kind == "container")
		return "_sandbox_containers"
	if (kind == "volume")
		return "_sandbox_volumes"
	return ""
}

function zsh_text(s)
{
	gsub(/\\/, "\\\\", s)
	gsub(/\[/, "\\[", s)
	gsub(/\]/, "\\]", s)
	gsub(/:/, "\\:", s)
	return s
}

function zsh_options(cmd,   i, o, value, spec)
{
	for (i = 1; i <= nopt[cmd]; i++) {
		split(opt[cmd, i], o, "\t")
		value = ""
		if (o[5] != "")
			value = (o[5] ~ /^\[/ ? "::" : ":") zsh_text(o[5]) ":" zsh_action(o[6])
		spec = "[" zsh_text(o[7]) "]" value
		# Every option may come again: many add up, and for the others the last one wins.
		print "    " sq("*" o[3] (o[5] == "" ? "" : o[5] ~ /^\[/ ? "=-" : "=") spec) " \\"
		if (o[4] != "")
			print "    " sq("*" o[4] (o[5] == "" ? "" : "+") spec) " \\"
	}
}

function zsh(   i, k, c)
{
	print "#compdef sandbox"
	print "# zsh completion of sandbox, made from its option tables by completions.awk"
	print ""
	print "_sandbox_images() {"
	print "  local -a images"
	print "  images=(${(f)\"$(_call_program images sandbox __complete images 2>/dev/null)\"})"
	print "  _alternative \"images:image:(${images//:/\\\\:})\" 'files:file:_files'"
	print "}"
	print ""
	print "_sandbox_containers() {"
	print "  local -a containers"
	print "  containers=(${(f)\"$(_call_program containers sandbox __complete containers 2>/dev/null)\"})"
	print "  compadd -a containers"
	print "}"
	print ""
	print "_sandbox_volumes() {"
	print "  local -a volumes"
	print "  volumes=(${(f)\"$(_call_program volumes sandbox __complete volumes 2>/dev/null)\"})"
	print "  compadd -a volumes"
	print "}"
	for (i = 1; i <= ncmd; i++) {
		c = names[i]
		print ""
		print "_sandbox_cmd_" ident(c) "() {"
		print "  _arguments -s -S -A '-*' \\"
		zsh_options(c)
		if (first(c) != "none")
			print "    " sq("1:" (c in verbs ? "command" : first(c)) ":" zsh_action(first(c))) " \\"
		print "    '*::argument:_normal'"
		print "}"
	}
	for (i = 1; i <= ngroup; i++) {
		print ""
		print "_sandbox_group_" groups[i] "() {"
		print "  local context state state_descr line"
		print "  typeset -A opt_args"
		print "  _arguments -S -A '-*' '--help[this text]' '1:command:->command' '*::argument:->argument'"
		print "  case $state in"
		print "    command)"
		print "      local -a commands"
		print "      commands=("
		for (k = 1; k <= nmember[groups[i]]; k++)
			print "        " sq(member[groups[i], k] ":" zsh_text(help[target[groups[i], k]]))
		print "      )"
		print "      _describe command commands"
		print "      ;;"
		print "    argument)"
		print "      case $words[1] in"
		for (k = 1; k <= nmember[groups[i]]; k++)
			print "        " member[groups[i], k] ") _sandbox_cmd_" ident(target[groups[i], k]) " ;;"
		print "      esac"
		print "      ;;"
		print "  esac"
		print "}"
	}
	print ""
	print "_sandbox() {"
	print "  local context state state_descr line"
	print "  typeset -A opt_args"
	print "  _arguments -S -A '-*' \\"
	zsh_options("sandbox")
	print "    '1:command:->command' \\"
	print "    '*::argument:->argument'"
	print "  case $state in"
	print "    command)"
	print "      local -a commands"
	print "      commands=("
	for (i = 1; i <= ncmd; i++)
		if (single(names[i]))
			print "        " sq(names[i] ":" zsh_text(help[names[i]]))
	for (i = 1; i <= ngroup; i++)
		print "        " sq(groups[i] ":" zsh_text(ghelp[groups[i]]))
	print "      )"
	print "      _describe command commands"
	print "      ;;"
	print "    argument)"
	print "      case $words[1] in"
	for (i = 1; i <= ncmd; i++)
		if (single(names[i]))
			print "        " pattern(names[i]) ") _sandbox_cmd_" names[i] " ;;"
	for (i = 1; i <= ngroup; i++)
		print "        " groups[i] ") _sandbox_group_" groups[i] " ;;"
	print "      esac"
	print "      ;;"
	print "  esac"
	print "}"
	print ""
	print "_sandbox \"$@\""
}

# ---- fish ----------------------------------------------------------------------------------------

function fish_action(kind)
{
	if (kind ~ /^enum:/)
		return " -x -a " sq(words(substr(kind, 6)))
	if (kind == "file")
		return " -r -F"
	if (kind == "dir")
		return " -x -a '(__fish_complete_directories)'"
	if (kind == "image")
		return " -x -a '(__sandbox_images)'"
	if (kind == "container")
		return " -x -a '(__sandbox_containers)'"
	if (kind == "volume")
		return " -x -a '(__sandbox_volumes)'"
	return " -x"
}

# fish knows backslashes inside single quotes.
function fq(s)
{
	gsub(/\\/, "\\\\", s)
	gsub(/'/, "\\'", s)
	return "'" s "'"
}

function fish_options(cmd, when,   i, o, value)
{
	for (i = 1; i <= nopt[cmd]; i++) {
		split(opt[cmd, i], o, "\t")
		value = o[5] == "" || o[5] ~ /^\[/ ? "" : fish_action(o[6])
		print "complete -c sandbox -n " sq(when) " -l " substr(o[3], 3) \
			(o[4] == "" ? "" : " -s " substr(o[4], 2)) value " -d " fq(o[7])
	}
}

# Is the command line at one of these commands? '' is: there is none yet.
function fish_at(   i, o)
{
	print "function __sandbox_at"
	print "    set -l words"
	print "    set -l skip 0"
	print "    set -l all (commandline -opc)"
	print "    set -e all[1]"
	print "    for w in $all"
	print "        if test $skip = 1"
	print "            set skip 0"
	print "            continue"
	print "        end"
	print "        switch $w"
	for (i = 1; i <= nopt["sandbox"]; i++) {
		split(opt["sandbox", i], o, "\t")
		if (o[5] != "" && o[5] !~ /^\[/)
			print "            case " o[3] " " o[4] "\n                set skip 1"
	}
	print "            case '-*'"
	print "            case '*'"
	print "                set -a words $w"
	printf "                if test (count $words) = 2; or not contains -- $w"
	for (i = 1; i <= ngroup; i++)
		printf " %s", groups[i]
	print "\n                    break\n                end"
	print "        end"
	print "    end"
	print "    contains -- \"$words\" $argv"
	print "end\n"
}

# The condition of a command's completions, in all its spellings.
function fish_when(cmd,   n, w, i, list)
{
	n = split(spellings(cmd), w, "\t")
	list = "__sandbox_at"
	for (i = 1; i <= n; i++)
		list = list " " (single(w[i]) ? w[i] : "\"" w[i] "\"")
	return list
}

function fish(   i, k, c, when)
{
	print "# fish completion of sandbox, made from its option tables by completions.awk"
	print ""
	print "function __sandbox_images"
	print "    command sandbox __complete images 2>/dev/null"
	print "end"
	print ""
	print "function __sandbox_containers"
	print "    command sandbox __complete containers 2>/dev/null"
	print "end"
	print ""
	print "function __sandbox_volumes"
	print "    command sandbox __complete volumes 2>/dev/null"
	print "end"
	print ""
	fish_at()
	print "complete -c sandbox -f"
	fish_options("sandbox", "__sandbox_at \"\"")
	for (i = 1; i <= ngroup; i++) {
		print "complete -c sandbox -n " sq("__sandbox_at \"\"") " -a " groups[i] " -d " fq(ghelp[groups[i]])
		for (k = 1; k <= nmember[groups[i]]; k++)
			print "complete -c sandbox -n " sq("__sandbox_at " groups[i]) " -a " member[groups[i], k] \
				" -d " fq(help[target[groups[i], k]])
	}
	for (i = 1; i <= ncmd; i++) {
		c = names[i]
		when = fish_when(c)
		print ""
		if (single(c))
			print "complete -c sandbox -n " sq("__sandbox_at \"\"") " -a " c " -d " fq(help[c])
		fish_options(c, when)
		if (first(c) == "file" || first(c) == "dir")
			print "complete -c sandbox -n " sq(when) " -F"
		else if (c in verbs)
			print "complete -c sandbox -n " sq(when) " -x -a " sq(words(verbs[c]))
		else if (first(c) != "none") {
			print "complete -c sandbox -n " sq(when) " -a '(__sandbox_" first(c) "s)'"
			if (first(c) == "image")
				print "complete -c sandbox -n " sq(when) " -F"
		}
	}
}
