# SPDX-License-Identifier: GPL-2.0
# The IOMMU core or its driver says no, at each step in turn: when a device comes,
# when its domain is made, when it is attached - to the first of a group and to the
# second. Each time what was before stands, and it is told.
. /tests/lib.sh
. /tests/judge.sh

DEV=/sys/bus/platform/devices
FOLDER=/sys/kernel/testiommu
PARAMETERS=/sys/module/testiommu/parameters
RULES=/etc/iommu-pt/rules.d/20-refuse.rules
ONE=testdev.0			# alone in its group
TWO=testdev.2 THREE=testdev.3	# together

type_of() { cat "$DEV/$1/iommu_group/type"; }
state_of() { echo "$(cat "$DEV/$1/iommu_pt/policy") $(cat "$DEV/$1/iommu_pt/status") $(type_of "$1")"; }
reason_of() { ptctl list -n -o NAME,REASON | grep "^platform/$1 \|^$1 "; }

# STEP NUMBER COMMAND...: the core's driver refuses that one. Sets REFUSED.
with_refusal() {
	_file=$PARAMETERS/refuse_$1
	echo "$2" >"$_file"
	shift 2
	run "$@"
	REFUSED=
	[ "$(cat "$_file")" != 0 ] || REFUSED=yes
	echo 0 >"$_file"
}

# WHAT STEP ACTION: calls "ACTION STEP NUMBER" until nothing is refused any more.
# An action prints what is wrong to /run/test/wrong.
each_refusal() {
	_n=0 REFUSED=yes
	: >/run/test/wrong
	while [ -n "$REFUSED" ] && [ $_n -lt 20 ]; do
		_n=$((_n + 1))
		$3 "$2" $_n >>/run/test/wrong
	done
	is "$(head -n 20 /run/test/wrong)" "" "$1: each of $((_n - 1)) may be refused"
	check "$1: that are some, and there is an end" test $_n -gt 1 -a $_n -lt 20
}

come() {
	echo 0 >$FOLDER/remove
	with_refusal "$1" "$2" sh -c "echo 0 >$FOLDER/add"
	[ -e $DEV/$ONE ] || echo "$1 $2: it is not there"
	if [ ! -e $DEV/$ONE/iommu_group ]; then
		[ ! -e $DEV/$ONE/iommu_pt ] || echo "$1 $2: no group, and $(state_of $ONE)"
	elif [ "$(state_of $ONE)" != "passthrough applied identity" ]; then
		[ -n "$REFUSED" ] && [ "$(type_of $ONE)" != identity ] ||
			echo "$1 $2: $(state_of $ONE)"
	fi
}

set_alone() {
	with_refusal "$1" "$2" ptctl set --runtime platform/$ONE strict
	case $STATUS:$(state_of $ONE) in
	"0:strict applied DMA") ;;
	"1:strict refused identity")
		case $(reason_of $ONE) in *?\ ?*) ;; *) echo "$1 $2: no reason" ;; esac ;;
	*) echo "$1 $2: status $STATUS: $(state_of $ONE)" ;;
	esac
	ptctl unset --runtime platform/$ONE >&2
	[ "$(state_of $ONE)" = "passthrough applied identity" ] ||
		echo "$1 $2: taken back: $(state_of $ONE)"
}

set_group() {
	with_refusal "$1" "$2" ptctl set --runtime --group platform/$TWO strict
	case $STATUS:$(state_of $TWO):$(state_of $THREE) in
	"0:strict applied DMA:strict applied DMA") ;;
	"1:strict refused identity:strict refused identity") ;;
	*) echo "$1 $2: status $STATUS: $(state_of $TWO), $(state_of $THREE)" ;;
	esac
	ptctl unset --runtime platform/$TWO platform/$THREE >&2
	[ "$(state_of $TWO)" = "passthrough applied identity" ] ||
		echo "$1 $2: taken back: $(state_of $TWO)"
}

rebind() {
	with_refusal "$1" "$2" ptctl set --runtime --rebind platform/$ONE strict
	case $STATUS:$(state_of $ONE) in
	"0:strict applied DMA") ;;
	"1:strict refused identity")	# known, although the driver is back
		run ptctl set --runtime --rebind platform/$ONE strict
		[ "$STATUS:$(state_of $ONE)" = "0:strict applied DMA" ] ||
			echo "$1 $2: once more: status $STATUS: $(state_of $ONE)" ;;
	*) echo "$1 $2: status $STATUS: $(state_of $ONE)" ;;
	esac
	[ "$(basename "$(readlink $DEV/$ONE/driver)")" = witness ] ||
		echo "$1 $2: it has no driver"
	ptctl set --runtime --rebind platform/$ONE auto >&2
	[ "$(state_of $ONE)" = "passthrough applied identity" ] ||
		echo "$1 $2: taken back: $(state_of $ONE)"
}

mkdir -p ${RULES%/*}
check "the test's IOMMU loads" modprobe testiommu together=2
for id in 0 2 3; do echo $id >$FOLDER/add; done
check "module loads" modprobe iommu-pt-policy
echo "passthrough name=testdev.*" >$RULES
exits 0 "rules are applied" ptctl apply
is "$(state_of $ONE)" "passthrough applied identity" "which is done"

each_refusal "a device's coming" probe come
each_refusal "its group" group come
echo 0 >$FOLDER/remove; echo 0 >$FOLDER/add
is "$(state_of $ONE)" "passthrough applied identity" "all is well without"
each_refusal "another domain" alloc set_alone
each_refusal "its attachment" attach set_alone
if kernel_at_least 6 4; then
	each_refusal "a domain of a group" alloc set_group
	each_refusal "its attachment to each" attach set_group
fi
modprobe witness
echo witness >$DEV/$ONE/driver_override
echo $ONE >/sys/bus/platform/drivers_probe
each_refusal "another domain at a rebind" alloc rebind
each_refusal "its attachment at a rebind" attach rebind
modprobe -r witness
is "$(judge_all $RULES)" "" "at last every device is as the rules say"

check "module unloads" modprobe -r iommu-pt-policy
for id in 0 2 3; do echo $id >$FOLDER/remove; done
check "the test's IOMMU unloads" modprobe -r testiommu
rm -r ${RULES%/*}
done_testing
