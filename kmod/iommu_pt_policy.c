// SPDX-License-Identifier: GPL-2.0
/*
 * Per-device choice between identity and translated DMA, on any bus, before
 * the device's driver binds.
 *
 * This file is the module's life: parameters, and the order in which things
 * begin and end. ARCHITECTURE.md has the whole.
 */
#define pr_fmt(fmt) "iommu_pt: " fmt

#include <linux/crash_dump.h>
#include <linux/module.h>
#include "compat.h"
#include "decision.h"
#include "device.h"
#include "domain.h"
#include "group.h"
#include "hints.h"
#include "mode.h"
#include "names.h"
#include "netlink.h"
#include "policy.h"
#include "rebind.h"
#include "strict.h"
#include "sysfs.h"
#include "watch.h"

enum iommu_pt_mode pt_mode;
bool pt_rebinds_idle;
enum iommu_pt_hints pt_hints;
bool pt_confidential;

static char *mode = "enforce";
module_param(mode, charp, 0444);
MODULE_PARM_DESC(mode,
		 "enforce (default), observe (decide and report, change nothing) or off");

static char *hints = "trust";
module_param(hints, charp, 0444);
MODULE_PARM_DESC(hints,
		 "trust (default), restrict (only what makes a device stricter counts) or ignore");

static char *rebind_param = "idle";
module_param_named(rebind, rebind_param, charp, 0444);
MODULE_PARM_DESC(rebind,
		 "idle (default): rebind transports that nothing uses yet; or never");

static char *rules = "";
module_param(rules, charp, 0444);
MODULE_PARM_DESC(rules, "rules of tier cmdline, separated by semicolons");

/* A confidential guest does not trust its hypervisor, whatever it is told. */
static int __init read_hints(void)
{
	int parsed = hints_parse(hints, strlen(hints));

	if (parsed < 0) {
		pr_err("hints=%s: there are trust, restrict and ignore\n", hints);
		return -EINVAL;
	}
	pt_confidential = compat_is_confidential();
	pt_hints = hints_in_force(parsed, pt_confidential);
	if (pt_hints != parsed)
		pr_notice("confidential guest: hints=%s\n",
			  hints_name(pt_hints));
	return 0;
}

static int __init read_words(void)
{
	int parsed = mode_parse(mode, strlen(mode));

	if (parsed < 0) {
		pr_err("mode=%s: there are enforce, observe and off\n", mode);
		return -EINVAL;
	}
	pt_mode = parsed;
	pt_rebinds_idle = !strcmp(rebind_param, "idle");
	if (!pt_rebinds_idle && strcmp(rebind_param, "never")) {
		pr_err("rebind=%s: there are idle and never\n", rebind_param);
		return -EINVAL;
	}
	if (is_kdump_kernel()) {
		pr_info("crash kernel: off\n");
		pt_mode = IOMMU_PT_MODE_OFF;
	}
	return read_hints();
}

/*
 * A mistake on the command line must not keep the rules of the other tiers
 * from their work, so it is told and the module goes on without these.
 */
static int __init read_rules(void)
{
	struct rule_error err;
	int ret;

	ret = decision_replace(LAYER_CMDLINE, rules, strlen(rules), NULL, &err);
	if (ret != -EINVAL)
		return ret;
	pr_err("rules=: line %u, column %u: %s; none of them is in force\n",
	       err.line, err.column, err.message);
	return 0;
}

/* ---- life ---- */

static int __init iommu_pt_init(void)
{
	int ret;

	ret = read_words();
	if (ret)
		return ret;
	policy_init();
	ret = read_rules();
	if (ret)
		goto err_policy;
	ret = hints_init();
	if (ret)
		goto err_policy;
	ret = domain_init();
	if (ret)
		goto err_hints;
	ret = group_init();
	if (ret)
		goto err_domain;
	ret = watch_begin();
	if (ret)
		goto err_group;
	ret = sysfs_init();
	if (ret)
		goto err_watch;
	/* Last: what dumps and loans hold the module by does not hold one that fails. */
	ret = netlink_init();
	if (ret)
		goto err_sysfs;
	pr_info("version %s, mode %s, hints %s, %u devices, %u rules\n",
		THIS_MODULE->version, mode_name(pt_mode), hints_name(pt_hints),
		pt_device_count(), policy_count());
	return 0;

err_sysfs:
	sysfs_exit();
err_watch:
	watch_end();
err_group:
	group_exit();
err_domain:
	domain_exit();
err_hints:
	hints_exit();
err_policy:
	policy_exit();
	return ret;
}

static void __exit iommu_pt_exit(void)
{
	sysfs_exit();
	netlink_exit();
	watch_end();
	group_exit();
	domain_exit();
	hints_exit();
	policy_exit();
}

module_init(iommu_pt_init);
module_exit(iommu_pt_exit);

MODULE_DESCRIPTION("Per-device IOMMU passthrough policy");
MODULE_AUTHOR("The iommu-pt-policy developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
