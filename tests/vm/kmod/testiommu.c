// SPDX-License-Identifier: GPL-2.0
/*
 * An IOMMU without hardware, for a guest that has no other: so many platform
 * devices ("testdev.0" and on), each in a group of its own, whose domains the
 * core changes as it does anybody's. It translates nothing, for nothing there
 * does DMA.
 *
 *   devices=N    so many of them
 *   acpi=HID     one more, with the ACPI node that has this ID as its companion
 *   dt=STRING    one more, with the DT node that is compatible with STRING
 *   amba=1       the AMBA devices that the machine has, too
 *   standins=1   one on each of the buses fsl-mc and host1x-context, whose devices
 *                no emulator has: nothing but a name and an ID
 *   foreign=N    so many on a bus that the core does not serve ("testbus"), to
 *                which the test gives groups by itself, as vfio's drivers do
 *
 * In /sys/module/testiommu/parameters: "present", 1 makes the devices; "folders",
 * 1 gives each a folder of four files, to see what these cost.
 *
 *   together=N   N devices with consecutive numbers, from a multiple of N, are
 *		  in one group
 *
 * Single devices come and go, on several CPUs at once, by their numbers:
 *
 *   /sys/kernel/testiommu/add, remove
 *
 * And it refuses what the core asks of it, when told so:
 *
 *   refuse_alloc=N, refuse_attach=N, refuse_probe=N, refuse_group=N
 *		  the Nth from now fails (with refuse_error, ENOMEM); 0 when that
 *		  has come to pass. The core forbids it of a device's first attach.
 */
#include <linux/acpi.h>
#include <linux/amba/bus.h>
#include <linux/dma-mapping.h>
#include <linux/fsl/mc.h>
#include <linux/host1x_context_bus.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/version.h>
#include <linux/xarray.h>

#define DEVICE_NAME	"testdev"
#define STANDIN		"standin-"
#define PAGE_SIZES	(SZ_4K | SZ_2M | SZ_1G)
#define ID_ACPI		1000000
#define ID_DT		1000001

static unsigned int devices = 1;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "So many devices");

static char *acpi;
module_param(acpi, charp, 0444);
MODULE_PARM_DESC(acpi, "One more with the ACPI node of this ID");

static char *dt;
module_param(dt, charp, 0444);
MODULE_PARM_DESC(dt, "One more with the DT node compatible with this");

static bool amba;
module_param(amba, bool, 0444);
MODULE_PARM_DESC(amba, "Serve AMBA devices as well");

static bool standins;
module_param(standins, bool, 0444);
MODULE_PARM_DESC(standins, "One on fsl-mc and on host1x-context");

static unsigned int foreign;
module_param(foreign, uint, 0444);
MODULE_PARM_DESC(foreign, "So many devices on a bus that no IOMMU serves");

static unsigned int together = 1;
module_param(together, uint, 0444);
MODULE_PARM_DESC(together, "So many devices are one group");

/* ---- what fails ---- */

#define REFUSAL(what)								\
	static int refuse_##what;						\
	module_param(refuse_##what, int, 0644);					\
	MODULE_PARM_DESC(refuse_##what, "The so many-th " #what " fails")

REFUSAL(alloc);
REFUSAL(attach);
REFUSAL(probe);
REFUSAL(group);

static int refuse_error = ENOMEM;
module_param(refuse_error, int, 0644);
MODULE_PARM_DESC(refuse_error, "What it fails with");

static DEFINE_SPINLOCK(refusal_lock);

/* Return: 0, or what to fail with. */
static int refused(int *countdown)
{
	bool now;

	spin_lock(&refusal_lock);
	now = *countdown > 0 && !--*countdown;
	spin_unlock(&refusal_lock);
	return now ? -refuse_error : 0;
}

/* ---- domains ---- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
static int attach(struct iommu_domain *domain, struct device *dev)
#else
static int attach(struct iommu_domain *domain, struct device *dev,
		  struct iommu_domain *old)
#endif
{
	return refused(&refuse_attach);
}

static int map_pages(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr,
		     size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	*mapped = pgsize * pgcount;
	return 0;
}

static size_t unmap_pages(struct iommu_domain *domain, unsigned long iova, size_t pgsize,
			  size_t pgcount, struct iommu_iotlb_gather *gather)
{
	return pgsize * pgcount;
}

static phys_addr_t iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	return 0;
}

static void free_domain(struct iommu_domain *domain)
{
	kfree(domain);
}

static const struct iommu_domain_ops domain_ops = {
	.attach_dev = attach,
	.map_pages = map_pages,
	.unmap_pages = unmap_pages,
	.iova_to_phys = iova_to_phys,
	.free = free_domain,
};

static struct iommu_domain *alloc_domain(void)
{
	struct iommu_domain *domain;

	if (refused(&refuse_alloc))
		return NULL;
	domain = kzalloc(sizeof(*domain), GFP_KERNEL);
	if (!domain)
		return NULL;
	domain->pgsize_bitmap = PAGE_SIZES;
	domain->geometry.aperture_end = DMA_BIT_MASK(48);
	domain->geometry.force_aperture = true;
	return domain;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
static struct iommu_domain *alloc_any(unsigned int type)
{
	return alloc_domain();
}
#else
static struct iommu_domain *alloc_paging(struct device *dev)
{
	return alloc_domain();
}

static const struct iommu_domain_ops identity_ops = {
	.attach_dev = attach,
};

static struct iommu_domain identity = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &identity_ops,
};
#endif

/* ---- devices ---- */

static struct iommu_device iommu;

static bool is_capable(struct device *dev, enum iommu_cap cap)
{
	return true;
}

static bool is_served(struct device *dev)
{
#ifdef CONFIG_ARM_AMBA
	/* Linux 7 does not like an IOMMU that comes after the driver. */
	if (amba && dev->bus == &amba_bustype)
		return !dev->driver;
#endif
	if (!strncmp(dev_name(dev), STANDIN, strlen(STANDIN)))
		return true;
	return dev_is_platform(dev) && !strcmp(to_platform_device(dev)->name, DEVICE_NAME);
}

static struct iommu_device *probe_device(struct device *dev)
{
	int ret = is_served(dev) ? refused(&refuse_probe) : -ENODEV;

	return ret ? ERR_PTR(ret) : &iommu;
}

/* Those of ours that share groups, by their numbers. */
static DEFINE_XARRAY(grouped);
static DEFINE_MUTEX(grouped_lock);

static bool shares(struct device *dev)
{
	return together > 1 && dev_is_platform(dev);
}

static void release_device(struct device *dev)
{
	if (!shares(dev))
		return;
	mutex_lock(&grouped_lock);
	xa_erase(&grouped, to_platform_device(dev)->id);
	mutex_unlock(&grouped_lock);
}

/* With a reference; a new one if nobody else is there now. */
static struct iommu_group *shared_group(struct device *dev)
{
	unsigned long id = to_platform_device(dev)->id, first = rounddown(id, together);
	struct iommu_group *group;
	struct device *sibling;

	mutex_lock(&grouped_lock);
	sibling = xa_find(&grouped, &first, first + together - 1, XA_PRESENT);
	group = sibling ? iommu_group_get(sibling) : iommu_group_alloc();
	if (!IS_ERR(group) && xa_is_err(xa_store(&grouped, id, dev, GFP_KERNEL))) {
		iommu_group_put(group);
		group = ERR_PTR(-ENOMEM);
	}
	mutex_unlock(&grouped_lock);
	return group;
}

static struct iommu_group *device_group(struct device *dev)
{
	int ret = refused(&refuse_group);

	if (ret)
		return ERR_PTR(ret);
	return shares(dev) ? shared_group(dev) : iommu_group_alloc();
}

static const struct iommu_ops ops = {
	.capable = is_capable,
	.probe_device = probe_device,
	.release_device = release_device,
	.device_group = device_group,
	.default_domain_ops = &domain_ops,
	.owner = THIS_MODULE,
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	.domain_alloc = alloc_any,
#else
	.domain_alloc_paging = alloc_paging,
	.identity_domain = &identity,
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
	.pgsize_bitmap = PAGE_SIZES,
#endif
};

/* ---- devices that are nothing but that ---- */

/* They must not outlive this module. */
static DECLARE_COMPLETION(bare_gone);

static void release_bare(struct device *dev)
{
	kfree(container_of(dev, struct fsl_mc_device, dev));
	complete(&bare_gone);
}

/* As a device of fsl-mc, which its bus needs, and the other buses do not mind. */
static struct device *make_bare(const char *name)
{
	struct fsl_mc_device *mc = kzalloc(sizeof(*mc), GFP_KERNEL);

	if (!mc)
		return NULL;
	mc->obj_desc.vendor = 0x1957;
	mc->obj_desc.state = FSL_MC_OBJ_STATE_PLUGGED;
	strscpy(mc->obj_desc.type, "standin", sizeof(mc->obj_desc.type));
	mc->dev.release = release_bare;
	mc->dev.parent = &platform_bus;
	device_initialize(&mc->dev);
	dev_set_name(&mc->dev, "%s", name);
	return &mc->dev;
}

static int add_bare(struct device *dev)
{
	int ret = dev ? device_add(dev) : -ENOMEM;

	if (ret && dev) {
		put_device(dev);
		wait_for_completion(&bare_gone);
	}
	return ret;
}

static struct device *standin[2];

static void remove_standins(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(standin); i++) {
		if (!standin[i])
			continue;
		device_unregister(standin[i]);
		wait_for_completion(&bare_gone);
		standin[i] = NULL;
	}
}

static int add_standins(void)
{
	struct device *dev __maybe_unused;
	int ret = 0;

#ifdef CONFIG_FSL_MC_BUS
	dev = make_bare(STANDIN "fsl-mc");
	if (dev)
		dev->bus = &fsl_mc_bus_type;
	ret = add_bare(dev);
	if (ret)
		return ret;
	standin[0] = dev;
#endif
#ifdef CONFIG_TEGRA_HOST1X_CONTEXT_BUS
	dev = make_bare(STANDIN "host1x");
	if (dev)
		dev->bus = &host1x_context_device_bus_type;
	ret = add_bare(dev);
	if (ret) {
		remove_standins();
		return ret;
	}
	standin[1] = dev;
#endif
	return ret;
}

/* ---- on a bus that the core does not serve, in groups all the same ---- */

static struct bus_type testbus = { .name = "testbus" };

static int add_foreign(unsigned int id)
{
	char name[sizeof("foreign4294967295")];
	struct iommu_group *group;
	struct device *dev;
	int ret;

	snprintf(name, sizeof(name), "foreign%u", id);
	dev = make_bare(name);
	if (dev)
		dev->bus = &testbus;
	ret = add_bare(dev);
	if (ret)
		return ret;
	group = iommu_group_alloc();
	if (IS_ERR(group))
		return PTR_ERR(group);
	ret = iommu_group_add_device(group, dev);
	iommu_group_put(group);
	return ret;
}

static int remove_foreign(struct device *dev, void *data)
{
	if (device_iommu_mapped(dev))
		iommu_group_remove_device(dev);
	device_unregister(dev);
	return 1;	/* the walk may still hold it: begin another */
}

static void remove_foreigners(void)
{
	while (bus_for_each_dev(&testbus, NULL, NULL, remove_foreign))
		wait_for_completion(&bare_gone);
	bus_unregister(&testbus);
}

static int add_foreigners(void)
{
	unsigned int i;
	int ret = bus_register(&testbus);

	if (ret)
		return ret;
	for (i = 0; i < foreign && !ret; i++)
		ret = add_foreign(i);
	if (ret)
		remove_foreigners();
	return ret;
}

/* ---- its own ---- */

/*
 * The core holds this module for each of its devices, so they are made and
 * unmade by writes to "present": rmmod works when they are gone.
 */
static struct platform_device **present;
static unsigned int present_count;
static DEFINE_MUTEX(present_lock);

static struct platform_device *make_device(int id, struct fwnode_handle *fwnode)
{
	struct platform_device_info info = {
		.name = DEVICE_NAME,
		.id = id,
		.fwnode = fwnode,
		.dma_mask = DMA_BIT_MASK(64),
	};

	return platform_device_register_full(&info);
}

static int add_device(int id, struct fwnode_handle *fwnode)
{
	struct platform_device *pdev = make_device(id, fwnode);

	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	present[present_count++] = pdev;
	return 0;
}

static int add_acpi_device(void)
{
	struct acpi_device *adev = acpi_dev_get_first_match_dev(acpi, NULL, -1);
	int ret;

	if (!adev)
		return -ENODEV;
	ret = add_device(ID_ACPI, acpi_fwnode_handle(adev));
	acpi_dev_put(adev);
	return ret;
}

static int add_dt_device(void)
{
	struct device_node *np = of_find_compatible_node(NULL, NULL, dt);
	int ret;

	if (!np)
		return -ENODEV;
	ret = add_device(ID_DT, of_fwnode_handle(np));
	of_node_put(np);
	return ret;
}

static void remove_devices(void)
{
	remove_standins();
	while (present_count)
		platform_device_unregister(present[--present_count]);
	kvfree(present);
	present = NULL;
}

static int add_devices(void)
{
	unsigned int i;
	int ret = 0;

	present = kvcalloc(devices + 2, sizeof(*present), GFP_KERNEL);
	if (!present)
		return -ENOMEM;
	for (i = 0; i < devices && !ret; i++)
		ret = add_device(i, NULL);
	if (!ret && acpi)
		ret = add_acpi_device();
	if (!ret && dt)
		ret = add_dt_device();
	if (!ret && standins)
		ret = add_standins();
	if (ret)
		remove_devices();
	return ret;
}

static int set_present(const char *value, const struct kernel_param *param)
{
	bool wanted;
	int ret = kstrtobool(value, &wanted);

	if (ret)
		return ret;
	mutex_lock(&present_lock);
	if (wanted && !present)
		ret = add_devices();
	else if (!wanted && present)
		remove_devices();
	mutex_unlock(&present_lock);
	return ret;
}

static int get_present(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%u\n", READ_ONCE(present_count));
}

static const struct kernel_param_ops present_ops = {
	.set = set_present,
	.get = get_present,
};
module_param_cb(present, &present_ops, NULL, 0644);
MODULE_PARM_DESC(present, "Write 1 to make the devices, 0 to unmake them; how many there are");

/* ---- folders ---- */

static ssize_t nothing_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return 0;
}
static DEVICE_ATTR(one, 0444, nothing_show, NULL);
static DEVICE_ATTR(two, 0444, nothing_show, NULL);
static DEVICE_ATTR(three, 0444, nothing_show, NULL);
static DEVICE_ATTR(four, 0444, nothing_show, NULL);

static struct attribute *attrs[] = {
	&dev_attr_one.attr,
	&dev_attr_two.attr,
	&dev_attr_three.attr,
	&dev_attr_four.attr,
	NULL
};

static const struct attribute_group folder = {
	.name = "testiommu",
	.attrs = attrs,
};

/* Those of a device that goes go with it. */
static int set_folders(const char *value, const struct kernel_param *param)
{
	unsigned int i;
	bool wanted;
	int ret = kstrtobool(value, &wanted);

	mutex_lock(&present_lock);
	for (i = 0; i < present_count && !ret; i++) {
		if (wanted)
			ret = sysfs_create_group(&present[i]->dev.kobj, &folder);
		else
			sysfs_remove_group(&present[i]->dev.kobj, &folder);
	}
	mutex_unlock(&present_lock);
	return ret;
}

static const struct kernel_param_ops folders_ops = {
	.set = set_folders,
};
module_param_cb(folders, &folders_ops, NULL, 0200);
MODULE_PARM_DESC(folders, "Write 1 to give each device a folder of four files, 0 to take them");

/* ---- devices that come and go one by one ---- */

static DEFINE_XARRAY(singles);

static ssize_t add_store(struct kobject *kobj, struct kobj_attribute *attr,
			 const char *buf, size_t count)
{
	struct platform_device *pdev;
	unsigned int id;
	int ret = kstrtouint(buf, 0, &id);

	if (ret)
		return ret;
	pdev = make_device(id, NULL);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	ret = xa_insert(&singles, id, pdev, GFP_KERNEL);
	if (ret)
		platform_device_unregister(pdev);
	return ret ?: count;
}
static struct kobj_attribute add_attr = __ATTR_WO(add);

static ssize_t remove_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	struct platform_device *pdev;
	unsigned int id;
	int ret = kstrtouint(buf, 0, &id);

	if (ret)
		return ret;
	pdev = xa_erase(&singles, id);
	if (!pdev)
		return -ENODEV;
	platform_device_unregister(pdev);
	return count;
}
static struct kobj_attribute remove_attr = __ATTR_WO(remove);

static const struct attribute *const files[] = {
	&add_attr.attr,
	&remove_attr.attr,
	NULL
};

/* ---- life ---- */

static struct kobject *files_folder;

static int make_files(void)
{
	int ret;

	files_folder = kobject_create_and_add("testiommu", kernel_kobj);
	if (!files_folder)
		return -ENOMEM;
	ret = sysfs_create_files(files_folder, files);
	if (ret)
		kobject_put(files_folder);
	return ret;
}

static int __init testiommu_init(void)
{
	int ret;

	if (!together)
		return -EINVAL;
	ret = iommu_device_sysfs_add(&iommu, NULL, NULL, "testiommu");
	if (ret)
		return ret;
	ret = iommu_device_register(&iommu, &ops, NULL);
	if (ret)
		goto err_sysfs;
	ret = make_files();
	if (ret)
		goto err_register;
	ret = add_foreigners();
	if (ret)
		goto err_files;
	return 0;

err_files:
	kobject_put(files_folder);
err_register:
	iommu_device_unregister(&iommu);
err_sysfs:
	iommu_device_sysfs_remove(&iommu);
	return ret;
}

static void __exit testiommu_exit(void)
{
	remove_foreigners();
	kobject_put(files_folder);
	iommu_device_unregister(&iommu);
	iommu_device_sysfs_remove(&iommu);
}

module_init(testiommu_init);
module_exit(testiommu_exit);

MODULE_DESCRIPTION("Test driver: an IOMMU without hardware");
MODULE_LICENSE("GPL");
