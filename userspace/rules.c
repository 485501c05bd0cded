// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "hint.h"
#include "msg.h"
#include "root.h"
#include "rules.h"
#include "xalloc.h"

#define FILE_MAX	(1024 * 1024)
#define SHOWN_MAX	20	/* errors; the rest is counted */

static const struct {
	const char *folder;
	unsigned int tier;
} layers[] = {
	{ "/etc/iommu-pt/rules.d", IOMMU_PT_TIER_ADMIN },
	{ "/run/iommu-pt/rules.d", IOMMU_PT_TIER_ADMIN },
	{ "/usr/lib/iommu-pt/rules.d", IOMMU_PT_TIER_VENDOR },
};

#define LAYERS	(sizeof(layers) / sizeof(layers[0]))
#define PROFILE	LAYERS	/* as a layer: below all of them, and masks nothing */

char *rules_folder(unsigned int layer)
{
	return rooted(layers[layer].folder);
}

char *rules_profile_choice(void)
{
	return rooted("/etc/iommu-pt/profile");
}

char *rules_profile_folder(void)
{
	return rooted("/usr/lib/iommu-pt/profiles");
}

/* ---- one file ---- */

static bool cannot_read(const char *path, const char *why)
{
	msg_err("%s: %s", path, why);
	return false;
}

/* A link to /dev/null masks what it is named after. */
static bool is_null_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

static bool read_all(struct rules_file *file, int fd)
{
	char *text = xcalloc(1, FILE_MAX + 2);
	ssize_t got = 1;

	file->len = 0;
	while (got > 0 && file->len <= FILE_MAX) {
		got = read(fd, text + file->len, FILE_MAX + 1 - file->len);
		if (got < 0) {
			free(text);
			return cannot_read(file->path, strerror(errno));
		}
		file->len += (size_t)got;
	}
	if (file->len > FILE_MAX) {
		free(text);
		return cannot_read(file->path,
				   "is longer than 1 MiB, no rules file is");
	}
	file->text = xrealloc(text, file->len + 1);
	return true;
}

/*
 * Whoever can write the rules decides for the devices: root, and who runs this.
 * Return: why that is not so, or NULL.
 */
static const char *why_distrusted(const struct stat *st)
{
	if (st->st_uid && st->st_uid != geteuid())
		return "belongs to a user who is not root, and does not count; chown root";
	if (st->st_mode & S_IWOTH)
		return "can be written by everybody, and does not count; chmod o-w";
	if ((st->st_mode & S_IWGRP) && st->st_gid && st->st_gid != getegid())
		return "can be written by a group that is not root's, and does not count; chmod g-w";
	return NULL;
}

/* @ours: of our folders, where not everybody's files count */
static bool read_file(struct rules_file *file, bool ours)
{
	const char *why;
	/* O_NONBLOCK: a FIFO must not stop the boot. */
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool ok;

	file->name = strrchr(file->path, '/');
	file->name = file->name ? file->name + 1 : file->path;
	file->text = NULL;
	file->len = 0;
	if (fd < 0 || fstat(fd, &st)) {
		ok = cannot_read(file->path, strerror(errno));
	} else if (is_null_device(&st)) {
		file->text = xstrdup("");
		ok = true;
	} else if (!S_ISREG(st.st_mode)) {
		ok = cannot_read(file->path, "is not a regular file");
	} else if (ours && (why = why_distrusted(&st))) {
		ok = cannot_read(file->path, why);
	} else {
		ok = read_all(file, fd);
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

bool rules_read_file(struct rules_file *file)
{
	return read_file(file, false);
}

static void free_file(struct rules_file *file)
{
	free(file->path);
	free(file->text);
}

/* ---- the profile ---- */

bool rules_is_profile_name(const char *name)
{
	size_t len = strlen(name);

	return len && len < 100 && strcmp(name, "none") &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_-") == len;
}

/* What is in a file, without the blanks around it. */
static char *read_word(struct rules_file *file)
{
	const char *text = file->text;
	size_t len = strlen(text);

	if (len != file->len)	/* a NUL byte: no name has one */
		return xstrdup("?");
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	return xstrndup(text, len);
}

bool rules_profile(char **name)
{
	struct rules_file file = { .path = rules_profile_choice() };
	bool ok = true;

	*name = NULL;
	/* A link to nowhere is a mistake, as it is for a folder. */
	if (faccessat(AT_FDCWD, file.path, F_OK, AT_SYMLINK_NOFOLLOW) &&
	    errno == ENOENT) {
		free_file(&file);
		return true;
	}
	if (!read_file(&file, true)) {
		free_file(&file);
		return false;
	}
	*name = read_word(&file);
	if (!**name || !strcmp(*name, "none")) {
		free(*name);
		*name = NULL;
	} else if (!rules_is_profile_name(*name)) {
		ok = cannot_read(file.path,
				 "is not the name of a profile; see: ptctl profile list");
		free(*name);
		*name = NULL;
	}
	free_file(&file);
	return ok;
}

/* ---- the folders ---- */

/* Behind all others, until order(). */
static struct rules_file *add(struct rules *rules, char *path,
			      unsigned int layer)
{
	struct rules_file file = {
		.path = path,
		.name = strrchr(path, '/') + 1,
		.layer = layer,
		.tier = layer == PROFILE ? IOMMU_PT_TIER_VENDOR :
					   layers[layer].tier,
	};

	rules->at = grow(rules->at, rules->count, sizeof(*rules->at));
	rules->at[rules->count] = file;
	return &rules->at[rules->count++];
}

/* After opendir() failed. A link to nowhere is a mistake, not an absent folder. */
static const char *why_unreadable(const char *folder)
{
	struct stat st;

	if (errno != ENOENT)
		return strerror(errno);
	if (!lstat(folder, &st))
		return "is a link to what does not exist";
	return errno == ENOENT ? NULL : strerror(errno);
}

/* Return: why not all of a folder can be read, or NULL. */
static const char *add_all(struct rules *rules, const char *folder,
			   unsigned int layer)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	const char *why;
	struct stat st;

	if (!dir)
		return why_unreadable(folder);
	why = fstat(dirfd(dir), &st) ? strerror(errno) : why_distrusted(&st);
	while (!why && (errno = 0, entry = readdir(dir)))
		if (!fnmatch("*.rules", entry->d_name, FNM_PERIOD))
			add(rules, xasprintf("%s/%s", folder, entry->d_name),
			    layer);
	if (!why && errno)
		why = strerror(errno);
	closedir(dir);
	return why;
}

static void scan(struct rules *rules, unsigned int layer)
{
	char *folder = rules_folder(layer);
	const char *why = add_all(rules, folder, layer);

	if (why) {
		cannot_read(folder, why);
		rules->broken |= 1U << layers[layer].tier;
	}
	free(folder);
}

static int compare(const void *a, const void *b)
{
	const struct rules_file *x = a, *y = b;
	int profile = (x->layer == PROFILE) - (y->layer == PROFILE);
	int name = strcmp(x->name, y->name);

	if (profile)
		return profile;
	return name ? name : (int)x->layer - (int)y->layer;
}

/* Sort, the profile last, and drop what is masked. */
static void order(struct rules *rules)
{
	size_t i, kept = 0;

	if (!rules->count)
		return;
	qsort(rules->at, rules->count, sizeof(*rules->at), compare);
	for (i = 0; i < rules->count; i++) {
		if (kept && rules->at[i].layer != PROFILE &&
		    !strcmp(rules->at[kept - 1].name, rules->at[i].name))
			free_file(&rules->at[i]);
		else
			rules->at[kept++] = rules->at[i];
	}
	rules->count = kept;
}

void rules_load_as(struct rules *rules, const char *profile)
{
	unsigned int layer;
	char *folder;
	size_t i;

	memset(rules, 0, sizeof(*rules));
	for (layer = 0; layer < LAYERS; layer++)
		scan(rules, layer);
	if (profile) {
		folder = rules_profile_folder();
		add(rules, xasprintf("%s/%s.rules", folder, profile), PROFILE);
		free(folder);
	}
	order(rules);
	for (i = 0; i < rules->count; i++)
		if (!read_file(&rules->at[i], true))
			rules->broken |= 1U << rules->at[i].tier;
}

void rules_load(struct rules *rules)
{
	char *profile = NULL;
	bool ok = rules_profile(&profile);

	rules_load_as(rules, profile);
	if (!ok)
		rules->broken |= 1U << IOMMU_PT_TIER_VENDOR;
	free(profile);
}

void rules_free(struct rules *rules)
{
	while (rules->count)
		free_file(&rules->at[--rules->count]);
	free(rules->at);
	rules->at = NULL;
}

void rules_append(struct rules *rules, unsigned int tier, char *path,
		  const char *text)
{
	struct rules_file file = { .path = path, .tier = tier };

	if (text) {
		file.text = xstrdup(text);
		file.len = strlen(text);
	} else if (!rules_read_file(&file)) {
		rules->broken |= 1U << tier;
	}
	file.layer = PROFILE;
	file.name = "";
	rules->at = grow(rules->at, rules->count, sizeof(*rules->at));
	rules->at[rules->count++] = file;
}

struct rules_file *rules_find(const struct rules *rules, unsigned int layer,
			      const char *name)
{
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (rules->at[i].layer == layer &&
		    !strcmp(rules->at[i].name, name))
			return &rules->at[i];
	return NULL;
}

void rules_put(struct rules *rules, const char *name, char *text)
{
	struct rules_file *file = rules_find(rules, 0, name);
	bool is_new = !file;
	char *folder;

	if (is_new) {
		folder = rules_folder(0);
		file = add(rules, xasprintf("%s/%s", folder, name), 0);
		free(folder);
	}
	free(file->text);
	file->text = text;
	file->len = strlen(text);
	if (is_new)
		order(rules);
}

char *rules_text(const struct rules *rules, unsigned int tier, size_t *len)
{
	char *text = NULL;
	size_t i;
	FILE *out = xmemstream(&text, len);

	for (i = 0; i < rules->count; i++) {
		const struct rules_file *file = &rules->at[i];

		if (file->tier != tier || !file->len)
			continue;
		fwrite(file->text, 1, file->len, out);
		if (file->text[file->len - 1] != '\n')
			fputc('\n', out);
	}
	xclose(out, &text);
	return text;
}

/* ---- parsing ---- */

void rules_parse_file(const struct rules_file *file, struct rulelist *list,
		      rules_error_fn fn, void *arg)
{
	char text[RULE_LINE_MAX + 64];
	struct rule_cursor cur;
	struct rule_error error;
	struct rule rule;
	int ret;

	if (file->tier == IOMMU_PT_TIER_HINT)
		hint_start(&cur, file->text, file->len);
	else
		rule_start(&cur, file->text, file->len,
			   file->tier != IOMMU_PT_TIER_ADMIN);
	while ((ret = rule_next(&cur, &rule, &error))) {
		if (ret < 0) {
			if (fn)
				fn(file, &error, arg);
			continue;
		}
		if (ret == RULE_TRUTHFUL)
			strcpy(text, RULES_TRUTHFUL);
		else
			rule_format(&rule, text, sizeof(text));
		rulelist_add(list, file->tier, text, file->path,
			     cur.rule_line);
	}
}

void rules_complain(const struct rules_file *file,
		    const struct rule_error *error, const char *severity)
{
	const char *line = file->text, *end = line + file->len, *newline;
	unsigned int i;

	msg_err("%s:%u:%u: %s: %s", file->path, error->line, error->column,
		severity, error->message);
	for (i = 1; i < error->line; i++) {
		newline = memchr(line, '\n', (size_t)(end - line));
		if (!newline)
			return;
		line = newline + 1;
	}
	newline = memchr(line, '\n', (size_t)(end - line));
	msg_excerpt(line, (unsigned int)((newline ? newline : end) - line),
		    error->column);
}

static void complain_some(const struct rules_file *file,
			  const struct rule_error *error, void *arg)
{
	unsigned int *errors = arg;

	if ((*errors)++ < SHOWN_MAX)
		rules_complain(file, error, "error");
}

static void append(struct rulelist *list, const struct rulelist *more)
{
	size_t i;

	for (i = 0; i < more->count; i++)
		rulelist_add(list, more->at[i].tier, more->at[i].text,
			     more->at[i].file, more->at[i].line);
}

bool rules_parse(const struct rules *rules, unsigned int tier,
		 struct rulelist *list)
{
	struct rulelist parsed = { 0 };
	unsigned int errors = 0;
	size_t i;
	bool ok;

	for (i = 0; i < rules->count; i++)
		if (rules->at[i].tier == tier && rules->at[i].text)
			rules_parse_file(&rules->at[i], &parsed, complain_some,
					 &errors);
	if (errors > SHOWN_MAX)
		msg_err("and %u errors more", errors - SHOWN_MAX);
	ok = !errors && !(rules->broken & 1U << tier);
	if (ok)
		append(list, &parsed);
	rulelist_free(&parsed);
	return ok;
}
