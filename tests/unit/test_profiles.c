// SPDX-License-Identifier: GPL-2.0
/*
 * What the shipped profiles decide for devices as QEMU and boards have them,
 * and for those that only look like them. Run from the root of the tree.
 */
#include <string.h>
#include "names.h"
#include "rule.h"
#include "tap.h"

struct device {
	const char *what;
	const char *bus;
	const char *modalias;
	enum rule_tri external;
	enum rule_tri virtio;
	const char *virt;	/* what each profile gives it */
	const char *soc;
};

static const struct device devices[] = {
	{ "virtio-net", "pci",
	  "pci:v00001AF4d00001041sv00001AF4sd00001100bc02sc00i00",
	  RULE_NO, RULE_YES, "passthrough", "auto" },
	{ "virtio-mmio", "platform", "of:NvirtioTCvirtio,mmio",
	  RULE_NO, RULE_YES, "passthrough", "passthrough" },
	{ "QEMU's NVMe", "pci",
	  "pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02",
	  RULE_NO, RULE_NO, "passthrough", "auto" },
	{ "... with Intel's id", "pci",
	  "pci:v00008086d00005845sv00001AF4sd00001100bc01sc08i02",
	  RULE_NO, RULE_NO, "passthrough", "auto" },
	{ "QEMU's root port", "pci",
	  "pci:v00001B36d0000000Csv00001B36sd00000000bc06sc04i00",
	  RULE_NO, RULE_NO, "passthrough", "auto" },
	{ "QEMU's edu", "pci",
	  "pci:v00001234d000011E8sv00001AF4sd00001100bc00scFFi00",
	  RULE_NO, RULE_NO, "passthrough", "auto" },
	{ "QEMU's e1000", "pci",
	  "pci:v00008086d0000100Esv00001AF4sd00001100bc02sc00i00",
	  RULE_NO, RULE_NO, "passthrough", "auto" },
	{ "QEMU's e1000e", "pci",
	  "pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00",
	  RULE_NO, RULE_NO, "passthrough", "auto" },
	{ "QEMU's AHCI", "pci",
	  "pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01",
	  RULE_NO, RULE_NO, "passthrough", "auto" },
	{ "QEMU's LPC bridge", "pci",
	  "pci:v00008086d00002918sv00001AF4sd00001100bc06sc01i00",
	  RULE_NO, RULE_NO, "passthrough", "auto" },
	{ "QEMU's SMBus, of the same group", "pci",
	  "pci:v00008086d00002930sv00001AF4sd00001100bc0Csc05i00",
	  RULE_NO, RULE_NO, "passthrough", "auto" },
	{ "QEMU's host bridge", "pci",
	  "pci:v00008086d000029C0sv00001AF4sd00001100bc06sc00i00",
	  RULE_NO, RULE_NO, "passthrough", "auto" },
	{ "a real 82574L", "pci",
	  "pci:v00008086d000010D3sv00008086sd0000A01Fbc02sc00i00",
	  RULE_NO, RULE_NO, "translated", "auto" },
	{ "a real ICH9 AHCI", "pci",
	  "pci:v00008086d00002922sv00001043sd00008277bc01sc06i01",
	  RULE_NO, RULE_NO, "translated", "auto" },
	{ "a real NVMe disk", "pci",
	  "pci:v0000144Dd0000A808sv0000144Dsd0000A801bc01sc08i02",
	  RULE_NO, RULE_NO, "translated", "auto" },
	{ "an external card with virtio's ids", "pci",
	  "pci:v00001AF4d00001041sv00001AF4sd00001100bc02sc00i00",
	  RULE_YES, RULE_YES, "translated", "strict" },
	{ "a DMA engine", "amba", "amba:d00041330",
	  RULE_NO, RULE_NO, "translated", "passthrough" },
	{ "a display", "platform", "of:NdisplayT(null)Carm,mali-dp650",
	  RULE_NO, RULE_NO, "translated", "passthrough" },
	{ "a device without modalias", "platform", NULL,
	  RULE_NO, RULE_NO, "translated", "passthrough" },
};

static char *read_profile(const char *name, size_t *len)
{
	char path[64], *text = malloc(1 << 16);
	FILE *file;

	snprintf(path, sizeof(path), "profiles/%s.rules", name);
	file = fopen(path, "r");
	*len = file ? fread(text, 1, 1 << 16, file) : 0;
	if (file)
		fclose(file);
	return text;
}

/* The first rule that matches, as tier vendor reads it. */
static const char *decide(const char *text, size_t len,
			  const struct device *device)
{
	struct rule_subject subject = {
		.bus = device->bus, .name = "x", .modalias = device->modalias,
		.external = device->external, .virtio = device->virtio,
	};
	struct rule_cursor cur;
	struct rule_error error;
	struct rule rule;
	int ret;

	rule_start(&cur, text, len, true);
	while ((ret = rule_next(&cur, &rule, &error)) > 0)
		if (rule_matches(&rule, &subject))
			return policy_name(rule.policy);
	return ret < 0 ? "an error" : "auto";
}

static void check(const char *profile, const struct device *device,
		  const char *wanted)
{
	size_t len;
	char *text = read_profile(profile, &len);
	const char *got = decide(text, len, device);

	if (!ok(len && !strcmp(got, wanted), "%s: %s is %s", profile,
		device->what, wanted))
		note(got);
	free(text);
}

int main(int argc, char **argv)
{
	size_t i;

	tap_start(argc, argv);
	for (i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		check("virt", &devices[i], devices[i].virt);
		check("soc", &devices[i], devices[i].soc);
		check("strict", &devices[i], "strict");
	}
	return tap_end();
}
