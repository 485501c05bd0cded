# SPDX-License-Identifier: GPL-2.0
# The counters of a ptctl or of modules that have them, for tests/coverage and
# tests/vm/coverage. They are this boot's: whoever boots again sends them before. Each
# file once: what is sent twice is added to what there is.
send_files() {
	while IFS= read -r file; do
		base64 -w 3000 "$file" | while read -r part; do
			echo "@gcov ${file##*/} $part" >&3
			read -r _ <&3
		done
	done
}
send_counters_of_ptctl() {
	find /run/gcov/build/userland-gcov/out/ptctl.obj -name '*.gcda' 2>/dev/null | send_files
}
send_counters_of_modules() {
	find /sys/kernel/debug/gcov -path '*-kmod/*.gcda' ! -path '*tests*' 2>/dev/null | send_files
}
send_counters() {
	send_counters_of_ptctl
	send_counters_of_modules
}
