# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034 # busybox sh; constants for the tests
# What a guest's test is made of. Each begins with ". /tests/lib.sh" and ends
# with done_testing. Its output is in the console's log; verdicts go to the host
# over descriptor 3, one line each.

# busybox sh prefers its own applets to what is in $PATH. These are not theirs.
modprobe() { /usr/sbin/modprobe "$@"; }
insmod() { /usr/sbin/insmod "$@"; }
rmmod() { /usr/sbin/rmmod "$@"; }
lsmod() { /usr/sbin/lsmod "$@"; }
modinfo() { /usr/sbin/modinfo "$@"; }

# ------------------------------------------------------------------- verdicts

# LINE to the host, and to the console, so that its log tells the order. One
# write, which the serial line does not mix with another's.
tell() {
	printf '%s\n' "$1" >&2
	printf '%s\n' "$1" >&3
}

# TEXT: sets FLAT, one line without control characters.
flatten() {
	FLAT=$1
	case $FLAT in
	*[!\ -~]*) FLAT=$(printf '%s' "$1" | tr '\n\r\t' '   ' | tr -d '\000-\037\177') ;;
	esac
	[ ${#FLAT} -le 900 ] || FLAT=$(printf '%.900s' "$FLAT")
}

pass() { flatten "$1"; tell "ok - $FLAT"; }		# DESCRIPTION
fail() {						# DESCRIPTION [NOTE...]
	flatten "$1"; tell "not ok - $FLAT"
	shift
	for _note in "$@"; do diag "$_note"; done
}
skip() { flatten "$1"; tell "ok - $FLAT # SKIP $2"; }	# DESCRIPTION WHY

diag() {	# TEXT...: notes to the check before them, a line each
	printf '%s\n' "$*" | while IFS= read -r _text; do flatten "$_text"; tell "# $FLAT"; done
}

plan() { tell "@plan $1"; }		# optional: so many checks will be made
done_testing() { tell @finished; exit 0; }
skip_all() { skip all "$1"; done_testing; }

# The test cannot go on.
die() { fail "$@"; exit 1; }

is() {		# GOT WANTED DESCRIPTION
	if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "got:    $1" "wanted: $2"; fi
}
isnt() {	# GOT UNWANTED DESCRIPTION
	if [ "$1" != "$2" ]; then pass "$3"; else fail "$3" "got: $1"; fi
}
like() {	# GOT PATTERN DESCRIPTION: a shell pattern, for the whole text
	# shellcheck disable=SC2254 # it is a pattern
	case $1 in
	$2)	pass "$3" ;;
	*)	fail "$3" "got:    $1" "wanted: $2" ;;
	esac
}
unlike() {	# GOT PATTERN DESCRIPTION
	# shellcheck disable=SC2254
	case $1 in
	$2)	fail "$3" "got:      $1" "unwanted: $2" ;;
	*)	pass "$3" ;;
	esac
}
check() {	# DESCRIPTION COMMAND...: it succeeds
	_what=$1; shift
	exits 0 "$_what" "$@"
}

# STATUS DESCRIPTION COMMAND...: it ends with that status. $OUT and $ERR have
# what it said, for like.
exits() {
	_want=$1 _what=$2; shift 2
	run "$@"
	if [ "$STATUS" -eq "$_want" ]; then
		pass "$_what"
	else
		fail "$_what" "status $STATUS, wanted $_want: $*" "$OUT" "$ERR"
	fi
}

# COMMAND...: sets STATUS, OUT, ERR; at most a minute, on a kernel of usual speed.
run() {
	case $(type "$1") in
	*function*|*builtin*) "$@" ;;
	*)		timeout $((60 * SLOWER)) "$@" ;;
	esac >/run/test/out 2>/run/test/err
	STATUS=$? OUT='' ERR=''
	[ ! -s /run/test/out ] || OUT=$(tr -d '\000' </run/test/out)
	[ ! -s /run/test/err ] || ERR=$(tr -d '\000' </run/test/err)
	printf '$ %s\n%s\n%s\n[%s]\n' "$*" "$OUT" "$ERR" "$STATUS" >&2
}

# For whoever watches ("run --show"): text; a command as typed, and what it says.
say() { diag "$*"; }
show() {
	diag "\$ $*"
	run "$@"
	expand /run/test/out /run/test/err | while IFS= read -r _text; do tell "# $_text"; done
	return "$STATUS"
}

# ----------------------------------------------------------- the host, and QMP

# host REQUEST...: prints the answer; fails with the error on stderr. No time limit: the
# host has its own, and where the clock counts instructions a minute is over in a moment.
host() {
	(
		flock 9
		printf '@%s\n' "$*" >&3
		IFS= read -r answer <&3 || { echo "host: no answer to $*" >&2; exit 1; }
		case $answer in
		"ok "*)	printf '%s\n' "${answer#ok }" ;;
		*)	echo "host: $*: $answer" >&2; exit 1 ;;
		esac
	) 9>/run/lock/control
}

qmp() { host "qmp $1" >/dev/null; }	# JSON: any command of QEMU's
qmp_get() { host "qmp $1"; }		# the same, prints what it returns
host_ns() { host time; }		# the host's monotonic clock
wait_event() { host "wait-event $*" >/dev/null; }	# NAME [DEVICE]

# OPTIONS as after QEMU's -device: "nvme,id=hot0,bus=rp1,serial=x,drive=spare1"
device_add() { host "device_add $1" >/dev/null; }

# ID: asks the guest's kernel to let go of it, and waits until it is gone.
device_del() {
	qmp "{\"execute\": \"device_del\", \"arguments\": {\"id\": \"$1\"}}" &&
		wait_event DEVICE_DELETED "$1"
}

# STAGE: boot again, into this same test with $STAGE set to it. Only /persist
# lives on.
reboot_and_continue() {
	# shellcheck source=tests/vm/guest/counters.sh
	. /tests/counters.sh
	send_counters
	host "reboot $1" >/dev/null || die "reboot into $1"
	! mounted /persist || umount /etc/iommu-pt /persist
	sync
	reboot -f
	sleep 60
}

# STAGE MILLISECONDS: after so long the power fails, and what is not on the disk then
# is lost; then boot again as above. What the disk was sent it has kept.
cut_power() { host "cut-power $1 $2" >/dev/null || die "cut the power"; }
remember() { host "remember $1" >/dev/null; }	# WORD: recall prints it after the boot
recall() { host recall | tr -d '"'; }

# Mount the disk that outlives a reboot, with /etc/iommu-pt on it. QEMU's AHCI forgets a
# command whose table crosses a page, if the IOMMU's pages do not follow each other, and
# the disk stands still for half a minute. Tables of commands in so few pieces do not.
need_persist() {
	! mounted /persist || return 0
	modprobe -a ahci sd_mod ext4
	wait_for 10 test -b /dev/sda || die "the persistent disk is there"
	echo 4 >/sys/block/sda/queue/max_sectors_kb || die "the persistent disk takes little at a time"
	mount -t ext4 /dev/sda /persist || die "mount the persistent disk"
	mkdir -p /persist/iommu-pt /etc/iommu-pt
	mount --bind /persist/iommu-pt /etc/iommu-pt
}

# -------------------------------------------------------------------- figures

# NAME SAMPLES COMMAND: to the host, which keeps it; samples with commas between
give_figure() { host "figure $1 $2 $3" >/dev/null && diag "$1: $2"; }

# WORD...: as a shell would want them
quoted() {
	for _word in "$@"; do
		case $_word in
		*[!A-Za-z0-9_.:=/-]*) printf "'%s' " "$_word" ;;
		*)		      printf '%s ' "$_word" ;;
		esac
	done
}

# figure NAME COMMAND...: what it prints, a number a line
figure() {
	_figure=$1; shift
	_samples=$("$@" | tr '\n' ',')
	if [ -n "$_samples" ]; then
		give_figure "$_figure" "${_samples%,}" "$(quoted "$@")" && pass "measured: $_figure"
	else
		fail "measured: $_figure" "no figures: $*"
	fi
}

# ---------------------------------------------------------------------- guest

# Sets UPTIME, in seconds.
look_at_clock() {
	read -r UPTIME _ </proc/uptime
	UPTIME=${UPTIME%.*}
}

# SECONDS COMMAND...: gives up after so long, and as many looks as that is time for: of a
# machine that stood still itself, the clock alone says nothing.
wait_for() {
	look_at_clock
	_end=$((UPTIME + $1 * SLOWER)) _looks=$(($1 * 10)); shift
	until "$@" >/dev/null 2>&1; do
		look_at_clock
		_looks=$((_looks - 1))
		[ "$UPTIME" -le $_end ] || [ $_looks -gt 0 ] || return 1
		sleep 0.1
	done
}

# NAME: prints its value of the kernel's command line, NAME=VALUE
cmdline() { tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p"; }

mounted() { grep -q " $1 " /proc/mounts; }	# DIRECTORY

kernel_at_least() {	# MAJOR MINOR
	uname -r | awk -F. -v a="$1" -v b="$2" '{ exit !($1 > a || ($1 == a && $2 + 0 >= b)) }'
}

as_nobody() { /usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }	# COMMAND...
# CAPABILITY COMMAND...: as root that lacks it, as in a container
confined() {
	_cap=$1
	shift
	/usr/bin/setpriv --bounding-set "-$_cap" --inh-caps "-$_cap" "$@"
}

no_udev() { [ -z "$(pidof udevd)" ]; }

# [drivers]: start udev and let it see the devices that our rules look at, as at
# boot. Without the word it loads no drivers, so that a test says when.
start_udev() {
	[ "${1:-}" = drivers ] || ln -sf /dev/null /etc/udev/rules.d/80-drivers.rules
	udevd --daemon 3>&-
	_only=
	for _subsystem in pci platform module block net virtio nvme; do
		_only="$_only --subsystem-match=$_subsystem"
	done
	# shellcheck disable=SC2086 # words
	udevadm trigger --type=devices --action=add $_only
	udevadm settle --timeout=$((30 * SLOWER))
}
# It may say that it ends, and go on for good (systemd 257, on a slow machine): then the
# next module that loads is given the rules, to the surprise of whoever wanted none.
stop_udev() {
	udevadm control --exit
	wait_for 5 no_udev || killall -9 udevd
	rm -f /etc/udev/rules.d/80-drivers.rules
}

# Mark a place in the kernel's log; log_since MARK prints what came after it.
log_mark() { echo "<6>mark $1" >/dev/kmsg; }
log_since() { dmesg | sed "1,/mark $1\$/d"; }

# -------------------------------------------------------- devices, by address

PCI=/sys/bus/pci/devices

# LINK: prints the last part of what it points to, or "none".
pointed_to() {
	_target=$(readlink "$1")
	_target=${_target##*/}
	echo "${_target:-none}"
}

bound_driver() { pointed_to "$PCI/$1/driver"; }
bind() { echo "$2" >"/sys/bus/pci/drivers/$1/bind"; }			# DRIVER DEVICE
unbind() { [ ! -e "$PCI/$1/driver" ] || echo "$1" >"$PCI/$1/driver/unbind"; }
driver_override() { echo "${2:-}" >"$PCI/$1/driver_override"; }		# DEVICE [DRIVER]
probe() { echo "$1" >/sys/bus/pci/drivers_probe; }			# let a driver bind, as the kernel chooses
# DEVICE DRIVER: for wait_for, of what was plugged in. It is seen a moment before the
# kernel lets any driver bind to it.
gets_driver() { [ "$(bound_driver "$1")" = "$2" ] || { probe "$1"; return 1; }; }
remove() { echo 1 >"$PCI/$1/remove"; }
rescan() { echo 1 >/sys/bus/pci/rescan; }

group_of() { pointed_to "$PCI/$1/iommu_group"; }	# prints the number
group_members() { ls "$PCI/$1/iommu_group/devices"; }
domain_type() { cat "$PCI/$1/iommu_group/type"; }
set_domain_type() { echo "$2" >"$PCI/$1/iommu_group/type"; }	# by hand, without our module
is_type() { [ "$(domain_type "$1")" = "$2" ]; }			# DEVICE TYPE
is_identity() { is_type "$1" identity; }
translated() { case $(domain_type "$1") in DMA|DMA-FQ) ;; *) return 1 ;; esac; }

# PORT: prints the address of what is plugged into a root port; fails if empty.
below() {
	for _dev in "$PCI/$1"/????:??:??.?; do
		[ -e "$_dev" ] && basename "$_dev" && return
	done
	return 1
}

# PORT: prints where its register Slot Control is, in the capability 16 (PCI Express), and
# what it says.
slot_control() {
	od -An -v -tu1 -w1 -N 256 "$PCI/$1/config" | awk '
		{ byte[NR - 1] = $1 + 0 }
		END {
			for (at = byte[52]; at && byte[at] != 16; at = byte[at + 1])
				;
			print at + 24, byte[at + 24] + byte[at + 25] * 256
		}'
}
set_slot_control() {	# PORT OFFSET VALUE
	printf %b "$(printf '\\0%03o\\0%03o' $(($3 & 255)) $(($3 >> 8)))" |
		dd of="$PCI/$1/config" bs=2 seek=$(($2 / 2)) conv=notrunc
}

# PORT: what is plugged in is not there any more, and nobody was asked. QEMU empties a
# slot whose power and power indicator (bits 8 to 10) are off. "device_del" and the slot's
# file "power" ask the kernel first. It is not interrupted (bit 5) until the power is back,
# for a slot without power it takes for one that it has emptied itself.
pull_out() {
	# shellcheck disable=SC2046 # words
	set -- "$1" $(slot_control "$1")
	set_slot_control "$1" "$2" $((($3 | 0x700) & ~0x20)) && set_slot_control "$@"
}
# PORT: has the kernel done with a slot that it has found empty, and put it out? What is
# plugged in before QEMU takes out again then.
slot_is_off() {
	# shellcheck disable=SC2046 # words
	set -- $(slot_control "$1")
	[ $(($2 & 0x700)) -eq $((0x700)) ]
}
# Is it the port that tells the kernel what comes and goes (pciehp), and not the firmware
# (acpiphp)? With that QEMU has the register say nothing, and nothing can be pulled out.
port_tells() { [ -e "$PCI/$1/$1:pcie004" ]; }	# PORT

# DEVICE raw|api: where does the edu device's DMA land? (kmod/edu_dma.c)
dma_lands() {
	echo "$2" >"$PCI/$1/dma" && cat "$PCI/$1/dma"
}

# As after a boot: no module of ours, no test driver, the kernel's own domains.
fresh() {
	modprobe -ra iommu-pt-policy witness edu_dma nvme e1000e 2>/dev/null
	for _dev in $NVME $NIC $EDU $FN0 $FN1 $FN2; do
		unbind "$_dev"
		driver_override "$_dev"
		set_domain_type "$_dev" auto
	done 2>/dev/null
	rm -rf /etc/iommu-pt/rules.d
}

# The machine vtd's devices (machines.toml)
NVME=0000:00:03.0 NIC=0000:00:04.0 EDU=0000:00:05.0
PORT1=0000:00:06.0 PORT2=0000:00:06.1 PORT3=0000:00:06.2
FN0=0000:00:07.0 FN1=0000:00:07.1 FN2=0000:00:07.2
PORT_EXTERNAL=0000:00:08.0

netdev_of() {
	for _dev in "$PCI/$1"/net/* "$PCI/$1"/virtio*/net/*; do
		[ -e "$_dev" ] && basename "$_dev" && return
	done
	return 1
}
blockdev_of() {
	for _dev in "$PCI/$1"/nvme/nvme*/nvme*n* "$PCI/$1"/ata*/host*/target*/*/block/*; do
		[ -e "/dev/${_dev##*/}" ] && echo "${_dev##*/}" && return
	done
	return 1
}

# DEVICE: a block read past the page cache, with what the host wrote there.
reads_blocks() {
	_disk=$(blockdev_of "$1") &&
	dd if="/dev/$_disk" bs=512 skip=1234 count=1 iflag=direct 2>/dev/null |
		grep -q 'block 00001234'
}

# DEVICE: a packet goes out and another comes back.
reaches_network() {
	_if=$(netdev_of "$1") && ip link set "$_if" up &&
	ip addr replace 10.0.2.15/24 dev "$_if" &&
	wait_for 15 ping -c 1 -W 1 -I "$_if" 10.0.2.2
}
