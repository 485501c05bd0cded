// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target for rules.c and own.c: any files, in the folders of rules and
 * as the choice of a profile, and then the line of "ptctl set". The input is files,
 * one behind the other: a byte that says which, and its text up to a byte 0xff.
 * What must hold:
 *
 * - of two files of one name the upper one counts, and all that count are in the
 *   order of their names, the profile last;
 * - a tier's rules are taken in whole or not at all, and what the kernel would get
 *   of them are the same rules;
 * - after set a file has one rule for the device, after unset none, and all other
 *   lines as they were; to do so again changes nothing, nor does unset where there
 *   is no rule for it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names.h"
#include "own.h"
#include "require.h"
#include "rules.h"

#define FILES_MAX	12

static const char *const folders[] = {
	"/etc/iommu-pt/rules.d", "/run/iommu-pt/rules.d",
	"/usr/lib/iommu-pt/rules.d", "/usr/lib/iommu-pt/profiles",
	"/etc/iommu-pt",
};

static const char *const names[] = {
	"10-a.rules", "50-ptctl.rules", "9.rules", "z.rules", "p.rules",
	"profile", ".hidden.rules", "a\x1b[2J.rules",
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static char root[] = "/dev/shm/fuzz-files-XXXXXX";

static void remove_root(void)
{
	char command[sizeof(root) + 16];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	if (system(command))
		perror(root);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char command[256];
	size_t i;

	(void)argc;
	(void)argv;
	require_fd = dup(STDERR_FILENO);
	REQUIRE(mkdtemp(root));
	atexit(remove_root);
	setenv("IOMMU_PT_ROOT", root, 1);
	for (i = 0; i < COUNT(folders); i++) {
		snprintf(command, sizeof(command), "mkdir -p %s%s", root,
			 folders[i]);
		REQUIRE(!system(command));
	}
	return 0;
}

static void path_of(char *path, size_t size, unsigned int folder,
		    unsigned int name)
{
	snprintf(path, size, "%s%s/%s", root, folders[folder], names[name]);
}

static void remove_files(void)
{
	unsigned int folder, name;
	char path[256];

	for (folder = 0; folder < COUNT(folders); folder++)
		for (name = 0; name < COUNT(names); name++) {
			path_of(path, sizeof(path), folder, name);
			unlink(path);
		}
}

static void write_file(unsigned int which, const uint8_t *text, size_t len)
{
	char path[256];
	int fd;

	path_of(path, sizeof(path), which % COUNT(folders),
		which / COUNT(folders) % COUNT(names));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	REQUIRE(fd >= 0);
	REQUIRE(write(fd, text, len) == (ssize_t)len);
	close(fd);
}

static void write_files(const uint8_t *data, size_t size)
{
	unsigned int files;

	for (files = 0; size > 1 && files < FILES_MAX; files++) {
		const uint8_t *end = memchr(data + 1, 0xff, size - 1);
		size_t len = end ? (size_t)(end - data) - 1 : size - 1;

		write_file(data[0], data + 1, len);
		data += 1 + len + (end != NULL);
		size -= 1 + len + (end != NULL);
	}
}

/* ---- layers ---- */

static bool is_there(unsigned int layer, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s%s/%s", root, folders[layer], name);
	return !access(path, F_OK);
}

static void check_file(const struct rules_file *file)
{
	unsigned int above;

	REQUIRE(file->layer <= 3 && *file->name != '.');
	REQUIRE(file->tier == (file->layer < 2 ? IOMMU_PT_TIER_ADMIN :
						  IOMMU_PT_TIER_VENDOR));
	for (above = 0; file->layer < 3 && above < file->layer; above++)
		REQUIRE(!is_there(above, file->name));
}

static void check_order(const struct rules *rules)
{
	size_t i;

	for (i = 0; i < rules->count; i++) {
		check_file(&rules->at[i]);
		if (!i)
			continue;
		REQUIRE(rules->at[i - 1].layer != 3);
		REQUIRE(rules->at[i].layer == 3 ||
			strcmp(rules->at[i - 1].name, rules->at[i].name) < 0);
	}
}

/* How many of those that are there nothing masks */
static size_t count_files(void)
{
	size_t layer, name, count = 0;

	for (name = 0; name < COUNT(names); name++)
		for (layer = 0; layer < 3; layer++)
			if (*names[name] != '.' && strstr(names[name], ".rules") &&
			    is_there((unsigned int)layer, names[name])) {
				count++;
				break;
			}
	return count;
}

static void ignore(const struct rules_file *file, const struct rule_error *error,
		   void *arg)
{
	(void)file;
	(void)error;
	++*(unsigned int *)arg;
}

/* The kernel gets one text, and must read in it what was read file by file. */
static void check_tier(const struct rules *rules, unsigned int tier)
{
	struct rules_file whole = { .path = "whole", .tier = tier };
	struct rulelist list = { 0 }, again = { 0 };
	unsigned int errors = 0;
	bool ok = rules_parse(rules, tier, &list);
	size_t i;

	whole.text = rules_text(rules, tier, &whole.len);
	rules_parse_file(&whole, &again, ignore, &errors);
	if (!ok)
		REQUIRE(!list.count);
	if (ok) {
		REQUIRE(!errors && list.count == again.count);
		for (i = 0; i < list.count; i++)
			REQUIRE(!strcmp(list.at[i].text, again.at[i].text));
	}
	free(whole.text);
	rulelist_free(&list);
	rulelist_free(&again);
}

static void check_layers(void)
{
	struct rules rules;
	bool profile;

	rules_load(&rules);
	check_order(&rules);
	profile = rules.count && rules.at[rules.count - 1].layer == 3;
	REQUIRE(rules.count == count_files() + profile);
	check_tier(&rules, IOMMU_PT_TIER_ADMIN);
	check_tier(&rules, IOMMU_PT_TIER_VENDOR);
	rules_free(&rules);
}

/* ---- the file of set ---- */

struct lines {
	size_t count;	/* all of them */
	size_t ours;	/* those for the device */
	unsigned long others;	/* of all others, and their order */
};

static void read_lines(const char *text, const struct dev *dev,
		       struct lines *lines)
{
	memset(lines, 0, sizeof(*lines));
	while (*text) {
		size_t len = strcspn(text, "\n"), i;

		lines->count++;
		if (own_is_line(text, len, dev)) {
			lines->ours++;
		} else {
			for (i = 0; i < len; i++)
				lines->others = lines->others * 31 +
						(unsigned char)text[i];
			lines->others = lines->others * 31 + '\n';
		}
		text += len + (text[len] == '\n');
	}
}

static const char *text_of(const struct own *own)
{
	const struct rules_file *file = rules_find(&own->rules, 0, OWN_NAME);

	return file && file->text ? file->text : NULL;
}

static void check_set(struct own *own, const struct dev *dev, const char *line)
{
	struct lines before, after;
	const char *text = text_of(own);
	bool is_new = !text;

	read_lines(text ? text : "", dev, &before);
	own_set(own, dev, line);
	text = text_of(own);
	read_lines(text ? text : "", dev, &after);
	REQUIRE(after.ours == (line ? 1 : 0));
	REQUIRE(is_new || before.others == after.others);
	REQUIRE(!own_set(own, dev, line));
}

static void check_untouched(struct own *own, const struct dev *dev)
{
	const char *text = text_of(own);
	struct lines lines;

	read_lines(text ? text : "", dev, &lines);
	if (!lines.ours)
		REQUIRE(!own_set(own, dev, NULL));
}

static void check_own(void)
{
	struct own own = { 0 };
	struct dev dev;
	char *line;

	dev_init(&dev, "pci", "0000:00:03.0");
	if (own_begin(&own, true)) {
		dev_free(&dev);
		return;
	}
	line = own_line(&dev, IOMMU_PT_POLICY_STRICT, false);
	check_untouched(&own, &dev);
	check_set(&own, &dev, line);
	check_set(&own, &dev, NULL);
	free(line);
	own_end(&own);
	dev_free(&dev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	remove_files();
	write_files(data, size);
	check_layers();
	check_own();
	return 0;
}
