/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registry: a record for each device that the module sees, and one for
 * each IOMMU group. Who is there, in which group, bound to what.
 *
 * Locks, outermost first:
 *
 *   pt_device.attrs_lock  whether the device's folder has our attributes;
 *			readers and writers of these are waited for under it
 *   device_lock(dev)	the driver core's. Held by whoever sends the driver
 *			notifications; taken by the core's "type" file where
 *			COMPAT_TYPE_LOCKS_DEVICE. That of a virtio transport is
 *			held, and inside it that of the device it carries, when
 *			they are asked; neither is waited for then.
 *   pt_group.lock	serialises changes of one group's domain. Where
 *			COMPAT_TYPE_LOCKS_DEVICE it is taken before device_lock
 *			and so never waited for under one.
 *   registry_lock	all of the registry, and what a group knows of itself.
 *			Never held while a domain is read or written.
 *   policy_lock	the rules; see policy.c
 *   event_lock	the numbering of events; see netlink.c
 *
 * Outside of registry_lock, and of no other: the lock of who replaces the hints
 * of fw_cfg (hints.c). Inside of device_lock and outside of registry_lock:
 * leftover_lock (leftover.c). Outside of all: that of who seals (seal.c), and that of who
 * walks over the devices (watch.c). Inside of pt_group.lock, and of no
 * other: that of the page that types are read into (domain.c). Inside of all:
 * loans_lock (lend.c) and look_lock (early.c).
 * What a spinlock guards (the list of hints, the devices by number) takes no other
 * inside.
 *
 * Outside of all: the rwsems of the kernel's notifier chains that we are called from,
 * those of the buses, of modules (early.c) and of netlink sockets that close
 * (netlink.c; there loans_lock alone is taken), and generic netlink's own, which each
 * request is handled under.
 *
 * References: the registry holds one of each record from ADD_DEVICE to
 * REMOVED_DEVICE, and a record holds its struct device and its group. A group
 * holds the core's iommu_group, and lives as long as a record or a piece of
 * its work needs it.
 */
#ifndef IOMMU_PT_DEVICE_H
#define IOMMU_PT_DEVICE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include "table.h"
#include "uapi/linux/iommu_pt.h"

struct device;
struct hint;
struct iommu_group;
struct policy_rule;

extern struct mutex registry_lock;

/**
 * struct pt_group - an IOMMU group; one domain, one verdict
 * @refs: its records' references, and its work's
 * @grp: the core's group, NULL for the one device that is in no group
 * @id: the core's number of it, -1 without
 * @by_id: among all groups with a @grp; registry_lock
 * @members: its records, by pt_device.member; registry_lock
 * @lock: held from the reading of the rules to the change of the domain
 * @work: brings the domain to what the rules say, later
 * @error: what keeps it from what it is asked for, or 0; registry_lock
 * @refusal: what the core refused the last change with, or 0; registry_lock
 * @refused: what that was to bring about; registry_lock
 * @changed: the domain is one that we chose, not the kernel; registry_lock
 * @chosen: for what it was changed last; registry_lock
 * @identity: it was identity when it was last looked at; @lock
 * @unknown: it could not be told then, as when the core has not made one yet;
 *	written under @lock
 * @rebinding: the domain is rebind.c's affair now; registry_lock
 * @fresh: no driver has bound yet, and no update was made; becomes false once,
 *	under @lock or registry_lock, and is read without
 */
struct pt_group {
	struct kref refs;
	struct iommu_group *grp;
	int id;
	struct table_node by_id;
	struct list_head members;
	struct mutex lock;
	struct work_struct work;
	int error;
	int refusal;
	enum iommu_pt_policy refused;
	bool changed;
	enum iommu_pt_policy chosen;
	bool identity;
	bool unknown;
	bool rebinding;
	bool fresh;
};

/**
 * struct pt_device - a device that a decision can be for
 * @refs: the registry's reference, and those of whoever looks at it
 * @dev: the device; a reference
 * @group: its group, never NULL; a reference
 * @id: number in the registry, grows with each arrival
 * @by_dev: in the registry; registry_lock
 * @by_name: in the registry; registry_lock
 * @member: in @group; empty once the device is leaving; registry_lock
 * @rule: the rule that decides, or NULL; a reference; registry_lock
 * @by_seal: @rule is one that the seal keeps; registry_lock
 * @undecided: @rule is of before: there was no memory to ask again; registry_lock
 * @words: what each channel of hints says of it; registry_lock
 * @hint: its property, or NULL; registry_lock
 * @driver: name of the driver that is bound or binding, NULL if not @bound
 *	or if there was no memory for it; registry_lock
 * @bound: there is a driver; registry_lock
 * @unsettled: somebody has its device_lock, and what is bound when that is given
 *	back is not known; registry_lock
 * @managed: the driver sees to DMA ownership itself; registry_lock
 * @external: untrusted or removable; constant
 * @virtio: a virtio transport; constant
 * @virtio_access: what it offered when it was last asked; registry_lock
 * @seen: mark of the walk at load; registry_lock
 * @told_status: what the last event said; pt_group.lock
 * @told_policy: what the last event said; pt_group.lock
 * @told_tier: what the last event said, -1 for no rule; pt_group.lock
 * @told_contradiction: what the last event said; pt_group.lock
 * @told_forced: what the log said last; pt_group.lock
 * @attrs_lock: for the two below
 * @has_attrs: its folder in sysfs has ours
 * @attrs_over: its folder in sysfs is about to go
 */
struct pt_device {
	struct kref refs;
	struct device *dev;
	struct pt_group *group;
	u32 id;
	struct table_node by_dev;
	struct table_node by_name;
	struct list_head member;
	struct policy_rule *rule;
	bool by_seal;
	bool undecided;
	enum iommu_pt_policy words[__IOMMU_PT_CHANNEL_END];
	struct hint *hint;
	char *driver;
	bool bound;
	bool unsettled;
	bool managed;
	bool external;
	bool virtio;
	enum iommu_pt_virtio_access virtio_access;
	bool seen;
	enum iommu_pt_status told_status;
	enum iommu_pt_policy told_policy;
	int told_tier;
	bool told_contradiction;
	bool told_forced;
	struct mutex attrs_lock;
	bool has_attrs;
	bool attrs_over;
};

/**
 * pt_device_add() - begin to look after a device
 * @dev: the device
 * @arrives: it is being added right now, so no driver can be bound; else it
 *	was found, and pt_device_see() must see it again later
 *
 * Only devices that an IOMMU can be in front of get a record: those in an
 * IOMMU group, and PCI devices.
 *
 * Return: the record, with a reference that the caller puts; NULL if the
 * device gets none; ERR_PTR(-EEXIST) if it has one already, ERR_PTR(-ENOMEM).
 */
struct pt_device *pt_device_add(struct device *dev, bool arrives);

/**
 * pt_device_see() - find a record, and note that its device is still there
 * @dev: a device that is on its bus's list
 *
 * A device that pt_device_add() found may have been leaving already, with
 * DEL_DEVICE or even REMOVED_DEVICE behind it. One that is still on the bus's
 * list after it got its record has at least REMOVED_DEVICE before it. Nothing
 * is done to a device before it was seen.
 *
 * Return: the record, with a reference that the caller puts, or NULL.
 */
struct pt_device *pt_device_see(struct device *dev);

/* Drop the records that nobody saw. */
void pt_device_drop_unseen(void);

/**
 * pt_device_leave() - a device is about to go (DEL_DEVICE)
 * @pt: its record
 *
 * Waits for a change of its domain that is under way; none begins after.
 */
void pt_device_leave(struct pt_device *pt);

/**
 * pt_device_drop() - forget a device (REMOVED_DEVICE)
 * @pt: its record; the caller has a reference
 *
 * Return: false if the registry had forgotten it already.
 */
bool pt_device_drop(struct pt_device *pt);

/**
 * pt_device_has_moved() - is the device in another group than its record says?
 * @pt: the record
 *
 * Its IOMMU came after it, or went, for which the core sends no notification.
 */
bool pt_device_has_moved(struct pt_device *pt);

/**
 * pt_device_binding() - a driver begins to bind
 * @dev: the device; the caller holds its device_lock
 */
void pt_device_binding(struct device *dev);

/**
 * pt_device_unbound() - a driver is gone, or did not bind
 * @dev: the device
 */
void pt_device_unbound(struct device *dev);

/**
 * pt_device_unsettle() - have its group updated once its device_lock is free
 * @pt: the device
 */
void pt_device_unsettle(struct pt_device *pt);

/**
 * pt_device_settle() - learn what is bound to it
 * @pt: the device
 *
 * Context: sleeps; waits for the device_lock.
 */
void pt_device_settle(struct pt_device *pt);

/**
 * pt_device_ask_virtio() - learn what a virtio transport offers
 * @pt: a device; nothing is done for one that is no virtio transport
 *
 * To be called when its driver has changed. What cannot be learned now (with
 * vfio-pci bound it never can) is as it was before.
 *
 * Context: sleeps. The caller holds the device_lock.
 */
void pt_device_ask_virtio(struct pt_device *pt);

/**
 * pt_device_try_virtio() - the same, for one of which it is not known
 * @pt: a device
 *
 * Context: sleeps. Somebody may hold the device_lock: then it is not learned.
 */
void pt_device_try_virtio(struct pt_device *pt);

/* The record of a device, with a reference, or NULL. */
struct pt_device *pt_device_find(struct device *dev);

/* The record of a device by name, with a reference, or NULL. */
struct pt_device *pt_device_find_name(const char *bus, const char *name);

/**
 * pt_device_next() - walk over all records, oldest first
 * @id: the first number to look at, 0 to begin; moves on
 *
 * Return: a record with a reference, NULL at the end.
 */
struct pt_device *pt_device_next(unsigned long *id);

/**
 * pt_device_each() - do something with every record, oldest first
 * @visit: what; not 0 ends the walk
 * @data: for @visit
 *
 * Context: under registry_lock, and so is @visit.
 * Return: what @visit returned last.
 */
int pt_device_each(int (*visit)(struct pt_device *pt, void *data), void *data);

/* How many records there are. */
unsigned int pt_device_count(void);

/* Changes whenever a record comes or goes; never 0. */
unsigned int pt_device_generation(void);

struct pt_device *pt_device_get(struct pt_device *pt);
void pt_device_put(struct pt_device *pt);

struct pt_group *pt_group_get(struct pt_group *group);
void pt_group_put(struct pt_group *group);

/* Forget everything. No notifier may be registered any more. */
void pt_device_exit(void);

#endif /* IOMMU_PT_DEVICE_H */
