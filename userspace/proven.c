// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "msg.h"
#include "proven.h"
#include "ptctl.h"
#include "root.h"
#include "unread.h"
#include "xalloc.h"

#define FOLDER		"/run/iommu-pt"
#define SUBFOLDER	"proofs"
#define SIZE_MAX_READ	4096

void proven_free(struct proven *proven)
{
	if (!proven)
		return;
	free(proven->what);
	free(proven->time);
	free(proven->kernel);
	free(proven);
}

const char *proven_word(const struct dev *dev)
{
	return dev->proven ? verdict_name(dev->proven->verdict) : NULL;
}

/* ---- what a proof is of ---- */

/* Folders of sysfs have numbers of their own, each given once. */
static unsigned long long folder_number(char *path)
{
	struct stat st;
	unsigned long long number = stat(path, &st) ? 0 : st.st_ino;

	free(path);
	return number;
}

static char *read_boot_id(void)
{
	char *path = rooted("/proc/sys/kernel/random/boot_id"), *line = NULL;
	FILE *file = fopen(path, "re");
	size_t size = 0;

	free(path);
	if (!file || getline(&line, &size, file) <= 0) {
		free(line);
		line = xstrdup("unknown\n");
	}
	line[strcspn(line, "\n")] = '\0';
	if (file)
		fclose(file);
	return line;
}

/* One line; different as soon as anything is another one. */
static char *subject_of(const struct dev *dev)
{
	char *boot = read_boot_id(), *type = device_group_type(dev->group);
	char *line = xasprintf("boot %s device %llx group %ld %llx type %s",
		boot,
		folder_number(xasprintf("/sys/bus/%s/devices/%s", dev->bus,
					dev->name)),
		dev->group,
		folder_number(xasprintf("/sys/kernel/iommu_groups/%ld",
					dev->group)),
		type ? type : "unknown");

	free(boot);
	free(type);
	return line;
}

/* ---- the folder ---- */

/* It is root's, and nobody else can write there. */
static bool is_roots(int fd, mode_t kind)
{
	struct stat st;

	return !fstat(fd, &st) && (st.st_mode & S_IFMT) == kind &&
	       !st.st_uid && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static int open_part(int in, const char *name)
{
	int fd = openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
				  O_CLOEXEC);

	if (fd >= 0 && !is_roots(fd, S_IFDIR)) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}

/* Return: -1 with errno; @make: create it */
static int open_folder(bool make)
{
	char *path = rooted(FOLDER);
	int outer, inner = -1;

	if (make)
		mkdir(path, 0755);
	outer = open_part(AT_FDCWD, path);
	free(path);
	if (outer < 0)
		return -1;
	if (make)
		mkdirat(outer, SUBFOLDER, 0755);
	inner = open_part(outer, SUBFOLDER);
	close(outer);
	return inner;
}

static char *name_of(const struct dev *dev)
{
	return xasprintf("%s:%s", dev->bus, dev->name);
}

/* ---- reading ---- */

static char *read_whole(int folder, const char *name)
{
	char *text = NULL;
	ssize_t len;
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
				      O_CLOEXEC);

	if (fd < 0) {
		unread(FOLDER "/" SUBFOLDER);
		return NULL;
	}
	if (is_roots(fd, S_IFREG)) {
		text = xcalloc(1, SIZE_MAX_READ + 1);
		len = read(fd, text, SIZE_MAX_READ);
		text[len > 0 ? len : 0] = '\0';
	}
	close(fd);
	return text;
}

/* The value of "KEY VALUE", of the next line; NULL if it is another one. */
static char *next_value(char **at, const char *key)
{
	char *line = strsep(at, "\n");
	size_t len = strlen(key);

	if (!line || !*at || strncmp(line, key, len) || line[len] != ' ')
		return NULL;
	return line + len + 1;
}

static struct proven *parse(char *text, const char *subject)
{
	char *of = next_value(&text, "of"), *verdict, *what, *when, *kernel;
	struct proven *proven;

	if (!of || strcmp(of, subject))
		return NULL;
	verdict = next_value(&text, "verdict");
	what = verdict ? next_value(&text, "what") : NULL;
	when = what ? next_value(&text, "time") : NULL;
	kernel = when ? next_value(&text, "kernel") : NULL;
	if (!kernel)
		return NULL;
	proven = xcalloc(1, sizeof(*proven));
	*proven = (struct proven){
		.verdict = verdict_parse(verdict),
		.what = xstrdup(what),
		.time = xstrdup(when),
		.kernel = xstrdup(kernel),
	};
	return proven;
}

static void look_in(int folder, struct dev *dev)
{
	char *name = name_of(dev), *text = read_whole(folder, name), *subject;

	proven_free(dev->proven);
	dev->proven = NULL;
	free(name);
	if (!text)
		return;
	subject = subject_of(dev);
	dev->proven = parse(text, subject);
	if (dev->proven && !proven_word(dev)) {
		proven_free(dev->proven);
		dev->proven = NULL;
	}
	free(subject);
	free(text);
}

/* Return: -1 if there are none, or none to be believed */
static int open_to_read(void)
{
	int folder = open_folder(false);

	if (folder < 0)
		unread(FOLDER "/" SUBFOLDER);
	return folder;
}

void proven_look(struct dev *dev)
{
	int folder = open_to_read();

	if (folder < 0)
		return;
	look_in(folder, dev);
	close(folder);
}

void proven_look_all(struct devs *devs)
{
	int folder = open_to_read();
	size_t i;

	if (folder < 0)
		return;
	for (i = 0; i < devs->count; i++)
		look_in(folder, &devs->at[i]);
	close(folder);
}

/* ---- writing ---- */

static char *text_of(const struct dev *dev, enum verdict verdict,
		     const char *what)
{
	char *subject = subject_of(dev), *text, when[32];
	time_t now = time(NULL);
	struct utsname uts;
	struct tm tm;

	uname(&uts);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(&now, &tm));
	text = xasprintf("of %s\nverdict %s\nwhat %s\ntime %s\nkernel %s\n",
			 subject, verdict_name(verdict), what, when,
			 uts.release);
	free(subject);
	return text;
}

static int write_file(int folder, const char *name, const char *text)
{
	size_t len = strlen(text);
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
				      O_CLOEXEC, 0644);
	bool ok;

	if (fd < 0)
		return -1;
	ok = write(fd, text, len) == (ssize_t)len && !fchmod(fd, 0644);
	return close(fd) || !ok ? -1 : 0;
}

/* Whole or not at all. */
static int replace(int folder, const char *name, const char *text)
{
	char *temp = xasprintf(".%s.%d", name, getpid());
	int err, why;

	unlinkat(folder, temp, 0);
	err = write_file(folder, temp, text);
	if (!err)
		err = renameat(folder, temp, folder, name);
	if (err) {
		why = errno;
		unlinkat(folder, temp, 0);
		errno = why;
	}
	free(temp);
	return err;
}

int proven_keep(const struct dev *dev, enum verdict verdict, const char *what)
{
	bool proves = verdict == VERDICT_TRANSLATED ||
		      verdict == VERDICT_BYPASS;
	int folder, err = 0;
	char *name, *text;

	umask(022);	/* anyone may read it */
	folder = open_folder(proves);
	if (folder < 0)
		return !proves ? PTCTL_DONE :
		       msg_fail(PTCTL_FAILED, "%s: the proof is not kept: " FOLDER "/" SUBFOLDER ": %m",
				dev->label);
	name = name_of(dev);
	text = proves ? text_of(dev, verdict, what) : NULL;
	if (text)
		err = replace(folder, name, text);
	else if (unlinkat(folder, name, 0) && errno != ENOENT)
		err = -1;
	if (err)
		msg_err("%s: the proof is not kept: " FOLDER "/" SUBFOLDER "/%s: %m",
			dev->label, name);
	free(text);
	free(name);
	close(folder);
	return err ? PTCTL_FAILED : PTCTL_DONE;
}
