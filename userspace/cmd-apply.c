// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "channel.h"
#include "diff.h"
#include "kernel.h"
#include "msg.h"
#include "names.h"
#include "ptctl.h"
#include "rules.h"
#include "store.h"

/* The tiers that come from files; fw_cfg is a file, too. */
static const unsigned int tiers[] = {
	IOMMU_PT_TIER_ADMIN,
	IOMMU_PT_TIER_HINT,
	IOMMU_PT_TIER_VENDOR,
};

/**
 * struct apply - what shall be and what is
 * @kernel: the module
 * @files: what shall be
 * @current: what the module has; of tier hint only what it has of fw_cfg
 * @fw_cfg: the machine has a fw_cfg, and what it says is in @files
 * @dry: change nothing
 */
struct apply {
	struct kernel *kernel;
	struct rules files;
	struct rulelist current;
	bool fw_cfg;
	bool dry;
};

static void lines_of(const struct rulelist *rules, unsigned int tier,
		     struct strings *lines)
{
	const char *name = tier_name(tier);
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (rules->at[i].tier == tier)
			strings_add(lines, xasprintf("%s: %s", name,
						     rules->at[i].text));
}

/* Return: how many lines differ, after printing them. */
static size_t difference(const struct apply *apply,
			 const struct rulelist *wanted, unsigned int tier)
{
	struct strings old = { 0 }, new = { 0 };
	size_t differ;

	lines_of(&apply->current, tier, &old);
	lines_of(wanted, tier, &new);
	differ = diff_lines(&old, &new);
	strings_free(&old);
	strings_free(&new);
	return differ;
}

static int load(const struct apply *apply, unsigned int tier)
{
	char *text, *about;
	size_t len;
	int err;

	text = rules_text(&apply->files, tier, &len);
	err = kernel_set_rules(apply->kernel, tier, text, len);
	free(text);
	if (!err)
		return PTCTL_DONE;
	about = xasprintf("rules of tier %s", tier_name(tier));
	err = kernel_fail(apply->kernel, err, about);
	free(about);
	return err;
}

static int apply_tier(const struct apply *apply, unsigned int tier)
{
	struct rulelist wanted = { 0 };
	int ret = PTCTL_DONE;

	if (!rules_parse(&apply->files, tier, &wanted))
		return msg_fail(PTCTL_FAILED,
				"tier %s: nothing of it was loaded, the rules in force stay as they are",
				tier_name(tier));
	if (difference(apply, &wanted, tier))
		ret = apply->dry ? PTCTL_FINDINGS : load(apply, tier);
	rulelist_free(&wanted);
	return ret;
}

/* ---- tier hint ---- */

/* The module shows the lines that it was given. */
static int load_heard(struct apply *apply)
{
	struct saids heard = { 0 };
	int err = kernel_hints(apply->kernel, &heard);
	size_t i;

	for (i = 0; i < heard.count; i++) {
		struct rules_file line = {
			.tier = IOMMU_PT_TIER_HINT,
			.text = heard.at[i].text,
			.len = heard.at[i].len,
		};

		if (!strcmp(heard.at[i].channel,
			    channel_name(IOMMU_PT_CHANNEL_FW_CFG)))
			rules_parse_file(&line, &apply->current, NULL, NULL);
	}
	saids_free(&heard);
	return err;
}

/*
 * An item that is not there says nothing. Without fw_cfg nobody knows what it
 * says, and what was heard of it before stays: it lasts as long as the machine.
 */
static void load_fw_cfg(struct apply *apply)
{
	char *path = channel_fw_cfg_path();

	apply->fw_cfg = channel_has_fw_cfg();
	if (apply->fw_cfg && (!access(path, F_OK) || errno != ENOENT))
		rules_append(&apply->files, IOMMU_PT_TIER_HINT, path, NULL);
	else
		free(path);
}

/* Those of tier hint come from other channels, too, and not by our doing. */
static int load_current(struct apply *apply)
{
	struct rulelist all = { 0 };
	int err = kernel_rules(apply->kernel, &all);
	size_t i;

	for (i = 0; i < all.count; i++)
		if (all.at[i].tier != IOMMU_PT_TIER_HINT)
			rulelist_add(&apply->current, all.at[i].tier,
				     all.at[i].text, NULL, 0);
	rulelist_free(&all);
	return err ? err : load_heard(apply);
}

static int apply_all(struct apply *apply)
{
	int ret = load_current(apply);
	size_t i;

	if (ret)
		return kernel_fail(apply->kernel, ret, "rules");
	rules_load(&apply->files);
	load_fw_cfg(apply);
	for (i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++)
		if (tiers[i] != IOMMU_PT_TIER_HINT || apply->fw_cfg)
			ret = worse_status(ret, apply_tier(apply, tiers[i]));
	rules_free(&apply->files);
	rulelist_free(&apply->current);
	return ret;
}

/* Or a rule that is being set would be lost between the files and the kernel. */
static int apply_locked(struct apply *apply)
{
	int lock = apply->dry ? -1 : store_lock_to_read();
	int ret = apply_all(apply);

	if (lock >= 0)
		close(lock);
	return ret;
}

static int parse(int argc, char **argv, struct apply *apply)
{
	static const struct option longs[] = {
		{ "dry-run", no_argument, NULL, 'n' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "n", longs, NULL)) != -1) {
		if (c != 'n')
			return usage_fail(&cmd_apply, NULL);
		apply->dry = true;
	}
	if (optind < argc)
		return usage_fail(&cmd_apply, "apply takes no argument");
	return PTCTL_DONE;
}

static int run(int argc, char **argv)
{
	struct apply apply = { 0 };
	int ret;

	ret = parse(argc, argv, &apply);
	/* What differs is printed before it is loaded, and may have no reader. */
	if (!ret && !apply.dry)
		signal(SIGPIPE, SIG_IGN);
	if (!ret)
		ret = kernel_require(&apply.kernel);
	if (!ret)
		ret = kernel_require_on(apply.kernel);
	if (!ret)
		ret = apply_locked(&apply);
	kernel_close(apply.kernel);
	return ret;
}

const struct command cmd_apply = {
	.name = "apply",
	.summary = "Bring the kernel's rules to what the files and fw_cfg say",
	.usage = "[--dry-run]",
	.help =
	"  -n, --dry-run   only print the differences; exit status 3 if there are any\n\n"
	"Reads *.rules in /etc/iommu-pt/rules.d, /run/iommu-pt/rules.d (tier admin)\n"
	"and /usr/lib/iommu-pt/rules.d (tier vendor), and the active profile behind\n"
	"these; and what QEMU's fw_cfg says in opt/org.iommu-pt/rules (tier hint).\n"
	"Prints what differs, and nothing if nothing does. A tier with a broken file\n"
	"stays as it is in the kernel.\n\n"
	"Examples:\n"
	"  ptctl apply --dry-run\n"
	"  ptctl apply\n",
	.run = run,
};
