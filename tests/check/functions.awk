# SPDX-License-Identifier: GPL-2.0-or-later
#
# functions.awk SOURCE...: functions over 80 lines and files over 600, as
# "function LINES FILE NAME" and "file LINES FILE".

FNR == 1 {
	flush_file()
	last = FILENAME
}

{ lines = FNR }

/^[A-Za-z_].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/^.*[ *]/, "", name) }
/^\{/ { open_ = FNR }
/^\}/ {
	if (open_ && FNR - open_ - 1 > 80)
		print "function", FNR - open_ - 1, FILENAME, name
	open_ = 0
}

function flush_file()
{
	if (last != "" && lines > 600)
		print "file", lines, last
}

END { flush_file() }
