// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) "iommu_pt: " fmt

#include <linux/device.h>
#include <linux/dmi.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "decision.h"
#include "hint.h"
#include "hints.h"
#include "mode.h"
#include "names.h"
#include "policy.h"
#include "strict.h"
#include "subject.h"

static DEFINE_XARRAY_ALLOC1(hints);
static u32 last_id;

/* One replaces the hints of fw_cfg at a time. Outside of registry_lock. */
static DEFINE_MUTEX(fw_cfg_lock);
static unsigned int fw_cfg_generation;

/* Does a channel say "truthful"? */
static bool truthful[__IOMMU_PT_CHANNEL_END];

/* ---- the list ---- */

static struct hint *make_hint(enum iommu_pt_channel channel, const char *text,
			      size_t len)
{
	struct hint *hint;

	len = min_t(size_t, len, HINT_SHOWN_MAX);
	hint = kzalloc(struct_size(hint, text, len), GFP_KERNEL);
	if (!hint)
		return NULL;
	refcount_set(&hint->refs, 1);
	hint->channel = channel;
	hint->len = len;
	memcpy(hint->text, text, len);
	return hint;
}

void hint_put(struct hint *hint)
{
	if (!hint || !refcount_dec_and_test(&hint->refs))
		return;
	policy_rule_put(hint->rule);
	kfree(hint->name);
	kfree(hint->bus);
	kfree(hint);
}

/* The list takes the first reference over. */
static int insert(struct hint *hint)
{
	int ret = xa_alloc_cyclic(&hints, &hint->id, hint, xa_limit_31b,
				  &last_id, GFP_KERNEL);

	return ret < 0 ? ret : 0;
}

static void erase(struct hint *hint)
{
	xa_erase(&hints, hint->id);
	hint_put(hint);
}

struct hint *hint_next(unsigned long *id)
{
	struct hint *hint;

	xa_lock(&hints);
	hint = xa_find(&hints, id, ULONG_MAX, XA_PRESENT);
	if (hint) {
		refcount_inc(&hint->refs);
		*id = hint->id + 1;
	}
	xa_unlock(&hints);
	return hint;
}

enum iommu_pt_hint_state hint_state(const struct hint *hint,
				    const char **reason)
{
	*reason = NULL;
	if (hint->rejected[0]) {
		*reason = hint->rejected;
		return IOMMU_PT_HINT_REJECTED;
	}
	if (pt_hints == IOMMU_PT_HINTS_IGNORE) {
		*reason = "hints are ignored (parameter hints=ignore)";
		return IOMMU_PT_HINT_IGNORED;
	}
	if (pt_confidential) {
		*reason = "the guest is confidential: only what makes a device stricter counts, and truthful does not";
		return IOMMU_PT_HINT_RESTRICTED;
	}
	if (!hint->says_rules)
		return IOMMU_PT_HINT_ACCEPTED;
	if (pt_hints == IOMMU_PT_HINTS_RESTRICT)
		*reason = "only what makes a device stricter counts (parameter hints=restrict)";
	else if (hint->external)
		*reason = "the device is external: only what makes it stricter counts";
	return *reason ? IOMMU_PT_HINT_RESTRICTED : IOMMU_PT_HINT_ACCEPTED;
}

bool hints_truthful(void)
{
	return hints_vouch(pt_hints, pt_confidential) &&
	       (READ_ONCE(truthful[IOMMU_PT_CHANNEL_SMBIOS]) ||
		READ_ONCE(truthful[IOMMU_PT_CHANNEL_FW_CFG]));
}

/* ---- a text that is made piece by piece, a line each ---- */

struct pieces {
	struct rule_cursor cur;
	char *text;		/* HINT_SMBIOS_MAX bytes */
	size_t len;
	bool bad;
	bool truthful;
};

__printf(2, 3)
static void reject(struct hint *hint, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(hint->rejected, sizeof(hint->rejected), fmt, args);
	va_end(args);
}

static void __init check(struct pieces *pieces, struct hint *hint, const char *text,
		  size_t len, size_t column)
{
	struct hint_summary summary;
	struct rule_error err;

	if (pieces->len + len + 1 > HINT_SMBIOS_MAX) {
		reject(hint, "more than %d bytes of hints", HINT_SMBIOS_MAX);
	} else if (hint_check(&pieces->cur, text, len, &summary, &err)) {
		/* Counted in the string, with what makes it ours. */
		reject(hint, "line %u, column %zu: %s", err.line,
		       err.column + (err.line == 1 ? column : 0), err.message);
	} else {
		hint->says_rules = summary.rules;
		hint->says_truthful = summary.truthful;
		pieces->truthful |= summary.truthful;
		memcpy(pieces->text + pieces->len, text, len);
		pieces->len += len;
		pieces->text[pieces->len++] = '\n';
		return;
	}
	pieces->bad = true;
	pr_warn("hint %u of %s: %s; none of its hints is in force\n", hint->id,
		channel_name(hint->channel), hint->rejected);
}

static void __init reject_rest(enum iommu_pt_channel channel)
{
	struct hint *hint;
	unsigned long id;

	xa_for_each(&hints, id, hint)
		if (hint->channel == channel && !hint->rejected[0])
			reject(hint, "another hint of this channel is malformed, and all count or none");
}

/* ---- SMBIOS ---- */

static int __init add_smbios_string(struct pieces *pieces, const char *string)
{
	size_t len = strlen(string);
	struct hint *hint;
	int ret;

	if (!hint_is_ours(string, len))
		return 0;
	hint = make_hint(IOMMU_PT_CHANNEL_SMBIOS, string, len);
	if (!hint)
		return -ENOMEM;
	ret = insert(hint);
	if (ret) {
		hint_put(hint);
		return ret;
	}
	check(pieces, hint, string + HINT_PREFIX_LEN, len - HINT_PREFIX_LEN,
	      HINT_PREFIX_LEN);
	return 0;
}

/* In the order of the table; the kernel has them in reverse. */
static const char **__init list_oem_strings(unsigned int *count)
{
	const struct dmi_device *device = NULL;
	const char **strings;
	unsigned int n = 0;

	while ((device = dmi_find_device(DMI_DEV_TYPE_OEM_STRING, NULL, device)))
		n++;
	*count = n;
	strings = kcalloc(n ?: 1, sizeof(*strings), GFP_KERNEL);
	while (strings && n &&
	       (device = dmi_find_device(DMI_DEV_TYPE_OEM_STRING, NULL, device)))
		strings[--n] = device->name;
	return strings;
}

static int __init add_smbios_strings(struct pieces *pieces)
{
	unsigned int count, i;
	const char **strings = list_oem_strings(&count);
	int ret = strings ? 0 : -ENOMEM;

	for (i = 0; !ret && i < count; i++)
		ret = add_smbios_string(pieces, strings[i]);
	kfree(strings);
	return ret;
}

static int __init read_smbios(struct pieces *pieces)
{
	struct rule_error err;
	int ret = add_smbios_strings(pieces);

	if (ret)
		return ret;
	if (pieces->bad) {
		reject_rest(IOMMU_PT_CHANNEL_SMBIOS);
		return 0;
	}
	truthful[IOMMU_PT_CHANNEL_SMBIOS] = pieces->truthful;
	if (pt_hints == IOMMU_PT_HINTS_IGNORE)
		return 0;
	return decision_replace(LAYER_SMBIOS, pieces->text, pieces->len, NULL,
				&err);
}

/* ---- properties ---- */

static bool has_property(struct device *dev)
{
	return device_property_present(dev, HINT_PROPERTY);
}

/* One string, and no list of them. */
static const char *read_property(struct device *dev)
{
	const char *value;

	if (device_property_string_array_count(dev, HINT_PROPERTY) != 1 ||
	    device_property_read_string(dev, HINT_PROPERTY, &value))
		return NULL;
	return value;
}

static int name_hint(struct hint *hint, struct device *dev)
{
	hint->bus = kstrdup(dev->bus->name, GFP_KERNEL);
	hint->name = kstrdup(dev_name(dev), GFP_KERNEL);
	hint->external = subject_is_external(dev);
	return hint->bus && hint->name ? 0 : -ENOMEM;
}

/* Return: the policy, AUTO as well where the property names none. */
static int judge_property(struct hint *hint, const char *value, size_t len,
			  struct device *dev)
{
	int policy = -1;

	if (!value)
		reject(hint, "the property is not one string");
	else if (len > HINT_PROPERTY_MAX)
		reject(hint, "the property is longer than %d bytes",
		       HINT_PROPERTY_MAX);
	else
		policy = policy_parse(value, len);
	if (policy >= 0) {
		hint->says_rules = true;
		return policy;
	}
	if (!hint->rejected[0])
		reject(hint, "the property names no policy; there are passthrough, translated, strict, lazy and auto");
	dev_warn(dev, "iommu_pt: hint %s: %s\n", HINT_PROPERTY, hint->rejected);
	return IOMMU_PT_POLICY_AUTO;
}

/* Put it in the list, and its word in force. */
static int begin_property(struct hint *hint, int policy)
{
	int ret;

	if (policy != IOMMU_PT_POLICY_AUTO &&
	    pt_hints != IOMMU_PT_HINTS_IGNORE) {
		hint->rule = policy_add_property(hint->bus, hint->name, policy);
		if (!hint->rule)
			return -ENOMEM;
		policy_rule_get(hint->rule);	/* the list's readers' */
	}
	ret = insert(hint);
	if (ret && hint->rule)
		policy_remove_property(hint->rule);
	return ret;
}

struct hint *hints_device_add(struct device *dev)
{
	struct hint *hint;
	const char *value;
	size_t len;
	int ret;

	if (!has_property(dev))
		return NULL;
	value = read_property(dev);
	len = value ? strnlen(value, HINT_PROPERTY_MAX + 1) : 0;
	hint = make_hint(IOMMU_PT_CHANNEL_PROPERTY, value ?: "", len);
	if (!hint)
		return ERR_PTR(-ENOMEM);
	ret = name_hint(hint, dev) ?:
	      begin_property(hint, judge_property(hint, value, len, dev));
	if (ret) {
		hint_put(hint);
		return ERR_PTR(ret);
	}
	return hint;
}

void hints_device_remove(struct hint *hint)
{
	if (!hint)
		return;
	if (hint->rule)
		policy_remove_property(hint->rule);
	erase(hint);
}

/* ---- fw_cfg, which ptctl reads ---- */

static int add_line(struct rule_cursor *cur, const char *line, size_t len)
{
	struct hint_summary summary;
	struct rule_error err;
	struct hint *hint;
	int ret;

	if (hint_check(cur, line, len, &summary, &err))
		return -EINVAL;
	if (!summary.rules && !summary.truthful)
		return 0;
	hint = make_hint(IOMMU_PT_CHANNEL_FW_CFG, line, len);
	if (!hint)
		return -ENOMEM;
	hint->generation = fw_cfg_generation;
	hint->says_rules = summary.rules;
	hint->says_truthful = summary.truthful;
	ret = insert(hint);
	if (ret)
		hint_put(hint);
	return ret;
}

static int add_lines(struct rule_cursor *cur, const char *text, size_t len)
{
	const char *end = text + len, *newline;
	int ret;

	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', end - text) ?: end;
		ret = add_line(cur, text, newline - text);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Those that the last text made, or those of the texts before. Others of the
 * list go meanwhile, with their devices, so each is looked at by a reference.
 */
static void erase_fw_cfg(bool last)
{
	struct hint *hint;
	unsigned long id = 0;

	lockdep_assert_held(&fw_cfg_lock);
	for (; (hint = hint_next(&id)); hint_put(hint))
		if (hint->channel == IOMMU_PT_CHANNEL_FW_CFG &&
		    (hint->generation == fw_cfg_generation) == last)
			erase(hint);
}

static int replace_fw_cfg(struct rule_cursor *cur, const char *text, size_t len,
			  struct netlink_ext_ack *extack,
			  struct rule_error *err)
{
	struct hint_summary summary;
	int ret;

	if (hint_check(cur, text, len, &summary, err))
		return -EINVAL;
	fw_cfg_generation++;
	ret = add_lines(cur, text, len);
	if (!ret && pt_hints != IOMMU_PT_HINTS_IGNORE)
		ret = decision_replace(LAYER_FW_CFG, text, len, extack, err);
	if (!ret)
		WRITE_ONCE(truthful[IOMMU_PT_CHANNEL_FW_CFG], summary.truthful);
	erase_fw_cfg(ret);
	return ret;
}

int hints_set_fw_cfg(const char *text, size_t len,
		     struct netlink_ext_ack *extack, struct rule_error *err)
{
	struct rule_cursor *cur = kmalloc(sizeof(*cur), GFP_KERNEL);
	int ret;

	if (!cur)
		return -ENOMEM;
	mutex_lock(&fw_cfg_lock);
	ret = replace_fw_cfg(cur, text, len, extack, err);
	mutex_unlock(&fw_cfg_lock);
	kfree(cur);
	return ret;
}

/* ---- life ---- */

int __init hints_init(void)
{
	struct pieces *pieces = kzalloc(sizeof(*pieces), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!pieces)
		return ret;
	pieces->text = kvmalloc(HINT_SMBIOS_MAX, GFP_KERNEL);
	if (pieces->text)
		ret = read_smbios(pieces);
	kvfree(pieces->text);
	kfree(pieces);
	if (ret)
		hints_exit();
	return ret;
}

void hints_exit(void)
{
	struct hint *hint;
	unsigned long id;

	xa_for_each(&hints, id, hint)
		erase(hint);
	xa_destroy(&hints);
}
