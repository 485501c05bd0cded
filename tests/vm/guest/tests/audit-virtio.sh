# SPDX-License-Identifier: GPL-2.0
# What virtio transports offer is seen when it can be, and never guessed; vfio on
# one that goes past the IOMMU is critical.
. /tests/lib.sh

OFF=0000:00:03.0 ON=0000:00:04.0 LEGACY=0000:00:06.0 SPARE=0000:00:09.0

audit() {	# WHEN WANTED
	exits 3 "$1: audit" ptctl audit --json
	is "$(jq -r '.findings[] | .id + "@" + (.device // "-")' /run/test/out | sort | tr '\n' ' ')" "$2" "$1: the findings"
}
confined() { jq -r '.devices[] | select(.device == "'"$1"'").confined' /run/test/out; }

audit "no driver" "virtio-bypass@$LEGACY "
is "$(confined $OFF)" unknown "what is offered is not known yet"
is "$(confined $ON)" unknown "here neither"
is "$(confined $LEGACY)" no "a legacy device can only go past"
exits 0 "whoever is not root" as_nobody ptctl audit --json
is "$(confined $LEGACY)" unknown "cannot see that, and is not told more"

modprobe -a virtio_pci virtio_blk virtio_net virtio_rng
wait_for 10 test -e $PCI/$SPARE/driver
audit "drivers" "virtio-bypass@$OFF virtio-bypass@$LEGACY virtio-bypass@$SPARE "
is "$(confined $ON)" yes "one that obeys is confined"
is "$(confined $OFF)" no "one that does not is not"
exits 3 "a record" ptctl audit --record /run/test/record
sed 's/^/record: /' /run/test/record >&2

check "module loads" modprobe iommu-pt-policy rebind=never
audit "the platform vouches" "truthful-contradicted@$OFF truthful-contradicted@$LEGACY truthful-contradicted@$SPARE virtio-bypass@$OFF virtio-bypass@$LEGACY virtio-bypass@$SPARE "

modprobe vfio_pci
for dev in $SPARE $ON; do
	unbind $dev
	driver_override $dev vfio-pci
	probe $dev
	is "$(bound_driver $dev)" vfio-pci "vfio has $dev"
done
exits 3 "with vfio" ptctl audit --json
is "$(jq -r '.findings[0] | .severity + " " + .id + " " + .device' /run/test/out)" \
	"critical vfio-unconfined $SPARE" "the first finding is critical"
is "$(jq '[.findings[] | select(.severity == "critical")] | length' /run/test/out)" 1 "and no other is"
is "$(confined $ON)" yes "vfio on one that obeys is confined"
check "module unloads" modprobe -r iommu-pt-policy
done_testing
