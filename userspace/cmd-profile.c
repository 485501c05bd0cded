// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "initramfs.h"
#include "kernel.h"
#include "msg.h"
#include "ptctl.h"
#include "rules.h"
#include "store.h"
#include "table.h"
#include "xalloc.h"

#define SUFFIX	".rules"

struct options {
	bool json;
	bool update;	/* the initramfs as well */
};

static const struct column columns[] = {
	{ "ACTIVE", COLUMN_BOOL, NULL },
	{ "NAME", COLUMN_TEXT, NULL },
	{ "SUMMARY", COLUMN_TEXT, NULL },
};

/* ---- those there are ---- */

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Takes @file's name for a profile's, if it is one. */
static void add_name(struct strings *names, const char *file)
{
	char *name;

	if (fnmatch("?*" SUFFIX, file, FNM_PERIOD))
		return;
	name = xstrndup(file, strlen(file) - strlen(SUFFIX));
	if (rules_is_profile_name(name))
		strings_add(names, name);
	else
		free(name);
}

/* Return: false if the folder cannot be read, with a complaint */
static bool find_all(struct strings *names)
{
	char *folder = rules_profile_folder();
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool ok = dir || errno == ENOENT;

	while (dir && (errno = 0, entry = readdir(dir)))
		add_name(names, entry->d_name);
	ok = ok && (!dir || !errno);
	if (!ok)
		msg_err("%s: %m", folder);
	if (dir)
		closedir(dir);
	if (names->count)
		qsort(names->at, names->count, sizeof(*names->at), compare);
	free(folder);
	return ok;
}

static bool exists(const struct strings *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (!strcmp(names->at[i], name))
			return true;
	return false;
}

static char *join(const struct strings *names)
{
	char *text = NULL;
	size_t i, len;
	FILE *out = xmemstream(&text, &len);

	for (i = 0; i < names->count; i++)
		fprintf(out, "%s%s", !i ? "" : i + 1 < names->count ? ", " :
			" and ", names->at[i]);
	xclose(out, &text);
	return text;
}

static int unknown(const struct strings *names, const char *name)
{
	char *folder = rules_profile_folder(), *all = join(names);
	int ret;

	if (names->count)
		ret = msg_fail(PTCTL_FAILED,
			       "there is no profile '%s'; there %s %s", name,
			       names->count > 1 ? "are" : "is", all);
	else
		ret = msg_fail(PTCTL_FAILED,
			       "there is no profile '%s', and no other in %s",
			       name, folder);
	free(folder);
	free(all);
	return ret;
}

static int require(const char *name)
{
	struct strings names = { 0 };
	int ret = find_all(&names) ? PTCTL_DONE : PTCTL_FAILED;

	if (!ret && !exists(&names, name))
		ret = unknown(&names, name);
	strings_free(&names);
	return ret;
}

/* ---- one of them ---- */

static bool read_profile(const char *name, struct rules_file *file)
{
	char *folder = rules_profile_folder();
	bool ok;

	*file = (struct rules_file){
		.path = xasprintf("%s/%s" SUFFIX, folder, name),
		.tier = IOMMU_PT_TIER_VENDOR,
	};
	ok = rules_read_file(file);
	free(folder);
	return ok;
}

static void free_profile(struct rules_file *file)
{
	free(file->path);
	free(file->text);
}

/*
 * @summary: its first line, which is a comment; a new string, NULL without one
 *
 * Return: false if it cannot be read, with a complaint
 */
static bool read_summary(const char *name, char **summary)
{
	struct rules_file file;
	bool ok = read_profile(name, &file);
	const char *text;

	*summary = NULL;
	if (ok && *file.text == '#') {
		text = file.text + 1;
		text += strspn(text, " \t");
		*summary = xstrndup(text, strcspn(text, "\n"));
	}
	free_profile(&file);
	return ok;
}

/* As it is written: the comments say what it trades. */
static int show(const char *name)
{
	struct rules_file file;
	int ret = require(name);
	char *line, *rest;

	if (ret)
		return ret;
	if (!read_profile(name, &file)) {
		free_profile(&file);
		return PTCTL_FAILED;
	}
	rest = file.text;
	while ((line = strsep(&rest, "\n")) && (rest || *line))
		msg_out("%s", line);
	free_profile(&file);
	return PTCTL_DONE;
}

/* ---- list ---- */

static bool add_row(struct table *table, const char *name, bool active)
{
	char *summary;
	bool ok = read_summary(name, &summary);

	table_row(table);
	table_cell(table, active ? "yes" : "no");
	table_cell(table, name);
	table_cell(table, summary);
	free(summary);
	return ok;
}

/* Return: false if one cannot be read, with a complaint */
static bool print(const struct strings *names, const char *active, bool json)
{
	struct table *table = table_new("profiles", json, true);
	bool ok = true;
	size_t i;

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		table_column(table, &columns[i]);
	for (i = 0; i < names->count; i++)
		ok = add_row(table, names->at[i],
			     active && !strcmp(active, names->at[i])) && ok;
	if (json || names->count)
		table_print(&table, 1);
	table_free(table);
	return ok;
}

static int list(bool json)
{
	struct strings names = { 0 };
	char *active = NULL;
	bool ok;

	ok = rules_profile(&active);
	ok = find_all(&names) && ok;
	ok = print(&names, active, json) && ok;
	if (active && !exists(&names, active)) {
		msg_err("a profile is chosen that is not there:");
		unknown(&names, active);
		ok = false;
	}
	free(active);
	strings_free(&names);
	return ok ? PTCTL_DONE : PTCTL_FAILED;
}

/* ---- use and none ---- */

/* The module, unless it is not loaded, or off and without any use for rules. */
static int open_kernel(struct kernel **k)
{
	struct kernel_info info = { 0 };
	int err = kernel_open(k);

	if (err == -ENOENT) {
		*k = NULL;
		return PTCTL_DONE;
	}
	if (err)
		return msg_fail(PTCTL_FAILED,
				"cannot reach the kernel by netlink: %s; nothing was changed",
				strerror(-err));
	err = kernel_info(*k, &info);
	if (err)
		return kernel_fail(*k, err, "module");
	if (info.mode == IOMMU_PT_MODE_OFF) {
		kernel_close(*k);
		*k = NULL;
	}
	free(info.version);
	return PTCTL_DONE;
}

/* Renaming over a link would replace it, and what it was for is not known. */
static int check_choice(const char *path)
{
	struct stat st;

	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		return msg_fail(PTCTL_FAILED,
				"%s: is not a regular file; nothing was changed, remove it first",
				path);
	return PTCTL_DONE;
}

static int check_rules(const struct rules *rules)
{
	struct rulelist parsed = { 0 };
	bool ok = rules_parse(rules, IOMMU_PT_TIER_VENDOR, &parsed);

	rulelist_free(&parsed);
	return ok ? PTCTL_DONE :
		    msg_fail(PTCTL_FAILED,
			     "nothing was changed: the rules of tier vendor have errors");
}

static void say_done(const char *name, const struct kernel *k)
{
	if (k)
		msg_out("%s; in force, a device with a driver when that lets go: ptctl list",
			name ? name : "no profile");
	else
		msg_out("%s; takes effect when the module is loaded: modprobe iommu-pt-policy",
			name ? name : "no profile");
}

/* The lock is held. */
static int choose_locked(const char *name, const char *path, struct kernel *k)
{
	char *text = name ? xasprintf("%s\n", name) : NULL;
	struct rules rules;
	struct store store = {
		.path = path,
		.text = text,
		.len = text ? strlen(text) : 0,
		.kernel = k,
		.rules = &rules,
		.tier = IOMMU_PT_TIER_VENDOR,
	};
	int ret;

	store_clean(path);
	rules_load_as(&rules, name);
	ret = check_choice(path);
	if (!ret)
		ret = check_rules(&rules);
	if (!ret)
		ret = store_commit(&store);
	rules_free(&rules);
	free(text);
	return ret;
}

/* @name: NULL for none */
static int choose(const char *name, bool update)
{
	struct kernel *k = NULL;
	char *path = NULL;
	int lock = -1, ret;

	ret = initramfs_check(update);
	if (!ret && name)
		ret = require(name);
	if (!ret)
		ret = store_lock(false, &lock);
	/* Not before: while it waits, the module may be loaded, and get the old rules. */
	if (!ret)
		ret = open_kernel(&k);
	if (!ret) {
		path = rules_profile_choice();
		ret = choose_locked(name, path, k);
	}
	if (!ret)
		say_done(name, k);
	if (lock >= 0)
		close(lock);
	free(path);
	kernel_close(k);
	return ret ? ret : initramfs_finish(update);
}

/* ---- arguments ---- */

/* @argv: what to do and with which profile, NULL where that is not said */
static int act(char *const argv[], int count, const struct options *options)
{
	const char *what = count ? argv[0] : "list";
	bool named = !strcmp(what, "show") || !strcmp(what, "use");

	if (!named && strcmp(what, "list") && strcmp(what, "none"))
		return usage_fail(&cmd_profile,
				  "there are list, show, use and none");
	if (named && count < 2)
		return usage_fail(&cmd_profile, "the profile is missing");
	if (count > (named ? 2 : 1))
		return usage_fail(&cmd_profile, "too many arguments");
	if (options->json && strcmp(what, "list"))
		return usage_fail(&cmd_profile, "--json is for list");
	if (options->update && strcmp(what, "use") && strcmp(what, "none"))
		return usage_fail(&cmd_profile,
				  "--update-initramfs is for use and none");
	if (!strcmp(what, "list"))
		return list(options->json);
	if (!strcmp(what, "show"))
		return show(argv[1]);
	return choose(named ? argv[1] : NULL, options->update);
}

static int parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "update-initramfs", no_argument, NULL, 'u' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "j", longs, NULL)) != -1) {
		if (c == 'j')
			options->json = true;
		else if (c == 'u')
			options->update = true;
		else
			return usage_fail(&cmd_profile, NULL);
	}
	return PTCTL_DONE;
}

static int run(int argc, char **argv)
{
	struct options options = { 0 };
	int ret = parse(argc, argv, &options);

	return ret ? ret : act(argv + optind, argc - optind, &options);
}

const struct command cmd_profile = {
	.name = "profile",
	.summary = "Ready sets of rules: see them, use one, use none",
	.usage = "[list | show NAME | use NAME | none] [OPTION]...",
	.help =
	"  list        those there are, and which is active; the default\n"
	"  show NAME   what it is for, what it trades, its rules\n"
	"  use NAME    from now on and after a reboot, instead of any other\n"
	"  none        none of them\n\n"
	"  -j, --json  list as JSON\n"
	"      --update-initramfs  use, none: make the initramfs anew as well, which\n"
	"              has a copy of the rules; it takes a while\n\n"
	"The rules of a profile come last: any rule of a file, or of the command line,\n"
	"or of set is before them. They are in /usr/lib/iommu-pt/profiles, the name of\n"
	"the active one is in /etc/iommu-pt/profile.\n\n"
	"Examples:\n"
	"  ptctl profile\n"
	"  ptctl profile show virt\n"
	"  ptctl profile use virt\n",
	.run = run,
};
