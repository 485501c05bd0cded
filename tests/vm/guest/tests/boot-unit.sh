# SPDX-License-Identifier: GPL-2.0
# An initramfs that knows nothing of the project: the systemd unit loads the module and
# the rules, from within what it is confined to.
. /tests/lib.sh
. /tests/boot/lib.sh

reached_login
is "$(systemctl show -P Result iommu-pt.service) $(systemctl is-active iommu-pt.service)" \
	"success active" "the unit has done it"
forbidden=$(systemctl show -P SystemCallFilter iommu-pt.service)
like "$forbidden" "~* mount *" "it may not mount"
unlike "$forbidden" "* finit_module *" "but load modules"
unlike "$(systemctl show -P CapabilityBoundingSet iommu-pt.service)" "*cap_dac_override*" \
	"and has few capabilities"
# The initramfs has loaded both drivers already.
for device in $NVME $NIC; do
	is "$(cat $PCI/$device/iommu_pt/status) $(cat $PCI/$device/iommu_pt/source)" \
		"pending admin" "$device: the admin's rule waits for its driver"
done
is "$(complaints)" "" "nothing to complain about"
done_testing
