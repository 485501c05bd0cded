/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Generic netlink interface of the IOMMU passthrough policy module.
 *
 * Family IOMMU_PT_GENL_NAME, multicast group IOMMU_PT_GENL_MCGRP. All
 * attributes live in one space and are flat; strings are NUL-terminated.
 * ">" is what a request carries, "<" what comes back, "?" is optional.
 * Every refusal comes with an extack sentence. "(root)" is CAP_SYS_ADMIN and
 * CAP_SYS_RAWIO in the initial user namespace.
 *
 *  IOMMU_PT_CMD_GET_INFO                                        (anyone)
 *    < VERSION, MODE, DEVICES (u32), RULES_COUNT (u32), EVENTS_LOST (u32),
 *      HINTS, CONFIDENTIAL? (flag), TRUTHFUL? (flag), SEALED? (flag)
 *
 *  IOMMU_PT_CMD_GET_DEVICE, one                                 (anyone)
 *    > BUS, NAME
 *    < a device, see below
 *
 *  IOMMU_PT_CMD_GET_DEVICE with NLM_F_DUMP                      (anyone)
 *    < a device a message; NLM_F_DUMP_INTR when one came or went meanwhile
 *
 *  IOMMU_PT_CMD_SET_DEVICE                                      (root)
 *    > BUS, NAME, POLICY?, FLAGS?
 *      with POLICY: a decision of tier runtime for this device, AUTO takes
 *      it back. Without POLICY: only what FLAGS ask, that is a rebind.
 *    < the device as it is then
 *      With the flag REBIND that comes when the drivers are back, after the
 *      ack, with the request's sequence number and, if something went wrong,
 *      with ERROR and REASON. The sender need not wait for it.
 *
 *  IOMMU_PT_CMD_GET_RULES with NLM_F_DUMP                       (anyone)
 *    < TIER, RULE; a rule a message, highest tier first, in order
 *
 *  IOMMU_PT_CMD_SET_RULES                                       (root)
 *    > TIER (ADMIN, HINT or VENDOR), RULES*
 *      The RULES attributes are pieces of one text (pieces because one
 *      attribute ends at 64 KiB), cut wherever the sender likes. The text
 *      replaces all rules of the tier, or an error in it leaves all as was.
 *      Of tier HINT it replaces those of the channel FW_CFG, and may say
 *      "truthful" where it could say a rule. Once sealed, a text that would
 *      make any device less strict is refused (EPERM).
 *    < nothing but the ack; on a syntax error LINE and COLUMN are in the
 *      extack sentence
 *
 *  IOMMU_PT_CMD_GET_HINTS with NLM_F_DUMP                       (anyone)
 *    < CHANNEL, HINT, HINT_STATE, BUS? and NAME? (of the device whose property
 *      it is), REASON? (a sentence; why it is not simply accepted)
 *      a hint a message, as it was received, the first 2048 bytes of it; of
 *      FW_CFG a hint is a line that says something
 *
 *  IOMMU_PT_CMD_SEAL                                            (root)
 *    < nothing but the ack; nothing becomes less strict until reboot
 *
 *  IOMMU_PT_CMD_LEND                                            (root)
 *    > BUS, NAME
 *      A PCI device is taken from its driver and given to vfio-pci, until the
 *      sender gives it back or its socket is closed, however that happens: then
 *      vfio-pci releases it and the driver is attached again. The domain stays
 *      what it is meanwhile.
 *    < the device, after the ack, when it is done, as with the flag REBIND;
 *      with ERROR and REASON nothing is lent, and the driver is back
 *
 *  IOMMU_PT_CMD_RETURN                                          (root)
 *    > BUS, NAME, of a device that was lent to this socket and is closed again
 *    < the device, after the ack, when the driver is back, or with ERROR and
 *      REASON
 *
 *  IOMMU_PT_CMD_EVENT, multicast only
 *    < EVENT, a device
 *      nlmsg_seq is the event's number, which grows by one: what is missing
 *      was lost, for lack of memory here or of room in the listener's queue
 *
 *  A device:
 *    BUS, NAME, GROUP? (u32, absent: in no group), DRIVER? (absent: none
 *    bound), POLICY, TIER? and RULE? (absent: no rule decides), STATUS,
 *    EFFECTIVE, REASON? (a sentence; why the status is what it is),
 *    EXTERNAL? (flag), VIRTIO? (flag), VIRTIO_ACCESS? (of a virtio transport),
 *    MODALIAS? (only from GET_DEVICE one)
 */
#ifndef _UAPI_LINUX_IOMMU_PT_H
#define _UAPI_LINUX_IOMMU_PT_H

#define IOMMU_PT_GENL_NAME	"iommu_pt"
#define IOMMU_PT_GENL_VERSION	1
#define IOMMU_PT_GENL_MCGRP	"events"

enum iommu_pt_cmd {
	IOMMU_PT_CMD_UNSPEC,
	IOMMU_PT_CMD_GET_INFO,
	IOMMU_PT_CMD_GET_DEVICE,
	IOMMU_PT_CMD_SET_DEVICE,
	IOMMU_PT_CMD_GET_RULES,
	IOMMU_PT_CMD_SET_RULES,
	IOMMU_PT_CMD_EVENT,
	IOMMU_PT_CMD_GET_HINTS,
	IOMMU_PT_CMD_SEAL,
	IOMMU_PT_CMD_LEND,
	IOMMU_PT_CMD_RETURN,
	__IOMMU_PT_CMD_END,
};

#define IOMMU_PT_CMD_MAX	(__IOMMU_PT_CMD_END - 1)

enum iommu_pt_attr {
	IOMMU_PT_A_UNSPEC,
	IOMMU_PT_A_BUS,			/* string */
	IOMMU_PT_A_NAME,		/* string */
	IOMMU_PT_A_GROUP,		/* u32, number of the IOMMU group */
	IOMMU_PT_A_DRIVER,		/* string */
	IOMMU_PT_A_POLICY,		/* u32, enum iommu_pt_policy */
	IOMMU_PT_A_TIER,		/* u32, enum iommu_pt_tier */
	IOMMU_PT_A_RULE,		/* string, in the rule language */
	IOMMU_PT_A_STATUS,		/* u32, enum iommu_pt_status */
	IOMMU_PT_A_EFFECTIVE,		/* u32, enum iommu_pt_effective */
	IOMMU_PT_A_REASON,		/* string, a sentence */
	IOMMU_PT_A_EXTERNAL,		/* flag: untrusted or removable */
	IOMMU_PT_A_VIRTIO,		/* flag: a virtio transport */
	IOMMU_PT_A_MODALIAS,		/* string */
	IOMMU_PT_A_FLAGS,		/* u32, IOMMU_PT_SET_* */
	IOMMU_PT_A_RULES,		/* binary, piece of a rules text */
	IOMMU_PT_A_VERSION,		/* string, of the module */
	IOMMU_PT_A_MODE,		/* u32, enum iommu_pt_mode */
	IOMMU_PT_A_DEVICES,		/* u32, devices known */
	IOMMU_PT_A_RULES_COUNT,		/* u32, rules of all tiers */
	IOMMU_PT_A_EVENTS_LOST,		/* u32, events not sent for lack of memory */
	IOMMU_PT_A_EVENT,		/* u32, enum iommu_pt_event */
	IOMMU_PT_A_ERROR,		/* u32, errno of a rebind, LEND or RETURN that failed */
	IOMMU_PT_A_HINTS,		/* u32, enum iommu_pt_hints */
	IOMMU_PT_A_CONFIDENTIAL,	/* flag: a confidential guest */
	IOMMU_PT_A_TRUTHFUL,		/* flag: the platform vouches for its tables */
	IOMMU_PT_A_SEALED,		/* flag: nothing becomes less strict */
	IOMMU_PT_A_CHANNEL,		/* u32, enum iommu_pt_channel */
	IOMMU_PT_A_HINT,		/* binary, as received: any bytes */
	IOMMU_PT_A_HINT_STATE,		/* u32, enum iommu_pt_hint_state */
	IOMMU_PT_A_VIRTIO_ACCESS,	/* u32, enum iommu_pt_virtio_access */
	__IOMMU_PT_A_END,
};

#define IOMMU_PT_A_MAX		(__IOMMU_PT_A_END - 1)

/* What is asked for. The order is no order of strictness. */
enum iommu_pt_policy {
	IOMMU_PT_POLICY_AUTO,		/* no opinion: the kernel's default */
	IOMMU_PT_POLICY_PASSTHROUGH,	/* identity domain */
	IOMMU_PT_POLICY_TRANSLATED,	/* DMA domain, strict or lazy as default */
	IOMMU_PT_POLICY_STRICT,		/* DMA */
	IOMMU_PT_POLICY_LAZY,		/* DMA-FQ */
	__IOMMU_PT_POLICY_END,
};

/* Who a rule comes from, highest first. */
enum iommu_pt_tier {
	IOMMU_PT_TIER_RUNTIME,		/* sysfs, SET_DEVICE; gone at reboot */
	IOMMU_PT_TIER_CMDLINE,		/* the module's parameter "rules" */
	IOMMU_PT_TIER_ADMIN,		/* files of /etc and /run */
	IOMMU_PT_TIER_HINT,		/* hypervisor, firmware */
	IOMMU_PT_TIER_VENDOR,		/* files of /usr/lib */
	__IOMMU_PT_TIER_END,
};

enum iommu_pt_status {
	IOMMU_PT_STATUS_NONE,		/* no decision */
	IOMMU_PT_STATUS_APPLIED,
	IOMMU_PT_STATUS_PENDING,	/* a driver is bound; done at its unbind */
	IOMMU_PT_STATUS_CONFLICT,	/* a group sibling wants it stricter */
	IOMMU_PT_STATUS_REFUSED,	/* by the kernel or by a safety rule */
	IOMMU_PT_STATUS_OBSERVED,	/* mode observe: would be done */
	__IOMMU_PT_STATUS_END,
};

/* What the device's DMA really does. */
enum iommu_pt_effective {
	IOMMU_PT_EFFECTIVE_UNKNOWN,
	IOMMU_PT_EFFECTIVE_PASSTHROUGH,
	IOMMU_PT_EFFECTIVE_STRICT,
	IOMMU_PT_EFFECTIVE_LAZY,
	IOMMU_PT_EFFECTIVE_BYPASS,	/* domain translated, device ignores it */
	IOMMU_PT_EFFECTIVE_NONE,	/* behind no IOMMU */
	IOMMU_PT_EFFECTIVE_USER,	/* owned by vfio or iommufd */
	IOMMU_PT_EFFECTIVE_BLOCKED,
	__IOMMU_PT_EFFECTIVE_END,
};

enum iommu_pt_mode {
	IOMMU_PT_MODE_ENFORCE,
	IOMMU_PT_MODE_OBSERVE,
	IOMMU_PT_MODE_OFF,
	__IOMMU_PT_MODE_END,
};

/* How far hints are believed. In a confidential guest: at most RESTRICT. */
enum iommu_pt_hints {
	IOMMU_PT_HINTS_TRUST,
	IOMMU_PT_HINTS_RESTRICT,	/* only what makes a device stricter */
	IOMMU_PT_HINTS_IGNORE,
	__IOMMU_PT_HINTS_END,
};

/* Where a hint came from. */
enum iommu_pt_channel {
	IOMMU_PT_CHANNEL_SMBIOS,	/* an OEM string (type 11) */
	IOMMU_PT_CHANNEL_PROPERTY,	/* linux,iommu-pt-policy of a device */
	IOMMU_PT_CHANNEL_FW_CFG,	/* opt/org.iommu-pt/rules, by ptctl apply */
	__IOMMU_PT_CHANNEL_END,
};

enum iommu_pt_hint_state {
	IOMMU_PT_HINT_ACCEPTED,
	IOMMU_PT_HINT_RESTRICTED,	/* counts only where it makes stricter */
	IOMMU_PT_HINT_IGNORED,		/* hints are ignored */
	IOMMU_PT_HINT_REJECTED,		/* malformed, or too big */
	__IOMMU_PT_HINT_END,
};

/* Is VIRTIO_F_ACCESS_PLATFORM offered? Without it DMA goes past the IOMMU. */
enum iommu_pt_virtio_access {
	IOMMU_PT_VIRTIO_ACCESS_UNKNOWN,
	IOMMU_PT_VIRTIO_ACCESS_OFFERED,
	IOMMU_PT_VIRTIO_ACCESS_ABSENT,
	__IOMMU_PT_VIRTIO_ACCESS_END,
};

/* IOMMU_PT_A_FLAGS of SET_DEVICE */
#define IOMMU_PT_SET_FORCE	(1U << 0)	/* against the safety rules */
#define IOMMU_PT_SET_REBIND	(1U << 1)	/* release, set, attach again */
#define IOMMU_PT_SET_GROUP	(1U << 2)	/* all devices of the group */
#define IOMMU_PT_SET_ALL	(IOMMU_PT_SET_FORCE | IOMMU_PT_SET_REBIND | \
				 IOMMU_PT_SET_GROUP)

enum iommu_pt_event {
	IOMMU_PT_EVENT_DECISION,	/* policy, tier or contradiction of hints changed */
	IOMMU_PT_EVENT_STATUS,		/* the status changed; see STATUS */
	IOMMU_PT_EVENT_REMOVED,		/* the device is gone */
	__IOMMU_PT_EVENT_END,
};

#endif /* _UAPI_LINUX_IOMMU_PT_H */
