// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>

#include "kernel.h"
#include "msg.h"
#include "ptctl.h"

static int seal(struct kernel *k)
{
	int err = kernel_seal(k);

	if (err)
		return kernel_fail(k, err, "seal");
	msg_out("sealed: nothing becomes less strict until reboot");
	return PTCTL_DONE;
}

static int run(int argc, char **argv)
{
	static const struct option longs[] = {
		{ 0 }
	};
	struct kernel *k = NULL;
	int ret;

	if (getopt_long(argc, argv, "", longs, NULL) != -1)
		return usage_fail(&cmd_seal, NULL);
	if (optind < argc)
		return usage_fail(&cmd_seal, "seal takes no argument");
	ret = kernel_require(&k);
	if (!ret)
		ret = kernel_require_on(k);
	if (!ret)
		ret = seal(k);
	kernel_close(k);
	return ret;
}

const struct command cmd_seal = {
	.name = "seal",
	.summary = "Nothing becomes less strict any more, until reboot",
	.usage = "",
	.help =
	"No rule, no option --force and no hotplug makes a device less strict than the\n"
	"rules of now do; the module cannot be unloaded. What makes a device stricter\n"
	"is still possible. Sealing again succeeds. Only a reboot ends it.\n\n"
	"Examples:\n"
	"  ptctl seal\n",
	.run = run,
};
