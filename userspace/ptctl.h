/* SPDX-License-Identifier: GPL-2.0 */
/* What a verb is, and how the program ends. */
#ifndef PTCTL_H
#define PTCTL_H

#include <stdbool.h>

enum ptctl_status {
	PTCTL_DONE,
	PTCTL_FAILED,
	PTCTL_USAGE,
	PTCTL_FINDINGS,		/* of check, audit, prove; drift of apply --dry-run */
	PTCTL_BUSY,		/* a driver is in the way */
	PTCTL_UNSUPPORTED,	/* not on this kernel, machine or mode */
};

/**
 * struct command - a verb
 * @name: the word
 * @summary: one line without a full stop, for the list of verbs
 * @usage: its arguments
 * @help: options and examples, whole lines
 * @run: does it. @argv[0] is "ptctl", so that getopt's messages begin so;
 *	returns an enum ptctl_status.
 */
struct command {
	const char *name;
	const char *summary;
	const char *usage;
	const char *help;
	int (*run)(int argc, char **argv);
};

extern const struct command cmd_status;
extern const struct command cmd_list;
extern const struct command cmd_show;
extern const struct command cmd_explain;
extern const struct command cmd_set;
extern const struct command cmd_unset;
extern const struct command cmd_apply;
extern const struct command cmd_check;
extern const struct command cmd_audit;
extern const struct command cmd_hints;
extern const struct command cmd_prove;
extern const struct command cmd_profile;
extern const struct command cmd_monitor;
extern const struct command cmd_graph;
extern const struct command cmd_top;
extern const struct command cmd_seal;

/**
 * usage_fail() - complain about the arguments of a verb
 * @cmd: the verb
 * @why: a sentence, NULL if getopt has said it
 *
 * Return: PTCTL_USAGE
 */
int usage_fail(const struct command *cmd, const char *why);

/**
 * parse_json() - the arguments of a verb whose only option is --json
 * @cmd: the verb
 * @argc: as run() got it
 * @argv: as run() got it; optind is at the first argument afterwards
 * @least: so many arguments are needed
 * @most: and no more than so many are taken
 * @json: set if the option is there
 *
 * Return: an enum ptctl_status
 */
int parse_json(const struct command *cmd, int argc, char **argv, int least,
	       int most, bool *json);

#endif /* PTCTL_H */
