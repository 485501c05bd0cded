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
rules="passthrough bus=platform name=testdev.1; strict name=testdev.2; lazy name=testdev.3"
rules="$rules; passthrough modalias=$modalias; strict modalias=platform:testdev name=*[45]"

check "the test's IOMMU loads" modprobe testiommu devices=6 $node
check "module loads" modprobe iommu-pt-policy rules="$rules"
check "devices appear" sh -c "echo 1 >$PRESENT"
is "$(cat $PRESENT)" 7 "all of them"

verify() {
	is "$(type_of testdev.0)" DMA-FQ "no rule: the kernel's default"
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
is "$(type_of testdev.1)" DMA-FQ "all is the kernel's own again"
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
decides DMA-FQ "none" "passthrough modalias=platform:testdev2" "passthrough modalias=platform"
rm -r /etc/iommu-pt/rules.d

exits 0 "a decision at run time" ptctl set --runtime platform/testdev.0 passthrough
is "$(type_of testdev.0)" identity "is in force at once"
check "module unloads" modprobe -r iommu-pt-policy
check "devices go" sh -c "echo 0 >$PRESENT"
check "the test's IOMMU unloads" modprobe -r testiommu
done_testing
