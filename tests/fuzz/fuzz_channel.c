// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target for channel.c: any bytes, as the firmware's DMI tables, as
 * the file of fw_cfg, as a property and as the kernel's command line. What must
 * hold:
 *
 * - each reader ends, and leaves nothing behind (LeakSanitizer);
 * - a hint that is rejected says why; of SMBIOS and fw_cfg all count or none;
 * - what is shown of it has nothing in it that a terminal obeys, and is bounded.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel.h"
#include "names.h"
#include "require.h"

#define SHOWN_MAX	64

static const char *const files[] = {
	"/sys/firmware/dmi/tables/DMI",
	"/sys/firmware/qemu_fw_cfg/by_name/opt/org.iommu-pt/rules/raw",
	"/sys/bus/pci/devices/0000:00:03.0/of_node/linux,iommu-pt-policy",
	"/proc/cmdline",
};

#define FILES	(sizeof(files) / sizeof(files[0]))

static char root[] = "/tmp/fuzz-channel-XXXXXX";
static char paths[FILES][sizeof(root) + 80];

static void make_folders(char *path)
{
	char *slash;

	for (slash = strchr(path + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

static void remove_root(void)
{
	char command[sizeof(root) + 16];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	if (system(command))
		perror(root);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	size_t i;

	(void)argc;
	(void)argv;
	REQUIRE(mkdtemp(root));
	atexit(remove_root);
	setenv("IOMMU_PT_ROOT", root, 1);
	for (i = 0; i < FILES; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s%s", root, files[i]);
		make_folders(paths[i]);
	}
	return 0;
}

static void write_file(const char *path, const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	REQUIRE(fd >= 0);
	REQUIRE(write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void check_shown(const struct said *said)
{
	char *shown = said_shown(said, SHOWN_MAX);
	const char *p;

	/* At most "\x00" for a byte, and three dots. */
	REQUIRE(strlen(shown) <= 4 * SHOWN_MAX + 3);
	for (p = shown; *p; p++)
		REQUIRE((unsigned char)*p >= ' ' && *p != 0x7f);
	free(shown);
}

static void check_channel(const struct channel *channel, size_t size)
{
	bool whole = strcmp(channel->name, "property");
	struct saids list = { 0 };
	size_t i, rejected = 0;

	free(channel->read(&list));
	for (i = 0; i < list.count; i++) {
		const struct said *said = &list.at[i];

		REQUIRE(said->len <= size && !said->text[said->len]);
		REQUIRE(said->state == -1 ||
			said->state == IOMMU_PT_HINT_REJECTED);
		REQUIRE((said->state == -1) == !said->reason);
		rejected += said->state == IOMMU_PT_HINT_REJECTED;
		check_shown(said);
	}
	REQUIRE(!whole || !rejected || rejected == list.count);
	saids_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct channel *channel;
	size_t i;

	for (i = 0; i < FILES; i++)
		write_file(paths[i], data, size);
	for (channel = channels; channel->name; channel++)
		check_channel(channel, size);
	return 0;
}
