// SPDX-License-Identifier: GPL-2.0
/*
 * stopwatch ROUNDS COMMAND [BEFORE]: how long the shell takes for COMMAND, so
 * many times, each after an untimed BEFORE; prints nanoseconds, a line a round.
 * The start of a shell is in all of them.
 */
#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "clock.h"

extern char **environ;

/* Output goes nowhere: a terminal's speed is not what is measured. */
static void run(char *command)
{
	char *argv[] = { "sh", "-c", command, NULL };
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, "/bin/sh", &actions, NULL, argv, environ) ||
	    waitpid(pid, &status, 0) != pid)
		err(1, "sh");
	if (status)
		errx(1, "status %#x: %s", status, command);
	posix_spawn_file_actions_destroy(&actions);
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[1]) : 0, i;
	long long start;

	if (rounds < 1 || argc > 4)
		return 2;
	for (i = 0; i < rounds; i++) {
		if (argc == 4)
			run(argv[3]);
		usleep(20000);	/* what was put off has its time now */
		start = now_ns();
		run(argv[2]);
		printf("%lld\n", now_ns() - start);
	}
	return 0;
}
