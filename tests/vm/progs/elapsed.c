// SPDX-License-Identifier: GPL-2.0
/*
 * elapsed COMMAND [ARGUMENT...]: run it, its output nowhere, and print how many
 * microseconds of the guest's clock it took (which counts instructions on some
 * machines). Exits as the command does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	long long start = now();
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	pid = fork();
	if (!pid) {
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 1;
	printf("%lld\n", now() - start);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
