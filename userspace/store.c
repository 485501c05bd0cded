// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msg.h"
#include "ptctl.h"
#include "root.h"
#include "store.h"
#include "xalloc.h"

static int cannot(const char *path)
{
	return msg_fail(PTCTL_FAILED, "%s: %m%s; nothing was changed", path,
			errno == EACCES || errno == EPERM ? "; needs root" : "");
}

/* ---- folder and lock ---- */

/* A new folder lasts from when its parent is on disk. */
static int make_folder(const char *path)
{
	char *parent;
	int fd, err;

	if (mkdir(path, 0755))
		return errno == EEXIST ? 0 : -1;
	if (chmod(path, 0755))	/* whatever the umask: anyone may read the rules */
		return -1;
	parent = xasprintf("%s/..", path);
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(parent);
	if (fd < 0)
		return -1;
	err = fsync(fd);
	close(fd);
	return err;
}

static int make_folders(const char *folder)
{
	char *path = xstrdup(folder), *slash;
	int err = 0;

	for (slash = strchr(path + 1, '/'); !err; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		err = make_folder(path);
		if (!slash)
			break;
		*slash = '/';
	}
	free(path);
	return err;
}

/* Return: an enum ptctl_status; a folder that is not there is made, unless @dry. */
static int need_folder(const char *folder, bool dry)
{
	if (!access(folder, F_OK))
		return dry || !faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) ?
		       PTCTL_DONE : cannot(folder);
	if (errno != ENOENT || (!dry && make_folders(folder)))
		return cannot(folder);
	return PTCTL_DONE;
}

/*
 * A file that nobody else can open: on the folder of the rules, which everybody
 * can, anyone could hold a lock for ever.
 */
static int open_lock(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static int lock_file(const char *folder, int *lock)
{
	char *path = xasprintf("%s/lock", folder);
	int ret = PTCTL_DONE;

	*lock = open_lock(path);
	if (*lock < 0 || flock(*lock, LOCK_EX))
		ret = cannot(path);
	free(path);
	return ret;
}

int store_lock(bool dry, int *lock)
{
	char *rules = rules_folder(0), *run = rooted("/run/iommu-pt");
	int ret = need_folder(rules, dry);

	*lock = -1;
	if (!ret && !dry)
		ret = need_folder(run, false);
	if (!ret && !dry)
		ret = lock_file(run, lock);
	free(run);
	free(rules);
	return ret;
}

int store_lock_to_read(void)
{
	char *run = rooted("/run/iommu-pt"), *path = xasprintf("%s/lock", run);
	int lock = make_folders(run) ? -1 : open_lock(path);

	if (lock >= 0)
		flock(lock, LOCK_EX);
	free(path);
	free(run);
	return lock;
}

/* ---- temporary files: ".NAME.ptctl-XXXXXX" beside the file ---- */

#define TEMP_SUFFIX	"XXXXXX"	/* as mkostemp() wants it */

static char *folder_of(const char *path)
{
	return xstrndup(path, (size_t)(strrchr(path, '/') - path));
}

static char *temp_prefix(const char *path)
{
	return xasprintf(".%s.ptctl-", strrchr(path, '/') + 1);
}

/* An editor's .50-ptctl.rules.swp is none of ours, nor is somebody's .backup. */
static bool is_temp(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return !strncmp(name, prefix, len) &&
	       strlen(name + len) == strlen(TEMP_SUFFIX);
}

void store_clean(const char *path)
{
	char *folder = folder_of(path), *prefix = temp_prefix(path);
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (is_temp(entry->d_name, prefix))
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	free(prefix);
	free(folder);
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		text += done;
		len -= (size_t)done;
	}
	return fsync(fd);
}

static char *temp_template(const char *path)
{
	char *folder = folder_of(path), *prefix = temp_prefix(path);
	char *temp = xasprintf("%s/%s" TEMP_SUFFIX, folder, prefix);

	free(prefix);
	free(folder);
	return temp;
}

/* Return: the path of a temporary file with the new text, NULL on failure. */
static char *write_temp(const struct store *store)
{
	char *temp = temp_template(store->path);
	int fd = mkostemp(temp, O_CLOEXEC), err = fd < 0 ? -1 : 0;
	struct stat st;

	if (!err)
		err = fchmod(fd, stat(store->path, &st) ? 0644 :
							 st.st_mode & 07777);
	if (!err)
		err = write_all(fd, store->text, store->len);
	if (err)
		cannot(temp);
	if (fd >= 0 && close(fd) && !err)
		err = cannot(temp);
	if (!err)
		return temp;
	if (fd >= 0)
		unlink(temp);
	free(temp);
	return NULL;
}

/* ---- the transaction ---- */

/* The rules of a tier that the kernel has, as one text. */
static char *kernel_text(const struct store *store, int *err)
{
	struct rulelist rules = { 0 };
	char *text = NULL;
	size_t len, i;
	FILE *out = xmemstream(&text, &len);

	*err = kernel_rules(store->kernel, &rules);
	for (i = 0; i < rules.count; i++)
		if (rules.at[i].tier == store->tier)
			fprintf(out, "%s\n", rules.at[i].text);
	xclose(out, &text);
	rulelist_free(&rules);
	return text;
}

int store_rules(struct kernel *k, const struct rules *rules, unsigned int tier)
{
	size_t len;
	char *text = rules_text(rules, tier, &len);
	int err = kernel_set_rules(k, tier, text, len);

	free(text);
	return err ? kernel_fail(k, err, "rules") : PTCTL_DONE;
}

static bool give_former(const struct store *store, const char *former)
{
	if (!kernel_set_rules(store->kernel, store->tier, former,
			      strlen(former)))
		return true;
	msg_err("and the kernel did not take its former rules back; run: ptctl apply");
	return false;
}

static int put_back(const struct store *store, const char *former)
{
	cannot(store->path);
	if (former)
		give_former(store, former);
	return PTCTL_FAILED;
}

/* It may have taken the rules all the same, and the file will not have them. */
static int give_rules(const struct store *store, const char *former)
{
	int ret = store_rules(store->kernel, store->rules, store->tier);

	if (ret && kernel_lost(store->kernel) && give_former(store, former))
		msg_err("the kernel has its former rules; nothing was changed");
	return ret;
}

static int replace(const struct store *store, const char *temp)
{
	if (temp)
		return rename(temp, store->path);
	return unlink(store->path) && errno != ENOENT ? -1 : 0;
}

/* @folder: of the file; @temp: NULL to remove it; @former: NULL: no kernel. */
static int move_in_held(const struct store *store, int folder, const char *temp,
			const char *former)
{
	int ret = PTCTL_DONE;

	if (former)
		ret = give_rules(store, former);
	if (!ret && replace(store, temp))
		ret = put_back(store, former);
	if (ret && temp)
		unlink(temp);
	else if (!ret && fsync(folder))
		ret = msg_fail(PTCTL_FAILED,
			       "%s: %s, but that may not outlast a power failure: %m",
			       store->path, !temp ? "removed" : former ?
			       "written and in force" : "written");
	return ret;
}

/*
 * Ctrl-C between kernel and file would leave them at odds: it has to wait. So has
 * the end of who reads the complaints: a pipe that nobody reads kills afterwards.
 */
static int move_in(const struct store *store, int folder, const char *temp,
		   const char *former)
{
	sigset_t ends, before;
	int ret;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigaddset(&ends, SIGQUIT);
	sigaddset(&ends, SIGPIPE);
	sigprocmask(SIG_BLOCK, &ends, &before);
	ret = move_in_held(store, folder, temp, former);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

static int commit(const struct store *store, int folder)
{
	char *temp = NULL, *former = NULL;
	int ret = PTCTL_DONE, err;

	if (store->kernel) {
		former = kernel_text(store, &err);
		if (err)
			ret = kernel_fail(store->kernel, err, "rules");
	}
	if (!ret && store->text) {
		temp = write_temp(store);
		ret = temp ? PTCTL_DONE : PTCTL_FAILED;
	}
	if (!ret)
		ret = move_in(store, folder, temp, former);
	free(temp);
	free(former);
	return ret;
}

int store_commit(const struct store *store)
{
	char *path = folder_of(store->path);
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;

	ret = folder < 0 ? cannot(path) : commit(store, folder);
	if (folder >= 0)
		close(folder);
	free(path);
	return ret;
}
