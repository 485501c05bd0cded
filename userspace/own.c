// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msg.h"
#include "names.h"
#include "own.h"
#include "ptctl.h"
#include "store.h"
#include "xalloc.h"

static const char header[] =
	"# Kept by \"ptctl set\" and \"ptctl unset\": a line a device. Other lines and\n"
	"# comments are left as they are. See: ptctl explain DEVICE\n";

/* ---- lines ---- */

char *own_line(const struct dev *dev, unsigned int policy, bool force)
{
	char bus[RULE_LINE_MAX], name[RULE_LINE_MAX], *line;

	if (rule_quote(dev->bus, bus, sizeof(bus)) >= (int)sizeof(bus) ||
	    rule_quote(dev->name, name, sizeof(name)) >= (int)sizeof(name))
		return NULL;
	line = xasprintf("%s bus=%s name=%s%s", policy_name(policy), bus, name,
			 force ? " force=yes" : "");
	if (strlen(line) <= RULE_LINE_MAX)
		return line;
	free(line);
	return NULL;
}

static bool is_glob_of(const char *glob, const char *string)
{
	char quoted[RULE_LINE_MAX];

	return glob && rule_quote(string, quoted, sizeof(quoted)) <
		       (int)sizeof(quoted) && !strcmp(glob, quoted);
}

bool own_is_line(const char *line, size_t len, const struct dev *dev)
{
	struct rule_cursor cur;
	struct rule_error error;
	struct rule rule, second;

	rule_start(&cur, line, len, false);
	if (rule_next(&cur, &rule, &error) != 1 || rule.modalias ||
	    rule.external != RULE_ANY || rule.virtio != RULE_ANY ||
	    !is_glob_of(rule.bus, dev->bus) ||
	    !is_glob_of(rule.name, dev->name))
		return false;
	return rule_next(&cur, &second, &error) == 0;
}

/*
 * The blanks and the comment that end a line; its end if there are none. In a
 * word '#' is like any other character.
 */
static const char *comment_of(const char *line, const char *end)
{
	const char *hash = line;

	while ((hash = memchr(hash, '#', (size_t)(end - hash)))) {
		if (hash > line && strchr(" \t;", hash[-1]))
			break;
		hash++;
	}
	if (!hash)
		return end;
	while (hash > line && (hash[-1] == ' ' || hash[-1] == '\t'))
		hash--;
	return hash;
}

struct edit {
	FILE *out;
	const struct dev *dev;
	const char *line;	/* NULL once it has been written */
	bool open;		/* what is written last has no newline */
};

/* An editor may leave the last line without its newline: that is no change. */
static void end_line(struct edit *edit, const char *end)
{
	edit->open = !*end;
	if (*end)
		fputc('\n', edit->out);
}

static void edit_line(struct edit *edit, const char *start, const char *end)
{
	if (!own_is_line(start, (size_t)(end - start), edit->dev)) {
		fwrite(start, 1, (size_t)(end - start), edit->out);
		end_line(edit, end);
	} else if (edit->line) {
		const char *comment = comment_of(start, end);

		fputs(edit->line, edit->out);
		if (comment < end && *comment == '#')	/* ';' was before it */
			fputc(' ', edit->out);
		fwrite(comment, 1, (size_t)(end - comment), edit->out);
		end_line(edit, end);
		edit->line = NULL;
	}
}

bool own_set(struct own *own, const struct dev *dev, const char *line)
{
	const struct rules_file *file = rules_find(&own->rules, 0, OWN_NAME);
	const char *old = file ? file->text : line ? header : "", *pos = old;
	struct edit edit = { .dev = dev, .line = line };
	char *text = NULL;
	bool changed;
	size_t len;

	edit.out = xmemstream(&text, &len);
	while (*pos) {
		const char *end = strchrnul(pos, '\n');

		edit_line(&edit, pos, end);
		pos = *end ? end + 1 : end;
	}
	if (edit.line)
		fprintf(edit.out, "%s%s\n", edit.open ? "\n" : "", edit.line);
	xclose(edit.out, &text);
	changed = strcmp(file ? file->text : "", text) != 0;
	if (changed)
		rules_put(&own->rules, OWN_NAME, text);
	else
		free(text);
	own->changed |= changed;
	return changed;
}

/* ---- the transaction ---- */

/* Renaming over a link would replace it, and what it was for is not known. */
static int check_file(const struct own *own)
{
	const struct rules_file *file = rules_find(&own->rules, 0, OWN_NAME);
	struct stat st;

	if (!lstat(own->path, &st) && !S_ISREG(st.st_mode))
		return msg_fail(PTCTL_FAILED,
				"%s: is not a regular file; remove it, or use --runtime",
				own->path);
	if (own->rules.broken & 1U << IOMMU_PT_TIER_ADMIN)
		return msg_fail(PTCTL_FAILED,
				"nothing was changed: not all rules files can be read");
	if (file && strlen(file->text) != file->len)
		return msg_fail(PTCTL_FAILED,
				"%s: NUL byte; nothing was changed, see: ptctl check",
				own->path);
	return PTCTL_DONE;
}

int own_begin(struct own *own, bool dry)
{
	char *folder = rules_folder(0);
	int ret;

	memset(own, 0, sizeof(*own));
	own->path = xasprintf("%s/%s", folder, OWN_NAME);
	ret = store_lock(dry, &own->lock);
	if (!ret) {
		if (!dry)
			store_clean(own->path);
		rules_load(&own->rules);
		ret = check_file(own);
	}
	free(folder);
	if (ret)
		own_end(own);
	return ret;
}

void own_end(struct own *own)
{
	if (own->lock >= 0)
		close(own->lock);
	own->lock = -1;
	rules_free(&own->rules);
	free(own->path);
	own->path = NULL;
}

int own_commit(struct own *own, struct kernel *k)
{
	const struct rules_file *file = rules_find(&own->rules, 0, OWN_NAME);
	struct store store = {
		.path = own->path,
		.kernel = k,
		.rules = &own->rules,
		.tier = IOMMU_PT_TIER_ADMIN,
	};

	if (!own->changed)	/* yet the kernel may not have had it */
		return store_rules(k, &own->rules, IOMMU_PT_TIER_ADMIN);
	store.text = file->text;
	store.len = file->len;
	return store_commit(&store);
}
