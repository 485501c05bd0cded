# SPDX-License-Identifier: GPL-2.0
# The nearest thing without this project: driverctl gives the network card another
# driver at boot. For comparison, what that takes.
. /tests/lib.sh
. /tests/boot/lib.sh

has_other_driver() { [ "$(bound_driver $NIC)" = vfio-pci ]; }

reached_login
check "driverctl did it" wait_for 60 has_other_driver
check "after the card's own driver" test "$(line_of 'e1000e: Intel')" -gt 0
unbound=$(dmesg | grep -c "e1000e $NIC .*removed PHC")
is "$unbound" 1 "which was pulled away for it"
diag "driverctl: $unbound rebinds; at $(dmesg | grep -F "e1000e $NIC" | grep -m1 'removed PHC' |
	sed 's/^\[ *//; s/\].*//') s"
diag "$(systemd-analyze time 2>&1 | head -1)"
diag "$(systemd-analyze blame --no-pager | grep driverctl)"
done_testing
