// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "encode.h"
#include "kernel.h"
#include "msg.h"
#include "names.h"
#include "ptctl.h"
#include "rules.h"
#include "table.h"

#define TEXT_MAX	120	/* bytes of a hint in a table for people */

static const struct column channel_columns[] = {
	{ "CHANNEL", COLUMN_TEXT, NULL },
	{ "HINTS", COLUMN_NUMBER, NULL },
	{ "NOTE", COLUMN_TEXT, NULL },
};

static const struct column hint_columns[] = {
	{ "CHANNEL", COLUMN_TEXT, NULL },
	{ "DEVICE", COLUMN_TEXT, NULL },
	{ "STATE", COLUMN_TEXT, NULL },
	{ "HINT", COLUMN_TEXT, NULL },
	{ "REASON", COLUMN_TEXT, NULL },
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/**
 * struct options - all of them
 * @json: of the list
 * @format: NULL: none was given
 * @rules: files of rules
 * @truthful: say that, too
 * @file: see struct encode
 * @paths: likewise
 */
struct options {
	bool json;
	const char *format;
	struct strings rules;
	bool truthful;
	const char *file;
	struct strings paths;
};

/* ---- the list ---- */

/**
 * struct heard - what is said
 * @kernel: the module, NULL if it is not loaded or off
 * @hints: all that is said
 * @notes: what is not known, by channel; NULL: nothing
 */
struct heard {
	struct kernel *kernel;
	struct saids hints;
	struct strings notes;
};

static int open_kernel(struct heard *heard)
{
	struct kernel_info info = { 0 };
	int err = kernel_reach(&heard->kernel);

	if (err && err != -ENOENT)
		return PTCTL_DONE;	/* which has been said */
	if (!err) {
		err = kernel_info(heard->kernel, &info);
		free(info.version);
		if (err)
			return kernel_fail(heard->kernel, err, "module");
		if (info.mode != IOMMU_PT_MODE_OFF)
			return PTCTL_DONE;
		kernel_close(heard->kernel);
	}
	heard->kernel = NULL;
	msg_err("the kernel module is %s: what becomes of a hint is not known",
		info.mode == IOMMU_PT_MODE_OFF ?
		"off (parameter mode=off)" :
		"not loaded (modprobe iommu-pt-policy)");
	return PTCTL_DONE;
}

static size_t count_of(const struct heard *heard, const char *channel)
{
	size_t i, count = 0;

	for (i = 0; i < heard->hints.count; i++)
		count += !strcmp(heard->hints.at[i].channel, channel);
	return count;
}

static void hear_channel(struct heard *heard, const struct channel *channel)
{
	size_t i = heard->hints.count;
	char *note = NULL;

	if (!heard->kernel || !channel_is_in_module(channel, &heard->hints))
		note = channel->read(&heard->hints);
	strings_add(&heard->notes, note);
	for (; i < heard->hints.count; i++)
		if (heard->kernel && channel->by_apply &&
		    !heard->hints.at[i].reason)
			heard->hints.at[i].reason =
				xstrdup("the module does not have it: ptctl apply");
}

static int hear(struct heard *heard)
{
	const struct channel *channel;
	int err = 0;

	if (heard->kernel)
		err = kernel_hints(heard->kernel, &heard->hints);
	if (err)
		return kernel_fail(heard->kernel, err, "hints");
	for (channel = channels; channel->name; channel++)
		hear_channel(heard, channel);
	return PTCTL_DONE;
}

static struct table *channel_table(const struct heard *heard, bool json)
{
	struct table *table = table_new("channels", json, true);
	size_t i;

	for (i = 0; i < COUNT(channel_columns); i++)
		table_column(table, &channel_columns[i]);
	for (i = 0; channels[i].name; i++) {
		table_row(table);
		table_cell(table, channels[i].name);
		table_cell_number(table, (long)count_of(heard, channels[i].name));
		table_cell(table, heard->notes.at[i]);
	}
	return table;
}

static void add_hint(struct table *table, const struct said *said, bool json)
{
	char *text = said_shown(said, json ? SAID_SHOWN_MAX : TEXT_MAX);

	table_row(table);
	table_cell(table, said->channel);
	table_cell(table, said->device);
	table_cell(table, said->state < 0 ? NULL :
			  hint_state_name((unsigned int)said->state));
	table_cell(table, text);
	table_cell(table, said->reason);
	free(text);
}

static struct table *hint_table(const struct heard *heard, bool json)
{
	struct table *table = table_new("hints", json, true);
	size_t i;

	for (i = 0; i < COUNT(hint_columns); i++)
		table_column(table, &hint_columns[i]);
	for (i = 0; i < heard->hints.count; i++)
		add_hint(table, &heard->hints.at[i], json);
	return table;
}

static void print(const struct heard *heard, bool json)
{
	struct table *tables[] = {
		channel_table(heard, json), hint_table(heard, json),
	};

	table_print(tables, json || heard->hints.count ? 2 : 1);
	table_free(tables[0]);
	table_free(tables[1]);
}

static int list(bool json)
{
	struct heard heard = { 0 };
	int ret = open_kernel(&heard);

	if (!ret)
		ret = hear(&heard);
	if (!ret)
		print(&heard, json);
	strings_free(&heard.notes);
	saids_free(&heard.hints);
	kernel_close(heard.kernel);
	return ret;
}

/* ---- encode ---- */

/* Sort out what is no rule. */
static void take(struct encode *encode, const struct rulelist *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct rule_entry *entry = &list->at[i];

		if (!strcmp(entry->text, RULES_TRUTHFUL))
			encode->truthful = true;
		else
			rulelist_add(&encode->rules, entry->tier, entry->text,
				     entry->file, entry->line);
	}
}

static int read_input(const struct options *options, char *const words[],
		      int count, struct encode *encode)
{
	struct rulelist list = { 0 };
	struct rules rules = { 0 };
	int ret = PTCTL_DONE, i;
	size_t f;

	for (f = 0; f < options->rules.count; f++)
		rules_append(&rules, IOMMU_PT_TIER_HINT,
			     xstrdup(options->rules.at[f]), NULL);
	for (i = 0; i < count; i++)
		rules_append(&rules, IOMMU_PT_TIER_HINT,
			     xasprintf("rule %d", i + 1), words[i]);
	if (rules_parse(&rules, IOMMU_PT_TIER_HINT, &list))
		take(encode, &list);
	else
		ret = PTCTL_FAILED;
	rulelist_free(&list);
	rules_free(&rules);
	if (!ret && !encode->truthful && !encode->rules.count)
		ret = usage_fail(&cmd_hints, "there is no rule to encode");
	return ret;
}

static int check_encode(const struct options *options)
{
	const char *format = options->format;
	char *all;

	if (!format) {
		all = encode_formats();
		msg_err("encode needs --format; there are %s", all);
		free(all);
		return usage_fail(&cmd_hints, NULL);
	}
	if (options->json)
		return usage_fail(&cmd_hints, "--json is for the list");
	if (options->file && strcmp(format, "qemu-fw-cfg"))
		return usage_fail(&cmd_hints, "--file is for qemu-fw-cfg");
	if (options->paths.count && strcmp(format, "acpi") &&
	    strcmp(format, "dt"))
		return usage_fail(&cmd_hints, "--path is for acpi and dt");
	return PTCTL_DONE;
}

static int encode(const struct options *options, char *const words[], int count)
{
	struct encode what = {
		.truthful = options->truthful,
		.file = options->file,
		.paths = options->paths,
	};
	int ret = check_encode(options);

	if (!ret)
		ret = read_input(options, words, count, &what);
	if (!ret)
		ret = encode_print(&what, options->format);
	rulelist_free(&what.rules);
	return ret;
}

/* ---- arguments ---- */

static int parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "format", required_argument, NULL, 'f' },
		{ "rules", required_argument, NULL, 'r' },
		{ "truthful", no_argument, NULL, 't' },
		{ "file", required_argument, NULL, 'o' },
		{ "path", required_argument, NULL, 'p' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "jf:r:", longs, NULL)) != -1) {
		if (c == 'j')
			options->json = true;
		else if (c == 'f')
			options->format = optarg;
		else if (c == 'r')
			strings_add(&options->rules, xstrdup(optarg));
		else if (c == 't')
			options->truthful = true;
		else if (c == 'o')
			options->file = optarg;
		else if (c == 'p')
			strings_add(&options->paths, xstrdup(optarg));
		else
			return usage_fail(&cmd_hints, NULL);
	}
	return PTCTL_DONE;
}

static bool is_for_encode(const struct options *options)
{
	return options->format || options->rules.count || options->truthful ||
	       options->file || options->paths.count;
}

static int act(const struct options *options, char *const words[], int count)
{
	if (count && !strcmp(words[0], "encode"))
		return encode(options, words + 1, count - 1);
	if (count && strcmp(words[0], "list"))
		return usage_fail(&cmd_hints, "there are list and encode");
	if (count > 1)
		return usage_fail(&cmd_hints, "too many arguments");
	if (is_for_encode(options))
		return usage_fail(&cmd_hints, "list takes --json only");
	return list(options->json);
}

static int run(int argc, char **argv)
{
	struct options options = { 0 };
	int ret = parse(argc, argv, &options);

	if (!ret)
		ret = act(&options, argv + optind, argc - optind);
	strings_free(&options.rules);
	strings_free(&options.paths);
	return ret;
}

const struct command cmd_hints = {
	.name = "hints",
	.summary = "What hypervisor and firmware say; encode: say it",
	.usage = "[list | encode --format FORMAT [RULE]...] [OPTION]...",
	.help =
	"  list            each channel, what it says, whether it counts; the default\n"
	"  encode          from rules, what a hypervisor or a firmware needs to say them\n\n"
	"  -j, --json      list as JSON\n\n"
	"  -f, --format FORMAT   how it is said:\n"
	"    qemu-smbios   arguments of QEMU, as words of a shell: an SMBIOS string\n"
	"    qemu-fw-cfg   arguments of QEMU, as words of a shell: a file of fw_cfg\n"
	"    libvirt       for a domain's XML\n"
	"    acpi          source of an SSDT with a property for each device, for iasl\n"
	"    dt            source of an overlay with a property for each device, for dtc\n"
	"  -r, --rules FILE      the rules of a file; those of RULE come after them\n"
	"      --truthful        say also that the platform's tables are true: they tell\n"
	"                        which devices are behind the IOMMU\n"
	"      --file FILE       qemu-fw-cfg: write the rules to FILE, and name that\n"
	"      --path NAME=PATH  acpi, dt: where the tables have a device, if that is not\n"
	"                        as QEMU does it\n\n"
	"A rule is one argument. acpi and dt can express rules that name one device, as\n"
	"bus=pci name=0000:00:03.0 does, and no others. The format is documented in\n"
	"hints.md, for who writes a hypervisor.\n\n"
	"Examples:\n"
	"  ptctl hints\n"
	"  ptctl hints encode -f qemu-smbios 'passthrough virtio=yes' --truthful\n"
	"  ptctl hints encode -f acpi 'strict bus=pci name=0000:00:03.0' >hints.asl\n",
	.run = run,
};
