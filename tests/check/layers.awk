# SPDX-License-Identifier: GPL-2.0-or-later
#
# layers.awk headers.table SOURCE...: the layer rule, from the #include lines.
# Prints one line per violation.

FILENAME ~ /headers\.table$/ {
	if ($1 == "rank")
		rank[$2] = $3
	else if ($1 == "shared")
		for (i = 3; i <= NF; i++)
			shared[$2, $i] = 1
	else if ($1 == "library")
		for (i = 3; i <= NF; i++)
			library[$2] = library[$2] " " $i " "
	next
}

function folder(path)
{
	sub(/^.*src\//, "", path)
	return path ~ /\// ? substr(path, 1, index(path, "/") - 1) : "."
}

FNR == 1 {
	mine = folder(FILENAME)
	if (!(mine in rank))
		print FILENAME ": folder " mine " has no rank in headers.table"
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, q, "\"")
	if (q[2] !~ /\//) {
		# A private header beside the file; the public one is written with its folder.
		near = FILENAME
		sub(/[^\/]*$/, q[2], near)
		if (q[2] == mine ".h" || (getline line <near) < 0)
			print FILENAME ":" FNR ": \"" q[2] "\" wants its folder's name"
		close(near)
		next
	}
	theirs = substr(q[2], 1, index(q[2], "/") - 1)
	if (theirs == mine)
		next
	if (!(theirs in rank))
		print FILENAME ":" FNR ": includes " q[2] ", of no known folder"
	else if ((q[2], mine) in shared)
		next
	else if (rank[theirs] >= rank[mine])
		print FILENAME ":" FNR ": " mine " may not include " q[2]
	else if (q[2] ~ /\/internal\.h$/ && mine != "helpers")
		print FILENAME ":" FNR ": includes another folder's " q[2]
}

/^[ \t]*#[ \t]*include[ \t]*</ {
	split($0, q, /[<>]/)
	for (h in library)
		if ((h ~ /\/$/ && index(q[2], h) == 1) || q[2] == h) {
			file = FILENAME
			sub(/^.*\/src\//, "src/", file)
			if (index(library[h], " " file " ") == 0)
				print FILENAME ":" FNR ": <" q[2] "> is confined to" library[h]
			next
		}
	if (q[2] ~ /^(sys|linux|net|netinet|arpa|asm)\// ||
	    q[2] ~ /^(assert|ctype|dirent|dlfcn|elf|errno|fcntl|fnmatch|ftw|getopt|grp|inttypes|langinfo|limits|link|locale|math|netdb|poll|pthread|pty|pwd|regex|sched|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|syscall|syslog|termios|threads|time|unistd|utime|wchar|wordexp|mntent|endian|byteswap|malloc|resolv|ucontext)\.h$/)
		next
	print FILENAME ":" FNR ": <" q[2] "> is neither libc's nor in headers.table"
}
