// SPDX-License-Identifier: GPL-2.0
/* ptctl: per-device IOMMU policy, for people and scripts. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"
#include "ptctl.h"
#include "unread.h"

static const struct command *const commands[] = {
	&cmd_status,
	&cmd_list,
	&cmd_show,
	&cmd_explain,
	&cmd_set,
	&cmd_unset,
	&cmd_apply,
	&cmd_check,
	&cmd_audit,
	&cmd_hints,
	&cmd_prove,
	&cmd_profile,
	&cmd_monitor,
	&cmd_graph,
	&cmd_top,
	&cmd_seal,
};

#define COUNT	(sizeof(commands) / sizeof(commands[0]))

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int print_help(void)
{
	size_t i;

	puts("usage: ptctl [VERB] [ARGUMENT]...\n\n"
	     "Decides for each device whether its DMA goes through the IOMMU.\n");
	for (i = 0; i < COUNT; i++)
		printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	puts("  help      what a verb does: ptctl help VERB, or ptctl VERB --help\n\n"
	     "Without a verb: status. DEVICE is an address (0000:00:03.0), bus/name\n"
	     "(platform/a003e00.dma), a path in sysfs, a network interface (eth1) or a\n"
	     "block device (nvme0n1, /dev/vdb).\n\n"
	     "Exit status:\n"
	     "  0  done, or it was so already\n"
	     "  1  failed\n"
	     "  2  the arguments are wrong\n"
	     "  3  findings (check, audit, prove), or differences (apply --dry-run)\n"
	     "  4  busy: a driver must let go of the device first\n"
	     "  5  not supported by this machine, kernel or mode");
	return PTCTL_DONE;
}

static int print_command_help(const struct command *cmd)
{
	printf("usage: ptctl %s%s%s\n\n%s.\n\n%s", cmd->name,
	       *cmd->usage ? " " : "", cmd->usage, cmd->summary, cmd->help);
	return PTCTL_DONE;
}

int usage_fail(const struct command *cmd, const char *why)
{
	if (why)
		msg_err("%s: usage: ptctl %s%s%s", why, cmd->name,
			*cmd->usage ? " " : "", cmd->usage);
	return msg_fail(PTCTL_USAGE, "see: ptctl %s --help", cmd->name);
}

int parse_json(const struct command *cmd, int argc, char **argv, int least,
	       int most, bool *json)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "j", longs, NULL)) != -1) {
		if (c != 'j')
			return usage_fail(cmd, NULL);
		*json = true;
	}
	if (argc - optind < least)
		return usage_fail(cmd, "an argument is missing");
	if (argc - optind > most)
		return usage_fail(cmd, "too many arguments");
	return PTCTL_DONE;
}

/*
 * Whether getopt() surely looks for no option from @at on. After an option it may
 * take "--" for its argument.
 */
static bool ends_options(char **argv, char **at)
{
	return !*at || (!strcmp(*at, "--") && (at == argv || *at[-1] != '-'));
}

static bool asks_help(const char *option)
{
	return !strcmp(option, "--help") || !strcmp(option, "-h");
}

static bool wants_help(char **argv)
{
	char **at;

	for (at = argv; !ends_options(argv, at); at++)
		if (asks_help(*at))
			return true;
	return false;
}

/* What getopt() complains of it shows as it is, byte by byte. */
static bool is_showable(const char *option)
{
	bool same = msg_is_plain(option);
	const char *p;

	for (p = option; same && *p && *p != '='; p++)
		same = (unsigned char)*p < 0x80;
	return same;
}

/* Return: an option that is none, or NULL. */
static const char *odd_option(char **argv)
{
	char **at;

	for (at = argv; !ends_options(argv, at); at++)
		if (**at == '-' && !is_showable(*at))
			return *at;
	return NULL;
}

/* What was printed has to have arrived, or it was not done. */
static int end(int ret)
{
	if (fflush(stdout) && ret != PTCTL_USAGE)
		return msg_fail(PTCTL_FAILED, "cannot write to stdout: %m");
	if (ferror(stdout) && ret != PTCTL_USAGE)	/* and why is forgotten */
		return msg_fail(PTCTL_FAILED, "cannot write all of it to stdout");
	if (unread_any() && (ret == PTCTL_DONE || ret == PTCTL_FINDINGS))
		return PTCTL_FAILED;
	return ret;
}

static int run(const struct command *cmd, int argc, char **argv)
{
	const char *odd = odd_option(argv + 1);

	if (odd)
		return msg_fail(PTCTL_USAGE,
				"unknown option '%s' (its argument, if any, goes behind a blank); see: ptctl %s --help",
				odd, cmd->name);
	if (wants_help(argv + 1))
		return print_command_help(cmd);
	argv[0] = (char *)"ptctl";
	return cmd->run(argc, argv);
}

static int unknown(const char *verb)
{
	return msg_fail(PTCTL_USAGE, "unknown %s '%s'; see: ptctl --help",
			*verb == '-' ? "option" : "verb", verb);
}

static int print_version(void)
{
	puts("ptctl " PTCTL_VERSION);
	return PTCTL_DONE;
}

static int act(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "status";
	const struct command *cmd;

	if (!strcmp(verb, "--version") || !strcmp(verb, "-V"))
		return print_version();
	if (asks_help(verb))
		return print_help();
	if (!strcmp(verb, "help")) {
		if (argc < 3 || asks_help(argv[2]) || !strcmp(argv[2], "help"))
			return print_help();
		cmd = find(argv[2]);
		return cmd ? print_command_help(cmd) : unknown(argv[2]);
	}
	if (!strcmp(verb, "--json"))		/* ptctl --json: status */
		return run(&cmd_status, argc, argv);
	cmd = find(verb);
	if (!cmd)
		return unknown(verb);
	return argc > 1 ? run(cmd, argc - 1, argv + 1) : run(cmd, argc, argv);
}

/*
 * Or the next file, socket or device that is opened takes the place of one that
 * is closed, and gets what is printed. A folder is always there, can be opened for
 * reading only, and not even be read, so that whoever uses it fails still.
 */
static void keep_low_descriptors(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/", O_RDONLY | O_DIRECTORY) != fd)
			exit(PTCTL_FAILED);	/* and there is nobody to tell */
}

int main(int argc, char **argv)
{
	keep_low_descriptors();
	setlocale(LC_CTYPE, "");
	return end(act(argc, argv));
}
