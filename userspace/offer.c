// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "offer.h"

#define ACCESS_PLATFORM_BIT	33
#define STATUS_FEATURES_OK	8

#define CONFIG_SIZE		256
#define CONFIG_ANYONE		64	/* who is not root can read so much */
#define CONFIG_CAPABILITIES	0x34
#define CAP_VENDOR		0x09
#define VIRTIO_CAP_COMMON	1

/* virtio0 below the transport; NULL while no driver is bound to that. */
static char *virtio_child(const struct sysroot *root, const char *folder)
{
	struct strings names = { 0 };
	char *child = NULL;

	sysroot_list(root, folder, "virtio[0-9]*", &names);
	if (names.count)
		child = xasprintf("%s/%s", folder, names.at[0]);
	strings_free(&names);
	return child;
}

/*
 * The negotiated bits tell what is offered, because the virtio core takes this
 * one whenever it is. They are valid once they were agreed on.
 */
static unsigned int from_negotiated(const struct sysroot *root,
				    const char *child, char **from)
{
	char *status = sysroot_line(root, child, "status");
	char *features = sysroot_line(root, child, "features");
	unsigned int access = IOMMU_PT_VIRTIO_ACCESS_UNKNOWN;

	if (status && strtoul(status, NULL, 16) & STATUS_FEATURES_OK &&
	    features && strlen(features) > ACCESS_PLATFORM_BIT) {
		access = features[ACCESS_PLATFORM_BIT] == '1' ?
				 IOMMU_PT_VIRTIO_ACCESS_OFFERED :
				 IOMMU_PT_VIRTIO_ACCESS_ABSENT;
		*from = xasprintf("%s/features: bit %d is %c",
				  strrchr(child, '/') + 1, ACCESS_PLATFORM_BIT,
				  features[ACCESS_PLATFORM_BIT]);
	}
	free(status);
	free(features);
	return access;
}

/* Does the configuration space have the capability of a modern device? */
static bool is_modern(const unsigned char *config)
{
	unsigned int at = config[CONFIG_CAPABILITIES], n;

	for (n = 0; at >= CONFIG_ANYONE && at + 4 <= CONFIG_SIZE && n < 48; n++) {
		if (config[at] == CAP_VENDOR &&
		    config[at + 3] == VIRTIO_CAP_COMMON)
			return true;
		at = config[at + 1] & 0xfc;
	}
	return false;
}

/* A device without the modern interface has no bit 33 to offer. */
static unsigned int from_config(const struct sysroot *root, const char *folder,
				char **from)
{
	unsigned char config[CONFIG_SIZE];
	size_t len = sysroot_bytes(root, folder, "config", config,
				   sizeof(config));

	if (len < sizeof(config) || is_modern(config))
		return IOMMU_PT_VIRTIO_ACCESS_UNKNOWN;
	*from = xstrdup("config: a legacy device, without the modern capability");
	return IOMMU_PT_VIRTIO_ACCESS_ABSENT;
}

unsigned int offer_read(const struct sysroot *root, const char *folder,
			bool legacy_id, char **from)
{
	unsigned int access = IOMMU_PT_VIRTIO_ACCESS_UNKNOWN;
	char *child = virtio_child(root, folder);

	*from = NULL;
	if (child)
		access = from_negotiated(root, child, from);
	if (access == IOMMU_PT_VIRTIO_ACCESS_UNKNOWN && legacy_id)
		access = from_config(root, folder, from);
	if (!*from)
		*from = xstrdup("no virtio driver is bound, which is when sysfs shows what is offered");
	free(child);
	return access;
}
