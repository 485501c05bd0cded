// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdlib.h>

#include "change.h"
#include "diff.h"
#include "kernel.h"
#include "msg.h"
#include "names.h"
#include "ptctl.h"
#include "rules.h"

/* The tiers that come from files. */
static const unsigned int tiers[] = {
	IOMMU_PT_TIER_ADMIN,
	IOMMU_PT_TIER_VENDOR,
};

struct apply {
	struct kernel *kernel;
	struct rules files;
	struct rulelist current;
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

static int apply_all(struct apply *apply)
{
	int ret = kernel_rules(apply->kernel, &apply->current);
	size_t i;

	if (ret)
		return kernel_fail(apply->kernel, ret, "rules");
	rules_load(&apply->files);
	for (i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++)
		ret = worse_status(ret, apply_tier(apply, tiers[i]));
	rules_free(&apply->files);
	rulelist_free(&apply->current);
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
	if (!ret)
		ret = kernel_require(&apply.kernel);
	if (!ret)
		ret = kernel_require_on(apply.kernel);
	if (!ret)
		ret = apply_all(&apply);
	kernel_close(apply.kernel);
	return ret;
}

const struct command cmd_apply = {
	.name = "apply",
	.summary = "Bring the kernel's rules to what the files say",
	.usage = "[--dry-run]",
	.help =
	"  -n, --dry-run   only print the differences; exit status 3 if there are any\n\n"
	"Reads *.rules in /etc/iommu-pt/rules.d, /run/iommu-pt/rules.d (tier admin)\n"
	"and /usr/lib/iommu-pt/rules.d (tier vendor), and the active profile behind\n"
	"these. Prints what differs, and nothing if nothing does. A tier with a broken\n"
	"file stays as it is in the kernel.\n\n"
	"Examples:\n"
	"  ptctl apply --dry-run\n"
	"  ptctl apply\n",
	.run = run,
};
