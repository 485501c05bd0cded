# SPDX-License-Identifier: GPL-2.0
# DKMS failed to build the module: dpkg says so, and the machine boots.
. /tests/lib.sh
. /tests/boot/lib.sh

record() { cat "/root/records/$1"; }

unlike "$(record unbuilt)" "*status 0" "the installation of the module failed in sight"
like "$(record unbuilt)" "*make.log*" "and said where to look"
like "$(record unbuilt-packages)" "*ptctl installed*" "ptctl is installed"
like "$(record unbuilt-packages)" "*iommu-pt-policy-dkms half-configured*" "the module's package waits"
like "$(record mended)" "*status 0" "with the headers mended, dpkg completes it"
reached_login
not_in_force "modprobe: *iommu-pt-policy not found*" "the boot tells that there is no module"
done_testing
