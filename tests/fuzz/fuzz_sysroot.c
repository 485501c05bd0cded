// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target for what reads another machine's files: "ptctl audit" on a tree
 * that the input describes as "audit --record" does, a line a file, link or folder,
 * with \xNN for any byte, also in names. What must hold: it ends well or with
 * findings, and nothing that it says, as text, as JSON or as a record, is obeyed by
 * a terminal; the record of what was read gives the same findings.
 */
#include <ftw.h>
#include <getopt.h>
#include <sys/stat.h>

#include "said.h"

#define LINES_MAX	300
#define PATH_MAX_HERE	500

static char root[] = "/dev/shm/fuzz-sysroot-XXXXXX";
static char record[sizeof(root) + 8];

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *ftw)
{
	(void)st;
	(void)kind;
	return ftw->level ? remove(path) : 0;
}

static void empty_root(void)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_root(void)
{
	empty_root();
	rmdir(root);
	unlink(record);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	require_fd = dup(STDERR_FILENO);
	REQUIRE(mkdtemp(root));
	snprintf(record, sizeof(record), "%s.record", root);
	atexit(remove_root);
	return 0;
}

/* ---- the tree ---- */

/* Of two bytes: the input ends in no NUL, and sscanf() would look for it. */
static int hex_byte(const char *from, unsigned int *byte)
{
	const char digits[] = { from[0], from[1], '\0' };

	return sscanf(digits, "%2x", byte) == 1;
}

static size_t unescape(const char *from, size_t len, char *to, size_t size)
{
	size_t i, used = 0;
	unsigned int byte;

	for (i = 0; i < len && used + 1 < size; i++) {
		if (len - i >= 4 && from[i] == '\\' && from[i + 1] == 'x' &&
		    hex_byte(from + i + 2, &byte)) {
			to[used++] = (char)byte;
			i += 3;
		} else {
			to[used++] = from[i];
		}
	}
	to[used] = '\0';
	return used;
}

/* Below sys and proc, and nowhere else. */
static int is_inside(const char *path)
{
	return (!strncmp(path, "sys/", 4) || !strncmp(path, "proc/", 5)) &&
	       !strstr(path, "..") && !strstr(path, "//");
}

static void make_parents(char *path)
{
	char *slash;

	for (slash = strchr(path + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

static void write_file(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		      O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd < 0)
		return;
	REQUIRE(write(fd, bytes, len) == (ssize_t)len);
	close(fd);
}

/* "PATH = BYTES", "PATH -> TARGET" or "PATH ?" */
static void make(const char *line, size_t len)
{
	static char name[PATH_MAX_HERE], value[8192], path[PATH_MAX_HERE + 64];
	const char *space = memchr(line, ' ', len);
	size_t head = space ? (size_t)(space - line) : len, used = 0;

	unescape(line, head, name, sizeof(name));
	if (!is_inside(name))
		return;
	snprintf(path, sizeof(path), "%s/%s", root, name);
	make_parents(path);
	if (len > head + 3 && !strncmp(space, " = ", 3)) {
		used = unescape(space + 3, len - head - 3, value, sizeof(value));
		write_file(path, value, used);
	} else if (len > head + 4 && !strncmp(space, " -> ", 4)) {
		unescape(space + 4, len - head - 4, value, sizeof(value));
		if (symlink(value, path))
			return;
	} else {
		mkdir(path, 0700);
	}
}

static void make_all(const char *text, size_t size)
{
	unsigned int lines;

	mkdir(root, 0700);
	for (lines = 0; size && lines < LINES_MAX; lines++) {
		const char *end = memchr(text, '\n', size);
		size_t len = end ? (size_t)(end - text) : size;

		make(text, len);
		text += len + (end != NULL);
		size -= len + (end != NULL);
	}
}

/* ---- what is said of it ---- */

static int audit(const char *format)
{
	char *argv[] = { (char *)"ptctl", (char *)"audit", (char *)"--sysroot",
			 root, (char *)"--record", record, (char *)format, NULL };
	int status;

	optind = 0;
	said_begin();
	status = ptctl_main(format ? 7 : 6, argv);
	said_check();
	REQUIRE(status == 0 || status == 1 || status == 3);
	return status;
}

/* Takes what was recorded for what there is. */
static void make_from_record(void)
{
	static char text[512 * 1024];
	FILE *from = fopen(record, "r");
	size_t len = from ? fread(text, 1, sizeof(text), from) : 0, i;

	if (from)
		fclose(from);
	for (i = 0; i < len; i++)
		REQUIRE((text[i] >= ' ' && text[i] < 0x7f) || text[i] == '\n');
	empty_root();
	make_all(text, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int status;

	empty_root();
	make_all((const char *)data, size);
	status = audit(NULL);
	REQUIRE(audit("--json") == status);
	if (status != 1) {
		make_from_record();
		audit("--json");
	}
	return 0;
}
