# SPDX-License-Identifier: GPL-2.0
# Devices that are not PCI: platform devices behind an IOMMU that serves no other
# (kmod/testiommu.c), found by name and by what firmware calls them.
. /tests/lib.sh

DEV=/sys/bus/platform/devices
PRESENT=/sys/module/testiommu/parameters/present
FW=testdev.1000000		# it has a node of the firmware's
type_of() { cat "$DEV/$1/iommu_group/type"; }
status_of() { cat "$DEV/$1/iommu_pt/status"; }

# What this machine's firmware has anyhow, and has no device yet.
if [ -e /proc/device-tree ]; then
	node=dt=arm,pl061 modalias='of:N*T*Carm,pl061*'
	FW=testdev.1000001
else
	node=acpi=PNP0C0F modalias='acpi:PNP0C0F:*'
fi
case $(uname -m) in aarch64) default=DMA ;; *) default=DMA-FQ ;; esac	# of Debian's kernels
rules="passthrough bus=platform name=testdev.1; strict name=testdev.2; lazy name=testdev.3"
rules="$rules; passthrough modalias=$modalias; strict modalias=platform:testdev name=*[45]"

check "the test's IOMMU loads" modprobe testiommu devices=6 $node
check "module loads" modprobe iommu-pt-policy rules="$rules"
check "devices appear" sh -c "echo 1 >$PRESENT"
is "$(cat $PRESENT)" 7 "all of them"

verify() {
	is "$(type_of testdev.0)" $default "no rule: the kernel's default"
	is "$(status_of testdev.0)" none "which is known"
	is "$(type_of testdev.1)" identity "passthrough by name"
	is "$(type_of testdev.2)" DMA "strict by name"
	is "$(type_of testdev.3)" DMA-FQ "lazy by name"
	is "$(type_of testdev.4)" DMA "strict by modalias and name"
	is "$(type_of $FW)" identity "passthrough by the firmware's ID"
	for dev in testdev.1 testdev.2 testdev.3 testdev.4 $FW; do
		is "$(status_of $dev)" applied "$dev: applied"
	done
}
verify

exits 0 "ptctl knows them" ptctl show platform/testdev.1
like "$OUT" "*passthrough*" "and their state"
like "$(cat $DEV/$FW/modalias)" "${modalias%\*}*" "the firmware's ID is its modalias"

check "devices go" sh -c "echo 0 >$PRESENT"
check "and come again" sh -c "echo 1 >$PRESENT"
verify

check "module unloads" modprobe -r iommu-pt-policy
for dev in testdev.1 testdev.2 testdev.3 testdev.4 $FW; do
	echo auto >$DEV/$dev/iommu_group/type
done
is "$(type_of testdev.1)" $default "all is the kernel's own again"
check "module finds them" modprobe iommu-pt-policy rules="$rules"
verify

# Rules are found by their name, by how their modalias begins, or by trying each;
# the first in the text decides all the same.
mkdir -p /etc/iommu-pt/rules.d
decides() {	# TYPE DESCRIPTION RULE...: type of testdev.5 then
	_type=$1 _what=$2; shift 2
	printf '%s\n' "$@" >/etc/iommu-pt/rules.d/10-test.rules
	run ptctl apply
	is "$(type_of testdev.5)" "$_type" "$_what"
}
check "module unloads" modprobe -r iommu-pt-policy
check "and loads without rules" modprobe iommu-pt-policy
whole=modalias=platform:testdev begins='modalias=platform:test*' any='modalias=*:testdev'
named=name=testdev.5 named_any='name=*.5'
decides identity "a whole modalias" "passthrough $whole" "strict $begins" "strict $any"
decides DMA "a beginning before it" "strict $begins" "passthrough $whole" "passthrough $named"
decides identity "a wildcard before it" "passthrough $any" "strict $begins" "strict $whole"
decides DMA "a name before it" "strict $named" "passthrough $begins"
decides identity "a beginning and a name" "passthrough $named_any $begins" "strict $named"
decides DMA "others that begin like it" "passthrough modalias=platform:testde" \
	"passthrough modalias=platform:testdev?" "passthrough modalias=platform:tesu*" \
	"passthrough modalias=pl" "strict modalias=p*v"
decides identity "a special character that stands for itself" \
	"passthrough modalias=platform:\\testdev" "strict $whole"
decides $default "none" "passthrough modalias=platform:testdev2" "passthrough modalias=platform"
rm -r /etc/iommu-pt/rules.d

exits 0 "a decision at run time" ptctl set --runtime platform/testdev.0 passthrough
is "$(type_of testdev.0)" identity "is in force at once"
check "module unloads" modprobe -r iommu-pt-policy
check "devices go" sh -c "echo 0 >$PRESENT"
check "the test's IOMMU unloads" modprobe -r testiommu

# ---- grouped devices on a bus that the IOMMU core does not serve: seen, and said
# to be beyond any policy
FOREIGN=testbus/foreign0
foreign() { ptctl list --json -o +REASON | jq -r ".devices[] | select(.device == \"$1\") | $2"; }
check "a bus that no IOMMU serves" modprobe testiommu foreign=2
is "$(foreign $FOREIGN .effective)" unknown "without the module it is seen"
like "$(foreign $FOREIGN .reason)" "bus testbus is none*no policy changes that" "and why nothing can be done"
check "module loads" modprobe iommu-pt-policy rules="passthrough name=foreign0"
is "$(foreign $FOREIGN '[.policy, .effective, .status] | join(" ")')" \
	"passthrough unknown refused" "with the module it is seen"
like "$(foreign $FOREIGN .reason)" "bus testbus is none*no policy changes that" "and why it is refused"
is "$(foreign testbus/foreign1 .status)" none "of another nobody wants anything"
exits 0 "show" ptctl show $FOREIGN
like "$OUT" "*refused*bus testbus is none*" "says the same"
for how in --runtime --dry-run; do
	exits 5 "set $how" ptctl set $FOREIGN strict $how
	like "$ERR" "*bus testbus is none*" "set $how: says why not"
done
isnt "$(ptctl audit --json | jq -r ".devices[] | select(.device == \"$FOREIGN\") | .confined")" \
	yes "audit does not vouch for it"
check "module unloads" modprobe -r iommu-pt-policy
check "the bus goes" modprobe -r testiommu

# ---- fsl-mc and host1x-context, where the kernel has them
if [ -e /sys/bus/fsl-mc ]; then
	MC=/sys/bus/fsl-mc/devices/standin-fsl-mc HOST1X=/sys/bus/host1x-context/devices/standin-host1x
	check "the test's IOMMU serves them" modprobe testiommu standins=1
	check "module loads" modprobe iommu-pt-policy \
		rules="passthrough bus=fsl-mc modalias=fsl-mc:v00001957dstandin; strict bus=host1x-context"
	check "stand-ins appear" sh -c "echo 1 >$PRESENT"
	is "$(cat $MC/iommu_group/type)" identity "fsl-mc: passthrough by its modalias"
	is "$(cat $HOST1X/iommu_group/type)" DMA "host1x-context: strict by its bus"
	is "$(cat $MC/iommu_pt/status $HOST1X/iommu_pt/status | uniq)" applied "both applied"
	exits 0 "ptctl show" ptctl show fsl-mc/standin-fsl-mc
	like "$OUT" "*passthrough*fsl-mc:v00001957dstandin*" "tells of it"
	check "module unloads" modprobe -r iommu-pt-policy
	check "they go" sh -c "echo 0 >$PRESENT"
	check "the test's IOMMU unloads" modprobe -r testiommu
fi

# ---- AMBA, where the machine has it
PL031=$(basename "$(ls -d /sys/bus/amba/devices/*.pl031 2>/dev/null)")
if [ -n "$PL031" ]; then
	AMBA=/sys/bus/amba/devices/$PL031
	amba_status() { cat "$AMBA/iommu_pt/status"; }
	modalias=$(sed -n 's/^MODALIAS=//p' "$AMBA/uevent")
	driver=$(basename "$(readlink "$AMBA/driver")")
	# The core warns if a driver is unbound that was bound before there was a group.
	check "its driver is unbound" sh -c "echo $PL031 >$AMBA/driver/unbind"
	check "the test's IOMMU serves AMBA" modprobe testiommu amba=1
	check "its driver is bound" sh -c "echo $PL031 >/sys/bus/amba/drivers/$driver/bind"
	check "module loads" modprobe iommu-pt-policy rules="passthrough bus=amba modalias=$modalias"
	is "$(amba_status)" pending "an AMBA device with a driver: pending"
	exits 0 "it is rebound" ptctl set --runtime --rebind "amba/$PL031" passthrough
	is "$(basename "$(readlink "$AMBA/driver")")" "$driver" "and has its driver again"
	is "$(cat "$AMBA/iommu_group/type")" identity "AMBA: passthrough by its modalias"
	is "$(amba_status)" applied "which is known"
	exits 0 "strict" ptctl set --runtime --rebind "amba/$PL031" strict
	is "$(cat "$AMBA/iommu_group/type")" DMA "AMBA: strict at run time"
	exits 0 "ptctl knows it" ptctl show "amba/$PL031"
	like "$OUT" "*$modalias*" "and its modalias"
	check "module unloads" modprobe -r iommu-pt-policy
fi
done_testing
