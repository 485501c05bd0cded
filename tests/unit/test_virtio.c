// SPDX-License-Identifier: GPL-2.0
/*
 * What virtio.c makes of devices that say the truth, and of such that say
 * nonsense: never more than "unknown", nothing touched but the window, and all
 * as it was before.
 */
#include "fake_kernel.h"
#include "tap.h"
#include "virtio.c"	/* the one that VIRTIO_C names */

#define ROUNDS		200000
#define MODERN		0x1041
#define TRANSITIONAL	0x1000
#define COMMON_AT	0x40	/* capabilities */
#define WINDOW_AT	0x60

const struct bus_type pci_bus = { "pci" }, platform_bus = { "platform" };
static const struct bus_type virtio_bus = { "virtio" }, other_bus = { "other" };
struct mmio mmio;
bool ioremap_fails;

static void put_cap(struct pci_dev *pdev, u8 pos, u8 next, u8 type, u8 len,
		    u32 offset, u32 length)
{
	u8 *cap = pdev->config + pos;

	cap[0] = PCI_CAP_ID_VNDR;
	cap[1] = next;
	cap[2] = len;
	cap[3] = type;
	cap[4] = 4;
	memcpy(cap + 8, &offset, sizeof(offset));
	memcpy(cap + 12, &length, sizeof(length));
}

static struct pci_dev make_pci(u16 id, u32 word)
{
	struct pci_dev pdev = {
		.dev.bus = &pci_bus, .device = id, .window = WINDOW_AT,
		.common = 0x1000,
		.registers = { .select = 7, .features = { 0x39ff, word } },
	};

	pdev.config[PCI_CAPABILITY_LIST] = COMMON_AT;
	put_cap(&pdev, COMMON_AT, WINDOW_AT, VIRTIO_PCI_CAP_COMMON_CFG, 16,
		pdev.common, 0x1000);
	put_cap(&pdev, WINDOW_AT, 0, VIRTIO_PCI_CAP_PCI_CFG, 20, 0xbeef, 2);
	return pdev;
}

static const char *const words[] = { "unknown", "offered", "absent" };

/* It answers so, and nobody can tell that it was asked. */
static void is_so(struct pci_dev *pdev, int wanted, const char *what)
{
	struct pci_dev before = *pdev;
	int got = virtio_access(&pdev->dev);

	ok(got == wanted, "%s: %s", what, words[wanted]);
	if (got != wanted)
		printf("# got %s\n", words[got]);
	ok(!memcmp(&before, pdev, sizeof(before)), "%s: all is as before", what);
}

static void check_pci(void)
{
	struct pci_dev pdev = make_pci(MODERN, 3);

	is_so(&pdev, OFFERED, "modern, with it");
	pdev = make_pci(MODERN, 1);
	is_so(&pdev, ABSENT, "modern, without it");
	pdev = make_pci(TRANSITIONAL, 1);
	is_so(&pdev, ABSENT, "transitional");
	pdev = make_pci(MODERN, 2);
	is_so(&pdev, UNKNOWN, "a word without VERSION_1");
	pdev = make_pci(MODERN, ~0U);
	is_so(&pdev, UNKNOWN, "a word of ones");
	pdev = make_pci(TRANSITIONAL, 3);
	pdev.registers = (struct registers){
		.features = { 3, 3 }, .is_deaf = true,
	};
	is_so(&pdev, UNKNOWN, "registers that take nothing");
	pdev = make_pci(TRANSITIONAL, 3);
	pdev.is_gone = true;
	is_so(&pdev, UNKNOWN, "a device that is gone");
	pdev = make_pci(MODERN, 3);
	pdev.dev.driver = &pdev;
	is_so(&pdev, UNKNOWN, "another driver's device");
}

static void check_caps(void)
{
	struct pci_dev pdev = make_pci(TRANSITIONAL, 3);

	pdev.config[PCI_CAPABILITY_LIST] = 0;
	is_so(&pdev, ABSENT, "legacy: no capabilities");
	pdev = make_pci(MODERN, 3);
	pdev.config[PCI_CAPABILITY_LIST] = 0;
	is_so(&pdev, UNKNOWN, "a modern one without capabilities");
	pdev = make_pci(TRANSITIONAL, 3);
	pdev.config[COMMON_AT + 1] = 0;
	is_so(&pdev, UNKNOWN, "no window");
	pdev = make_pci(MODERN, 3);
	pdev.config[WINDOW_AT + 1] = COMMON_AT;
	is_so(&pdev, OFFERED, "capabilities in a loop");
	pdev = make_pci(MODERN, 3);
	pdev.config[COMMON_AT + 1] = COMMON_AT;
	is_so(&pdev, UNKNOWN, "one that is its own next");
	pdev = make_pci(MODERN, 3);
	pdev.config[COMMON_AT + 4] = PCI_STD_NUM_BARS;
	is_so(&pdev, UNKNOWN, "a BAR that cannot be");
	pdev = make_pci(MODERN, 3);
	put_cap(&pdev, COMMON_AT, WINDOW_AT, VIRTIO_PCI_CAP_COMMON_CFG, 16,
		0x1002, 0x1000);
	is_so(&pdev, UNKNOWN, "an offset that is not aligned");
	pdev = make_pci(MODERN, 3);
	put_cap(&pdev, COMMON_AT, WINDOW_AT, VIRTIO_PCI_CAP_COMMON_CFG, 16,
		~3U, 0x1000);
	is_so(&pdev, UNKNOWN, "an offset that wraps around");
	pdev = make_pci(MODERN, 3);
	put_cap(&pdev, COMMON_AT, WINDOW_AT, VIRTIO_PCI_CAP_COMMON_CFG, 16,
		0x1000, 4);
	is_so(&pdev, UNKNOWN, "registers that are too short");
	pdev = make_pci(MODERN, 3);
	pdev.config[WINDOW_AT + 2] = 16;
	is_so(&pdev, UNKNOWN, "a window without its data");
	pdev = make_pci(MODERN, 3);
	pdev.config[COMMON_AT + 1] = 0xf0;
	put_cap(&pdev, 0xf0, 0, VIRTIO_PCI_CAP_PCI_CFG, 20, 0, 0);
	pdev.window = 0;
	is_so(&pdev, UNKNOWN, "a window that ends outside");
}

/* Any bytes at all, with lists that lead somewhere. */
static void check_random(void)
{
	unsigned int i, j, strays = 0, changed = 0;
	struct pci_dev pdev, before;

	for (i = 0; i < ROUNDS; i++) {
		pdev = make_pci(random_below(2) ? MODERN : TRANSITIONAL,
				random_below(4));
		for (j = random_below(64); j; j--)
			pdev.config[random_below(sizeof(pdev.config))] =
				(u8)random_u64();
		for (j = random_below(8); j; j--)
			put_cap(&pdev, 0x40 + 4 * random_below(40),
				0x40 + 4 * random_below(48),
				(u8)random_below(10), (u8)random_below(32),
				random_below(0x2000), random_below(0x2000));
		pdev.window = 0;	/* then no write is right */
		before = pdev;
		virtio_access(&pdev.dev);
		pdev.strays = 0;
		strays += pdev.locks != 0;
		changed += !!memcmp(&before, &pdev, sizeof(before));
	}
	ok(!strays, "random bytes: every lock is given back");
	ok(!changed, "random bytes: nothing is changed");
}

/* Where writes go with hostile lists: into window capabilities alone. */
static void check_targets(void)
{
	unsigned int i, stray = 0;
	struct pci_dev pdev;
	u8 at;

	for (i = 0; i < ROUNDS; i++) {
		pdev = make_pci(MODERN, random_below(4));
		at = (u8)(0x80 + 4 * random_below(32));
		pdev.config[COMMON_AT + 1] = at;
		if (at <= PCI_CFG_SPACE_SIZE - 16)
			put_cap(&pdev, at, 0, VIRTIO_PCI_CAP_PCI_CFG,
				(u8)random_below(40), 0, 0);
		pdev.window = at <= PCI_CFG_SPACE_SIZE - 20 &&
			      pdev.config[at + 2] >= 20 ? at : 0;
		virtio_access(&pdev.dev);
		stray += pdev.strays;
	}
	ok(!stray, "windows anywhere: nothing else is written to");
}

static struct resource registers_at = { 0x10000, 0x200 };

static int ask_at(u32 version, u32 word)
{
	struct platform_device pdev = {
		.dev.bus = &platform_bus, .resource = &registers_at,
	};

	mmio.version = version;
	mmio.registers = (struct registers){ .features = { 0x39ff, word } };
	return virtio_access(&pdev.dev);
}

static void check_mmio(void)
{
	struct platform_device none = { .dev.bus = &platform_bus };

	mmio = (struct mmio){ .magic = 0x74726976, .id = 1 };
	ok(ask_at(2, 3) == OFFERED, "MMIO, with it: offered");
	ok(ask_at(2, 1) == ABSENT, "MMIO, without it: absent");
	ok(ask_at(2, 2) == UNKNOWN, "MMIO, a word without VERSION_1: unknown");
	ok(ask_at(2, ~0U) == UNKNOWN, "MMIO, a word of ones: unknown");
	ok(ask_at(1, 3) == ABSENT, "MMIO, legacy: absent");
	ok(ask_at(3, 3) == UNKNOWN, "MMIO, a version of the future: unknown");
	registers_at.size = 0x80;
	ok(ask_at(2, 3) == UNKNOWN, "MMIO, too small: unknown");
	registers_at.size = 0x200;
	ioremap_fails = true;
	ok(ask_at(2, 3) == UNKNOWN, "MMIO, cannot be mapped: unknown");
	ioremap_fails = false;
	mmio.id = 0;
	ok(ask_at(2, 3) == UNKNOWN, "MMIO, an empty slot: unknown");
	mmio.id = 1;
	mmio.magic = ~0U;
	ok(ask_at(2, 3) == UNKNOWN, "MMIO, something else: unknown");
	ok(virtio_access(&none.dev) == UNKNOWN, "MMIO, no registers: unknown");
	ok(!mmio.strays && !mmio.mapped, "MMIO: no other register is touched");
}

static u64 get_features(struct virtio_device *vdev)
{
	return vdev->dev.locked ? vdev->features : 3ULL << 32;
}

static int ask_with(u64 features, const struct bus_type *bus, bool is_busy)
{
	static const struct virtio_config_ops ops = { get_features };
	struct virtio_device child = {
		.dev = { .bus = bus, .locked = is_busy },
		.config = &ops, .features = features,
	};
	struct pci_dev pdev = make_pci(MODERN, 3);
	int access;

	pdev.dev.driver = &pdev;
	pdev.dev.child = &child.dev;
	access = virtio_access(&pdev.dev);
	return child.dev.locked == is_busy && !pdev.strays ? access : -1;
}

static void check_driver(void)
{
	ok(ask_with(0x3000039ffULL | 1ULL << 33, &virtio_bus, false) == OFFERED,
	   "its driver, with it: offered");
	ok(ask_with(0x1000039ffULL, &virtio_bus, false) == ABSENT,
	   "its driver, without it: absent");
	ok(ask_with(0x39ff, &virtio_bus, false) == ABSENT,
	   "its driver, legacy: absent");
	ok(ask_with(~0ULL, &virtio_bus, false) == UNKNOWN,
	   "its driver, gone: unknown");
	ok(ask_with(~0U, &virtio_bus, false) == UNKNOWN,
	   "its driver, legacy and gone: unknown");
	ok(ask_with(3ULL << 32, &virtio_bus, true) == UNKNOWN,
	   "its driver, busy: unknown");
	ok(ask_with(3ULL << 32, &other_bus, false) == UNKNOWN,
	   "another driver's child: unknown");
}

int main(int argc, char **argv)
{
	tap_start(argc, argv);
	check_pci();
	check_caps();
	check_random();
	check_targets();
	check_mmio();
	check_driver();
	return tap_end();
}
