# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC3045 # busybox sh
# Runs the tests that the kernel's command line names, and tells the host over
# descriptor 3. For init, and for the unit of a guest that has systemd.

word() {	# the value of NAME= on the kernel's command line
	# shellcheck disable=SC2013 # words are what is wanted
	for arg in $(cat /proc/cmdline); do
		case $arg in "$1="*) echo "${arg#*=}" ;; esac
	done
}

# Descriptor 3 of everything that runs here is the way to the host. It stays
# open, for the settings of a serial line go when its last user does.
open_control() {
	exec 3<>"/dev/$1"
	stty -F "/dev/$1" raw -echo
}

run_test() {	# TEST [again]
	echo "<6>test $*" >/dev/kmsg
	echo "@begin $*" >&3
	rm -rf /run/test/*
	sh -u "/tests/tests/$1.sh" </dev/null
	echo "@end $1 $?" >&3
}

# Where the kernel has kmemleak, descriptor 9 is it, opened while that is allowed:
# it is not in lockdown.
LEAKS=/sys/kernel/debug/kmemleak
open_leaks() { [ ! -e $LEAKS ] || exec 9<>$LEAKS; }

# Nothing may be lost. It takes two scans and 5 s until kmemleak is sure, and what a
# module that is gone has lost has no name any more.
look_for_leaks() {
	[ -e $LEAKS ] || return 0
	echo "<6>look for leaks" >/dev/kmsg
	if ! { echo scan && sleep 6 && echo scan; } >&9; then
		echo "not ok - memory that is lost can be looked for" >&3
		return
	fi
	# The driver core's own: a device that goes while somebody has it probed keeps the
	# reason why it was not.
	awk '/^unreferenced/ { if (all !~ /device_set_deferred_probe_reason/) printf "%s", all
			       all = "" }
	     { all = all $0 "\n" }
	     END { if (all !~ /device_set_deferred_probe_reason/) printf "%s", all }' \
		<&9 >/run/leaks
	cat /run/leaks >/dev/console
	if [ -s /run/leaks ]; then
		echo "not ok - no memory is lost" >&3
		head -n 40 /run/leaks | sed 's/^/# /' >&3
	else
		echo "ok - no memory is lost" >&3
	fi
}

run_tests() {
	again=
	STAGE=$(word vm.stage)
	SLOWER=$(word vm.slower)
	[ -z "$STAGE" ] || again=again
	export STAGE SLOWER
	open_leaks
	[ -z "$(word vm.gcov)" ] || export GCOV_PREFIX=/run/gcov
	for test in $(word vm.tests | tr , ' '); do
		# shellcheck disable=SC2086 # nothing, or a word
		run_test "$test" $again
		again=''
		STAGE=''
	done
	look_for_leaks
	# shellcheck source=tests/vm/guest/counters.sh
	. /tests/counters.sh
	send_counters
	echo "@done" >&3
	sync
}
