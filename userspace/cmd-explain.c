// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "names.h"
#include "ptctl.h"
#include "resolve.h"
#include "table.h"
#include "view.h"
#include "xalloc.h"

static const struct column columns[] = {
	{ "TIER", COLUMN_TEXT, NULL },
	{ "PLACE", COLUMN_TEXT, NULL },
	{ "RULE", COLUMN_TEXT, NULL },
	{ "MATCHES", COLUMN_BOOL, NULL },
	{ "DECIDES", COLUMN_BOOL, NULL },
	{ "WHY", COLUMN_TEXT, NULL },
};

struct options {
	struct strings files;
	bool json;
};

/* ---- one rule ---- */

/*
 * The first selector that does not match, found with a rule that has no other.
 * What is not known (RULE_ANY) is told from what differs.
 */
static const char *first_mismatch(const struct rule *rule,
				  const struct rule_subject *subject)
{
	struct rule only = { .bus = rule->bus };

	if (!rule_matches(&only, subject))
		return "bus differs";
	only = (struct rule){ .name = rule->name };
	if (!rule_matches(&only, subject))
		return "name differs";
	only = (struct rule){ .external = rule->external };
	if (!rule_matches(&only, subject))
		return subject->external == RULE_ANY ? "external is not known" :
						       "external differs";
	only = (struct rule){ .virtio = rule->virtio };
	if (!rule_matches(&only, subject))
		return subject->virtio == RULE_ANY ? "virtio is not known" :
						     "virtio differs";
	return subject->modalias ? "modalias differs" : "it has no modalias";
}

/**
 * struct verdict - which of the rules decides
 * @decided: it; NULL: none, or one that is not among them
 * @passed: it has been come by
 */
struct verdict {
	const struct rule_entry *decided;
	bool passed;
};

/* Of one that matches. Only hints, and the seal, are not as simple as the order. */
static const char *why(const struct rule_entry *entry,
		       const struct verdict *verdict)
{
	if (entry == verdict->decided)
		return "decides";
	if (verdict->passed)
		return "a rule before it decides";
	if (entry->tier == IOMMU_PT_TIER_HINT)
		return "does not count: no stricter than what decides, or it may not loosen (see: ptctl hints)";
	return "does not count: less strict than what was sealed";
}

static void add_rule(struct table *table, const struct rule_entry *entry,
		     const struct rule_subject *subject, struct verdict *verdict)
{
	struct rule_cursor cur;
	struct rule rule;
	bool read = rule_read(&cur, &rule, entry->text);
	bool matches = read && rule_matches(&rule, subject);
	char *place = entry->file ? rule_place(entry) : NULL;

	table_row(table);
	table_cell(table, tier_name(entry->tier));
	table_cell(table, place);
	table_cell(table, entry->text);
	table_cell(table, matches ? "yes" : "no");
	table_cell(table, entry == verdict->decided ? "yes" : "no");
	if (!read)
		table_cell(table, "not understood by this ptctl");
	else if (!matches)
		table_cell(table, first_mismatch(&rule, subject));
	else
		table_cell(table, why(entry, verdict));
	verdict->passed |= entry == verdict->decided;
	free(place);
}

static void say_result(const struct dev *dev, const struct rule_entry *decided,
		       bool offline)
{
	char *place;

	if (!decided && !offline && dev->rule) {
		msg_out("%s: decided by tier %s: %s", dev->label,
			tier_name((unsigned int)dev->tier), dev->rule);
	} else if (!decided) {
		msg_out("%s: no rule decides: auto, the kernel's default",
			dev->label);
	} else {
		place = rule_place(decided);
		msg_out("%s: decided by %s: %s", dev->label, place,
			decided->text);
		free(place);
	}
	if (!offline)
		msg_out("%s: %s, status %s, effective %s%s%s", dev->label,
			dev_policy_word(dev), dev_status_word(dev),
			dev_effective_word(dev), dev->reason ? ": " : "",
			dev->reason ? dev->reason : "");
}

static void explain(const struct dev *dev, const struct rulelist *rules,
		    const struct rule_entry *decided,
		    const struct options *options, bool offline)
{
	struct verdict verdict = { .decided = decided };
	struct table *table = table_new("rules", options->json, true);
	struct rule_subject subject = dev_subject(dev);
	size_t i;

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		table_column(table, &columns[i]);
	for (i = 0; i < rules->count; i++)
		add_rule(table, &rules->at[i], &subject, &verdict);
	if (options->json || rules->count)
		table_print(&table, 1);
	if (!options->json) {
		if (rules->count)
			msg_out("%s", "");
		say_result(dev, decided, offline);
	}
	table_free(table);
}

/* ---- where the rules are from ---- */

static void complain(const struct rules_file *file,
		     const struct rule_error *error, void *arg)
{
	bool *bad = arg;

	if (!*bad)
		rules_complain(file, error, "error");
	*bad = true;
}

static int read_files(const struct strings *paths, struct rulelist *rules)
{
	bool bad = false;
	size_t i;

	for (i = 0; i < paths->count && !bad; i++) {
		struct rules_file file = { .path = paths->at[i],
					   .tier = IOMMU_PT_TIER_ADMIN };

		if (!rules_read_file(&file))
			return PTCTL_FAILED;
		rules_parse_file(&file, rules, complain, &bad);
		free(file.text);
	}
	return bad ? PTCTL_FAILED : PTCTL_DONE;
}

static int explain_files(const struct dev *dev, const struct options *options)
{
	struct rulelist rules = { 0 };
	struct rule_subject subject = dev_subject(dev);
	int ret = read_files(&options->files, &rules);

	if (!ret)
		explain(dev, &rules, rulelist_decide(&rules, &subject, NULL),
			options, true);
	rulelist_free(&rules);
	return ret;
}

static int explain_live(struct dev *dev, const struct options *options)
{
	struct view view;
	int ret = view_open(&view);

	if (!ret)
		ret = view_rules(&view);
	if (!ret)
		ret = view_dev(&view, dev);
	if (!ret)
		explain(dev, &view.rules, view_rule(&view, dev), options,
			!view.kernel);
	view_close(&view);
	return ret;
}

static int parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "rules", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "r:j", longs, NULL)) != -1) {
		if (c == 'r')
			strings_add(&options->files, xstrdup(optarg));
		else if (c == 'j')
			options->json = true;
		else
			return usage_fail(&cmd_explain, NULL);
	}
	if (argc - optind != 1)
		return usage_fail(&cmd_explain, "one device is needed");
	return PTCTL_DONE;
}

static int run(int argc, char **argv)
{
	struct options options = { 0 };
	struct dev dev = { 0 };
	int ret;

	ret = parse(argc, argv, &options);
	if (!ret)
		ret = resolve_device(argv[optind], &dev);
	if (!ret)
		ret = options.files.count ? explain_files(&dev, &options) :
					    explain_live(&dev, &options);
	dev_free(&dev);
	strings_free(&options.files);
	return ret;
}

const struct command cmd_explain = {
	.name = "explain",
	.summary = "Every rule tried, in order, and what decided",
	.usage = "DEVICE [--rules FILE]... [--json]",
	.help =
	"  -r, --rules FILE   only the rules of FILE, nothing of the kernel's\n"
	"  -j, --json         as JSON\n\n"
	"Examples:\n"
	"  ptctl explain eth1\n"
	"  ptctl explain 0000:00:03.0 --rules new.rules\n",
	.run = run,
};
