// SPDX-License-Identifier: GPL-2.0
#include <linux/acpi.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kobject.h>
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include "subject.h"

#define VIRTIO_PCI_DEVICE_FIRST	0x1000
#define VIRTIO_PCI_DEVICE_LAST	0x107f

static const struct acpi_device_id virtio_mmio_acpi[] = {
	{ "LNRO0005" },
	{ }
};

bool subject_is_virtio(struct device *dev)
{
	if (dev_is_pci(dev)) {
		struct pci_dev *pdev = to_pci_dev(dev);

		return pdev->vendor == PCI_VENDOR_ID_REDHAT_QUMRANET &&
		       pdev->device >= VIRTIO_PCI_DEVICE_FIRST &&
		       pdev->device <= VIRTIO_PCI_DEVICE_LAST;
	}
	if (dev_is_platform(dev))
		return of_device_is_compatible(dev->of_node, "virtio,mmio") ||
		       !acpi_match_device_ids(ACPI_COMPANION(dev),
					      virtio_mmio_acpi) ||
		       !strcmp(to_platform_device(dev)->name, "virtio-mmio");
	return false;
}

bool subject_is_external(struct device *dev)
{
	if (dev_is_pci(dev) && to_pci_dev(dev)->untrusted)
		return true;
	return dev_is_removable(dev);
}

void subject_fill(struct rule_subject *subject, struct device *dev)
{
	subject->bus = dev->bus->name;
	subject->name = dev_name(dev);
	subject->modalias = NULL;
	subject->external = subject_is_external(dev) ? RULE_YES : RULE_NO;
	subject->virtio = subject_is_virtio(dev) ? RULE_YES : RULE_NO;
}

static const char *find_variable(const struct kobj_uevent_env *env,
				 const char *key)
{
	size_t len = strlen(key);
	int i;

	for (i = 0; i < env->envp_idx; i++)
		if (!strncmp(env->envp[i], key, len))
			return env->envp[i] + len;
	return NULL;
}

char *subject_modalias(struct device *dev)
{
	struct kobj_uevent_env *env;
	const char *found = NULL;
	char *modalias = NULL;

	if (!dev->bus->uevent)
		return NULL;
	env = kzalloc(sizeof(*env), GFP_KERNEL);
	if (!env)
		return ERR_PTR(-ENOMEM);
	if (!dev->bus->uevent(dev, env))
		found = find_variable(env, "MODALIAS=");
	if (found) {
		modalias = kstrdup(found, GFP_KERNEL);
		if (!modalias)
			modalias = ERR_PTR(-ENOMEM);
	}
	kfree(env);
	return modalias;
}
