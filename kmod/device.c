// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "device.h"
#include "domain.h"
#include "group.h"
#include "hints.h"
#include "policy.h"
#include "subject.h"
#include "virtio.h"

DEFINE_MUTEX(registry_lock);

static struct table by_dev = TABLE_INIT(by_dev);
static struct table by_name = TABLE_INIT(by_name);
static struct table groups = TABLE_INIT(groups);	/* those with a @grp */
static DEFINE_XARRAY_ALLOC1(by_id);
static u32 last_id;
static unsigned int count;
static unsigned int generation = 1;

/* ---- groups ---- */

struct pt_group *pt_group_get(struct pt_group *group)
{
	kref_get(&group->refs);
	return group;
}

static void release_group(struct kref *refs)
{
	struct pt_group *group = container_of(refs, struct pt_group, refs);

	lockdep_assert_held(&registry_lock);
	if (group->grp)
		table_remove(&groups, &group->by_id);
	iommu_group_put(group->grp);
	kfree(group);
}

static void put_group_locked(struct pt_group *group)
{
	lockdep_assert_held(&registry_lock);
	kref_put(&group->refs, release_group);
}

void pt_group_put(struct pt_group *group)
{
	mutex_lock(&registry_lock);
	put_group_locked(group);
	mutex_unlock(&registry_lock);
}

/* @grp may be NULL; a reference is taken over, on failure too. */
static struct pt_group *make_group(struct iommu_group *grp)
{
	struct pt_group *group = kzalloc(sizeof(*group), GFP_KERNEL);

	if (!group) {
		iommu_group_put(grp);
		return NULL;
	}
	kref_init(&group->refs);
	group->grp = grp;
	group->id = grp ? iommu_group_id(grp) : -1;
	INIT_LIST_HEAD(&group->members);
	mutex_init(&group->lock);
	INIT_WORK(&group->work, group_update_work);
	group->fresh = true;
	if (grp)
		table_add(&groups, &group->by_id, group->id);
	return group;
}

/* Likewise a group that is known. */
static struct pt_group *find_group(struct iommu_group *grp)
{
	u32 id = iommu_group_id(grp);
	struct pt_group *group;

	table_for_each(group, &groups, by_id, id)
		if (group->grp == grp) {
			iommu_group_put(grp);
			return pt_group_get(group);
		}
	return NULL;
}

/* The group of a device, with a reference; made if it is the first there. */
static struct pt_group *group_of(struct device *dev)
{
	struct iommu_group *grp = iommu_group_get(dev);
	struct pt_group *group = grp ? find_group(grp) : NULL;

	lockdep_assert_held(&registry_lock);
	return group ?: make_group(grp);
}

/* ---- records ---- */

struct pt_device *pt_device_get(struct pt_device *pt)
{
	kref_get(&pt->refs);
	return pt;
}

static void release_device(struct kref *refs)
{
	struct pt_device *pt = container_of(refs, struct pt_device, refs);

	policy_rule_put(pt->rule);
	pt_group_put(pt->group);
	put_device(pt->dev);
	kfree(pt->driver);
	kfree(pt);
}

void pt_device_put(struct pt_device *pt)
{
	if (pt)
		kref_put(&pt->refs, release_device);
}

static struct pt_device *find_locked(struct device *dev)
{
	u32 hash = table_hash_pointer(dev);
	struct pt_device *pt;

	lockdep_assert_held(&registry_lock);
	table_for_each(pt, &by_dev, by_dev, hash)
		if (pt->dev == dev)
			return pt;
	return NULL;
}

struct pt_device *pt_device_find(struct device *dev)
{
	struct pt_device *pt;

	mutex_lock(&registry_lock);
	pt = find_locked(dev);
	if (pt)
		pt_device_get(pt);
	mutex_unlock(&registry_lock);
	return pt;
}

static void set_driver(struct pt_device *pt, struct device_driver *drv)
{
	lockdep_assert_held(&registry_lock);
	kfree(pt->driver);
	pt->driver = drv ? kstrdup(drv->name, GFP_KERNEL) : NULL;
	pt->bound = drv;
	pt->managed = drv && domain_driver_is_managed(pt->dev);
	if (drv)
		WRITE_ONCE(pt->group->fresh, false);
}

static struct pt_device *make_device(struct device *dev)
{
	struct pt_device *pt = kzalloc(sizeof(*pt), GFP_KERNEL);

	if (!pt)
		return NULL;
	kref_init(&pt->refs);
	INIT_LIST_HEAD(&pt->member);
	pt->external = subject_is_external(dev);
	pt->virtio = subject_is_virtio(dev);
	pt->hint = hints_device_add(dev);
	if (IS_ERR(pt->hint))
		goto err_free;
	pt->group = group_of(dev);
	if (!pt->group)
		goto err_hint;
	mutex_init(&pt->attrs_lock);
	pt->told_tier = -1;
	pt->dev = get_device(dev);
	return pt;

err_hint:
	hints_device_remove(pt->hint);
err_free:
	kfree(pt);
	return NULL;
}

/* The registry takes the first reference over. */
static int insert(struct pt_device *pt)
{
	int ret = xa_alloc_cyclic(&by_id, &pt->id, pt, xa_limit_31b, &last_id,
				  GFP_KERNEL);

	if (ret < 0)
		return ret;
	table_add(&by_dev, &pt->by_dev, table_hash_pointer(pt->dev));
	table_add(&by_name, &pt->by_name, table_hash_string(dev_name(pt->dev)));
	list_add_tail(&pt->member, &pt->group->members);
	count++;
	generation++;
	return 0;
}

static struct pt_device *add_locked(struct device *dev)
{
	struct pt_device *pt;

	if (find_locked(dev))
		return ERR_PTR(-EEXIST);
	pt = make_device(dev);
	if (!pt)
		return ERR_PTR(-ENOMEM);
	if (insert(pt)) {
		hints_device_remove(pt->hint);
		put_group_locked(pt->group);
		put_device(dev);
		kfree(pt);
		return ERR_PTR(-ENOMEM);
	}
	return pt_device_get(pt);
}

static void note_locked(struct pt_device *pt)
{
	device_lock_assert(pt->dev);
	mutex_lock(&registry_lock);
	set_driver(pt, pt->dev->driver);
	mutex_unlock(&registry_lock);
}

void pt_device_settle(struct pt_device *pt)
{
	device_lock(pt->dev);
	note_locked(pt);
	device_unlock(pt->dev);
}

void pt_device_unsettle(struct pt_device *pt)
{
	mutex_lock(&registry_lock);
	pt->unsettled = true;
	mutex_unlock(&registry_lock);
	group_update_later(pt->group);
}

/*
 * A device that came with a driver, perhaps. Only its device_lock tells the
 * truth. Whoever has that may be binding a driver, so there is one until it is
 * given back; not all that take it for a while send a notification then.
 */
static void note_driver(struct pt_device *pt)
{
	if (device_trylock(pt->dev)) {
		note_locked(pt);
		device_unlock(pt->dev);
		return;
	}
	mutex_lock(&registry_lock);
	pt->bound = true;
	mutex_unlock(&registry_lock);
	pt_device_unsettle(pt);
}

/* Only to compare it. */
static struct iommu_group *present_group(struct device *dev)
{
	struct iommu_group *grp = iommu_group_get(dev);

	iommu_group_put(grp);
	return grp;
}

bool pt_device_has_moved(struct pt_device *pt)
{
	return present_group(pt->dev) != pt->group->grp;
}

struct pt_device *pt_device_add(struct device *dev, bool arrives)
{
	struct pt_device *pt;

	if (!dev_is_pci(dev) && !present_group(dev))
		return NULL;
	mutex_lock(&registry_lock);
	pt = add_locked(dev);
	if (!IS_ERR(pt))
		pt->seen = arrives;
	mutex_unlock(&registry_lock);
	if (!arrives && !IS_ERR(pt))
		note_driver(pt);
	return pt;
}

void pt_device_leave(struct pt_device *pt)
{
	mutex_lock(&registry_lock);
	list_del_init(&pt->member);
	mutex_unlock(&registry_lock);
	/* Whoever counted it as a member has done with it after this. */
	mutex_lock(&pt->group->lock);
	mutex_unlock(&pt->group->lock);
}

/* The caller puts the registry's reference. */
static void erase_locked(struct pt_device *pt)
{
	lockdep_assert_held(&registry_lock);
	list_del_init(&pt->member);
	table_remove(&by_dev, &pt->by_dev);
	table_remove(&by_name, &pt->by_name);
	xa_erase(&by_id, pt->id);
	hints_device_remove(pt->hint);
	pt->hint = NULL;
	count--;
	generation += generation == UINT_MAX ? 2 : 1;
}

bool pt_device_drop(struct pt_device *pt)
{
	bool there;

	mutex_lock(&registry_lock);
	there = find_locked(pt->dev) == pt;
	if (there)
		erase_locked(pt);
	mutex_unlock(&registry_lock);
	if (there)
		pt_device_put(pt);
	return there;
}

static void change_driver(struct device *dev, struct device_driver *drv)
{
	struct pt_device *pt;

	mutex_lock(&registry_lock);
	pt = find_locked(dev);
	if (pt)
		set_driver(pt, drv);
	mutex_unlock(&registry_lock);
}

void pt_device_binding(struct device *dev)
{
	device_lock_assert(dev);
	change_driver(dev, dev->driver);
}

void pt_device_unbound(struct device *dev)
{
	change_driver(dev, NULL);
}

void pt_device_ask_virtio(struct pt_device *pt)
{
	enum iommu_pt_virtio_access access;

	device_lock_assert(pt->dev);
	if (!pt->virtio)
		return;
	access = virtio_access(pt->dev);
	if (access == IOMMU_PT_VIRTIO_ACCESS_UNKNOWN)
		return;
	mutex_lock(&registry_lock);
	WRITE_ONCE(pt->virtio_access, access);
	mutex_unlock(&registry_lock);
}

void pt_device_try_virtio(struct pt_device *pt)
{
	if (!pt->virtio || READ_ONCE(pt->virtio_access) !=
			   IOMMU_PT_VIRTIO_ACCESS_UNKNOWN ||
	    !device_trylock(pt->dev))
		return;
	pt_device_ask_virtio(pt);
	device_unlock(pt->dev);
}

struct pt_device *pt_device_next(unsigned long *id)
{
	struct pt_device *pt;

	mutex_lock(&registry_lock);
	pt = xa_find(&by_id, id, ULONG_MAX, XA_PRESENT);
	if (pt) {
		pt_device_get(pt);
		*id = pt->id + 1;
	}
	mutex_unlock(&registry_lock);
	return pt;
}

int pt_device_each(int (*visit)(struct pt_device *pt, void *data), void *data)
{
	struct pt_device *pt;
	unsigned long id;
	int ret = 0;

	lockdep_assert_held(&registry_lock);
	xa_for_each(&by_id, id, pt) {
		ret = visit(pt, data);
		if (ret)
			break;
	}
	return ret;
}

struct pt_device *pt_device_find_name(const char *bus, const char *name)
{
	u32 hash = table_hash_string(name);
	struct pt_device *pt;

	mutex_lock(&registry_lock);
	table_for_each(pt, &by_name, by_name, hash)
		if (!strcmp(dev_name(pt->dev), name) &&
		    !strcmp(pt->dev->bus->name, bus))
			break;
	if (pt)
		pt_device_get(pt);
	mutex_unlock(&registry_lock);
	return pt;
}

unsigned int pt_device_count(void)
{
	return READ_ONCE(count);
}

unsigned int pt_device_generation(void)
{
	return READ_ONCE(generation);
}

struct pt_device *pt_device_see(struct device *dev)
{
	struct pt_device *pt;

	mutex_lock(&registry_lock);
	pt = find_locked(dev);
	if (pt) {
		pt->seen = true;
		pt_device_get(pt);
	}
	mutex_unlock(&registry_lock);
	return pt;
}

/* Erase the oldest record, or the oldest that nobody saw. */
static struct pt_device *erase_one(bool only_unseen)
{
	struct pt_device *pt;
	unsigned long id;

	mutex_lock(&registry_lock);
	xa_for_each(&by_id, id, pt)
		if (!only_unseen || !pt->seen) {
			erase_locked(pt);
			break;
		}
	mutex_unlock(&registry_lock);
	return pt;
}

void pt_device_drop_unseen(void)
{
	struct pt_device *pt;

	while ((pt = erase_one(true)))
		pt_device_put(pt);
}

void pt_device_exit(void)
{
	struct pt_device *pt;

	while ((pt = erase_one(false)))
		pt_device_put(pt);
	xa_destroy(&by_id);
}
