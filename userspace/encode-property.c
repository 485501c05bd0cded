// SPDX-License-Identifier: GPL-2.0
/*
 * The formats that give devices a property. It holds the name of a policy, so
 * that only rules can be expressed which name one device and ask nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "hint.h"
#include "msg.h"
#include "names.h"
#include "ptctl.h"

/* The UUID of _DSD for device properties */
#define DSD_UUID	"daffd814-6eba-4d8c-8a91-bc9bbf4aa301"

/**
 * struct property - a device and its policy
 * @bus: as in the rule
 * @name: likewise
 * @path: of its node in the firmware's tables
 * @policy: the word
 */
struct property {
	char *bus;
	char *name;
	char *path;
	const char *policy;
};

struct properties {
	struct property *at;
	size_t count;
};

/* The path of a device, as a new string; NULL: not to be guessed */
typedef char *(*path_fn)(const char *bus, const char *name);

static void free_properties(struct properties *list)
{
	while (list->count) {
		struct property *last = &list->at[--list->count];

		free(last->bus);
		free(last->name);
		free(last->path);
	}
	free(list->at);
}

/* ---- paths ---- */

/*
 * QEMU names what is on the root bus by slot and function, 03.0 is S18. Of the
 * functions of a slot its tables have the first one only.
 */
static char *acpi_path(const char *bus, const char *name)
{
	unsigned int slot;
	char same[32];

	if (strcmp(bus, "pci") || sscanf(name, "0000:00:%2x.0", &slot) != 1 ||
	    slot > 31)
		return NULL;
	snprintf(same, sizeof(same), "0000:00:%02x.0", slot);
	if (strcmp(name, same))
		return NULL;
	return xasprintf("\\_SB.PCI0.S%02X", slot << 3);
}

/* "a003e00.dma" is the name that the kernel gives to a node dma@a003e00. */
static char *dt_path(const char *bus, const char *name)
{
	size_t digits = strspn(name, "0123456789abcdef");

	if ((strcmp(bus, "platform") && strcmp(bus, "amba")) || !digits ||
	    name[digits] != '.' || strpbrk(name, ":/"))
		return NULL;
	return xasprintf("/%s@%.*s", name + digits + 1, (int)digits, name);
}

/* The PATH of a "NAME=PATH"; NULL if that is for another device */
static const char *path_of(const char *given, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(given, name, len) && given[len] == '=' ?
	       given + len + 1 : NULL;
}

static char *find_path(const struct encode *encode, const struct rule *rule,
		       path_fn guess)
{
	const char *path;
	size_t i;

	for (i = 0; i < encode->paths.count; i++) {
		path = path_of(encode->paths.at[i], rule->name);
		if (path)
			return xstrdup(path);
	}
	return guess(rule->bus, rule->name);
}

/* Of ASCII, whatever the locale has beside these. */
static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* It goes into the source of a table: nothing in it may end a string there. */
static bool is_path(const char *path, char root, const char *others)
{
	if (*path++ != root)
		return false;
	while (is_alnum(*path) || (*path && strchr(others, *path)))
		path++;
	return !*path;
}

/* Each --path must be of use, or it is a slip of the pen. */
static int check_paths(const struct encode *encode,
		       const struct properties *list)
{
	size_t i, j;

	for (i = 0; i < encode->paths.count; i++) {
		for (j = 0; j < list->count; j++)
			if (path_of(encode->paths.at[i], list->at[j].name))
				break;
		if (j == list->count)
			return msg_fail(PTCTL_FAILED,
					"--path %s: no rule names that device",
					encode->paths.at[i]);
	}
	return PTCTL_DONE;
}

/* ---- rules ---- */

static bool names_one_device(const struct rule *rule)
{
	return rule->bus && rule->name && !rule->modalias &&
	       rule->external == RULE_ANY && rule->virtio == RULE_ANY &&
	       rule_glob_is_literal(rule->bus) &&
	       rule_glob_is_literal(rule->name);
}

static bool has_device(const struct properties *list, const struct rule *rule)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (!strcmp(list->at[i].bus, rule->bus) &&
		    !strcmp(list->at[i].name, rule->name))
			return true;
	return false;
}

static int add(const struct encode *encode, const char *format, path_fn guess,
	       const struct rule_entry *entry, struct properties *list)
{
	struct rule_cursor cur;
	struct rule rule;
	char *path;

	if (!rule_read(&cur, &rule, entry->text) || !names_one_device(&rule))
		return encode_fail(entry, format,
				   "a property belongs to one device, so the rule must name its bus and its name in full, and ask nothing else");
	if (has_device(list, &rule))
		return encode_fail(entry, format,
				   "a rule before it is for the same device");
	path = find_path(encode, &rule, guess);
	if (!path)
		return encode_fail(entry, format,
				   "where the firmware has the device cannot be told from its name; give --path NAME=PATH");
	list->at = grow(list->at, list->count, sizeof(*list->at));
	list->at[list->count++] = (struct property){
		.bus = xstrdup(rule.bus),
		.name = xstrdup(rule.name),
		.path = path,
		.policy = policy_name(rule.policy),
	};
	return PTCTL_DONE;
}

/* @others: what a path has beside letters and digits */
static int make(const struct encode *encode, const char *format, path_fn guess,
		char root, const char *others, struct properties *list)
{
	int ret = PTCTL_DONE;
	size_t i;

	if (encode->truthful)
		return msg_fail(PTCTL_FAILED,
				"format %s cannot express truthful: a property belongs to one device; say it by qemu-smbios, qemu-fw-cfg or libvirt",
				format);
	for (i = 0; !ret && i < encode->rules.count; i++)
		ret = add(encode, format, guess, &encode->rules.at[i], list);
	if (!ret)
		ret = check_paths(encode, list);
	for (i = 0; !ret && i < list->count; i++)
		if (!is_path(list->at[i].path, root, others))
			ret = msg_fail(PTCTL_FAILED,
				       "%s: '%s' is no path for format %s",
				       list->at[i].name, list->at[i].path,
				       format);
	return ret;
}

/* ---- ACPI ---- */

/* To name a device that is not there is an error of the table's, which the kernel logs. */
static void print_acpi(const struct property *property)
{
	printf("\n"
	       "\t/* %s */\n"
	       "\tExternal (%s, DeviceObj)\n"
	       "\tIf (CondRefOf (%s))\n"
	       "\t{\n"
	       "\t\tScope (%s)\n"
	       "\t\t{\n"
	       "\t\t\tName (_DSD, Package ()\n"
	       "\t\t\t{\n"
	       "\t\t\t\tToUUID (\"" DSD_UUID "\"),\n"
	       "\t\t\t\tPackage () { Package () { \"" HINT_PROPERTY "\", \"%s\" } }\n"
	       "\t\t\t})\n"
	       "\t\t}\n"
	       "\t}\n", property->name, property->path, property->path,
	       property->path, property->policy);
}

int encode_acpi(const struct encode *encode, const char *format)
{
	struct properties list = { 0 };
	int ret = make(encode, format, acpi_path, '\\', "_.", &list);
	size_t i;

	if (!ret)
		puts("/* iasl hints.asl; qemu-system-x86_64 -acpitable file=hints.aml */\n"
		     "DefinitionBlock (\"\", \"SSDT\", 2, \"IOMMPT\", \"PTHINTS\", 1)\n"
		     "{");
	for (i = 0; !ret && i < list.count; i++)
		print_acpi(&list.at[i]);
	if (!ret)
		puts("}");
	free_properties(&list);
	return ret;
}

/* ---- device tree ---- */

static void print_dt(const struct property *property, size_t number)
{
	printf("\n"
	       "\t/* %s */\n"
	       "\tfragment@%zu {\n"
	       "\t\ttarget-path = \"%s\";\n"
	       "\t\t__overlay__ {\n"
	       "\t\t\t" HINT_PROPERTY " = \"%s\";\n"
	       "\t\t};\n"
	       "\t};\n", property->name, number, property->path,
	       property->policy);
}

int encode_dt(const struct encode *encode, const char *format)
{
	struct properties list = { 0 };
	int ret = make(encode, format, dt_path, '/', "/,._+-@", &list);
	size_t i;

	if (!ret)
		puts("/* dtc -o hints.dtbo hints.dts; fdtoverlay -i base.dtb -o new.dtb hints.dtbo */\n"
		     "/dts-v1/;\n"
		     "/plugin/;\n"
		     "\n"
		     "/ {");
	for (i = 0; !ret && i < list.count; i++)
		print_dt(&list.at[i], i);
	if (!ret)
		puts("};");
	free_properties(&list);
	return ret;
}
