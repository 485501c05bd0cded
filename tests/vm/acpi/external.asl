/* SPDX-License-Identifier: GPL-2.0 */
/* What a laptop's firmware says of a Thunderbolt port: the root port in slot 8
 * (QEMU names it by devfn: S40) leads outside. */
DefinitionBlock ("", "SSDT", 2, "IOMMPT", "EXTPORT", 1)
{
	External (\_SB.PCI0.S40, DeviceObj)
	Scope (\_SB.PCI0.S40)
	{
		Name (_DSD, Package ()
		{
			ToUUID ("efcc06cc-73ac-4bc3-bff0-76143807c389"),
			Package () { Package () { "ExternalFacingPort", 1 } }
		})
	}
}
