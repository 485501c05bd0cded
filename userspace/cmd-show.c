// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "msg.h"
#include "names.h"
#include "proven.h"
#include "ptctl.h"
#include "resolve.h"
#include "table.h"
#include "view.h"

static const struct column columns[] = {
	{ "DEVICE", COLUMN_TEXT, NULL },
	{ "BUS", COLUMN_TEXT, NULL },
	{ "NAME", COLUMN_TEXT, NULL },
	{ "DRIVER", COLUMN_TEXT, NULL },
	{ "GROUP", COLUMN_NUMBER, NULL },
	{ "POLICY", COLUMN_TEXT, NULL },
	{ "EFFECTIVE", COLUMN_TEXT, NULL },
	{ "STATUS", COLUMN_TEXT, NULL },
	{ "REASON", COLUMN_TEXT, NULL },
	{ "SOURCE", COLUMN_TEXT, NULL },
	{ "RULE", COLUMN_TEXT, NULL },
	{ "PLACE", COLUMN_TEXT, NULL },
	{ "EXTERNAL", COLUMN_BOOL, NULL },
	{ "VIRTIO", COLUMN_BOOL, NULL },
	{ "VIRTIO_ACCESS", COLUMN_TEXT, NULL },
	{ "MODALIAS", COLUMN_TEXT, NULL },
	{ "VENDOR", COLUMN_TEXT, NULL },
	{ "MODEL", COLUMN_TEXT, NULL },
	{ "IOMMU", COLUMN_TEXT, NULL },
	{ "PROVEN", COLUMN_TEXT, NULL },
	{ "PROVEN_AT", COLUMN_TEXT, NULL },
	{ "PROVEN_ON", COLUMN_TEXT, NULL },
	{ "PROVEN_BY", COLUMN_TEXT, NULL },
	{ "NEXT", COLUMN_TEXT, NULL },
};

static const struct column sibling_columns[] = {
	{ "SIBLING", COLUMN_TEXT, NULL },
	{ "DRIVER", COLUMN_TEXT, NULL },
	{ "POLICY", COLUMN_TEXT, NULL },
	{ "STATUS", COLUMN_TEXT, NULL },
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static struct table *new_table(const char *array, bool json,
			       const struct column *all, size_t count)
{
	struct table *table = table_new(array, json, true);
	size_t i;

	for (i = 0; i < count; i++)
		table_column(table, &all[i]);
	return table;
}

/* Without a driver of its own, that of a sibling is in the way. */
static char *rebind_step(const struct dev *dev)
{
	const char *group = dev->driver ? "" : " --group";

	if (dev->tier < 0)
		return xasprintf("ptctl unset %s --rebind%s", dev->label,
				 group);
	return xasprintf("ptctl set %s %s --rebind%s%s", dev->label,
			 dev_policy_word(dev), group,
			 dev->tier == IOMMU_PT_TIER_RUNTIME ? " --runtime" : "");
}

/* What a person can do about it; NULL if nothing needs doing. */
static char *next_step(const struct dev *dev)
{
	switch (dev->status) {
	case IOMMU_PT_STATUS_PENDING:
		return rebind_step(dev);
	case IOMMU_PT_STATUS_CONFLICT:
		return xasprintf("ptctl set %s %s --group", dev->label,
				 dev_policy_word(dev));
	case IOMMU_PT_STATUS_REFUSED:
		return xasprintf("ptctl explain %s", dev->label);
	case IOMMU_PT_STATUS_OBSERVED:
		return xstrdup("load the module with mode=enforce");
	default:
		return NULL;
	}
}

static char *place_of(const struct view *view, const struct dev *dev)
{
	const struct rule_entry *entry = view_rule(view, dev);

	return entry && entry->file ? rule_place(entry) : NULL;
}

static struct table *device_table(const struct view *view,
				  const struct dev *dev, bool json)
{
	struct table *table = new_table("devices", json, columns,
					COUNT(columns));
	char *place = place_of(view, dev), *next = next_step(dev);
	char *iommu = device_iommu(dev);
	struct device_names names;

	device_names(dev, &names);
	table_row(table);
	table_cell(table, dev->label);
	table_cell(table, dev->bus);
	table_cell(table, dev->name);
	table_cell(table, dev->driver);
	if (dev->group >= 0)
		table_cell_number(table, dev->group);
	else
		table_cell(table, NULL);
	table_cell(table, dev_policy_word(dev));
	table_cell(table, dev_effective_word(dev));
	table_cell(table, dev_status_cell(dev, json));
	table_cell(table, dev->reason);
	table_cell(table, dev->tier < 0 ? NULL :
			  tier_name((unsigned int)dev->tier));
	table_cell(table, dev->rule);
	table_cell(table, place);
	table_cell(table, yes_no(dev->external));
	table_cell(table, yes_no(dev->virtio));
	table_cell(table, dev_virtio_access_word(dev));
	table_cell(table, dev->modalias);
	table_cell(table, names.vendor);
	table_cell(table, names.model);
	table_cell(table, iommu);
	table_cell(table, proven_word(dev));
	table_cell(table, dev->proven ? dev->proven->time : NULL);
	table_cell(table, dev->proven ? dev->proven->kernel : NULL);
	table_cell(table, dev->proven ? dev->proven->what : NULL);
	table_cell(table, next);
	free(names.vendor);
	free(names.model);
	free(iommu);
	free(place);
	free(next);
	return table;
}

/* Siblings that the module does not watch are left as sysfs shows them. */
static struct table *siblings_table(struct view *view, const struct dev *dev,
				    bool json, size_t *count)
{
	struct table *table = new_table("siblings", json, sibling_columns,
					COUNT(sibling_columns));
	struct devs members = { 0 };
	size_t i;

	*count = 0;
	if (dev->group >= 0)
		device_group(dev->group, &members);
	for (i = 0; i < members.count; i++) {
		struct dev *member = &members.at[i];

		if (!strcmp(member->label, dev->label))
			continue;
		view_dev(view, member);
		table_row(table);
		table_cell(table, member->label);
		table_cell(table, member->driver);
		table_cell(table, dev_policy_word(member));
		table_cell(table, dev_status_cell(member, json));
		++*count;
	}
	devs_free(&members);
	return table;
}

static void show(struct view *view, const struct dev *dev, bool json)
{
	size_t siblings;
	struct table *tables[] = {
		device_table(view, dev, json),
		siblings_table(view, dev, json, &siblings),
	};

	if (json) {
		table_print(tables, 2);
	} else {
		table_print_record(tables[0]);
		if (siblings) {
			msg_out("%s", "");
			table_print(&tables[1], 1);
		}
	}
	table_free(tables[0]);
	table_free(tables[1]);
}

static int run(int argc, char **argv)
{
	struct view view = { 0 };
	struct dev dev = { 0 };
	bool json = false;
	int ret;

	ret = parse_json(&cmd_show, argc, argv, 1, 1, &json);
	if (!ret)
		ret = resolve_device(argv[optind], &dev);
	if (!ret)
		ret = view_open(&view);
	if (!ret)
		ret = view_rules(&view);
	if (!ret)
		ret = view_dev(&view, &dev);
	if (!ret)
		show(&view, &dev, json);
	view_close(&view);
	dev_free(&dev);
	return ret;
}

const struct command cmd_show = {
	.name = "show",
	.summary = "All of one device, its group siblings, and why",
	.usage = "DEVICE [--json]",
	.help =
	"  -j, --json   as JSON: \"devices\" with the one, and \"siblings\"\n\n"
	"Examples:\n"
	"  ptctl show 0000:00:03.0\n"
	"  ptctl show eth1\n",
	.run = run,
};
