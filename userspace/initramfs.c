// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "initramfs.h"
#include "msg.h"
#include "ptctl.h"
#include "root.h"
#include "xalloc.h"

/* What makes it, for all kernels; with our hook it has the rules. */
static const struct maker {
	const char *hook;
	const char *argv[5];
} makers[] = {
	{ "/usr/share/initramfs-tools/hooks/iommu-pt",
	  { "update-initramfs", "-u", "-k", "all" } },
	{ "/usr/lib/dracut/modules.d/50iommu-pt",
	  { "dracut", "--force", "--regenerate-all" } },
	{ "/usr/lib/initcpio/install/iommu-pt", { "mkinitcpio", "-P" } },
};

#define MAKERS	(sizeof(makers) / sizeof(makers[0]))

/* ---- who makes it ---- */

static bool stat_rooted(const char *path, struct stat *st)
{
	char *full = rooted(path);
	bool ok = !stat(full, st);

	free(full);
	return ok;
}

/* A new string, NULL if it is not there. "su" leaves sbin out of $PATH. */
static char *find_program(const char *name)
{
	const char *env = secure_getenv("PATH");
	char *path = xasprintf("%s:/usr/sbin:/sbin", env ? env : "/usr/bin:/bin");
	char *rest = path, *folder, *found = NULL;

	while (!found && (folder = strsep(&rest, ":"))) {
		if (*folder != '/')
			continue;
		found = xasprintf("%s/%s", folder, name);
		if (access(found, X_OK)) {
			free(found);
			found = NULL;
		}
	}
	free(path);
	return found;
}

static bool has_program(const char *name)
{
	char *program = find_program(name);
	bool found = program;

	free(program);
	return found;
}

/* @lacking: set to one whose hook is not there, if that is what is missing */
static const struct maker *find_maker(const struct maker **lacking)
{
	struct stat st;
	size_t i;

	*lacking = NULL;
	for (i = 0; i < MAKERS; i++) {
		if (!has_program(makers[i].argv[0]))
			continue;
		if (stat_rooted(makers[i].hook, &st))
			return &makers[i];
		if (!*lacking)
			*lacking = &makers[i];
	}
	return NULL;
}

/* As a person types it; a new string */
static char *command_of(const struct maker *maker)
{
	char *text = NULL;
	size_t i, len;
	FILE *out = xmemstream(&text, &len);

	for (i = 0; maker->argv[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", maker->argv[i]);
	xclose(out, &text);
	return text;
}

/* ---- how old it is ---- */

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec :
					a->tv_nsec > b->tv_nsec;
}

static void see(int folder, const char *name, struct timespec *newest)
{
	struct stat st;

	if (!fstatat(folder, name, &st, 0) && is_newer(&st.st_mtim, newest))
		*newest = st.st_mtim;
}

/* The folder itself as well: what was removed from it leaves no other trace. */
static void see_folder(const char *path, struct timespec *newest)
{
	char *full = rooted(path);
	DIR *dir = opendir(full);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".."))
			see(dirfd(dir), entry->d_name, newest);
	if (dir)
		closedir(dir);
	free(full);
}

/* Arch's is named after the kernel's package, which the kernel's folder tells. */
static char *arch_image(const char *release)
{
	char *path = xasprintf("/usr/lib/modules/%s/pkgbase", release);
	char *full = rooted(path), package[128] = "";
	FILE *file = fopen(full, "re");

	if (file && fgets(package, sizeof(package), file))
		package[strcspn(package, "\n")] = '\0';
	if (file)
		fclose(file);
	free(full);
	free(path);
	return xasprintf("/boot/initramfs-%s.img", package);
}

/* Return: false if there is none of the running kernel where it is usual */
static bool image_time(struct timespec *time)
{
	char *debian, *fedora, *arch;
	struct utsname kernel;
	struct stat st;
	bool found;

	uname(&kernel);
	debian = xasprintf("/boot/initrd.img-%s", kernel.release);
	fedora = xasprintf("/boot/initramfs-%s.img", kernel.release);
	arch = arch_image(kernel.release);
	found = stat_rooted(debian, &st) || stat_rooted(fedora, &st) ||
		stat_rooted(arch, &st);
	if (found)
		*time = st.st_mtim;
	free(debian);
	free(fedora);
	free(arch);
	return found;
}

static bool is_older(void)
{
	struct timespec image, newest = { 0 };

	if (!image_time(&image))
		return false;
	see_folder("/etc/iommu-pt", &newest);
	see_folder("/etc/iommu-pt/rules.d", &newest);
	see_folder("/usr/lib/iommu-pt/rules.d", &newest);
	see_folder("/usr/lib/iommu-pt/profiles", &newest);
	return is_newer(&newest, &image);
}

/* ---- making it ---- */

static int start(const struct maker *maker, pid_t *pid)
{
	char *program = find_program(maker->argv[0]);
	int err = program ? posix_spawn(pid, program, NULL, NULL,
					(char *const *)maker->argv, environ) :
			    ENOENT;

	free(program);
	return err;
}

static int failed(const char *command, const char *how)
{
	return msg_fail(PTCTL_FAILED,
			"`%s` %s: the rules are kept, but the initramfs holds those of before; mend it, and run it again",
			command, how);
}

static int run(const struct maker *maker, const char *command)
{
	int status = 0, err, ret = PTCTL_DONE;
	char *how = NULL;
	pid_t pid;

	msg_out("running `%s`: it can take a minute", command);
	fflush(stdout);
	err = start(maker, &pid);
	while (!err && waitpid(pid, &status, 0) < 0)
		err = errno == EINTR ? 0 : errno;
	if (err)
		how = xasprintf("cannot be run: %s", strerror(err));
	else if (WIFSIGNALED(status))
		how = xasprintf("was killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		how = xasprintf("failed with exit status %d",
				WEXITSTATUS(status));
	if (how)
		ret = failed(command, how);
	free(how);
	return ret;
}

/* ---- what the verbs ask ---- */

int initramfs_check(bool update)
{
	const struct maker *lacking;

	if (!update || find_maker(&lacking))
		return PTCTL_DONE;
	if (lacking)
		return msg_fail(PTCTL_UNSUPPORTED,
				"--update-initramfs: what %s makes would not have the rules, as %s is not there (make install-boot); nothing was changed",
				lacking->argv[0], lacking->hook);
	return msg_fail(PTCTL_UNSUPPORTED,
			"--update-initramfs: there is no update-initramfs, dracut or mkinitcpio here; nothing was changed");
}

void initramfs_preview(bool update)
{
	const struct maker *lacking, *maker = find_maker(&lacking);
	struct timespec image;
	char *command;

	if (!maker)
		return;
	command = command_of(maker);
	if (update)
		msg_out("would run: %s", command);
	else if (image_time(&image))
		msg_out("the initramfs would hold the rules of before: --update-initramfs would run `%s`",
			command);
	free(command);
}

int initramfs_finish(bool update)
{
	const struct maker *lacking, *maker = find_maker(&lacking);
	int ret = PTCTL_DONE;
	char *command;

	if (!maker)
		return initramfs_check(update);
	command = command_of(maker);
	if (update)
		ret = run(maker, command);
	else if (is_older())
		msg_err("the initramfs holds the rules of before: run `%s`, or add --update-initramfs",
			command);
	free(command);
	return ret;
}
