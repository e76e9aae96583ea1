# SPDX-License-Identifier: GPL-2.0-or-later
#
# count.awk FILE.trs...: how many single tests passed, failed and were skipped, from the
# logs beside automake's .trs files: cmocka's summaries and TAP lines; a program with
# neither counts as one test. Prints "passed failed skipped".

FNR == 1 && /^:test-result:/ { one(FILENAME, $2) }

function one(trs, result,   log_, line, p, f, s, w)
{
	log_ = trs
	sub(/\.trs$/, ".log", log_)
	p = f = s = 0
	while ((getline line <log_) > 0) {
		if (line ~ /^\[  PASSED  \] [0-9]+ test/) {
			split(line, w, " "); p += w[4]
		} else if (line ~ /^\[  FAILED  \] [0-9]+ test/) {
			split(line, w, " "); f += w[4]
		} else if (line ~ /^\[  SKIPPED \] [0-9]+ test/) {
			split(line, w, " "); s += w[4]
		} else if (line ~ /^not ok/) {
			f++
		} else if (line ~ /^ok .*# *[Ss][Kk][Ii][Pp]/) {
			s++
		} else if (line ~ /^ok /) {
			p++
		}
	}
	close(log_)
	if (result == "SKIP" && s == 0)
		s = 1
	else if (result == "PASS" && p + f + s == 0)
		p = 1
	else if (result != "PASS" && result != "SKIP" && f == 0)
		f = 1
	total_p += p; total_f += f; total_s += s
}

END { print total_p + 0, total_f + 0, total_s + 0 }
