// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "decoy.h"
#include "xalloc.h"

#define AREA		(2UL << 20)	/* a huge page lies in one piece */
#define AREAS_MAX	16
#define AREAS_LOW_MAX	96		/* where not every address will do */

#define PRESENT		(1ULL << 63)
#define FRAME		((1ULL << 55) - 1)

/* ---- where pages lie ---- */

/* 0: that is not known. A page stays there only from when it is pinned on. */
static uint64_t physical(int pagemap, const uint8_t *at, size_t page)
{
	uint64_t entry = 0;
	off_t offset = (off_t)((uintptr_t)at / page * sizeof(entry));

	if (pread(pagemap, &entry, sizeof(entry), offset) != sizeof(entry) ||
	    !(entry & PRESENT))
		return 0;
	return (entry & FRAME) * page;
}

/* Do @count pages lie one behind the other, and low enough? */
static bool is_run(int pagemap, const uint8_t *at, size_t count, size_t page,
		   uint64_t reach)
{
	uint64_t first = physical(pagemap, at, page);
	size_t i;

	if (!first || first + count * page > reach)
		return false;
	for (i = 1; i < count; i++)
		if (physical(pagemap, at + i * page, page) != first + i * page)
			return false;
	return true;
}

/* ---- the device's view of them ---- */

/* Where nothing else is mapped; which of it an IOMMU has differs. */
static const uint64_t places[] = {
	0x100000, 0x4000000, 1ULL << 32, 1ULL << 36, 1ULL << 40,
};

/*
 * Pinned by a mapping that the device is never told of, so that the physical
 * addresses hold before it is told anything by these.
 */
static bool pin_at(struct vfio *vfio, int pagemap, uint64_t place, uint8_t *at,
		   size_t count, const struct decoy *decoy, uint64_t reach)
{
	size_t size = count * decoy->page;
	uint64_t first;

	if (vfio_map(vfio, place, at, size))
		return false;
	first = physical(pagemap, at, decoy->page);
	if (is_run(pagemap, at, count, decoy->page, reach) &&
	    (first + size <= place || place + size <= first))
		return true;
	vfio_unmap(vfio, place, size);
	return false;
}

static bool pin(struct vfio *vfio, int pagemap, uint8_t *at, size_t count,
		const struct decoy *decoy, uint64_t reach)
{
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (pin_at(vfio, pagemap, places[i], at, count, decoy, reach))
			return true;
	return false;
}

static char *show(struct decoy *decoy, struct vfio *vfio)
{
	int err;

	err = vfio_map(vfio, decoy->address, decoy->shared,
		       decoy->count * decoy->page);
	if (!err)
		err = vfio_map(vfio, decoy->target, decoy->witness,
			       decoy->page);
	if (!err)
		return NULL;
	errno = -err;
	return xasprintf("the IOMMU does not map address %#llx: %m",
			 (unsigned long long)decoy->address);
}

/* ---- finding them ---- */

static uint8_t *add_area(struct decoy *decoy)
{
	uint8_t *all = mmap(NULL, 2 * AREA, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *area;

	if (all == MAP_FAILED)
		return NULL;
	decoy->areas = grow(decoy->areas, decoy->areas_count,
			    sizeof(*decoy->areas));
	decoy->areas[decoy->areas_count++] = all;
	area = all + (AREA - (uintptr_t)all % AREA) % AREA;
	madvise(area, AREA, MADV_HUGEPAGE);
	memset(area, 0, AREA);
	return area;
}

/* The witness is the page behind the run, which is not pinned here. */
static bool find_in(struct decoy *decoy, struct vfio *vfio, int pagemap,
		    uint8_t *area, uint64_t reach)
{
	size_t page = decoy->page, run = decoy->count + 1, i;

	for (i = 0; (i + run + 1) * page <= AREA; i++) {
		uint8_t *at = area + i * page;

		if (!is_run(pagemap, at, run, page, reach) ||
		    !pin(vfio, pagemap, at, run, decoy, reach))
			continue;
		decoy->shared = at;
		decoy->decoy = at + decoy->count * page;
		decoy->witness = decoy->decoy + page;
		decoy->address = physical(pagemap, at, page);
		decoy->target = decoy->address + decoy->count * page;
		return true;
	}
	return false;
}

static bool find(struct decoy *decoy, struct vfio *vfio, int pagemap,
		 uint64_t reach)
{
	size_t most = reach <= 1ULL << 32 ? AREAS_LOW_MAX : AREAS_MAX;
	uint8_t *area;

	while (decoy->areas_count < most) {
		area = add_area(decoy);
		if (!area)
			return false;
		if (find_in(decoy, vfio, pagemap, area, reach))
			return true;
	}
	return false;
}

char *decoy_make(struct decoy *decoy, struct vfio *vfio, size_t count,
		 uint64_t reach)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	bool found;

	if (pagemap < 0)
		return xasprintf("/proc/self/pagemap: %m");
	decoy->page = (size_t)sysconf(_SC_PAGESIZE);
	decoy->count = count;
	found = find(decoy, vfio, pagemap, reach);
	close(pagemap);
	if (found)
		return show(decoy, vfio);
	if (reach == UINT64_MAX)
		return xasprintf("no %zu pages of memory in one piece (it takes CAP_SYS_ADMIN to know)",
				 count + 1);
	return xasprintf("no %zu pages of memory in one piece below address %#llx, which is as far as the device surely reaches",
			 count + 1, (unsigned long long)reach);
}

void decoy_free(struct decoy *decoy)
{
	while (decoy->areas_count)
		munmap(decoy->areas[--decoy->areas_count], 2 * AREA);
	free(decoy->areas);
	decoy->areas = NULL;
}

/* ---- what became of them ---- */

static bool is_blank(const uint8_t *memory, size_t size)
{
	const volatile uint8_t *byte = memory;
	size_t i;

	for (i = 0; i < size; i++)
		if (byte[i])
			return false;
	return true;
}

bool decoy_was_led(const struct decoy *decoy)
{
	return decoy->witness && !is_blank(decoy->witness, decoy->page);
}

bool decoy_was_passed(const struct decoy *decoy)
{
	return decoy->decoy && !is_blank(decoy->decoy, decoy->page);
}
