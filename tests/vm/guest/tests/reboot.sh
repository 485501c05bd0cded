# SPDX-License-Identifier: GPL-2.0
# A test goes on after a reboot, with its files and nothing else.
. /tests/lib.sh

need_persist
case $STAGE in
"")	echo kept >/etc/iommu-pt/file
	echo lost >/run/file
	pass "before the reboot"
	reboot_and_continue after
	;;
after)	is "$(cat /etc/iommu-pt/file)" kept "/etc/iommu-pt outlives a reboot"
	check "the rest does not" test ! -e /run/file
	;;
esac
done_testing
