// SPDX-License-Identifier: GPL-2.0
/*
 * A PCI driver that takes any device it is given (by driver_override or new_id)
 * and bears witness to the domain that the device had when its probe ran:
 * "witness_domain" in the device's folder, and a line in the log. And a platform
 * driver that only takes them.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "domain_name.h"

static int fail_probes;
module_param(fail_probes, int, 0644);
MODULE_PARM_DESC(fail_probes, "So many probes to come fail with EIO");

static bool hold;
module_param(hold, bool, 0644);
MODULE_PARM_DESC(hold, "Probes wait until this is unset");

static char *expect;
module_param(expect, charp, 0444);
MODULE_PARM_DESC(expect, "Another domain than this at probe is logged as MISMATCH");

static ssize_t witness_domain_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", (const char *)dev_get_drvdata(dev));
}
static DEVICE_ATTR_RO(witness_domain);

static struct attribute *witness_attrs[] = {
	&dev_attr_witness_domain.attr,
	NULL
};
ATTRIBUTE_GROUPS(witness);

static int witness_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const char *domain = domain_name(&pdev->dev);

	if (READ_ONCE(hold))
		pci_info(pdev, "probe waits as asked\n");
	while (READ_ONCE(hold))
		msleep(20);
	if (fail_probes > 0) {
		fail_probes--;
		pci_info(pdev, "probe fails as asked, domain %s\n", domain);
		return -EIO;
	}
	pci_info(pdev, "probed in domain %s\n", domain);
	if (expect && strcmp(expect, domain))
		pci_err(pdev, "MISMATCH: domain %s, expected %s\n", domain, expect);
	pci_set_drvdata(pdev, (void *)domain);
	return 0;
}

/* No id_table, not even an empty one, with which new_id takes nothing. */
static struct pci_driver witness_driver = {
	.name = "witness",
	.probe = witness_probe,
	.dev_groups = witness_groups,
};

static int take(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver witness_platform_driver = {
	.probe = take,
	.driver.name = "witness",
};

static int __init witness_init(void)
{
	int ret = platform_driver_register(&witness_platform_driver);

	if (ret)
		return ret;
	ret = pci_register_driver(&witness_driver);
	if (ret)
		platform_driver_unregister(&witness_platform_driver);
	return ret;
}

static void __exit witness_exit(void)
{
	pci_unregister_driver(&witness_driver);
	platform_driver_unregister(&witness_platform_driver);
}

module_init(witness_init);
module_exit(witness_exit);

MODULE_DESCRIPTION("Test driver: which domain has a device when its probe runs?");
MODULE_LICENSE("GPL");
