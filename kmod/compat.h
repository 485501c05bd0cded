/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that this module knows of kernel versions. A guard asks for the thing
 * itself where it can (stable kernels get backports), for the version where
 * it cannot.
 */
#ifndef IOMMU_PT_COMPAT_H
#define IOMMU_PT_COMPAT_H

#include <linux/async.h>
#include <linux/cc_platform.h>
#include <linux/device.h>
#include <linux/netlink.h>
#include <linux/sysfs.h>
#include <linux/version.h>
#include <linux/virtio_config.h>

/*
 * Before 6.4 the core changes the type of a group under the device_lock of
 * its only device, and of no group that has more devices than one. From then
 * on it takes the group's mutex, whatever the group's size.
 */
#define COMPAT_TYPE_LOCKS_DEVICE	(LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0))

/*
 * Before 6.15 the core asks firmware's tables which IOMMU a device is behind
 * only when a driver binds to it. From then on it does at ADD_DEVICE, and
 * complains of whoever asks later.
 */
#define COMPAT_GROUP_AT_PROBE	(LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0))

/*
 * Before 6.2 nvme frees the last of its memory for DMA when the last has let go of its
 * controller, which may be long after its remove. From then on its remove does. Where
 * the operations for DMA are gone with the remove (arm64), so is the only way to free
 * that rightly, and it must not be held back for a moment.
 */
#define COMPAT_NVME_FREES_LATE	(LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0) && \
				 !IS_ENABLED(CONFIG_ARCH_HAS_TEARDOWN_DMA_OPS))

/*
 * To be called before a driver is released, by who has no lock that a probe may need.
 * Before 6.2 a controller of nvme that goes in the middle of its probe, of which a half
 * is asynchronous, is always let go of late.
 */
static inline void compat_await_probes(void)
{
	if (LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0))
		async_synchronize_full();
}

/* The bus notifier functions take a const bus since 6.4. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
typedef struct bus_type compat_bus;
#else
typedef const struct bus_type compat_bus;
#endif

/* bin_attribute's read got a const attribute in 6.17 for good. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
typedef struct bin_attribute compat_bin_attribute;
#else
typedef const struct bin_attribute compat_bin_attribute;
#endif

/* Not saying whether a workqueue is bound means the same before 6.17. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define COMPAT_WQ_PERCPU	0
#else
#define COMPAT_WQ_PERCPU	WQ_PERCPU
#endif

/*
 * Before 6.2 an extack holds a static string only, and is read after the
 * handler has returned. A few buffers in turn do: that many refusals at the
 * same moment would have to happen for one to show another's words.
 */
#ifdef NETLINK_MAX_FMTMSG_LEN
#define COMPAT_EXTACK_LEN	NETLINK_MAX_FMTMSG_LEN
static inline char *compat_extack_buffer(struct netlink_ext_ack *extack)
{
	return extack->_msg_buf;
}
#else
#define COMPAT_EXTACK_LEN	256
static inline char *compat_extack_buffer(struct netlink_ext_ack *extack)
{
	static char buffers[16][COMPAT_EXTACK_LEN];
	static atomic_t turn;

	return buffers[(unsigned int)atomic_inc_return(&turn) %
		       ARRAY_SIZE(buffers)];
}
#endif

/*
 * A virtio device's first 64 feature bits, as its transport reads them now. Since
 * there are more (6.17), a transport may have no get_features(). What says how many
 * has had two names since, and what declares them one.
 */
static inline u64 compat_virtio_features(struct virtio_device *vdev)
{
#ifdef VIRTIO_DECLARE_FEATURES
	struct {
		VIRTIO_DECLARE_FEATURES(bits);
	} features;

	virtio_get_features(vdev, features.bits_array);
	return features.bits;
#else
	return vdev->config->get_features(vdev);
#endif
}

/*
 * Is this a confidential guest? Of a realm on arm64, kernels (from 6.13 on) said at
 * first only that memory is encrypted, which there nothing but a realm has.
 */
static inline bool compat_is_confidential(void)
{
	return cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT) ||
	       (IS_ENABLED(CONFIG_ARM64) && cc_platform_has(CC_ATTR_MEM_ENCRYPT));
}

#endif /* IOMMU_PT_COMPAT_H */
