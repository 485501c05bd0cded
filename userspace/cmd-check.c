// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "ptctl.h"
#include "rules.h"
#include "table.h"
#include "xalloc.h"

#define SHOWN_MAX	20	/* findings in text; the rest is counted */

static const struct column columns[] = {
	{ "FILE", COLUMN_TEXT, NULL },
	{ "LINE", COLUMN_NUMBER, NULL },
	{ "COLUMN", COLUMN_NUMBER, NULL },
	{ "SEVERITY", COLUMN_TEXT, NULL },
	{ "MESSAGE", COLUMN_TEXT, NULL },
};

struct check {
	struct table *table;	/* NULL: findings go to stderr */
	size_t findings;
	size_t rules;
};

static void report(struct check *check, const struct rules_file *file,
		   const struct rule_error *error, const char *severity)
{
	check->findings++;
	if (check->table) {
		table_row(check->table);
		table_cell(check->table, file->path);
		table_cell_number(check->table, error->line);
		table_cell_number(check->table, error->column);
		table_cell(check->table, severity);
		table_cell(check->table, error->message);
	} else if (check->findings <= SHOWN_MAX) {
		rules_complain(file, error, severity);
	}
}

static void on_error(const struct rules_file *file,
		     const struct rule_error *error, void *arg)
{
	report(arg, file, error, "error");
}

/* ---- rules that can never match ---- */

/*
 * A rule is never reached if one before it has a part of its selectors and no
 * others. Selectors are five, so a rule has at most 32 parts to look for.
 */
#define SELECTORS	5
#define PARTS		(1U << SELECTORS)

struct seen {
	char *selectors;	/* canonical text, the key */
	const char *file;
	unsigned int line;
};

static int compare_seen(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return strcmp(x->selectors, y->selectors);
}

static void free_seen(void *node)
{
	struct seen *seen = node;

	free(seen->selectors);
	free(seen);
}

/* The selectors that a bit of @part keeps; false if the rule lacks one. */
static bool keep_part(const struct rule *rule, unsigned int part,
		      struct rule *kept)
{
	*kept = (struct rule){
		.bus = part & 1 ? rule->bus : NULL,
		.name = part & 2 ? rule->name : NULL,
		.modalias = part & 4 ? rule->modalias : NULL,
		.external = part & 8 ? rule->external : RULE_ANY,
		.virtio = part & 16 ? rule->virtio : RULE_ANY,
	};
	return (!(part & 1) || kept->bus) && (!(part & 2) || kept->name) &&
	       (!(part & 4) || kept->modalias) &&
	       (!(part & 8) || kept->external != RULE_ANY) &&
	       (!(part & 16) || kept->virtio != RULE_ANY);
}

static const struct seen *find_before(void *const *tree,
				      const struct rule *rule)
{
	char text[RULE_LINE_MAX + 64];
	struct seen key = { .selectors = text };
	struct rule kept;
	unsigned int part;
	void *found;

	for (part = 0; part < PARTS; part++) {
		if (!keep_part(rule, part, &kept))
			continue;
		rule_format(&kept, text, sizeof(text));
		found = tfind(&key, tree, compare_seen);
		if (found)
			return *(struct seen *const *)found;
	}
	return NULL;
}

static void remember(void **tree, const struct rule *rule,
		     const struct rule_entry *entry)
{
	struct seen *seen = xcalloc(1, sizeof(*seen));
	char text[RULE_LINE_MAX + 64];
	struct rule all;

	keep_part(rule, PARTS - 1, &all);
	rule_format(&all, text, sizeof(text));
	seen->selectors = xstrdup(text);
	seen->file = entry->file;
	seen->line = entry->line;
	if (!tsearch(seen, tree, compare_seen))
		free_seen(seen);
}

static void warn(struct check *check, const struct rules *rules,
		 const struct rule_entry *entry, const struct seen *before)
{
	char *message = xasprintf("never matches: %s:%u comes first and matches all that it does",
				  before->file, before->line);
	struct rule_error error = { entry->line, 1, message };
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (!strcmp(rules->at[i].path, entry->file))
			break;
	if (i < rules->count)
		report(check, &rules->at[i], &error, "warning");
	free(message);
}

static void look_for_unreachable(struct check *check, const struct rules *rules,
				 const struct rulelist *list,
				 unsigned int tier)
{
	struct rule_cursor cur;
	const struct seen *before;
	struct rule rule;
	void *tree = NULL;
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct rule_entry *entry = &list->at[i];

		if (entry->tier != tier || !rule_read(&cur, &rule, entry->text))
			continue;
		before = find_before(&tree, &rule);
		if (before)
			warn(check, rules, entry, before);
		else
			remember(&tree, &rule, entry);
	}
	tdestroy(tree, free_seen);
}

/* ---- files ---- */

static void check_rules(struct check *check, const struct rules *rules)
{
	struct rulelist list = { 0 };
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (rules->at[i].text)
			rules_parse_file(&rules->at[i], &list, on_error, check);
	look_for_unreachable(check, rules, &list, IOMMU_PT_TIER_ADMIN);
	look_for_unreachable(check, rules, &list, IOMMU_PT_TIER_VENDOR);
	check->rules = list.count;
	rulelist_free(&list);
}

/* As if they were all the files of tier admin, in this order. */
static void load_named(struct rules *rules, char **paths, size_t count)
{
	size_t i;

	rules->at = xcalloc(count, sizeof(*rules->at));
	for (i = 0; i < count; i++) {
		struct rules_file *file = &rules->at[rules->count++];

		file->path = xstrdup(paths[i]);
		file->tier = IOMMU_PT_TIER_ADMIN;
		if (!rules_read_file(file))
			rules->broken |= 1U << file->tier;
	}
}

static struct table *new_table(void)
{
	struct table *table = table_new("findings", true, true);
	size_t i;

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		table_column(table, &columns[i]);
	return table;
}

static int finish(const struct check *check, const struct rules *rules)
{
	if (check->table)
		table_print(&check->table, 1);
	else if (check->findings > SHOWN_MAX)
		msg_err("and %zu findings more", check->findings - SHOWN_MAX);
	if (rules->broken)
		return PTCTL_FAILED;
	if (check->findings)
		return PTCTL_FINDINGS;
	if (!check->table)
		msg_out("%zu rules in %zu files", check->rules, rules->count);
	return PTCTL_DONE;
}

static int run(int argc, char **argv)
{
	struct check check = { 0 };
	struct rules rules = { 0 };
	bool json = false;
	int ret;

	ret = parse_json(&cmd_check, argc, argv, 0, INT_MAX, &json);
	if (ret)
		return ret;
	if (optind < argc)
		load_named(&rules, argv + optind, (size_t)(argc - optind));
	else
		rules_load(&rules);
	if (json)
		check.table = new_table();
	check_rules(&check, &rules);
	ret = finish(&check, &rules);
	if (check.table)
		table_free(check.table);
	rules_free(&rules);
	return ret;
}

const struct command cmd_check = {
	.name = "check",
	.summary = "Look for mistakes in rules files",
	.usage = "[FILE...] [--json]",
	.help =
	"  -j, --json   findings as JSON, all of them\n\n"
	"Without FILE: the files that apply would read. Exit status 3 with findings:\n"
	"syntax errors, and rules that never match because of one before them.\n\n"
	"Examples:\n"
	"  ptctl check\n"
	"  ptctl check new.rules\n",
	.run = run,
};
