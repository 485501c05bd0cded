// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "initramfs.h"
#include "msg.h"
#include "names.h"
#include "own.h"
#include "ptctl.h"
#include "resolve.h"

struct options {
	unsigned int policy;
	bool runtime;
	bool force;
	bool dry;
	bool update;	/* the initramfs as well */
};

/* ---- arguments ---- */

static int unknown_policy(const char *word)
{
	return msg_fail(PTCTL_USAGE,
			"unknown policy '%s'; there are passthrough, translated, strict, lazy and auto",
			word);
}

/* DEVICE... POLICY */
static int parse_policy(int argc, char **argv, struct options *options)
{
	const char *last = argv[argc - 1];
	int policy;

	if (argc - optind < 1)
		return usage_fail(&cmd_set, "device and policy are missing");
	policy = policy_parse(last, strlen(last));
	if (argc - optind < 2)
		return usage_fail(&cmd_set, policy < 0 ? "the policy is missing" :
							 "the device is missing");
	if (policy < 0 && policy_parse(argv[optind], strlen(argv[optind])) >= 0)
		return msg_fail(PTCTL_USAGE,
				"the arguments are swapped? usage: ptctl set DEVICE... POLICY");
	if (policy < 0)
		return unknown_policy(last);
	options->policy = (unsigned int)policy;
	return PTCTL_DONE;
}

static int parse(int argc, char **argv, struct options *options,
		 struct change *change)
{
	static const struct option longs[] = {
		{ "runtime", no_argument, NULL, 'r' },
		{ "rebind", optional_argument, NULL, 'b' },
		{ "group", no_argument, NULL, 'g' },
		{ "force", no_argument, NULL, 'f' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "update-initramfs", no_argument, NULL, 'u' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "rgfn", longs, NULL)) != -1) {
		if (c == 'r')
			options->runtime = true;
		else if (c == 'g')
			change->group = true;
		else if (c == 'f')
			options->force = true;
		else if (c == 'n')
			options->dry = true;
		else if (c == 'u')
			options->update = true;
		else if (c != 'b')
			return usage_fail(&cmd_set, NULL);
		else if (!change_rebind_arg(change, optarg))
			return usage_fail(&cmd_set,
					  "--rebind is idle or force");
	}
	if (options->runtime && options->update)
		return usage_fail(&cmd_set,
				  "the initramfs has nothing of --runtime");
	return parse_policy(argc, argv, options);
}

/* All of them, before anything changes. */
static int resolve(struct change *change, char **names, int count)
{
	struct dev dev;
	int i, ret = PTCTL_DONE;

	for (i = 0; i < count && !ret; i++) {
		ret = resolve_device(names[i], &dev);
		if (!ret)
			ret = change_add(change, &dev);
	}
	return ret;
}

/* ---- persistent ---- */

static int write_lines(struct own *own, const struct change *change,
		       const struct options *options)
{
	size_t i;

	for (i = 0; i < change->devs.count; i++) {
		const struct dev *dev = &change->devs.at[i];
		char *line = own_line(dev, options->policy, options->force);

		if (!line)
			return msg_fail(PTCTL_FAILED,
					"%s: its name is too long for a rule; use --runtime",
					dev->label);
		own_set(own, dev, line);
		free(line);
	}
	return PTCTL_DONE;
}

/* Would the new line be the one that decides among the files? */
static int check_decision(const struct own *own, const struct rulelist *files,
			  const struct dev *dev, const struct options *options)
{
	struct rule_subject subject = dev_subject(dev);
	const struct rule_entry *entry;
	struct rule rule;
	char *line;
	bool ours;

	entry = rulelist_decide(files, &subject, &rule);
	line = own_line(dev, options->policy, options->force);
	ours = entry && line && !strcmp(entry->text, line) &&
	       !strcmp(entry->file, own->path);
	free(line);
	if (ours || !entry)
		return PTCTL_DONE;
	if (rule.policy == options->policy && rule.force == options->force) {
		msg_err("%s: note: %s:%u says the same and comes first: %s",
			dev->label, entry->file, entry->line, entry->text);
		return PTCTL_DONE;
	}
	return msg_fail(PTCTL_FAILED,
			"%s: %s:%u comes first and decides otherwise: %s; change it there, or use --runtime; nothing was changed",
			dev->label, entry->file, entry->line, entry->text);
}

static int check_decisions(const struct own *own, const struct change *change,
			   const struct options *options)
{
	struct rulelist files = { 0 };
	int ret = PTCTL_DONE;
	size_t i;

	if (!rules_parse(&own->rules, IOMMU_PT_TIER_ADMIN, &files))
		return msg_fail(PTCTL_FAILED,
				"nothing was changed: correct the rules first");
	for (i = 0; i < change->devs.count; i++)
		ret = worse_status(ret, check_decision(own, &files,
						       &change->devs.at[i],
						       options));
	rulelist_free(&files);
	return ret;
}

/* The rules of higher tiers that keep the files from deciding. */
static void warn_of_higher(const struct change *change)
{
	struct rulelist rules = { 0 };
	size_t i;

	if (kernel_rules(change->kernel, &rules))
		return;
	for (i = 0; i < change->devs.count; i++) {
		const struct dev *dev = &change->devs.at[i];
		struct rule_subject subject = dev_subject(dev);
		const struct rule_entry *entry =
			rulelist_decide(&rules, &subject, NULL);

		if (!entry || entry->tier >= IOMMU_PT_TIER_ADMIN)
			continue;
		msg_err("%s: warning: a rule of tier %s is above the files and decides: %s%s",
			dev->label, tier_name(entry->tier), entry->text,
			entry->tier == IOMMU_PT_TIER_RUNTIME ?
			"; take it back: ptctl unset --runtime" : "");
	}
	rulelist_free(&rules);
}

static void preview(const struct own *own, const struct change *change,
		    const struct options *options)
{
	size_t i;

	for (i = 0; own->changed && i < change->devs.count; i++) {
		char *line = own_line(&change->devs.at[i], options->policy,
				      options->force);

		msg_out("would write to %s: %s", own->path, line);
		free(line);
	}
	if (!own->changed)
		msg_out("%s has it already", own->path);
	change_preview(change, options->policy);
	initramfs_preview(options->update);
}

static int set_persistent(const struct change *change,
			  const struct options *options)
{
	struct own own;
	int ret = own_begin(&own, options->dry);

	if (ret)
		return ret;
	ret = write_lines(&own, change, options);
	if (!ret)
		ret = check_decisions(&own, change, options);
	if (!ret) {
		warn_of_higher(change);
		if (options->dry)
			preview(&own, change, options);
		else
			ret = own_commit(&own, change->kernel);
	}
	own_end(&own);
	return ret;
}

/* ---- until reboot ---- */

/* The kernel refuses the device number @at: those before it are set. */
static int stop(const struct change *change, size_t at, int err)
{
	int ret = kernel_fail(change->kernel, err, change->devs.at[at].label);
	size_t i;

	for (i = 0; i < at; i++)
		msg_err("%s: is set all the same; to take that back: ptctl unset --runtime %s",
			change->devs.at[i].label, change->devs.at[i].label);
	return ret;
}

static int set_runtime(const struct change *change,
		       const struct options *options)
{
	unsigned int flags = options->force ? IOMMU_PT_SET_FORCE : 0;
	size_t i;
	int err;

	if (options->dry) {
		change_preview(change, options->policy);
		return PTCTL_DONE;
	}
	for (i = 0; i < change->devs.count; i++) {
		err = kernel_set_dev(change->kernel, &change->devs.at[i],
				     (int)options->policy, flags);
		if (err)
			return stop(change, i, err);
	}
	return PTCTL_DONE;
}

static int set(struct change *change, const struct options *options)
{
	int ret = change_guard(change, options->policy);

	if (ret && !options->dry)
		return ret;
	ret = worse_status(ret, options->runtime ?
				set_runtime(change, options) :
				set_persistent(change, options));
	if (ret || options->dry)
		return ret;
	ret = change_finish(change);
	return options->runtime ? ret :
	       worse_status(ret, initramfs_finish(options->update));
}

static int run(int argc, char **argv)
{
	struct options options = { 0 };
	struct change change = { 0 };
	int ret;

	ret = parse(argc, argv, &options, &change);
	if (ret)
		return ret;
	ret = initramfs_check(options.update);
	if (!ret)
		ret = change_open(&change);
	if (!ret)
		ret = resolve(&change, argv + optind, argc - optind - 1);
	if (!ret)
		ret = set(&change, &options);
	change_free(&change);
	return ret;
}

const struct command cmd_set = {
	.name = "set",
	.summary = "Decide for devices, from now on and after a reboot",
	.usage = "DEVICE... POLICY [OPTION]...",
	.help =
	"POLICY is one of\n"
	"  passthrough   DMA goes to memory unchanged: fast, the device is trusted\n"
	"  translated    DMA goes through the IOMMU: strict or lazy as the kernel's default\n"
	"  strict        ... and mappings end at once\n"
	"  lazy          ... and mappings end a little later, in batches\n"
	"  auto          no opinion: the kernel's default\n\n"
	"  -r, --runtime         until reboot, above all files; \"auto\" takes it back\n"
	"      --rebind[=idle]   release the driver, change, attach it again, unless\n"
	"                        something uses the device\n"
	"      --rebind=force    ... even then, and what uses it breaks; a file system\n"
	"                        that stays mounted can take the kernel with it\n"
	"  -g, --group           for all devices of its IOMMU group\n"
	"  -f, --force           against the safety rules on external devices\n"
	"  -n, --dry-run         say what would happen, change nothing\n"
	"      --update-initramfs  make the initramfs anew as well, which has a copy of\n"
	"                        the rules; it takes a while\n\n"
	"Kept in /etc/iommu-pt/rules.d/50-ptctl.rules.\n\n"
	"Examples:\n"
	"  ptctl set 0000:00:03.0 passthrough\n"
	"  ptctl set eth1 nvme0n1 passthrough --rebind\n"
	"  ptctl set platform/a003e00.dma strict --runtime\n",
	.run = run,
};
