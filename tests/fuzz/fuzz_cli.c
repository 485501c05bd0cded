// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target for ptctl's command line: a line an argument, at most 12, with
 * the rules of a made-up machine and the devices of this one. What must hold: it
 * ends, with a status that the manual has, and nothing that it says is obeyed by a
 * terminal.
 *
 * Needs a kernel without the module: it would be asked to do what is not wanted.
 */
#include <getopt.h>

#include "said.h"

#define ARGUMENTS_MAX	12
#define WORDS_MAX	4096

static char root[] = "/dev/shm/fuzz-cli-XXXXXX";

/* What --record and --file name is opened for writing, wherever that is. */
FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode)
{
	return __real_fopen64(strchr(mode, 'w') ? "/dev/null" : path, mode);
}

static void remove_root(void)
{
	char command[sizeof(root) + 16];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	if (system(command))
		_exit(1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char command[256];

	(void)argc;
	(void)argv;
	require_fd = dup(STDERR_FILENO);
	REQUIRE(access("/sys/kernel/iommu_pt", F_OK));
	REQUIRE(mkdtemp(root));
	atexit(remove_root);
	setenv("IOMMU_PT_ROOT", root, 1);
	snprintf(command, sizeof(command),
		 "cd %s && mkdir -p etc/iommu-pt/rules.d usr/lib/iommu-pt/profiles && "
		 "echo strict bus=pci >etc/iommu-pt/rules.d/10-a.rules && "
		 "echo strict >usr/lib/iommu-pt/profiles/virt.rules", root);
	REQUIRE(!system(command));
	return 0;
}

/* Those that do not end by themselves, or ask a real device, are not for here. */
static int is_endless(const char *verb)
{
	return !strcmp(verb, "monitor") || !strcmp(verb, "top") ||
	       !strcmp(verb, "prove");
}

/* A FIFO or a device for a file of rules may be waited for; no path leads out. */
static int leads_out(const char *word)
{
	return strstr(word, "/dev") || strstr(word, "/proc");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char words[WORDS_MAX + 1];
	char *argv[ARGUMENTS_MAX + 2] = { (char *)"ptctl" }, *rest = words;
	int argc = 1, status;

	if (size > WORDS_MAX)
		return 0;
	memcpy(words, data, size);
	words[size] = '\0';
	while (argc <= ARGUMENTS_MAX && *rest) {
		argv[argc++] = strsep(&rest, "\n");
		if (is_endless(argv[argc - 1]) || leads_out(argv[argc - 1]))
			return 0;
		if (!rest)
			break;
	}
	optind = 0;
	said_begin();
	status = ptctl_main(argc, argv);
	REQUIRE(status >= 0 && status <= 5);
	said_check();
	return 0;
}
