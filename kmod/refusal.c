// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include "compat.h"
#include "refusal.h"

void refusal_say(struct netlink_ext_ack *extack, const char *fmt, ...)
{
	va_list args;
	char *buf;

	if (!extack)
		return;
	buf = compat_extack_buffer(extack);
	va_start(args, fmt);
	vscnprintf(buf, COMPAT_EXTACK_LEN, fmt, args);
	va_end(args);
	extack->_msg = buf;
}
