// SPDX-License-Identifier: GPL-2.0
/*
 * Driver of QEMU's "edu" device, which can be told to do DMA to any address.
 * It shows whether the IOMMU translates a device, by where the bytes end up:
 * the memory is looked at, no label is believed.
 *
 *   probe_domain   the domain's type while probe ran
 *   dma            write "raw" or "api", then read what came of it:
 *                  raw: the device writes to the physical address of a page
 *                       that was never mapped for it
 *                  api: the device writes to what the DMA API gave it
 *     landed       the pattern is in the memory, complete
 *     missed       the memory is as it was
 *     torn         neither: the test has gone wrong
 *     mapped       raw only: the domain maps that address, so nothing is shown
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "domain_name.h"

#define EDU_DMA_SRC	0x80
#define EDU_DMA_DST	0x88
#define EDU_DMA_COUNT	0x90
#define EDU_DMA_CMD	0x98
#define EDU_DMA_START	BIT(0)
#define EDU_DMA_TO_RAM	BIT(1)
#define EDU_BUFFER	0x40000	/* the device's own address of its buffer */

#define PATTERN_SIZE	64
#define UNTOUCHED	0xee

struct edu {
	struct pci_dev *pdev;
	struct mutex lock;		/* one DMA at a time */
	void __iomem *regs;
	const char *probe_domain;
	const char *result;
	u8 *buffer;			/* mapped by the DMA API */
	dma_addr_t buffer_dma;
	struct page *decoy;		/* mapped for nobody */
	u8 round;			/* makes each pattern a new one */
};

/* The device takes 100 ms for each transfer. */
static int transfer(struct edu *edu, u64 src, u64 dst, u64 direction)
{
	u64 cmd;

	writeq(src, edu->regs + EDU_DMA_SRC);
	writeq(dst, edu->regs + EDU_DMA_DST);
	writeq(PATTERN_SIZE, edu->regs + EDU_DMA_COUNT);
	writeq(EDU_DMA_START | direction, edu->regs + EDU_DMA_CMD);
	return readq_poll_timeout(edu->regs + EDU_DMA_CMD, cmd, !(cmd & EDU_DMA_START),
				  5 * USEC_PER_MSEC, 5 * USEC_PER_SEC);
}

/* Through the DMA API, which works whatever the domain. */
static int load_pattern(struct edu *edu, u8 *pattern)
{
	int i;

	edu->round++;
	for (i = 0; i < PATTERN_SIZE; i++)
		pattern[i] = (i * 7 + edu->round) % UNTOUCHED;
	memcpy(edu->buffer, pattern, PATTERN_SIZE);
	return transfer(edu, edu->buffer_dma, EDU_BUFFER, 0);
}

static const char *look_at(const u8 *memory, const u8 *pattern)
{
	if (!memcmp(memory, pattern, PATTERN_SIZE))
		return "landed";
	if (!memchr_inv(memory, UNTOUCHED, PATTERN_SIZE))
		return "missed";
	return "torn";
}

static bool is_mapped(struct edu *edu, phys_addr_t phys)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(&edu->pdev->dev);

	return domain && domain->type != IOMMU_DOMAIN_IDENTITY &&
	       iommu_iova_to_phys(domain, phys);
}

static int do_dma(struct edu *edu, bool raw)
{
	u8 *memory = raw ? page_address(edu->decoy) : edu->buffer;
	u64 dst = raw ? page_to_phys(edu->decoy) : edu->buffer_dma;
	u8 pattern[PATTERN_SIZE];
	int ret;

	if (raw && is_mapped(edu, dst)) {
		edu->result = "mapped";
		return 0;
	}
	ret = load_pattern(edu, pattern);
	if (ret)
		return ret;
	memset(memory, UNTOUCHED, PATTERN_SIZE);
	wmb();	/* the device must not write before we have */
	ret = transfer(edu, EDU_BUFFER, dst, EDU_DMA_TO_RAM);
	if (ret)
		return ret;
	edu->result = look_at(memory, pattern);
	return 0;
}

static ssize_t probe_domain_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct edu *edu = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", edu->probe_domain);
}
static DEVICE_ATTR_RO(probe_domain);

static ssize_t dma_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct edu *edu = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", READ_ONCE(edu->result));
}

static ssize_t dma_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t count)
{
	struct edu *edu = dev_get_drvdata(dev);
	bool raw = sysfs_streq(buf, "raw");
	int ret;

	if (!raw && !sysfs_streq(buf, "api"))
		return -EINVAL;
	mutex_lock(&edu->lock);
	edu->result = "error";
	ret = do_dma(edu, raw);
	mutex_unlock(&edu->lock);
	return ret ?: count;
}
static DEVICE_ATTR_RW(dma);

static struct attribute *edu_attrs[] = {
	&dev_attr_probe_domain.attr,
	&dev_attr_dma.attr,
	NULL
};
ATTRIBUTE_GROUPS(edu);

static void free_decoy(void *page)
{
	__free_page(page);
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu;
	int ret;

	edu = devm_kzalloc(&pdev->dev, sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return -ENOMEM;
	edu->pdev = pdev;
	edu->probe_domain = domain_name(&pdev->dev);
	edu->result = "none";
	mutex_init(&edu->lock);

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	edu->regs = pcim_iomap(pdev, 0, 0);
	if (!edu->regs)
		return -ENOMEM;
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	edu->buffer = dmam_alloc_coherent(&pdev->dev, PAGE_SIZE, &edu->buffer_dma, GFP_KERNEL);
	if (!edu->buffer)
		return -ENOMEM;
	edu->decoy = alloc_page(GFP_KERNEL);
	if (!edu->decoy)
		return -ENOMEM;
	ret = devm_add_action_or_reset(&pdev->dev, free_decoy, edu->decoy);
	if (ret)
		return ret;

	pci_set_drvdata(pdev, edu);
	pci_set_master(pdev);
	pci_info(pdev, "probed in domain %s\n", edu->probe_domain);
	return 0;
}

static void edu_remove(struct pci_dev *pdev)
{
	pci_clear_master(pdev);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = "edu_dma",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
	.dev_groups = edu_groups,
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("Test driver: where does the DMA of QEMU's edu device land?");
MODULE_LICENSE("GPL");
