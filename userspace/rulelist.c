// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "rulelist.h"
#include "xalloc.h"

void rulelist_add(struct rulelist *list, unsigned int tier, const char *text,
		  const char *file, unsigned int line)
{
	struct rule_entry entry = {
		.tier = tier,
		.text = xstrdup(text),
		.file = xstrdup(file),
		.line = line,
	};

	list->at = grow(list->at, list->count, sizeof(*list->at));
	list->at[list->count++] = entry;
}

void rulelist_free(struct rulelist *list)
{
	while (list->count) {
		list->count--;
		free(list->at[list->count].text);
		free(list->at[list->count].file);
	}
	free(list->at);
	list->at = NULL;
}

bool rule_read(struct rule_cursor *cur, struct rule *rule, const char *text)
{
	struct rule_error err;

	rule_start(cur, text, strlen(text), false);
	return rule_next(cur, rule, &err) == 1;
}

const struct rule_entry *rulelist_decide(const struct rulelist *list,
					 const struct rule_subject *subject,
					 struct rule *rule)
{
	struct rule_cursor cur;
	struct rule tried;
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (!rule_read(&cur, &tried, list->at[i].text) ||
		    !rule_matches(&tried, subject))
			continue;
		if (rule)
			*rule = (struct rule){ .policy = tried.policy,
					       .force = tried.force };
		return &list->at[i];
	}
	return NULL;
}

/* The next entry from @i on that says the same for the same tier. */
static size_t find_same(const struct rulelist *files, size_t i,
			const struct rule_entry *entry)
{
	while (i < files->count && (files->at[i].tier != entry->tier ||
				    strcmp(files->at[i].text, entry->text)))
		i++;
	return i;
}

void rulelist_locate(struct rulelist *list, const struct rulelist *files)
{
	size_t i, next = 0, found;

	for (i = 0; i < list->count; i++) {
		struct rule_entry *entry = &list->at[i];

		found = find_same(files, next, entry);
		if (found == files->count)
			continue;
		free(entry->file);
		entry->file = xstrdup(files->at[found].file);
		entry->line = files->at[found].line;
		next = found + 1;
	}
}

char *rule_place(const struct rule_entry *entry)
{
	const char *tier = tier_name(entry->tier);

	if (entry->file)
		return xasprintf("%s:%u", entry->file, entry->line);
	return xasprintf("tier %s", tier ? tier : "unknown");
}
