// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "msg.h"
#include "ptctl.h"
#include "tracefs.h"
#include "xalloc.h"

#define PREFIX		"ptctl-"
#define LEAST_ROOM	128		/* the kernel's, of a histogram */
#define MOST_ROOM	131072

/* What one tracefs_count() began: the histogram files, below the instance. */
struct watch {
	char *field;
	struct strings files;
};

struct tracefs {
	int instances;			/* the folder of all instances */
	int dir;			/* ours */
	int hold;			/* as long as it is open, ours cannot go */
	char name[32];
	struct watch *watches;
	size_t count;
};

/* What exit() has to clear away. */
static struct tracefs *current;

static int is_tracefs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && (unsigned long)fs.f_type == TRACEFS_MAGIC;
}

static const char *find_mount(void)
{
	static const char *const paths[] = {
		"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
	};
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (is_tracefs(paths[i]))
			return paths[i];
	return NULL;
}

/* ---- the instance ---- */

/* What is in use is busy, so that only what nobody cleared away goes. */
static void remove_stale(int instances)
{
	int fd = openat(instances, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			unlinkat(instances, entry->d_name, AT_REMOVEDIR);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

/* The kernel takes all that was counted along. */
static void clear_away(void)
{
	if (!current)
		return;
	close(current->hold);
	close(current->dir);
	unlinkat(current->instances, current->name, AT_REMOVEDIR);
	close(current->instances);
	current = NULL;
}

static void write_file(int dir, const char *path, const char *text)
{
	int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		errno = 0;	/* it saves memory, and no more */
	close(fd);
}

static int make_instance(struct tracefs *t)
{
	snprintf(t->name, sizeof(t->name), PREFIX "%d", (int)getpid());
	if (mkdirat(t->instances, t->name, 0700))
		return -1;
	t->dir = openat(t->instances, t->name, O_PATH | O_CLOEXEC);
	t->hold = t->dir < 0 ? -1 :
		  openat(t->dir, "tracing_on", O_RDONLY | O_CLOEXEC);
	if (t->hold < 0) {
		int err = errno;

		if (t->dir >= 0)
			close(t->dir);
		unlinkat(t->instances, t->name, AT_REMOVEDIR);
		errno = err;
		return -1;
	}
	write_file(t->dir, "buffer_size_kb", "1");
	return 0;
}

/* Until it is held, another that starts may take it for a stale one: once more. */
static int make_held_instance(struct tracefs *t)
{
	return make_instance(t) ? make_instance(t) : 0;
}

static int refuse(const char *path)
{
	if (errno == EACCES || errno == EPERM)
		return msg_fail(PTCTL_FAILED,
				"%s: %m; only root can count trace events, and not while the kernel is locked down for confidentiality",
				path);
	return msg_fail(PTCTL_FAILED, "%s: %m", path);
}

int tracefs_open(struct tracefs **out)
{
	const char *mount = find_mount();
	struct tracefs *t;
	char *path;
	int ret = PTCTL_DONE;

	if (!mount && geteuid())
		return msg_fail(PTCTL_FAILED,
				"no tracefs that is for you to see: run it as root");
	if (!mount)
		return msg_fail(PTCTL_UNSUPPORTED,
				"tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing; if that fails, this kernel has no trace events");
	t = xcalloc(1, sizeof(*t));
	path = xasprintf("%s/instances", mount);
	t->instances = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t->instances >= 0)
		remove_stale(t->instances);
	if (t->instances < 0 || make_held_instance(t)) {
		ret = refuse(path);
		if (t->instances >= 0)
			close(t->instances);
		free(t);
		t = NULL;
	} else {
		current = t;
		atexit(clear_away);
	}
	free(path);
	*out = t;
	return ret;
}

void tracefs_close(struct tracefs *t)
{
	if (!t)
		return;
	clear_away();
	while (t->count) {
		free(t->watches[--t->count].field);
		strings_free(&t->watches[t->count].files);
	}
	free(t->watches);
	free(t);
}

/* ---- counting ---- */

static unsigned int room_for(unsigned int keys)
{
	unsigned int room = LEAST_ROOM;

	while (room < 2 * keys && room < MOST_ROOM)
		room *= 2;
	return room;
}

/* O_TRUNC would take earlier ones back. */
static bool set_trigger(struct tracefs *t, const char *event, const char *text)
{
	char *path = xasprintf("%s/trigger", event);
	int fd = openat(t->dir, path, O_WRONLY | O_APPEND | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	free(path);
	return done;
}

static void count_event(struct tracefs *t, struct watch *watch,
			const char *event, const struct tracefs_events *events)
{
	char *text = xasprintf("hist:keys=%s:size=%u%s%s", events->field,
			       room_for(events->keys),
			       events->filter ? " if " : "",
			       events->filter ? events->filter : "");

	if (set_trigger(t, event, text))
		strings_add(&watch->files, xasprintf("%s/hist", event));
	free(text);
}

static void count_matching(struct tracefs *t, struct watch *watch,
			   const struct tracefs_events *events)
{
	char *folder = xasprintf("events/%s", events->system), *event;
	int fd = openat(t->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (fnmatch(events->glob, entry->d_name,
			    FNM_EXTMATCH | FNM_PERIOD))
			continue;
		event = xasprintf("%s/%s", folder, entry->d_name);
		count_event(t, watch, event, events);
		free(event);
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	free(folder);
}

int tracefs_count(struct tracefs *t, const struct tracefs_events *events)
{
	struct watch watch = { .field = xstrdup(events->field) };

	count_matching(t, &watch, events);
	if (!watch.files.count) {
		free(watch.field);
		return -1;
	}
	t->watches = grow(t->watches, t->count, sizeof(watch));
	t->watches[t->count] = watch;
	return (int)t->count++;
}

/* ---- reading: "{ device: 0000:00:03.0        } hitcount:         12" ---- */

static void read_line(char *line, const char *field, tracefs_fn fn, void *arg)
{
	static const char between[] = " } hitcount:";
	char *value = line + 2 + strlen(field) + 2, *end = NULL, *at;

	if (strncmp(line, "{ ", 2) || strncmp(line + 2, field, strlen(field)) ||
	    strncmp(value - 2, ": ", 2))
		return;
	/* The last one: a name may be anything. */
	for (at = value; (at = strstr(at, between)); at++)
		end = at;
	if (!end)
		return;
	at = end + strlen(between);
	while (*value == ' ')
		value++;
	while (end > value && end[-1] == ' ')
		end--;
	*end = '\0';
	fn(value, strtoull(at, NULL, 10), arg);
}

static bool read_file(struct tracefs *t, const char *path, const char *field,
		      tracefs_fn fn, void *arg, unsigned long long *lost)
{
	static const char dropped[] = "Dropped:";
	int fd = openat(t->dir, path, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char *line = NULL, *at;
	size_t room = 0;
	bool ok;

	while (file && getline(&line, &room, file) > 0) {
		read_line(line, field, fn, arg);
		at = strstr(line, dropped);
		if (at && *line == ' ')
			*lost += strtoull(at + strlen(dropped), NULL, 10);
	}
	ok = file && !ferror(file);
	free(line);
	if (file)
		fclose(file);
	else if (fd >= 0)
		close(fd);
	return ok;
}

bool tracefs_read(struct tracefs *t, int handle, tracefs_fn fn, void *arg,
		  unsigned long long *lost)
{
	struct watch *watch;
	bool ok = true;
	size_t i;

	if (handle < 0)
		return true;
	watch = &t->watches[handle];
	for (i = 0; i < watch->files.count; i++)
		ok = read_file(t, watch->files.at[i], watch->field, fn, arg,
			       lost) && ok;
	return ok;
}
