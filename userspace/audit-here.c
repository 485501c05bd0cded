// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "audit.h"
#include "channel.h"
#include "kernel.h"
#include "proven.h"
#include "ptctl.h"
#include "rules.h"

static size_t count_rules_in_files(void)
{
	struct rulelist list = { 0 };
	struct rules rules;
	size_t count;

	rules_load(&rules);
	rules_parse(&rules, IOMMU_PT_TIER_ADMIN, &list);
	rules_parse(&rules, IOMMU_PT_TIER_VENDOR, &list);
	count = list.count;
	rulelist_free(&list);
	rules_free(&rules);
	return count;
}

/* What sysfs has not: the rule, what is untrusted, what virtio is offered. */
static void add_what_only_netlink_has(struct inventory *inv,
				      const struct devs *devs)
{
	size_t i;

	for (i = 0; i < inv->masters.count; i++) {
		struct master *m = &inv->masters.at[i];
		const struct dev *dev = devs_find(devs, m->dev.bus,
						  m->dev.name);

		if (!dev)
			continue;
		if (dev->external == RULE_YES)
			m->dev.external = RULE_YES;
		m->dev.rule = xstrdup(dev->rule);
		if (dev->virtio_access > IOMMU_PT_VIRTIO_ACCESS_UNKNOWN)
			inventory_set_access(m,
					     (unsigned int)dev->virtio_access,
					     "the module has asked the device");
	}
}

static void add_proofs(struct inventory *inv)
{
	size_t i;

	for (i = 0; i < inv->masters.count; i++)
		proven_look(&inv->masters.at[i].dev);
}

static int ask_module(struct kernel *k, struct audit *audit,
		      struct inventory *inv)
{
	struct devs devs = { 0 };
	int err = kernel_devs(k, &devs);

	if (!err)
		add_what_only_netlink_has(inv, &devs);
	devs_free(&devs);
	if (!err)
		err = kernel_hints(k, &audit->hints);
	return err ? kernel_fail(k, err, "module") : PTCTL_DONE;
}

/* What the module has not told is malformed, or is not known to be. */
static void ask_channels(struct audit *audit, bool module)
{
	const struct channel *channel;

	for (channel = channels; channel->name; channel++)
		if (!module || !channel_is_in_module(channel, &audit->hints))
			free(channel->read(&audit->hints));
}

int audit_ask_here(struct audit *audit, struct inventory *inv)
{
	struct kernel *k = NULL;
	int ret = PTCTL_DONE;

	audit->idle_rules = count_rules_in_files();
	add_proofs(inv);
	if (kernel_reach(&k)) {
		ask_channels(audit, false);
	} else {
		ret = ask_module(k, audit, inv);
		if (!ret)
			ask_channels(audit, true);
		kernel_close(k);
	}
	return ret;
}

int audit_here(struct findings *found)
{
	struct inventory inv = { 0 };
	struct audit audit = { .inv = &inv, .found = found };
	struct sysroot root;
	int ret = sysroot_open(&root, NULL);

	if (ret)
		return ret;
	inventory_read(&inv, &root);
	ret = audit_ask_here(&audit, &inv);
	if (!ret)
		audit_run(&audit);
	sysroot_close(&root);
	saids_free(&audit.hints);
	inventory_free(&inv);
	return ret;
}
