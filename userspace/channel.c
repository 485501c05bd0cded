// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "hint.h"
#include "names.h"
#include "root.h"
#include "xalloc.h"

#define READ_MAX	(1024 * 1024 + 1)	/* of a file: a byte too many */
#define FW_CFG		"/sys/firmware/qemu_fw_cfg"
#define CMDLINE_KEY	"iommu_pt_policy.rules="

#define SMBIOS_OEM_STRINGS	11
#define SMBIOS_END		127
#define SMBIOS_HEADER		4	/* type, length, handle */

/* ---- files ---- */

/* Up to READ_MAX bytes and a NUL; NULL with errno if it cannot be read. */
static char *slurp(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
	char *text;
	ssize_t got = 1;

	if (fd < 0)
		return NULL;
	text = xcalloc(1, READ_MAX + 1);
	*len = 0;
	while (got > 0 && *len < READ_MAX) {
		got = read(fd, text + *len, READ_MAX - *len);
		if (got > 0)
			*len += (size_t)got;
	}
	err = errno;
	close(fd);
	if (got >= 0)
		return xrealloc(text, *len + 1);
	free(text);
	errno = err;
	return NULL;
}

static char *why_not(const char *path)
{
	return xasprintf("%s: %s%s", path, strerror(errno),
			 errno == EACCES ? "; needs root" : "");
}

/* ---- is it well-formed? ---- */

static void reject(struct said *said, char *reason)
{
	said->state = IOMMU_PT_HINT_REJECTED;
	said->reason = reason;
}

/* @skip: bytes before the text */
static char *place_of(const struct rule_error *err, size_t skip)
{
	return xasprintf("line %u, column %zu: %s", err->line,
			 err->column + (err->line == 1 ? skip : 0),
			 err->message);
}

/* @skip: bytes before the hint text */
static bool check(struct said *said, size_t skip)
{
	struct hint_summary summary;
	struct rule_cursor cur;
	struct rule_error err;

	if (!hint_check(&cur, said->text + skip, said->len - skip, &summary,
			&err))
		return true;
	reject(said, place_of(&err, skip));
	return false;
}

/* All of a channel counts or nothing. */
static void reject_others(struct saids *list, size_t first)
{
	size_t i;

	for (i = first; i < list->count; i++)
		if (list->at[i].state < 0)
			reject(&list->at[i], xstrdup("another hint of this channel is malformed, and all count or none"));
}

/* ---- SMBIOS ---- */

/* The strings of a structure; returns where the next one begins. */
static const char *read_strings(struct saids *list, const char *pos,
				const char *end, unsigned int count,
				bool *sound, size_t *total)
{
	while (pos < end && *pos) {
		size_t len = strnlen(pos, (size_t)(end - pos));

		if (count && count-- && hint_is_ours(pos, len)) {
			struct said *said = saids_add(list, "smbios", pos, len);

			*total += len - HINT_PREFIX_LEN + 1;
			*sound &= check(said, HINT_PREFIX_LEN);
			if (*sound && *total > HINT_SMBIOS_MAX) {
				reject(said, xasprintf("more than %d bytes of hints",
						       HINT_SMBIOS_MAX));
				*sound = false;
			}
		}
		pos += len;
		pos += pos < end;
	}
	return pos < end ? pos + 1 : end;
}

static void read_tables(struct saids *list, const char *pos, const char *end)
{
	size_t first = list->count, total = 0;
	bool sound = true;

	while (end - pos > SMBIOS_HEADER) {
		unsigned char type = (unsigned char)pos[0];
		unsigned char len = (unsigned char)pos[1];
		unsigned int count = 0;

		if (len < SMBIOS_HEADER || len >= end - pos ||
		    type == SMBIOS_END)
			break;
		if (type == SMBIOS_OEM_STRINGS && len > SMBIOS_HEADER)
			count = (unsigned char)pos[SMBIOS_HEADER];
		pos += len;
		/* Without a string there are two NULs all the same. */
		if (!*pos)
			pos++;
		pos = read_strings(list, pos, end, count, &sound, &total);
	}
	if (!sound)
		reject_others(list, first);
}

static char *read_smbios(struct saids *list)
{
	char *path = rooted("/sys/firmware/dmi/tables/DMI");
	char *note = NULL, *tables;
	size_t len;

	tables = slurp(path, &len);
	if (tables)
		read_tables(list, tables, tables + len);
	else if (errno != ENOENT)
		note = why_not(path);
	free(tables);
	free(path);
	return note;
}

/* ---- properties ---- */

/* ".../bus/BUS/devices/NAME/of_node/PROPERTY", as ptctl names devices */
static char *label_of(char *path)
{
	char *name, *bus;

	*strrchr(path, '/') = '\0';
	*strrchr(path, '/') = '\0';
	name = strrchr(path, '/') + 1;
	name[-1] = '\0';
	*strrchr(path, '/') = '\0';
	bus = strrchr(path, '/') + 1;
	return strcmp(bus, "pci") ? xasprintf("%s/%s", bus, name) :
				    xstrdup(name);
}

static void read_property(struct saids *list, char *path)
{
	struct said *said;
	size_t len;
	char *text = slurp(path, &len);

	if (!text)
		return;
	if (len && !text[len - 1])
		len--;
	said = saids_add(list, "property", text, len);
	said->device = label_of(path);
	if (len > HINT_PROPERTY_MAX || policy_parse(text, len) < 0)
		reject(said, xstrdup("the property names no policy; there are passthrough, translated, strict, lazy and auto"));
	free(text);
}

/* Those of the device tree; udev and sysfs know nothing of the others. */
static char *read_properties(struct saids *list)
{
	char *pattern = rooted("/sys/bus/*/devices/*/of_node/" HINT_PROPERTY);
	glob_t found;
	size_t i;

	if (!glob(pattern, 0, NULL, &found)) {
		for (i = 0; i < found.gl_pathc; i++)
			read_property(list, found.gl_pathv[i]);
		globfree(&found);
	}
	free(pattern);
	return xstrdup("those in ACPI (_DSD) only the module can read");
}

/* ---- fw_cfg ---- */

char *channel_fw_cfg_path(void)
{
	return rooted(FW_CFG "/by_name/opt/org.iommu-pt/rules/raw");
}

bool channel_has_fw_cfg(void)
{
	char *folder = rooted(FW_CFG);
	bool has = !access(folder, F_OK);

	free(folder);
	return has;
}

/* A line is a hint, as it is to the module. */
static void read_line(struct saids *list, const char *line, size_t len,
		      unsigned int number, bool *sound)
{
	struct hint_summary summary;
	struct rule_cursor cur;
	struct rule_error err;
	bool ok = !hint_check(&cur, line, len, &summary, &err);
	struct said *said;

	if (ok && !summary.rules && !summary.truthful)
		return;
	said = saids_add(list, "fw_cfg", line, len);
	if (ok)
		return;
	err.line = number;
	reject(said, place_of(&err, 0));
	*sound = false;
}

static void read_lines(struct saids *list, const char *text, size_t len)
{
	const char *end = text + len, *newline;
	size_t first = list->count;
	unsigned int number = 0;
	bool sound = true;

	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline)
			newline = end;
		read_line(list, text, (size_t)(newline - text), ++number,
			  &sound);
	}
	if (!sound)
		reject_others(list, first);
}

static char *read_fw_cfg(struct saids *list)
{
	char *path = channel_fw_cfg_path(), *note = NULL, *text;
	size_t len;

	text = slurp(path, &len);
	if (text && len == READ_MAX)
		note = xasprintf("%s: is longer than 1 MiB, and does not count",
				 path);
	else if (text)
		read_lines(list, text, len);
	else if (errno != ENOENT)
		note = why_not(path);
	else if (!channel_has_fw_cfg())
		note = xstrdup("there is no fw_cfg; if the hypervisor is QEMU: modprobe qemu_fw_cfg");
	free(text);
	free(path);
	return note;
}

/* ---- the kernel's command line ---- */

/* The next word, without its quotes; the kernel lets them stand anywhere. */
static char *next_word(char **rest)
{
	char *from = *rest + strspn(*rest, " \t\n"), *word = from, *to = from;
	bool quoted = false;

	if (!*from)
		return NULL;
	for (; *from && (quoted || !strchr(" \t\n", *from)); from++) {
		if (*from == '"')
			quoted = !quoted;
		else
			*to++ = *from;
	}
	*rest = *from ? from + 1 : from;
	*to = '\0';
	return word;
}

/* The last one counts. '-' in a parameter's name is as good as '_'. */
static const char *cmdline_rules(char *text)
{
	const size_t len = strlen(CMDLINE_KEY);
	const char *rules = NULL;
	char *word;
	size_t i;

	while ((word = next_word(&text))) {
		for (i = 0; word[i] && word[i] != '='; i++)
			if (word[i] == '-')
				word[i] = '_';
		if (!strncmp(word, CMDLINE_KEY, len))
			rules = word + len;
	}
	return rules;
}

static void check_rules(struct said *said)
{
	struct rule_cursor cur;
	struct rule_error err;
	struct rule rule;
	int ret;

	rule_start(&cur, said->text, said->len, false);
	while ((ret = rule_next(&cur, &rule, &err)) > 0)
		;
	if (ret)
		reject(said, place_of(&err, 0));
}

/* No hint: tier cmdline. But it is one more who can say something. */
static char *read_cmdline(struct saids *list)
{
	char *path = rooted("/proc/cmdline"), *note = NULL, *text;
	const char *rules;
	size_t len;

	text = slurp(path, &len);
	rules = text ? cmdline_rules(text) : NULL;
	if (rules)
		check_rules(saids_add(list, "cmdline", rules, strlen(rules)));
	if (!text)
		note = why_not(path);
	free(text);
	free(path);
	return note;
}

const struct channel channels[] = {
	{ .name = "smbios", .read = read_smbios, .by_module = true },
	{ .name = "property", .read = read_properties, .by_module = true },
	{ .name = "fw_cfg", .read = read_fw_cfg, .by_apply = true },
	{ .name = "cmdline", .read = read_cmdline },
	{ 0 }
};

bool channel_is_in_module(const struct channel *channel,
			  const struct saids *list)
{
	size_t i;

	for (i = 0; channel->by_apply && i < list->count; i++)
		if (!strcmp(list->at[i].channel, channel->name))
			return true;
	return channel->by_module;
}
