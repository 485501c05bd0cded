// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit.h"
#include "confined.h"
#include "msg.h"
#include "paragraph.h"
#include "proven.h"
#include "ptctl.h"
#include "table.h"

static const struct column finding_columns[] = {
	{ "ID", COLUMN_TEXT, NULL },
	{ "SEVERITY", COLUMN_TEXT, NULL },
	{ "DEVICE", COLUMN_TEXT, NULL },
	{ "GROUP", COLUMN_NUMBER, NULL },
	{ "EVIDENCE", COLUMN_TEXT, NULL },
	{ "REMEDY", COLUMN_TEXT, NULL },
};

static const struct column device_columns[] = {
	{ "DEVICE", COLUMN_TEXT, NULL },
	{ "DRIVER", COLUMN_TEXT, NULL },
	{ "GROUP", COLUMN_NUMBER, NULL },
	{ "CONFINED", COLUMN_TEXT, NULL },
	{ "WHY", COLUMN_TEXT, NULL },
	{ "PROVEN", COLUMN_TEXT, NULL },
	{ "PROVEN_AT", COLUMN_TEXT, NULL },
	{ "PROVEN_ON", COLUMN_TEXT, NULL },
};

#define UNPROVEN	5	/* of these; the others are about proofs */
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

struct options {
	const char *sysroot;	/* NULL: this machine */
	const char *record;	/* file to record in, or NULL */
	bool json;
};

static void say_blind(const struct inventory *inv)
{
	if (!inv->mode)
		msg_err("the kernel module is not loaded; not known without it: what the platform vouches for, and what virtio devices without a virtio driver offer");
}

/* ---- printing ---- */

static struct table *new_table(const char *array, bool json,
			       const struct column *columns, size_t count)
{
	struct table *table = table_new(array, json, true);
	size_t i;

	for (i = 0; i < count; i++)
		table_column(table, &columns[i]);
	return table;
}

static void cell_group(struct table *table, long group)
{
	if (group >= 0)
		table_cell_number(table, group);
	else
		table_cell(table, NULL);
}

static struct table *findings_table(const struct findings *found)
{
	struct table *table = new_table("findings", true, finding_columns,
					COUNT(finding_columns));
	size_t i;

	for (i = 0; i < found->count; i++) {
		const struct finding *finding = &found->at[i];

		table_row(table);
		table_cell(table, finding->id);
		table_cell(table, severity_name(finding->severity));
		table_cell(table, finding->device);
		cell_group(table, finding->group);
		table_cell(table, finding->evidence);
		table_cell(table, finding->remedy);
	}
	return table;
}

static const char *answer_word(enum rule_tri is)
{
	const char *word = yes_no(is);

	return word ? word : "unknown";
}

static void cells_proven(struct table *table, const struct dev *dev)
{
	table_cell(table, proven_word(dev));
	table_cell(table, dev->proven ? dev->proven->time : NULL);
	table_cell(table, dev->proven ? dev->proven->kernel : NULL);
}

static bool any_proven(const struct inventory *inv)
{
	size_t i;

	for (i = 0; i < inv->masters.count; i++)
		if (inv->masters.at[i].dev.proven)
			return true;
	return false;
}

/* What is proven has no column for people where nothing is. */
static struct table *devices_table(const struct inventory *inv, bool json)
{
	size_t columns = json || any_proven(inv) ? COUNT(device_columns) :
						   UNPROVEN;
	struct table *table = new_table("devices", json, device_columns,
					columns);
	size_t i;

	for (i = 0; i < inv->masters.count; i++) {
		const struct master *m = &inv->masters.at[i];
		struct confined confined = confined_read(inv, m);

		table_row(table);
		table_cell(table, m->dev.label);
		table_cell(table, m->dev.driver);
		cell_group(table, m->dev.group);
		table_cell(table, answer_word(confined.is));
		table_cell(table, confined.why);
		if (columns > UNPROVEN)
			cells_proven(table, &m->dev);
		free(confined.why);
	}
	return table;
}

static void print_finding(const struct finding *finding)
{
	char *group = xasprintf("group %ld", finding->group);

	msg_out("%-8s  %s: %s", severity_name(finding->severity), finding->id,
		finding->device ? finding->device :
		finding->group >= 0 ? group : "the machine");
	paragraph_out(finding->evidence);
	paragraph_out(finding->remedy);
	msg_out("%s", "");
	free(group);
}

static void print(const struct inventory *inv, const struct findings *found,
		  bool json)
{
	struct table *tables[2];
	size_t i;

	tables[1] = devices_table(inv, json);
	if (json) {
		tables[0] = findings_table(found);
		table_print(tables, 2);
		table_free(tables[0]);
	} else {
		for (i = 0; i < found->count; i++)
			print_finding(&found->at[i]);
		if (!found->count)
			puts("no findings\n");
		table_print(&tables[1], 1);
	}
	table_free(tables[1]);
}

/* ---- the verb ---- */

static int parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "sysroot", required_argument, NULL, 's' },
		{ "record", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "s:r:j", longs, NULL)) != -1) {
		if (c == 's')
			options->sysroot = optarg;
		else if (c == 'r')
			options->record = optarg;
		else if (c == 'j')
			options->json = true;
		else
			return usage_fail(&cmd_audit, NULL);
	}
	if (optind < argc)
		return usage_fail(&cmd_audit, "audit takes no device");
	return PTCTL_DONE;
}

/* Return: whether not all of it was written; errno says why. */
static bool close_record(FILE *record)
{
	bool bad = fflush(record) || ferror(record);
	int err = errno ? errno : EIO;

	fclose(record);
	errno = err;
	return bad;
}

static int look(const struct options *options, struct audit *audit,
		struct inventory *inv)
{
	struct sysroot root;
	int ret = sysroot_open(&root, options->sysroot);

	if (ret)
		return ret;
	if (options->record) {
		root.record = fopen(options->record, "we");
		if (!root.record)
			ret = msg_fail(PTCTL_FAILED, "%s: %m",
				       options->record);
	}
	if (!ret)
		inventory_read(inv, &root);
	if (root.record && close_record(root.record))
		ret = msg_fail(PTCTL_FAILED, "%s: %m", options->record);
	if (!ret && root.live)
		ret = audit_ask_here(audit, inv);
	sysroot_close(&root);
	return ret;
}

static int run(int argc, char **argv)
{
	struct options options = { 0 };
	struct inventory inv = { 0 };
	struct findings found = { 0 };
	struct audit audit = { .inv = &inv, .found = &found };
	int ret;

	ret = parse(argc, argv, &options);
	if (!ret)
		ret = look(&options, &audit, &inv);
	if (!ret) {
		audit_run(&audit);
		print(&inv, &found, options.json);
		say_blind(&inv);
		ret = found.count ? PTCTL_FINDINGS : PTCTL_DONE;
	}
	findings_free(&found);
	saids_free(&audit.hints);
	inventory_free(&inv);
	return ret;
}

const struct command cmd_audit = {
	.name = "audit",
	.summary = "What is not protected as it seems, and what to do",
	.usage = "[--sysroot DIR] [--record FILE] [--json]",
	.help =
	"  -s, --sysroot DIR   of another machine: DIR has copies of its sys and proc\n"
	"  -r, --record FILE   write down all that was read, a line each\n"
	"  -j, --json          as JSON: \"findings\" and \"devices\"\n\n"
	"Exit status 3 with findings. CONFINED says of each device whether a userspace\n"
	"driver (vfio) on it can reach no memory but what it is given.\n\n"
	"Examples:\n"
	"  ptctl audit\n"
	"  ptctl audit --json | jq '.findings[] | select(.severity == \"critical\")'\n",
	.run = run,
};
