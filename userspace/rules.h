/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The folders of rules files. /etc is over /run over /usr/lib: a file masks
 * one of the same name below. Those that remain are read in order of name.
 * /etc and /run are of tier admin, /usr/lib is of tier vendor.
 *
 * At most one profile, which /etc/iommu-pt/profile names, is as if it were the
 * last file of tier vendor: whatever is said there of a device comes first.
 */
#ifndef PTCTL_RULES_H
#define PTCTL_RULES_H

#include <stddef.h>

#include "rulelist.h"

/* In a list: what a hint text can say that is no rule */
#define RULES_TRUTHFUL	"truthful"

/**
 * struct rules_file - a file of rules
 * @path: where it is
 * @name: the last part of @path
 * @layer: which folder it is from, 0 is the highest, the profile the lowest
 * @tier: IOMMU_PT_TIER_ADMIN, IOMMU_PT_TIER_VENDOR, or IOMMU_PT_TIER_HINT of a
 *	hint text, which is in no folder
 * @text: what is in it; NULL if it cannot be read
 * @len: length of @text in bytes
 */
struct rules_file {
	char *path;
	const char *name;
	unsigned int layer;
	unsigned int tier;
	char *text;
	size_t len;
};

/**
 * struct rules - all files, in order
 * @at: the files
 * @count: how many
 * @broken: bit N is set if some of tier N could not be read
 */
struct rules {
	struct rules_file *at;
	size_t count;
	unsigned int broken;
};

/* The folder of a layer; a new string. */
char *rules_folder(unsigned int layer);

/* The file that names the profile, and the folder of those there are. */
char *rules_profile_choice(void);
char *rules_profile_folder(void);

/* Letters, digits, '_' and '-', and not "none" */
bool rules_is_profile_name(const char *name);

/**
 * rules_profile() - which profile is chosen
 * @name: set to a new string, NULL if none is; whether it exists is not asked
 *
 * Return: false if that cannot be read, with a complaint
 */
bool rules_profile(char **name);

/**
 * rules_load() - read the folders, and the profile
 * @rules: filled in; what cannot be read is complained about
 */
void rules_load(struct rules *rules);

/**
 * rules_load_as() - as if another profile were chosen
 * @rules: filled in; what cannot be read is complained about
 * @profile: which, NULL for none
 */
void rules_load_as(struct rules *rules, const char *profile);
void rules_free(struct rules *rules);

/**
 * rules_read_file() - read a file of rules, wherever it is
 * @file: @path and @tier given, the rest filled in
 *
 * Return: false if it cannot be read, with a complaint
 */
bool rules_read_file(struct rules_file *file);

/**
 * rules_append() - a text behind all others
 * @rules: the rules
 * @tier: its tier
 * @path: where it is, or what complaints call it; taken over
 * @text: what is in it; NULL: read that from @path
 */
void rules_append(struct rules *rules, unsigned int tier, char *path,
		  const char *text);

/**
 * rules_put() - as if a file in the highest folder had this text
 * @rules: the rules
 * @name: name of the file
 * @text: what is in it; taken over
 */
void rules_put(struct rules *rules, const char *name, char *text);

/* The file of this name and layer, NULL if there is none. */
struct rules_file *rules_find(const struct rules *rules, unsigned int layer,
			      const char *name);

/**
 * rules_text() - what the kernel is to get as the rules of a tier
 * @rules: the rules
 * @tier: which
 * @len: set to its length
 *
 * Return: a new string
 */
char *rules_text(const struct rules *rules, unsigned int tier, size_t *len);

/**
 * typedef rules_error_fn - called for each syntax error
 * @file: where
 * @error: what is wrong, and on which line of it
 */
typedef void (*rules_error_fn)(const struct rules_file *file,
			       const struct rule_error *error, void *arg);

/**
 * rules_parse_file() - add the rules of a file to a list
 * @file: the file
 * @list: where to
 * @fn: called for each error; NULL: nobody asks
 * @arg: handed to @fn
 */
void rules_parse_file(const struct rules_file *file, struct rulelist *list,
		      rules_error_fn fn, void *arg);

/**
 * rules_parse() - add the rules of a tier to a list
 * @rules: the rules
 * @tier: which
 * @list: where to; untouched if anything of the tier is broken
 *
 * Return: false if it is, with a complaint that shows where
 */
bool rules_parse(const struct rules *rules, unsigned int tier,
		 struct rulelist *list);

/**
 * rules_complain() - print a syntax error to stderr with line and caret
 * @file: where
 * @error: what
 * @severity: "error" or "warning"
 */
void rules_complain(const struct rules_file *file,
		    const struct rule_error *error, const char *severity);

#endif /* PTCTL_RULES_H */
