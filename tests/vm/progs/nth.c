// SPDX-License-Identifier: GPL-2.0
/*
 * nth HOW N COMMAND...: run a command, and at its Nth system call
 *
 *	fail	that call is not made, and fails as such calls do
 *	unheard	likewise, of the calls that receive messages
 *	kill	the process is killed in place of it
 *	term	it gets a SIGTERM before it; of the calls that talk to the kernel's
 *		netlink, rename or sync
 *	pipe	likewise a SIGPIPE, as if it had just complained to nobody
 *	count	(N is 0) nothing; prints how many there were to stderr
 *
 * Calls of its children count, too. The exit status is the command's, 128 and
 * more if a signal ended it; 99 if there was no Nth call, 98 on a mistake here.
 * What the call was is a line in the file that $NTH_SAYS names, if it is set.
 *
 * By a seccomp filter that asks this process about each call, which is the same
 * on every architecture, and many times as fast as strace.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MISTAKE		98
#define NEVER_CAME	99

static int mistake(const char *what)
{
	fprintf(stderr, "nth: %s: %s\n", what, strerror(errno));
	return MISTAKE;
}

/* These never fail so that anybody could notice. */
static bool cannot_fail(int call)
{
	return call == SYS_exit_group || call == SYS_exit ||
	       call == SYS_rt_sigreturn || call == SYS_munmap ||
	       call == SYS_brk ||	/* returns no errors, but where it ends */
	       call == SYS_futex;	/* of which the C library dies */
}

/* Those between which kernel and file are brought to say the same. */
static bool is_of_change(int call)
{
	switch (call) {
	case SYS_sendmsg:
	case SYS_recvmsg:
	case SYS_fsync:
#ifdef SYS_rename
	case SYS_rename:
#endif
	case SYS_renameat:
	case SYS_renameat2:
		return true;
	default:
		return false;
	}
}

/* What is likely: a full disk, no memory, too many files; else a broken device. */
static int error_of(int call)
{
	switch (call) {
	case SYS_write:
	case SYS_writev:
		return ENOSPC;
	case SYS_mmap:
	case SYS_mprotect:
	case SYS_mremap:
	case SYS_clone:
#ifdef SYS_clone3
	case SYS_clone3:
#endif
		return ENOMEM;
	case SYS_openat:
	case SYS_openat2:
	case SYS_socket:
		return EMFILE;
	default:
		return EIO;
	}
}

/* ---- the command ---- */

static int install_filter(void)
{
	struct sock_filter ask[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog program = { .len = 1, .filter = ask };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

/* From the filter on nothing is called here but exec. */
static void become(char **argv)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || install_filter() < 0)
		_exit(mistake("seccomp"));
	execvp(argv[0], argv);
	_exit(127);
}

/* The filter's descriptor is the lowest that the child had free, as we had. */
static int take_listener(pid_t child, int number)
{
	int pidfd = (int)syscall(SYS_pidfd_open, child, 0), fd = -1, tries;

	for (tries = 0; fd < 0 && pidfd >= 0 && tries < 10000; tries++) {
		fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
		if (fd < 0)
			usleep(100);
	}
	close(pidfd);
	return fd;
}

/* ---- what watches it ---- */

struct watch {
	const char *how;
	long wanted;
	long calls;
	bool done;
};

/* Which argument of a call is a path; -1: none */
static int path_argument(int call)
{
	switch (call) {
	case SYS_openat:
	case SYS_openat2:
	case SYS_readlinkat:
	case SYS_newfstatat:
	case SYS_faccessat:
#ifdef SYS_faccessat2
	case SYS_faccessat2:
#endif
	case SYS_unlinkat:
	case SYS_mkdirat:
	case SYS_renameat:
		return 1;
#ifdef SYS_open
	case SYS_open:
	case SYS_readlink:
	case SYS_access:
	case SYS_stat:
	case SYS_lstat:
	case SYS_unlink:
	case SYS_mkdir:
	case SYS_rename:
		return 0;
#endif
	case SYS_execve:
		return 0;
	default:
		return -1;
	}
}

static void read_path(const struct seccomp_notif *asked, char *path, size_t size)
{
	int argument = path_argument(asked->data.nr);
	char mem[64];
	FILE *from;

	snprintf(mem, sizeof(mem), "/proc/%u/mem", asked->pid);
	from = argument < 0 ? NULL : fopen(mem, "r");
	*path = '\0';
	if (!from)
		return;
	setvbuf(from, NULL, _IONBF, 0);
	if (!fseeko(from, (off_t)asked->data.args[argument], SEEK_SET))
		path[fread(path, 1, size - 1, from)] = '\0';
	fclose(from);
}

static void say(const struct watch *watch, const struct seccomp_notif *asked,
		int err)
{
	const char *says = getenv("NTH_SAYS");
	FILE *to = says ? fopen(says, "w") : NULL;
	char path[256];

	if (!to)
		return;
	read_path(asked, path, sizeof(path));
	fprintf(to, "call %ld, number %d %s: %s\n", watch->calls,
		asked->data.nr, path, err ? strerror(err) : "killed");
	fclose(to);
}

/* 0: it is none that can be put off. */
static int signal_of(const char *how)
{
	return !strcmp(how, "term") ? SIGTERM :
	       !strcmp(how, "pipe") ? SIGPIPE : 0;
}

static void answer(struct watch *watch, const struct seccomp_notif *asked,
		   struct seccomp_notif_resp *said)
{
	int call = asked->data.nr;

	said->id = asked->id;
	said->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	if (!strcmp(watch->how, "unheard") && call != SYS_recvmsg)
		return;
	if (signal_of(watch->how) && !is_of_change(call))
		return;
	if (++watch->calls != watch->wanted || watch->done)
		return;
	watch->done = true;
	if (!strcmp(watch->how, "kill")) {
		say(watch, asked, 0);
		kill((pid_t)asked->pid, SIGKILL);
	} else if (signal_of(watch->how)) {
		say(watch, asked, 0);
		kill((pid_t)asked->pid, signal_of(watch->how));
	} else if (!cannot_fail(call)) {
		say(watch, asked, error_of(call));
		said->flags = 0;
		said->error = -error_of(call);
	}
}

static void watch_all(struct watch *watch, int listener)
{
	struct pollfd wait = { .fd = listener, .events = POLLIN };

	while (poll(&wait, 1, -1) > 0 && wait.revents & POLLIN) {
		struct seccomp_notif asked = { 0 };
		struct seccomp_notif_resp said = { 0 };

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked))
			continue;	/* it was killed meanwhile */
		answer(watch, &asked, &said);
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &said);
	}
}

static int status_of(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		return mistake("waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	struct watch watch = { 0 };
	int lowest = dup(STDIN_FILENO), listener, status;
	pid_t child;

	if (argc < 4) {
		fprintf(stderr, "usage: nth fail|unheard|kill|term|pipe|count N COMMAND...\n");
		return MISTAKE;
	}
	watch.how = argv[1];
	watch.wanted = atol(argv[2]);
	close(lowest);
	child = fork();
	if (!child)
		become(argv + 3);
	listener = child < 0 ? -1 : take_listener(child, lowest);
	if (listener < 0)
		return mistake("no filter");
	watch_all(&watch, listener);
	status = status_of(child);
	if (!strcmp(watch.how, "count"))
		fprintf(stderr, "%ld\n", watch.calls);
	else if (!watch.done)
		return NEVER_CAME;
	return status;
}
