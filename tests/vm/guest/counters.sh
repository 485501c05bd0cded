# SPDX-License-Identifier: GPL-2.0
# The counters of a ptctl or of modules that have them, for tests/coverage and
# tests/vm/coverage. They are this boot's: whoever boots again sends them before.
send_counters() {
	{
		find /run/gcov/build/userland-gcov/out/ptctl.obj -name '*.gcda'
		find /sys/kernel/debug/gcov -path '*-kmod/*.gcda' ! -path '*tests*'
	} 2>/dev/null | while IFS= read -r file; do
		base64 -w 3000 "$file" | while read -r part; do
			echo "@gcov ${file##*/} $part" >&3
			read -r _ <&3
		done
	done
}
