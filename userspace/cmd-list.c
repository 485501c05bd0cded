// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdlib.h>

#include "device.h"
#include "names.h"
#include "proven.h"
#include "ptctl.h"
#include "table.h"
#include "tree.h"
#include "view.h"

enum {
	DEVICE, DRIVER, GROUP, POLICY, EFFECTIVE, STATUS, SOURCE, BUS, NAME,
	RULE, REASON, EXTERNAL, VIRTIO, VIRTIO_ACCESS, MODALIAS, VENDOR, MODEL,
	IOMMU, PROVEN, PROVEN_AT, PROVEN_ON,
};

static const struct column columns[] = {
	[DEVICE] = { "DEVICE", COLUMN_TREE, "name on PCI, else bus/name" },
	[DRIVER] = { "DRIVER", COLUMN_TEXT, "what is bound" },
	[GROUP] = { "GROUP", COLUMN_NUMBER, "IOMMU group" },
	[POLICY] = { "POLICY", COLUMN_TEXT, "what the rules give it" },
	[EFFECTIVE] = { "EFFECTIVE", COLUMN_TEXT, "what its DMA does now" },
	[STATUS] = { "STATUS", COLUMN_TEXT, "whether the policy is in force" },
	[SOURCE] = { "SOURCE", COLUMN_TEXT, "tier of the rule that decided" },
	[BUS] = { "BUS", COLUMN_TEXT, "bus type" },
	[NAME] = { "NAME", COLUMN_TEXT, "name on its bus" },
	[RULE] = { "RULE", COLUMN_TEXT, "the rule that decided" },
	[REASON] = { "REASON", COLUMN_TEXT, "why the status is what it is" },
	[EXTERNAL] = { "EXTERNAL", COLUMN_BOOL, "untrusted or removable" },
	[VIRTIO] = { "VIRTIO", COLUMN_BOOL, "a virtio transport" },
	[VIRTIO_ACCESS] = { "VIRTIO_ACCESS", COLUMN_TEXT,
			    "is VIRTIO_F_ACCESS_PLATFORM offered?" },
	[MODALIAS] = { "MODALIAS", COLUMN_TEXT, "what rules match as modalias" },
	[VENDOR] = { "VENDOR", COLUMN_TEXT, "who made it, as udev's hwdb knows" },
	[MODEL] = { "MODEL", COLUMN_TEXT, "what it is, as udev's hwdb knows" },
	[IOMMU] = { "IOMMU", COLUMN_TEXT, "what stands in front of it" },
	[PROVEN] = { "PROVEN", COLUMN_TEXT, "what its DMA has shown: ptctl prove" },
	[PROVEN_AT] = { "PROVEN_AT", COLUMN_TEXT, "when, UTC" },
	[PROVEN_ON] = { "PROVEN_ON", COLUMN_TEXT, "on which kernel" },
};

#define COLUMNS		(sizeof(columns) / sizeof(columns[0]))
#define DEFAULTS	"DEVICE,DRIVER,GROUP,POLICY,EFFECTIVE,STATUS,SOURCE"

struct options {
	size_t chosen[COLUMNS];
	size_t count;
	bool json;
	bool headings;
	bool all;
	bool tree;
	bool usual;		/* no columns were chosen */
};

static const char *text_of(const struct dev *dev, size_t column, bool json)
{
	switch (column) {
	case DEVICE:
		return dev->label;
	case DRIVER:
		return dev->driver;
	case POLICY:
		return dev_policy_word(dev);
	case EFFECTIVE:
		return dev_effective_word(dev);
	case STATUS:
		return dev_status_cell(dev, json);
	case SOURCE:
		return dev->tier < 0 ? NULL : tier_name((unsigned int)dev->tier);
	case BUS:
		return dev->bus;
	case NAME:
		return dev->name;
	case RULE:
		return dev->rule;
	case REASON:
		return dev->reason;
	case EXTERNAL:
		return yes_no(dev->external);
	case VIRTIO:
		return yes_no(dev->virtio);
	case VIRTIO_ACCESS:
		return dev_virtio_access_word(dev);
	case PROVEN:
		return proven_word(dev);
	case PROVEN_AT:
		return dev->proven ? dev->proven->time : NULL;
	case PROVEN_ON:
		return dev->proven ? dev->proven->kernel : NULL;
	default:
		return NULL;
	}
}

/* What a dump does not carry; NULL for any other column. */
static char *look_up(const struct dev *dev, size_t column)
{
	struct device_names names = { 0 };
	char *unwanted;

	if (column == MODALIAS)
		return device_modalias(dev);
	if (column == IOMMU)
		return device_iommu(dev);
	if (column != VENDOR && column != MODEL)
		return NULL;
	device_names(dev, &names);
	unwanted = column == VENDOR ? names.model : names.vendor;
	free(unwanted);
	return column == VENDOR ? names.vendor : names.model;
}

static void add_cell(struct table *table, const struct dev *dev, size_t column,
		     bool json)
{
	char *found;

	if (column == GROUP && dev->group >= 0) {
		table_cell_number(table, dev->group);
		return;
	}
	found = look_up(dev, column);
	table_cell(table, found ? found : text_of(dev, column, json));
	free(found);
}

static void add_cells(struct table *table, const struct dev *dev,
		      const struct options *options)
{
	size_t j;

	for (j = 0; j < options->count; j++)
		add_cell(table, dev, options->chosen[j], options->json);
}

/* ---- the tree: rows that are an IOMMU or a group, and devices below ---- */

struct tree {
	struct table *table;
	const struct options *options;
	bool in_group;
};

static void add_heading(const struct tree *tree, unsigned int depth,
			const char *text, long group)
{
	size_t j;

	table_row_at(tree->table, depth);
	for (j = 0; j < tree->options->count; j++) {
		size_t column = tree->options->chosen[j];

		if (column == GROUP && group >= 0)
			table_cell_number(tree->table, group);
		else
			table_cell(tree->table, column == DEVICE ? text : NULL);
	}
}

static void tree_iommu(const char *name, void *arg)
{
	char *label = tree_iommu_label(name);

	add_heading(arg, 0, label, -1);
	free(label);
}

static void tree_group(long group, void *arg)
{
	struct tree *tree = arg;
	char *label = tree_group_label(group);

	add_heading(tree, 1, label, group);
	tree->in_group = true;
	free(label);
}

static void tree_group_end(void *arg)
{
	struct tree *tree = arg;

	tree->in_group = false;
}

static void tree_device(const struct dev *dev, void *arg)
{
	const struct tree *tree = arg;

	table_row_at(tree->table, tree->in_group ? 2 : 1);
	add_cells(tree->table, dev, tree->options);
}

static void add_tree(struct table *table, const struct devs *devs,
		     const struct options *options)
{
	static const struct tree_visitor visitor = {
		.iommu = tree_iommu,
		.group = tree_group,
		.group_end = tree_group_end,
		.device = tree_device,
	};
	struct tree tree = { .table = table, .options = options };

	tree_walk(devs, &visitor, &tree);
}

/* ---- printing ---- */

static void print(const struct devs *devs, const struct options *options)
{
	struct table *table = table_new("devices", options->json,
					options->headings);
	size_t i, j;

	for (j = 0; j < options->count; j++)
		table_column(table, &columns[options->chosen[j]]);
	if (options->tree)
		add_tree(table, devs, options);
	for (i = 0; !options->tree && i < devs->count; i++) {
		table_row(table);
		add_cells(table, &devs->at[i], options);
	}
	table_print(&table, 1);
	table_free(table);
}

/* Where something is proven, that is one of the usual columns. */
static void add_proven(struct options *options, const struct devs *devs)
{
	size_t i;

	for (i = 0; options->usual && i < devs->count; i++)
		if (devs->at[i].proven) {
			options->chosen[options->count++] = PROVEN;
			return;
		}
}

static bool is_chosen(const struct options *options, size_t column)
{
	size_t i;

	for (i = 0; i < options->count; i++)
		if (options->chosen[i] == column)
			return true;
	return false;
}

static int parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "noheadings", no_argument, NULL, 'n' },
		{ "all", no_argument, NULL, 'a' },
		{ "tree", no_argument, NULL, 't' },
		{ 0 }
	};
	const char *choice = DEFAULTS;
	int c;

	options->headings = options->usual = true;
	while ((c = getopt_long(argc, argv, "o:jnat", longs, NULL)) != -1) {
		if (c == 'o') {
			choice = optarg;
			options->usual = false;
		} else if (c == 'j')
			options->json = true;
		else if (c == 'n')
			options->headings = false;
		else if (c == 'a')
			options->all = true;
		else if (c == 't')
			options->tree = true;
		else
			return usage_fail(&cmd_list, NULL);
	}
	if (optind < argc)
		return usage_fail(&cmd_list, "list takes no device, show does");
	options->count = columns_parse(columns, COLUMNS, DEFAULTS, choice,
				       options->chosen);
	if (!options->count)
		return PTCTL_USAGE;
	if (options->tree && !is_chosen(options, DEVICE))
		return usage_fail(&cmd_list, "--tree needs the column DEVICE");
	return PTCTL_DONE;
}

static int run(int argc, char **argv)
{
	struct options options = { 0 };
	struct devs devs = { 0 };
	struct view view;
	int ret;

	ret = parse(argc, argv, &options);
	if (ret)
		return ret;
	ret = view_open(&view);
	if (ret)
		return ret;
	ret = view_devs(&view, &devs, options.all);
	if (!ret) {
		add_proven(&options, &devs);
		print(&devs, &options);
	}
	devs_free(&devs);
	view_close(&view);
	return ret;
}

const struct command cmd_list = {
	.name = "list",
	.summary = "A row a device: policy, what its DMA does, status",
	.usage = "[-o COLUMN,...] [--tree] [--json] [--noheadings] [--all]",
	.help =
	"  -o, --output LIST   columns; +NAME,... adds to the usual ones\n"
	"  -n, --noheadings    no headings\n"
	"  -a, --all           also devices in no IOMMU group that are not PCI\n"
	"  -t, --tree          below its IOMMU and its group; in JSON as children\n"
	"  -j, --json          as JSON\n\n"
	"Columns: DEVICE DRIVER GROUP POLICY EFFECTIVE STATUS SOURCE, and\n"
	"BUS NAME RULE REASON EXTERNAL VIRTIO VIRTIO_ACCESS MODALIAS VENDOR MODEL\n"
	"IOMMU PROVEN PROVEN_AT PROVEN_ON\n\n"
	"Examples:\n"
	"  ptctl list\n"
	"  ptctl list -o +REASON\n"
	"  ptctl list --tree -o DEVICE,EFFECTIVE,MODEL\n"
	"  ptctl list -n -o DEVICE,STATUS | grep pending\n",
	.run = run,
};
