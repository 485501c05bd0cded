// SPDX-License-Identifier: GPL-2.0
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/stddef.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>
#include "compat.h"
#include "virtio.h"

#define UNKNOWN		IOMMU_PT_VIRTIO_ACCESS_UNKNOWN
#define OFFERED		IOMMU_PT_VIRTIO_ACCESS_OFFERED
#define ABSENT		IOMMU_PT_VIRTIO_ACCESS_ABSENT

/* Feature bits are read 32 at a time; the two here are in the second lot. */
#define FEATURES_WORD	1
#define WORD_VERSION_1	BIT(VIRTIO_F_VERSION_1 - 32)
#define WORD_ACCESS	BIT(VIRTIO_F_ACCESS_PLATFORM - 32)

/* A modern device offers VERSION_1: without it this is no feature word. */
static enum iommu_pt_virtio_access judge_word(u32 word)
{
	if (word == ~0U || !(word & WORD_VERSION_1))
		return UNKNOWN;
	return word & WORD_ACCESS ? OFFERED : ABSENT;
}

/* ---- through the virtio driver of the transport ---- */

/* The driver of the child selects and reads features too, in its probe. */
static int ask_child(struct device *child, void *data)
{
	enum iommu_pt_virtio_access *access = data;
	u64 features;

	if (!child->bus || strcmp(child->bus->name, "virtio"))
		return 0;
	if (!device_trylock(child))
		return 1;
	features = compat_virtio_features(dev_to_virtio(child));
	device_unlock(child);
	/* So it reads when the device is gone. */
	if (lower_32_bits(features) != ~0U)
		*access = features & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) ?
			  OFFERED : ABSENT;
	return 1;
}

static enum iommu_pt_virtio_access ask_driver(struct device *dev)
{
	enum iommu_pt_virtio_access access = UNKNOWN;

	device_for_each_child(dev, &access, ask_child);
	return access;
}

/* ---- PCI, through the window in the config space: BARs need not be set ---- */

#define CAPS_MAX		48	/* more do not fit */
#define FIRST_MODERN_ID		0x1040	/* those below have a legacy interface */

/* Where the window and what is looked at through it are. */
struct window {
	struct pci_dev *pdev;
	u8 pos;			/* of its capability, 0 if there is none */
	u8 bar;			/* of the common configuration */
	u32 common;		/* offset of that in @bar */
	bool has_common;
};

static void note_common(struct window *win, u8 pos)
{
	u32 length;

	pci_read_config_byte(win->pdev, pos + VIRTIO_PCI_CAP_BAR, &win->bar);
	pci_read_config_dword(win->pdev, pos + VIRTIO_PCI_CAP_OFFSET,
			      &win->common);
	pci_read_config_dword(win->pdev, pos + VIRTIO_PCI_CAP_LENGTH, &length);
	win->has_common = win->bar < PCI_STD_NUM_BARS &&
			  IS_ALIGNED(win->common, sizeof(u32)) &&
			  length >= sizeof(struct virtio_pci_common_cfg) &&
			  win->common + length > win->common;
}

static void note_cap(struct window *win, u8 pos)
{
	u8 len, type;

	pci_read_config_byte(win->pdev, pos + VIRTIO_PCI_CAP_LEN, &len);
	pci_read_config_byte(win->pdev, pos + VIRTIO_PCI_CAP_CFG_TYPE, &type);
	if (pos + len > PCI_CFG_SPACE_SIZE)
		return;
	if (type == VIRTIO_PCI_CAP_COMMON_CFG && !win->has_common &&
	    len >= sizeof(struct virtio_pci_cap))
		note_common(win, pos);
	else if (type == VIRTIO_PCI_CAP_PCI_CFG && !win->pos &&
		 len >= sizeof(struct virtio_pci_cfg_cap))
		win->pos = pos;
}

/* The list is the device's word, and may be a loop. */
static void find_window(struct window *win, struct pci_dev *pdev)
{
	unsigned int n;
	u8 pos;

	*win = (struct window){ .pdev = pdev };
	pos = pci_find_capability(pdev, PCI_CAP_ID_VNDR);
	for (n = 0; pos && n < CAPS_MAX; n++) {
		note_cap(win, pos);
		pos = pci_find_next_capability(pdev, pos, PCI_CAP_ID_VNDR);
	}
}

static void aim(struct window *win, u8 bar, u32 offset, u32 length)
{
	pci_write_config_byte(win->pdev, win->pos + VIRTIO_PCI_CAP_BAR, bar);
	pci_write_config_dword(win->pdev, win->pos + VIRTIO_PCI_CAP_OFFSET,
			       offset);
	pci_write_config_dword(win->pdev, win->pos + VIRTIO_PCI_CAP_LENGTH,
			       length);
}

static u32 read_common(struct window *win, u32 field)
{
	u32 value = ~0U;

	aim(win, win->bar, win->common + field, sizeof(value));
	pci_read_config_dword(win->pdev, win->pos +
			      offsetof(struct virtio_pci_cfg_cap, pci_cfg_data),
			      &value);
	return value;
}

static void write_common(struct window *win, u32 field, u32 value)
{
	aim(win, win->bar, win->common + field, sizeof(value));
	pci_write_config_dword(win->pdev, win->pos +
			       offsetof(struct virtio_pci_cfg_cap, pci_cfg_data),
			       value);
}

#define SELECT	offsetof(struct virtio_pci_common_cfg, device_feature_select)
#define FEATURE	offsetof(struct virtio_pci_common_cfg, device_feature)

static enum iommu_pt_virtio_access read_window(struct window *win)
{
	enum iommu_pt_virtio_access access = UNKNOWN;
	u32 before = read_common(win, SELECT);

	write_common(win, SELECT, FEATURES_WORD);
	if (read_common(win, SELECT) == FEATURES_WORD)
		access = judge_word(read_common(win, FEATURE));
	write_common(win, SELECT, before);
	return access;
}

/* Whoever in userspace has the window open finds it as it was. */
static enum iommu_pt_virtio_access look_through(struct window *win)
{
	enum iommu_pt_virtio_access access;
	u32 offset, length;
	u8 bar;

	pci_cfg_access_lock(win->pdev);
	pci_read_config_byte(win->pdev, win->pos + VIRTIO_PCI_CAP_BAR, &bar);
	pci_read_config_dword(win->pdev, win->pos + VIRTIO_PCI_CAP_OFFSET,
			      &offset);
	pci_read_config_dword(win->pdev, win->pos + VIRTIO_PCI_CAP_LENGTH,
			      &length);
	access = read_window(win);
	aim(win, bar, offset, length);
	pci_cfg_access_unlock(win->pdev);
	return access;
}

static enum iommu_pt_virtio_access ask_pci(struct pci_dev *pdev)
{
	struct window win;

	if (!pci_device_is_present(pdev))
		return UNKNOWN;
	find_window(&win, pdev);
	if (win.has_common && win.pos)
		return look_through(&win);
	if (!win.has_common && pdev->device < FIRST_MODERN_ID)
		return ABSENT;
	return UNKNOWN;
}

/* ---- MMIO ---- */

#define MMIO_SIZE	0x100	/* of the registers that every device has */
#define MMIO_MAGIC	0x74726976

static enum iommu_pt_virtio_access read_mmio(void __iomem *regs)
{
	if (readl(regs + VIRTIO_MMIO_MAGIC_VALUE) != MMIO_MAGIC ||
	    !readl(regs + VIRTIO_MMIO_DEVICE_ID))
		return UNKNOWN;
	switch (readl(regs + VIRTIO_MMIO_VERSION)) {
	case 1:
		return ABSENT;
	case 2:
		/* It cannot be read, and each driver writes it first. */
		writel(FEATURES_WORD, regs + VIRTIO_MMIO_DEVICE_FEATURES_SEL);
		return judge_word(readl(regs + VIRTIO_MMIO_DEVICE_FEATURES));
	default:
		return UNKNOWN;
	}
}

static enum iommu_pt_virtio_access ask_mmio(struct platform_device *pdev)
{
	struct resource *res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	enum iommu_pt_virtio_access access;
	void __iomem *regs;

	if (!res || resource_size(res) < MMIO_SIZE)
		return UNKNOWN;
	regs = ioremap(res->start, MMIO_SIZE);
	if (!regs)
		return UNKNOWN;
	access = read_mmio(regs);
	iounmap(regs);
	return access;
}

enum iommu_pt_virtio_access virtio_access(struct device *dev)
{
	device_lock_assert(dev);
	if (dev->driver)
		return ask_driver(dev);
	if (dev_is_pci(dev))
		return ask_pci(to_pci_dev(dev));
	if (dev_is_platform(dev))
		return ask_mmio(to_platform_device(dev));
	return UNKNOWN;
}
