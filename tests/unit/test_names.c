// SPDX-License-Identifier: GPL-2.0
/* The words of the interface: all there, all as documented, both ways. */
#include <string.h>
#include "names.h"
#include "tap.h"
#include "transcript.h"

static const char *const policies[] = {
	"auto", "passthrough", "translated", "strict", "lazy",
};

static const char *const tiers[] = {
	"runtime", "cmdline", "admin", "hint", "vendor",
};

static const char *const statuses[] = {
	"none", "applied", "pending", "conflict", "refused", "observed",
};

static const char *const effectives[] = {
	"unknown", "passthrough", "strict", "lazy", "bypass", "none", "user",
	"blocked",
};

static const char *const modes[] = { "enforce", "observe", "off" };

static const char *const virtio_accesses[] = {
	"unknown", "offered", "absent",
};

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

static void check_table(const char *what, const char *(*name)(unsigned int),
			const char *const *words, unsigned int count,
			unsigned int end)
{
	unsigned int i;

	ok(count == end, "%s: %u numbers, as many words", what, end);
	for (i = 0; i < count; i++)
		ok(name(i) && !strcmp(name(i), words[i]), "%s %u is %s", what, i,
		   words[i]);
	ok(!name(end) && !name(end + 1) && !name(~0U) && !name(1U << 31),
	   "%s: no word for other numbers", what);
}

static int parse_exact(int (*parse)(const char *, size_t), const char *word,
		       size_t len)
{
	char *block;
	int ret = parse(exact_copy(word, len, &block), len);

	free(block);
	return ret;
}

static void check_parse(const char *what, int (*parse)(const char *, size_t),
			const char *const *words, unsigned int count)
{
	unsigned int i, fine = 0;
	char longer[32];

	for (i = 0; i < count; i++) {
		size_t len = strlen(words[i]);

		snprintf(longer, sizeof(longer), "%sx", words[i]);
		fine += parse_exact(parse, words[i], len) == (int)i &&
			/* The length counts, not a NUL. */
			parse_exact(parse, longer, len) == (int)i &&
			parse_exact(parse, longer, len + 1) == -1 &&
			parse_exact(parse, words[i], len + 1) == -1 &&
			parse_exact(parse, words[i], len - 1) == -1;
	}
	ok(fine == count, "%s: every word is read, whole only", what);
	ok(parse_exact(parse, "", 0) == -1 && parse_exact(parse, "OFF", 3) == -1 &&
	   parse_exact(parse, "Auto", 4) == -1 &&
	   parse_exact(parse, "auto ", 5) == -1,
	   "%s: nothing else is read", what);
}

int main(int argc, char **argv)
{
	tap_start(argc, argv);
	check_table("policy", policy_name, policies, COUNT(policies),
		    __IOMMU_PT_POLICY_END);
	check_table("tier", tier_name, tiers, COUNT(tiers), __IOMMU_PT_TIER_END);
	check_table("status", status_name, statuses, COUNT(statuses),
		    __IOMMU_PT_STATUS_END);
	check_table("effective", effective_name, effectives, COUNT(effectives),
		    __IOMMU_PT_EFFECTIVE_END);
	check_table("mode", mode_name, modes, COUNT(modes), __IOMMU_PT_MODE_END);
	check_table("virtio access", virtio_access_name, virtio_accesses,
		    COUNT(virtio_accesses), __IOMMU_PT_VIRTIO_ACCESS_END);
	check_parse("policy", policy_parse, policies, COUNT(policies));
	check_parse("mode", mode_parse, modes, COUNT(modes));
	return tap_end();
}
