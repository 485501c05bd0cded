# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What goes on at once, each in a loop of its own, until all stop.
#
# Each rests between its rounds, so that a processor has nothing to do now and then. For
# that QEMU (7.2) may wait in device_add, while the guest's clocks stand still: for good,
# in a guest that is never idle.

WHIRLS=

# NAME COMMAND...: begins one; it counts its rounds
whirl() {
	_name=$1; shift
	(
		rounds=0
		while [ ! -e /run/test/stop ]; do
			"$@"
			rounds=$((rounds + 1))
			usleep 1000
		done
		echo $rounds >"/run/test/rounds.$_name"
	) >/dev/null 2>&1 &
	WHIRLS="$WHIRLS $_name"
}

# Stops them all. None hangs, and none had no turn.
whirls_end() {
	touch /run/test/stop
	for _whirl in $WHIRLS; do
		check "$_whirl ends" wait_for 60 test -e "/run/test/rounds.$_whirl"
		isnt "$(cat "/run/test/rounds.$_whirl")" 0 "$_whirl was at it"
		echo "$_whirl: $(cat "/run/test/rounds.$_whirl") rounds" >&2
	done
}
