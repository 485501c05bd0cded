// SPDX-License-Identifier: GPL-2.0
/*
 * To be preloaded: with NOMEM=N the Nth allocation of the process, of whatever
 * library, finds no memory; from then on "out of memory" is told on descriptor
 * NOMEM_FD, if that is set.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static long wanted = -1;
static long calls;

/* What dlsym() itself allocates, before it can tell where malloc() is. */
static char early[4096];
static size_t early_used;

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);

/* From main() on: the loader's own are not ours. */
__attribute__((constructor)) static void begin(void)
{
	const char *n = getenv("NOMEM");

	real_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	real_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
	real_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	real_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	calls = 0;
	wanted = n ? atol(n) : 0;
}

static int trip(void)
{
	const char *fd;

	if (wanted < 0 || ++calls != wanted)
		return 0;
	fd = getenv("NOMEM_FD");
	if (fd && write(atoi(fd), "tripped\n", 8) != 8)
		_exit(99);
	errno = ENOMEM;
	return 1;
}

static void *from_early(size_t size)
{
	void *p = early + early_used;

	early_used += (size + 15) & ~(size_t)15;
	return early_used <= sizeof(early) ? p : NULL;
}

static int is_early(const void *p)
{
	return (const char *)p >= early && (const char *)p < early + sizeof(early);
}

void *malloc(size_t size)
{
	if (!real_malloc)
		return from_early(size);
	return trip() ? NULL : real_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	if (!real_calloc)
		return from_early(count * size);	/* which is zero */
	return trip() ? NULL : real_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	if (!real_realloc || is_early(p))
		abort();		/* dlsym() does not */
	return trip() ? NULL : real_realloc(p, size);
}

void free(void *p)
{
	if (real_free && !is_early(p))
		real_free(p);
}
