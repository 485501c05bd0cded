/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel module, as the verbs see it. Nothing else knows that generic
 * netlink is between. Functions return 0 or a negative errno, and leave the
 * kernel's sentence about a refusal in kernel_sentence().
 */
#ifndef PTCTL_KERNEL_H
#define PTCTL_KERNEL_H

#include "dev.h"
#include "rulelist.h"
#include "said.h"

struct kernel;

/**
 * struct kernel_info - the module as a whole
 * @version: its version
 * @mode: enum iommu_pt_mode
 * @devices: that it knows
 * @rules: of all tiers
 * @events_lost: not sent for lack of memory
 * @hints: enum iommu_pt_hints
 * @confidential: it is a confidential guest
 * @truthful: the platform vouches for its tables
 * @sealed: nothing becomes less strict until reboot
 */
struct kernel_info {
	char *version;
	unsigned int mode;
	unsigned int devices;
	unsigned int rules;
	unsigned int events_lost;
	unsigned int hints;
	bool confidential;
	bool truthful;
	bool sealed;
};

/**
 * kernel_open() - reach the module
 * @out: the connection; end it with kernel_close()
 *
 * Return: -ENOENT if the module is not loaded, -ENONET if it is, and has no ear in
 * this network namespace
 */
int kernel_open(struct kernel **out);

/**
 * kernel_reach() - reach the module, for who can do without
 * @out: the connection; as it was if there is none
 *
 * Return: -ENOENT if the module is not loaded; another error that keeps from
 * knowing that counts as unread()
 */
int kernel_reach(struct kernel **out);
void kernel_close(struct kernel *k);

/**
 * kernel_require() - reach the module, or say why not and what to do
 * @out: the connection
 *
 * Return: an enum ptctl_status
 */
int kernel_require(struct kernel **out);

/**
 * kernel_require_on() - complain if the module is loaded with mode=off
 * @k: the connection
 *
 * It knows no devices then, and would be asked about them first.
 *
 * Return: an enum ptctl_status
 */
int kernel_require_on(struct kernel *k);

/* Is it loaded with mode=off? */
bool kernel_is_off(struct kernel *k);

/* The sentence that came with the last refusal, "" without one. */
const char *kernel_sentence(const struct kernel *k);

/* Was the last request sent, and no answer came? Then whether it was done is not known. */
bool kernel_lost(const struct kernel *k);

/**
 * kernel_fail() - report a refusal
 * @k: the connection
 * @err: what the function returned
 * @about: what it was about: a device, "rules"
 *
 * Return: an enum ptctl_status that fits
 */
int kernel_fail(const struct kernel *k, int err, const char *about);

int kernel_info(struct kernel *k, struct kernel_info *info);
int kernel_devs(struct kernel *k, struct devs *devs);

/**
 * kernel_dev() - ask about one device
 * @k: the connection
 * @dev: bus and name are read, all but the syspath is replaced
 */
int kernel_dev(struct kernel *k, struct dev *dev);

/**
 * kernel_set_dev() - decide at runtime
 * @k: the connection
 * @dev: which; not changed
 * @policy: enum iommu_pt_policy
 * @flags: IOMMU_PT_SET_*, but no REBIND
 */
int kernel_set_dev(struct kernel *k, const struct dev *dev, int policy,
		   unsigned int flags);

/**
 * kernel_rebind() - release the driver, change the domain, attach it again
 * @k: the connection
 * @dev: which; not changed
 * @group: the drivers of all devices in its group
 *
 * Waits until it is done. Whatever goes wrong is in the kernel's sentence.
 */
int kernel_rebind(struct kernel *k, const struct dev *dev, bool group);

/**
 * kernel_lend() - take a device from its driver and give it to vfio-pci
 * @k: the connection; the driver comes back when it ends, however it ends
 * @dev: which; not changed
 *
 * Waits until it is done. Whatever goes wrong is in the kernel's sentence.
 */
int kernel_lend(struct kernel *k, const struct dev *dev);

/* Give it back, which must be closed by then, and wait for its driver. */
int kernel_return(struct kernel *k, const struct dev *dev);

/* All rules, highest tier first. */
int kernel_rules(struct kernel *k, struct rulelist *rules);

/**
 * kernel_set_rules() - replace all rules of a tier, or none
 * @k: the connection
 * @tier: which
 * @text: the rules
 * @len: length of it in bytes
 */
int kernel_set_rules(struct kernel *k, unsigned int tier, const char *text,
		     size_t len);

/* All hints, as the module received them, and what became of each. */
int kernel_hints(struct kernel *k, struct saids *list);

/* Until reboot nothing becomes less strict. Sealing twice succeeds. */
int kernel_seal(struct kernel *k);

enum kernel_news {
	KERNEL_DEVICE,
	KERNEL_LOST,		/* events were lost */
	KERNEL_UNLOADED,	/* the module; no events until it is loaded */
	KERNEL_LOADED,		/* it is again, and decided on devices before that is told */
};

/**
 * struct kernel_event - what happened
 * @news: whom it happened to
 * @what: KERNEL_DEVICE: enum iommu_pt_event
 * @dev: KERNEL_DEVICE: which
 * @lost: KERNEL_LOST: how many, 0 if that is not known yet
 */
struct kernel_event {
	enum kernel_news news;
	unsigned int what;
	const struct dev *dev;
	unsigned int lost;
};

/* Called for each event. */
typedef void (*kernel_event_fn)(const struct kernel_event *event, void *arg);

/*
 * Subscribe; then poll kernel_fd(), and kernel_read_events() when it is readable. That
 * the module is unloaded meanwhile ends nothing.
 */
int kernel_subscribe(struct kernel *k);
int kernel_fd(const struct kernel *k);
int kernel_read_events(struct kernel *k, kernel_event_fn fn, void *arg);

#endif /* PTCTL_KERNEL_H */
