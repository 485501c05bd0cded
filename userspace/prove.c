// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "prove.h"
#include "ptctl.h"
#include "sysfs.h"
#include "xalloc.h"

#define POLL_US	200

static const struct prover *const provers[] = {
	&prover_virtio, &prover_nvme, &prover_ahci, &prover_edu,
};

#define PROVERS	(sizeof(provers) / sizeof(provers[0]))

static const char *const verdicts[__VERDICT_END] = {
	[VERDICT_TRANSLATED] = "translated",
	[VERDICT_BYPASS] = "bypass",
	[VERDICT_INCONCLUSIVE] = "inconclusive",
};

const char *verdict_name(enum verdict verdict)
{
	return verdict < __VERDICT_END ? verdicts[verdict] : NULL;
}

enum verdict verdict_parse(const char *word)
{
	unsigned int i;

	for (i = VERDICT_TRANSLATED; i < __VERDICT_END; i++)
		if (!strcmp(word, verdicts[i]))
			return (enum verdict)i;
	return VERDICT_NONE;
}

/* ---- who can drive it ---- */

static unsigned int id(const struct dev *dev, const char *name)
{
	char *text = sysfs_attr(dev->syspath, name);
	unsigned int number = text ? (unsigned int)strtoul(text, NULL, 16) : 0;

	free(text);
	return number;
}

const struct prover *prover_find(const struct dev *dev, struct pci_ids *ids)
{
	size_t i;

	if (strcmp(dev->bus, "pci"))
		return NULL;
	ids->vendor = id(dev, "vendor");
	ids->device = id(dev, "device");
	ids->sub_device = id(dev, "subsystem_device");
	ids->class = id(dev, "class");
	for (i = 0; i < PROVERS; i++)
		if (provers[i]->match(ids))
			return provers[i];
	return NULL;
}

char *prover_names(void)
{
	char *list = xstrdup(provers[0]->name), *longer;
	size_t i;

	for (i = 1; i < PROVERS; i++) {
		longer = xasprintf("%s, %s", list, provers[i]->name);
		free(list);
		list = longer;
	}
	return list;
}

/* ---- for provers ---- */

void proof_fail(struct proof *proof, const char *format, ...)
{
	va_list args;

	if (proof->why)
		return;
	va_start(args, format);
	if (vasprintf(&proof->why, format, args) < 0)
		abort();
	va_end(args);
}

bool proof_failed(struct proof *proof)
{
	const char *failure = vfio_failure(proof->vfio);

	if (failure)
		proof_fail(proof, "%s", failure);
	return proof->why;
}

bool proof_memory(struct proof *proof, size_t count, uint64_t reach)
{
	char *why;

	if (proof_failed(proof))
		return false;
	why = decoy_make(&proof->memory, proof->vfio, count, reach);
	if (why)
		proof_fail(proof, "%s", why);
	free(why);
	return !proof->why;
}

void *proof_page(struct proof *proof, size_t n)
{
	return proof->memory.shared + n * proof->memory.page;
}

uint64_t proof_address(struct proof *proof, size_t n)
{
	return proof->memory.address + n * proof->memory.page;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool proof_wait(struct proof *proof, bool (*done)(struct proof *, void *),
		void *arg, const char *what)
{
	double end = seconds() + PROOF_PATIENCE;

	while (!proof_failed(proof)) {
		bool late = seconds() > end;	/* asked once more then */

		if (done(proof, arg))
			return true;
		if (late)
			proof_fail(proof, "no %s in %d seconds", what,
				   PROOF_PATIENCE);
		usleep(POLL_US);
	}
	return false;
}

bool proof_is_written(struct proof *proof, void *unused)
{
	(void)unused;
	return decoy_was_led(&proof->memory) ||
	       decoy_was_passed(&proof->memory);
}

/* ---- the course ---- */

/*
 * What was written tells more than what went wrong on the way: a device may
 * fail to stop after it has written. But only if it is to one page.
 */
static enum verdict judge(struct proof *proof)
{
	bool led = decoy_was_led(&proof->memory);
	bool passed = decoy_was_passed(&proof->memory);

	if (led && passed)
		proof_fail(proof, "it wrote to both pages");
	else if (led)
		return VERDICT_TRANSLATED;
	else if (passed)
		return VERDICT_BYPASS;
	proof_fail(proof, "it wrote nothing");
	return VERDICT_INCONCLUSIVE;
}

int prove(struct proof *proof, const struct prover *prover,
	  enum verdict *verdict)
{
	int ret = vfio_open(&proof->vfio, proof->dev, &proof->why);

	*verdict = VERDICT_NONE;
	if (ret)
		return ret;
	vfio_enable(proof->vfio);
	prover->run(proof);
	proof_failed(proof);
	/* From here on it does no DMA any more. */
	vfio_close(proof->vfio);
	proof->vfio = NULL;
	*verdict = judge(proof);
	return PTCTL_DONE;
}

void proof_free(struct proof *proof)
{
	decoy_free(&proof->memory);
	free(proof->what);
	free(proof->why);
	proof->what = proof->why = NULL;
}
