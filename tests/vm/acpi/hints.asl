/* SPDX-License-Identifier: GPL-2.0 */
/* What a platform says of its devices by the property linux,iommu-pt-policy.
 * QEMU names slots by devfn: S18 is 03.0, S20 is 04.0, S38 is 07.0. */
DefinitionBlock ("", "SSDT", 2, "IOMMPT", "HINTS", 1)
{
	External (\_SB.PCI0.S18, DeviceObj)
	External (\_SB.PCI0.S20, DeviceObj)
	External (\_SB.PCI0.S38, DeviceObj)
	Scope (\_SB.PCI0.S18)
	{
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package () { Package () { "linux,iommu-pt-policy", "passthrough" } }
		})
	}
	Scope (\_SB.PCI0.S20)
	{
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package () { Package () { "linux,iommu-pt-policy", "passthrough" } }
		})
	}
	/* No word of ours, and what a terminal would obey. */
	Scope (\_SB.PCI0.S38)
	{
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package () { Package () { "linux,iommu-pt-policy", "strict\x1b[31m" } }
		})
	}
}
