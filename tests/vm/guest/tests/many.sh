# SPDX-License-Identifier: GPL-2.0
# What it costs to have many devices and many rules, on an IOMMU without hardware
# and with as many platform devices as one likes. For tests/vm/bench.
. /tests/lib.sh

MANY=10000 SOME=1000 FEW=100
DEVICES=/sys/bus/platform/devices
PRESENT=/sys/module/testiommu/parameters/present
FOLDERS=/sys/module/testiommu/parameters/folders

devices() {	# COUNT: so many, named testdev.0 and on
	check "an IOMMU for $1 devices" modprobe testiommu devices="$1"
	check "they are there" sh -c "echo 1 >$PRESENT"
}
no_devices() {
	check "the devices go" sh -c "echo 0 >$PRESENT"
	check "the IOMMU goes" modprobe -r testiommu
}

rules() {	# TEXT: to the file that ptctl apply reads
	mkdir -p /etc/iommu-pt/rules.d
	printf '%s\n' "$1" >/etc/iommu-pt/rules.d/bench.rules
}

# COUNT rules of which none matches: one in ten a name, the others globs that begin
# with PREFIX.
absent() {	# COUNT PREFIX
	rules "$(awk -v count="$1" -v prefix="$2" 'BEGIN {
		for (i = 0; i < count; i++)
			if (i % 10 == 0)
				printf "strict bus=pci name=%04x:f0:00.0\n", i
			else
				printf "strict modalias=%sv0000%04Xd*\n", prefix, 0xa000 + i
	}')"
	check "$1 rules" ptctl apply
}

# What the kernel holds, in bytes, without what it could give back.
kernel_memory() {
	sync
	sleep 2
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(Slab|VmallocUsed):/ { kb += $2 } END { printf "%d", kb * 1024 }' /proc/meminfo
}
grown() {	# NAME SINCE COUNT WHAT
	give_figure "$1" "$((($(kernel_memory) - $2) / $3))" "$4"
}

LOAD="modprobe iommu-pt-policy && ptctl apply"
UNDO="modprobe -rq iommu-pt-policy; typeall DMA"

load_and_apply() {	# COUNT ROUNDS
	rules "passthrough bus=platform name=testdev.*"
	figure "raw-$1" stopwatch "$2" "typeall identity" "typeall DMA"
	echo 1 >$FOLDERS
	figure "folders-$1" stopwatch "$2" "echo 1 >$FOLDERS" "echo 0 >$FOLDERS"
	echo 0 >$FOLDERS
	figure "load-$1" stopwatch 1 "modprobe iommu-pt-policy" "$UNDO"
	figure "apply-$1" stopwatch "$2" "$LOAD" "$UNDO"
	is "$(cat $DEVICES/testdev.$(($1 - 1))/iommu_group/type)" identity "the last of $1 as well"
	figure "show-$1" stopwatch 5 "ptctl show platform/testdev.7"
}

# What ptctl list prints of a device, read by a shell.
cat >/tmp/loop <<'END'
for dev in /sys/bus/platform/devices/*; do
	[ -e "$dev/iommu_pt" ] || continue
	driver=- group=-
	[ ! -e "$dev/driver" ] || driver=$(readlink "$dev/driver")
	[ ! -e "$dev/iommu_group" ] || group=$(readlink "$dev/iommu_group")
	read -r policy <"$dev/iommu_pt/policy"
	read -r effective <"$dev/iommu_pt/effective"
	read -r status <"$dev/iommu_pt/status"
	read -r source <"$dev/iommu_pt/source"
	echo "${dev##*/} ${driver##*/} ${group##*/} $policy $effective $status $source"
done
END

# Memory first: what was freed before would come back in the meantime.
check "module loads" modprobe iommu-pt-policy
before=$(kernel_memory)
absent 10000 pci:
grown rule-memory "$before" 10000 "Slab and VmallocUsed of /proc/meminfo before and after ptctl apply"
check "module unloads" modprobe -r iommu-pt-policy
rm /etc/iommu-pt/rules.d/bench.rules

devices $MANY
before=$(kernel_memory)
check "module loads" modprobe iommu-pt-policy
give_figure module-size "$(cat /sys/module/iommu_pt_policy/coresize)" \
	"cat /sys/module/iommu_pt_policy/coresize"
grown device-memory "$before" $MANY "Slab and VmallocUsed of /proc/meminfo before and after modprobe"
check "module unloads" modprobe -r iommu-pt-policy
load_and_apply $MANY 3
figure list-ptctl stopwatch 3 "ptctl list"
check "module unloads" modprobe -r iommu-pt-policy
no_devices

# One bare device: nothing to it but what sysfs does.
devices 1
figure bare-without timing -a 21 $PRESENT 1 $PRESENT 0
check "module loads" modprobe iommu-pt-policy
figure bare-norule timing -a 21 $PRESENT 1 $PRESENT 0
for count in 10 100 1000 10000; do
	absent $count pci:
	figure bare-rules-$count timing -a 21 $PRESENT 1 $PRESENT 0
done
# No beginning tells these apart: each is tried.
absent 1000 '*'
figure bare-globs-1000 timing -a 21 $PRESENT 1 $PRESENT 0
rm /etc/iommu-pt/rules.d/bench.rules
check "module unloads" modprobe -r iommu-pt-policy
no_devices

devices $FEW
load_and_apply $FEW 5
check "module unloads" modprobe -r iommu-pt-policy
no_devices

# Scripts take a process or two a device: minutes, emulated, for all of them.
devices $SOME
check "module loads" modprobe iommu-pt-policy
figure list-loop stopwatch 1 "sh /tmp/loop"
if [ -x /usr/sbin/driverctl ]; then
	figure list-driverctl stopwatch 1 "driverctl -b platform list-devices"
fi
check "module unloads" modprobe -r iommu-pt-policy
no_devices

done_testing
