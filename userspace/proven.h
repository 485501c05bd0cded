/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What "ptctl prove" has shown, kept until reboot in /run/iommu-pt/proofs, a file
 * a device. Who is not root can read that, and nobody but root is believed.
 */
#ifndef PTCTL_PROVEN_H
#define PTCTL_PROVEN_H

#include "dev.h"
#include "prove.h"

/**
 * struct proven - a proof
 * @verdict: VERDICT_TRANSLATED or VERDICT_BYPASS
 * @what: the device's write that showed it, a few words
 * @time: when, as ISO 8601 has it, UTC
 * @kernel: release of the kernel that ran
 */
struct proven {
	enum verdict verdict;
	char *what;
	char *time;
	char *kernel;
};

/**
 * proven_look() - fill in what is proven of a device
 * @dev: its @proven is replaced; NULL if nothing is
 *
 * A proof does not outlive what it is of: the device (one that was plugged in
 * anew is another), its group, the type of the group's domain, the boot.
 */
void proven_look(struct dev *dev);
void proven_look_all(struct devs *devs);

/**
 * proven_keep() - keep a proof of a device, in place of any former one
 * @dev: the device
 * @verdict: anything but translated and bypass only removes the former one
 * @what: as in struct proven
 *
 * Return: an enum ptctl_status; complains itself
 */
int proven_keep(const struct dev *dev, enum verdict verdict, const char *what);

/* "translated", "bypass"; NULL without a proof */
const char *proven_word(const struct dev *dev);

void proven_free(struct proven *proven);

#endif /* PTCTL_PROVEN_H */
