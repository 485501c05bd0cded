// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdlib.h>

#include "device.h"
#include "names.h"
#include "ptctl.h"
#include "table.h"
#include "view.h"

enum {
	DEVICE, DRIVER, GROUP, POLICY, EFFECTIVE, STATUS, SOURCE, BUS, NAME,
	RULE, REASON, EXTERNAL, VIRTIO, VIRTIO_ACCESS, MODALIAS,
};

static const struct column columns[] = {
	[DEVICE] = { "DEVICE", COLUMN_TEXT, "name on PCI, else bus/name" },
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
};

#define COLUMNS		(sizeof(columns) / sizeof(columns[0]))
#define DEFAULTS	"DEVICE,DRIVER,GROUP,POLICY,EFFECTIVE,STATUS,SOURCE"

struct options {
	size_t chosen[COLUMNS];
	size_t count;
	bool json;
	bool headings;
	bool all;
};

/* A dump does not carry it. */
static void cell_modalias(struct table *table, const struct dev *dev)
{
	char *path, *modalias = NULL;

	if (!dev->modalias) {
		path = xasprintf("/sys/bus/%s/devices/%s", dev->bus, dev->name);
		modalias = device_attr(path, "modalias");
		free(path);
	}
	table_cell(table, dev->modalias ? dev->modalias : modalias);
	free(modalias);
}

static const char *text_of(const struct dev *dev, size_t column)
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
		return dev_status_word(dev);
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
	default:
		return NULL;
	}
}

static void add_cell(struct table *table, const struct dev *dev, size_t column)
{
	if (column == GROUP && dev->group >= 0)
		table_cell_number(table, dev->group);
	else if (column == MODALIAS)
		cell_modalias(table, dev);
	else
		table_cell(table, text_of(dev, column));
}

static void print(const struct devs *devs, const struct options *options)
{
	struct table *table = table_new("devices", options->json,
					options->headings);
	size_t i, j;

	for (j = 0; j < options->count; j++)
		table_column(table, &columns[options->chosen[j]]);
	for (i = 0; i < devs->count; i++) {
		table_row(table);
		for (j = 0; j < options->count; j++)
			add_cell(table, &devs->at[i], options->chosen[j]);
	}
	table_print(&table, 1);
	table_free(table);
}

static int parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "noheadings", no_argument, NULL, 'n' },
		{ "all", no_argument, NULL, 'a' },
		{ 0 }
	};
	const char *choice = DEFAULTS;
	int c;

	options->headings = true;
	while ((c = getopt_long(argc, argv, "o:jna", longs, NULL)) != -1) {
		if (c == 'o')
			choice = optarg;
		else if (c == 'j')
			options->json = true;
		else if (c == 'n')
			options->headings = false;
		else if (c == 'a')
			options->all = true;
		else
			return usage_fail(&cmd_list, NULL);
	}
	if (optind < argc)
		return usage_fail(&cmd_list, "list takes no device, show does");
	options->count = columns_parse(columns, COLUMNS, DEFAULTS, choice,
				       options->chosen);
	return options->count ? PTCTL_DONE : PTCTL_USAGE;
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
	if (!ret)
		print(&devs, &options);
	devs_free(&devs);
	view_close(&view);
	return ret;
}

const struct command cmd_list = {
	.name = "list",
	.summary = "A row a device: policy, what its DMA does, status",
	.usage = "[-o COLUMN,...] [--json] [--noheadings] [--all]",
	.help =
	"  -o, --output LIST   columns; +NAME,... adds to the usual ones\n"
	"  -n, --noheadings    no headings\n"
	"  -a, --all           also devices in no IOMMU group that are not PCI\n"
	"  -j, --json          as JSON\n\n"
	"Columns: DEVICE DRIVER GROUP POLICY EFFECTIVE STATUS SOURCE, and\n"
	"BUS NAME RULE REASON EXTERNAL VIRTIO VIRTIO_ACCESS MODALIAS\n\n"
	"Examples:\n"
	"  ptctl list\n"
	"  ptctl list -o +REASON\n"
	"  ptctl list -n -o DEVICE,STATUS | grep pending\n",
	.run = run,
};
