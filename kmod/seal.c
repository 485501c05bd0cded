// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) "iommu_pt: " fmt

#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include "device.h"
#include "group.h"
#include "policy.h"
#include "seal.h"

static DEFINE_MUTEX(sealing);	/* outermost; one seals, others wait for it */
bool pt_sealed;

/* Whoever changes rules holds registry_lock from the question to the change. */
static int seal_rules(void)
{
	int ret;

	mutex_lock(&registry_lock);
	ret = policy_seal();
	if (!ret)
		WRITE_ONCE(pt_sealed, true);
	mutex_unlock(&registry_lock);
	return ret;
}

static int seal_locked(void)
{
	int ret;

	if (seal_is_on())
		return 0;
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	ret = seal_rules();
	if (ret) {
		module_put(THIS_MODULE);
		return ret;
	}
	pr_notice("sealed: until reboot, nothing becomes less strict\n");
	/* A change that began before has ended after this. */
	group_update_all();
	return 0;
}

int seal(void)
{
	int ret;

	mutex_lock(&sealing);
	ret = seal_locked();
	mutex_unlock(&sealing);
	return ret;
}
