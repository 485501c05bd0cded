// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "change.h"
#include "initramfs.h"
#include "msg.h"
#include "names.h"
#include "own.h"
#include "ptctl.h"
#include "resolve.h"

/**
 * struct work - what is to be taken back
 * @change: the devices that are there
 * @absent: and those that are not, known by name only
 * @own: the file, without their lines
 * @rules: what the kernel has, and in which files that is
 * @commit: the kernel is to get the rules of the files
 * @runtime: leave the file alone
 * @dry: change nothing
 * @update: the initramfs as well
 */
struct work {
	struct change change;
	struct devs absent;
	struct own own;
	struct rulelist rules;
	bool commit;
	bool runtime;
	bool dry;
	bool update;
};

static int parse(int argc, char **argv, struct work *work)
{
	static const struct option longs[] = {
		{ "runtime", no_argument, NULL, 'r' },
		{ "rebind", optional_argument, NULL, 'b' },
		{ "group", no_argument, NULL, 'g' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "update-initramfs", no_argument, NULL, 'u' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "rgn", longs, NULL)) != -1) {
		if (c == 'r')
			work->runtime = true;
		else if (c == 'g')
			work->change.group = true;
		else if (c == 'n')
			work->dry = true;
		else if (c == 'u')
			work->update = true;
		else if (c != 'b')
			return usage_fail(&cmd_unset, NULL);
		else if (!change_rebind_arg(&work->change, optarg))
			return usage_fail(&cmd_unset,
					  "--rebind is idle or force");
	}
	if (work->runtime && work->update)
		return usage_fail(&cmd_unset,
				  "the initramfs has nothing of --runtime");
	return optind < argc ? PTCTL_DONE :
			       usage_fail(&cmd_unset, "the device is missing");
}

/* A rule may outlive its device: one that is named in full need not be there. */
static int resolve(struct work *work, char **names, int count)
{
	struct dev dev;
	int i, ret = PTCTL_DONE;

	for (i = 0; i < count && !ret; i++) {
		if (resolve_absent(names[i], &dev)) {
			devs_add(&work->absent, &dev);
			continue;
		}
		ret = resolve_device(names[i], &dev);
		if (!ret)
			ret = change_add(&work->change, &dev);
	}
	return ret;
}

/* ---- what there is to take back ---- */

static bool has_runtime(const struct work *work, const struct dev *dev)
{
	size_t i;

	for (i = 0; i < work->rules.count; i++) {
		const struct rule_entry *entry = &work->rules.at[i];

		if (entry->tier == IOMMU_PT_TIER_RUNTIME &&
		    own_is_line(entry->text, strlen(entry->text), dev))
			return true;
	}
	return dev->tier == IOMMU_PT_TIER_RUNTIME;
}

/* In force, though no file has it: a set was killed between kernel and file. */
static bool is_stray(const struct work *work, const struct dev *dev)
{
	size_t i;

	for (i = 0; !work->runtime && i < work->rules.count; i++) {
		const struct rule_entry *entry = &work->rules.at[i];

		if (entry->tier == IOMMU_PT_TIER_ADMIN && !entry->file &&
		    own_is_line(entry->text, strlen(entry->text), dev))
			return true;
	}
	return false;
}

/* Taken back before, and still waiting for the driver to be released. */
static bool is_left_over(const struct work *work, const struct dev *dev)
{
	return work->change.rebind && dev->status == IOMMU_PT_STATUS_PENDING;
}

static bool has_any(struct work *work, const struct dev *dev)
{
	bool runtime = has_runtime(work, dev);
	bool line = !work->runtime && own_set(&work->own, dev, NULL);
	bool stray = is_stray(work, dev);

	work->commit |= line || stray;
	if (work->dry && stray)
		msg_out("%s: would take back its rule, which is in no file",
			dev->label);
	if (work->dry && line)
		msg_out("%s: would remove its line from %s", dev->label,
			work->own.path);
	if (work->dry && runtime)
		msg_out("%s: would take back the decision at runtime",
			dev->label);
	if (line || stray || runtime || is_left_over(work, dev))
		return true;
	msg_out("%s: nothing to take back", dev->label);
	return false;
}

/* Keep the devices that have something. */
static void choose(struct work *work, struct devs *devs)
{
	size_t i, kept = 0;

	for (i = 0; i < devs->count; i++) {
		if (has_any(work, &devs->at[i]))
			devs->at[kept++] = devs->at[i];
		else
			dev_free(&devs->at[i]);
	}
	devs->count = kept;
}

/* ---- taking it back ---- */

/* Of a device that is not there the kernel may have forgotten all. */
static int forget_runtime(const struct work *work, const struct devs *devs,
			  bool there)
{
	struct kernel *k = work->change.kernel;
	size_t i;
	int err;

	for (i = 0; i < devs->count; i++) {
		if (!has_runtime(work, &devs->at[i]))
			continue;
		err = kernel_set_dev(k, &devs->at[i], IOMMU_PT_POLICY_AUTO, 0);
		if (err && (there || err != -ENODEV))
			return kernel_fail(k, err, devs->at[i].label);
	}
	return PTCTL_DONE;
}

static int take_back(struct work *work)
{
	/* Which policy it will be, the other rules tell. */
	int ret = change_guard(&work->change, __IOMMU_PT_POLICY_END);

	if (!ret && work->commit)
		ret = own_commit(&work->own, work->change.kernel);
	if (ret)
		return ret;
	ret = forget_runtime(work, &work->change.devs, true);
	if (!ret)
		ret = forget_runtime(work, &work->absent, false);
	if (ret && work->own.changed)
		msg_err("%s is changed all the same", work->own.path);
	return ret;
}

static void report_absent(const struct work *work)
{
	size_t i;

	for (i = 0; i < work->absent.count; i++)
		msg_out("%s: taken back; the device is not there",
			work->absent.at[i].label);
}

/* Other rules may decide now. Changes the list: the last to look at it. */
static void report_rules(struct work *work)
{
	struct devs *devs = &work->change.devs;
	size_t i;

	for (i = 0; i < devs->count; i++) {
		struct dev *dev = &devs->at[i];

		if (kernel_dev(work->change.kernel, dev) || !dev->rule)
			continue;
		msg_out("%s: another rule decides now (tier %s): %s; see: ptctl explain %s",
			dev->label, tier_name((unsigned int)dev->tier),
			dev->rule, dev->label);
	}
}

/* A broken file is the kernel's to complain about, if it gets it. */
static void locate(struct work *work)
{
	struct rulelist files = { 0 };
	size_t i;

	for (i = 0; i < work->own.rules.count; i++)
		if (work->own.rules.at[i].tier == IOMMU_PT_TIER_ADMIN)
			rules_parse_file(&work->own.rules.at[i], &files, NULL,
					 NULL);
	rulelist_locate(&work->rules, &files);
	rulelist_free(&files);
}

static int unset(struct work *work)
{
	int ret = kernel_rules(work->change.kernel, &work->rules);

	if (ret)
		return kernel_fail(work->change.kernel, ret, "rules");
	locate(work);
	choose(work, &work->change.devs);
	choose(work, &work->absent);
	if (work->dry) {
		if (!work->runtime)
			initramfs_preview(work->update);
		return PTCTL_DONE;
	}
	ret = take_back(work);
	if (ret)
		return ret;
	if (!work->runtime)
		own_end(&work->own);	/* nobody need wait for what comes now */
	report_absent(work);
	ret = change_finish(&work->change);
	report_rules(work);
	return work->runtime ? ret :
	       worse_status(ret, initramfs_finish(work->update));
}

static int run(int argc, char **argv)
{
	struct work work = { .own.lock = -1 };
	int ret;

	ret = parse(argc, argv, &work);
	if (ret)
		return ret;
	ret = initramfs_check(work.update);
	if (!ret)
		ret = change_open(&work.change);
	if (!ret)
		ret = resolve(&work, argv + optind, argc - optind);
	if (!ret && !work.runtime)
		ret = own_begin(&work.own, work.dry);
	if (!ret)
		ret = unset(&work);
	if (!work.runtime)
		own_end(&work.own);
	rulelist_free(&work.rules);
	devs_free(&work.absent);
	change_free(&work.change);
	return ret;
}

const struct command cmd_unset = {
	.name = "unset",
	.summary = "Take back what set decided, in the file and at runtime",
	.usage = "DEVICE... [OPTION]...",
	.help =
	"  -r, --runtime         only the decision until reboot\n"
	"      --rebind[=idle]   release the driver, change, attach it again, unless\n"
	"                        something uses the device\n"
	"      --rebind=force    ... even then, and what uses it breaks; a file system\n"
	"                        that stays mounted can take the kernel with it\n"
	"  -g, --group           for all devices of its IOMMU group\n"
	"  -n, --dry-run         say what would happen, change nothing\n"
	"      --update-initramfs  make the initramfs anew as well, which has a copy of\n"
	"                        the rules; it takes a while\n\n"
	"A device that is not there now can be named by address or bus/name.\n\n"
	"Examples:\n"
	"  ptctl unset 0000:00:03.0\n"
	"  ptctl unset eth1 --rebind\n",
	.run = run,
};
