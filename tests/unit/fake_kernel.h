/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of a kernel as kmod/virtio.c needs, so that a test can be the device:
 * PCI config space with a window into a virtio device's registers, an MMIO
 * device, and a virtio driver's child. The includes of the source are empty.
 */
#ifndef TESTS_FAKE_KERNEL_H
#define TESTS_FAKE_KERNEL_H

#include <linux/pci_regs.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define __iomem
#define __packed		__attribute__((packed))
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define IS_ALIGNED(x, a)	(((x) & ((a) - 1)) == 0)
#define lower_32_bits(n)	((u32)(n))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define VIRTIO_F_VERSION_1		32
#define VIRTIO_F_ACCESS_PLATFORM	33
#define IORESOURCE_MEM			0x200

/* What only compat.h needs. */
#define LINUX_VERSION_CODE	0
#define KERNEL_VERSION(a, b, c)	1
#define IS_ENABLED(option)	0
#define NETLINK_MAX_FMTMSG_LEN	80
#define async_synchronize_full()	((void)0)
struct netlink_ext_ack {
	char _msg_buf[NETLINK_MAX_FMTMSG_LEN];
};
struct bus_type {
	const char *name;
};
enum cc_attr {
	CC_ATTR_MEM_ENCRYPT,
	CC_ATTR_GUEST_MEM_ENCRYPT,
};
static inline bool cc_platform_has(enum cc_attr attr)
{
	return attr && false;
}

struct device {
	const struct bus_type *bus;
	void *driver;
	struct device *child;
	bool locked;
};

struct resource {
	u64 start, size;
};

struct platform_device {
	struct device dev;
	struct resource *resource;
};

/* A device's registers: what is selected, and the features. */
struct registers {
	u32 select;
	u32 features[2];
	bool is_deaf;		/* to what is written */
};

struct pci_dev {
	struct device dev;
	u16 device;
	u8 config[PCI_CFG_SPACE_SIZE];
	u8 window;		/* place of its capability, if it has one */
	u32 common;		/* offset of its registers in BAR 4 */
	struct registers registers;
	bool is_gone;
	int locks;
	unsigned int strays;	/* writes that are none of anybody's business */
};

struct virtio_device;
struct virtio_config_ops {
	u64 (*get_features)(struct virtio_device *vdev);
};

struct virtio_device {
	struct device dev;
	const struct virtio_config_ops *config;
	u64 features;
};

extern const struct bus_type pci_bus, platform_bus;

#define dev_is_pci(d)		((d)->bus == &pci_bus)
#define dev_is_platform(d)	((d)->bus == &platform_bus)
#define to_pci_dev(d)		container_of(d, struct pci_dev, dev)
#define to_platform_device(d)	container_of(d, struct platform_device, dev)
#define dev_to_virtio(d)	container_of(d, struct virtio_device, dev)
#define device_lock_assert(d)	((void)(d))
#define PCI_STD_NUM_BARS	6

static inline bool device_trylock(struct device *dev)
{
	return !dev->locked && (dev->locked = true);
}

static inline void device_unlock(struct device *dev)
{
	dev->locked = false;
}

static inline int device_for_each_child(struct device *dev, void *data,
					int (*fn)(struct device *, void *))
{
	return dev->child ? fn(dev->child, data) : 0;
}

/* ---- PCI ---- */

static inline bool pci_device_is_present(struct pci_dev *pdev)
{
	return !pdev->is_gone;
}

static inline void pci_cfg_access_lock(struct pci_dev *pdev)
{
	pdev->locks++;
}

static inline void pci_cfg_access_unlock(struct pci_dev *pdev)
{
	pdev->locks--;
}

/* The register that the window is aimed at, by its length; NULL for none. */
static inline u32 *aimed_at(struct pci_dev *pdev)
{
	struct registers *regs = &pdev->registers;
	u8 *cap = pdev->config + pdev->window;
	u32 offset, length;

	memcpy(&offset, cap + 8, sizeof(offset));
	memcpy(&length, cap + 12, sizeof(length));
	if (cap[4] != 4 || length != 4)
		return NULL;
	if (offset == pdev->common)
		return &regs->select;
	if (offset == pdev->common + 4 && regs->select < 2)
		return &regs->features[regs->select];
	return NULL;
}

static inline bool is_window_data(struct pci_dev *pdev, unsigned int pos)
{
	return pdev->window && pos == pdev->window + 16U;
}

static inline void config_read(struct pci_dev *pdev, unsigned int pos,
			       void *value, size_t size)
{
	u32 *reg = is_window_data(pdev, pos) ? aimed_at(pdev) : NULL;

	memset(value, 0xff, size);
	if (pdev->is_gone || pos + size > sizeof(pdev->config))
		return;
	memcpy(value, reg ? (u8 *)reg : pdev->config + pos, size);
}

static inline void config_write(struct pci_dev *pdev, unsigned int pos,
				const void *value, size_t size)
{
	u32 *reg = is_window_data(pdev, pos) ? aimed_at(pdev) : NULL;

	if (!pdev->locks || !pdev->window || pos < pdev->window + 4U ||
	    pos + size > pdev->window + 20U ||
	    (is_window_data(pdev, pos) && reg != &pdev->registers.select))
		pdev->strays++;
	else if (!reg)
		memcpy(pdev->config + pos, value, size);
	else if (!pdev->registers.is_deaf)
		memcpy(reg, value, size);
}

#define pci_read_config_byte(d, pos, value)	config_read(d, pos, value, 1)
#define pci_read_config_dword(d, pos, value)	config_read(d, pos, value, 4)

static inline void pci_write_config_byte(struct pci_dev *pdev,
					 unsigned int pos, u8 value)
{
	config_write(pdev, pos, &value, sizeof(value));
}

static inline void pci_write_config_dword(struct pci_dev *pdev,
					  unsigned int pos, u32 value)
{
	config_write(pdev, pos, &value, sizeof(value));
}

/* As the kernel does: bounded, and nothing below 0x40. */
static inline u8 find_cap(struct pci_dev *pdev, u8 pos, int id)
{
	u8 entry[2];
	int ttl = 48;

	config_read(pdev, pos, &pos, 1);
	while (ttl-- && pos >= 0x40) {
		pos &= ~3;
		config_read(pdev, pos, entry, sizeof(entry));
		if (entry[0] == 0xff)
			break;
		if (entry[0] == id)
			return pos;
		pos = entry[1];
	}
	return 0;
}

static inline u8 pci_find_capability(struct pci_dev *pdev, int id)
{
	return find_cap(pdev, PCI_CAPABILITY_LIST, id);
}

static inline u8 pci_find_next_capability(struct pci_dev *pdev, u8 pos, int id)
{
	return find_cap(pdev, pos + PCI_CAP_LIST_NEXT, id);
}

/* ---- MMIO: one device at a time ---- */

struct mmio {
	u32 magic, version, id;
	struct registers registers;
	unsigned int strays;
	int mapped;
};

extern struct mmio mmio;
extern bool ioremap_fails;

static inline struct resource *platform_get_resource(struct platform_device *pdev,
						     int type, int index)
{
	(void)type;
	(void)index;
	return pdev->resource;
}

#define resource_size(res)	((res)->size)

static inline u8 *ioremap(u64 start, u64 size)
{
	(void)size;
	if (ioremap_fails)
		return NULL;
	mmio.mapped++;
	return (u8 *)(uintptr_t)start;
}

static inline void iounmap(u8 *regs)
{
	(void)regs;
	mmio.mapped--;
}

static inline u32 mmio_read(uintptr_t offset)
{
	switch (offset & 0xfff) {
	case 0x000:
		return mmio.magic;
	case 0x004:
		return mmio.version;
	case 0x008:
		return mmio.id;
	case 0x010:
		return mmio.registers.features[mmio.registers.select & 1];
	default:
		mmio.strays++;
		return ~0U;
	}
}

static inline void mmio_write(u32 value, uintptr_t offset)
{
	if ((offset & 0xfff) == 0x014 && mmio.version == 2)
		mmio.registers.select = value;
	else
		mmio.strays++;
}

#define readl(p)	mmio_read((uintptr_t)(p))
#define writel(v, p)	mmio_write(v, (uintptr_t)(p))

#endif /* TESTS_FAKE_KERNEL_H */
