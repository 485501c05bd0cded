// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdlib.h>

#include "device.h"
#include "msg.h"
#include "ptctl.h"
#include "tree.h"
#include "view.h"

/* The words of DOT are quoted strings; names are the kernel's, and hostile. */
static void quoted(const char *text)
{
	char *escaped = msg_escape(text);
	const char *p;

	putchar('"');
	for (p = escaped; *p; p++) {
		if (*p == '"' || *p == '\\')
			putchar('\\');
		putchar(*p);
	}
	putchar('"');
	free(escaped);
}

/*
 * Green is confined by the IOMMU, yellow a little late, orange not at all as
 * was asked for, red not at all though it looks so.
 */
static const char *colour(unsigned int effective)
{
	switch (effective) {
	case IOMMU_PT_EFFECTIVE_STRICT:
	case IOMMU_PT_EFFECTIVE_BLOCKED:
		return "#b7e1a1";
	case IOMMU_PT_EFFECTIVE_LAZY:
		return "#f2e394";
	case IOMMU_PT_EFFECTIVE_PASSTHROUGH:
		return "#f5bd7a";
	case IOMMU_PT_EFFECTIVE_BYPASS:
		return "#ee8b80";
	case IOMMU_PT_EFFECTIVE_USER:
		return "#a9cbe8";
	default:
		return "#d9d9d9";
	}
}

static void begin_cluster(const char *name, char *label, const char *style)
{
	printf("subgraph ");
	quoted(name);
	printf(" {\n\tlabel=");
	quoted(label);
	printf("; %s;\n", style);
	free(label);
}

static void iommu(const char *name, void *arg)
{
	char *cluster = xasprintf("cluster_%s", name);

	(void)arg;
	begin_cluster(cluster, tree_iommu_label(name),
		      "style=\"rounded\"; color=\"#555555\"");
	free(cluster);
}

static void group(long number, void *arg)
{
	char *cluster = xasprintf("cluster_group_%ld", number);

	(void)arg;
	begin_cluster(cluster, tree_group_label(number),
		      "style=\"dashed\"; color=\"#999999\"");
	free(cluster);
}

static void end_cluster(void *arg)
{
	(void)arg;
	puts("}");
}

static void device(const struct dev *dev, void *arg)
{
	struct device_names names;

	(void)arg;
	device_names(dev, &names);
	printf("\t");
	quoted(dev->label);
	printf(" [fillcolor=\"%s\", label=", colour(dev->effective));
	quoted(dev->label);
	/* Concatenated, so that the newlines between are DOT's own. */
	if (names.model) {
		printf(" + \"\\n\" + ");
		quoted(names.model);
	}
	printf(" + \"\\n\" + ");
	quoted(dev->driver ? dev->driver : "no driver");
	printf(" + \": \" + ");
	quoted(dev_effective_word(dev));
	puts("];");
	free(names.vendor);
	free(names.model);
}

static void print(const struct devs *devs)
{
	static const struct tree_visitor visitor = {
		.iommu = iommu,
		.group = group,
		.device = device,
		.group_end = end_cluster,
		.iommu_end = end_cluster,
	};

	puts("graph iommu {\n"
	     "\trankdir=LR; fontname=\"sans-serif\";\n"
	     "\tnode [shape=box, style=\"filled,rounded\", fontname=\"sans-serif\"];");
	tree_walk(devs, &visitor, NULL);
	puts("}");
}

static int run(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ 0 }
	};
	struct devs devs = { 0 };
	bool all = false;
	struct view view;
	int c, ret;

	while ((c = getopt_long(argc, argv, "a", longs, NULL)) != -1) {
		if (c != 'a')
			return usage_fail(&cmd_graph, NULL);
		all = true;
	}
	if (optind < argc)
		return usage_fail(&cmd_graph, "graph takes no device");
	ret = view_open(&view);
	if (ret)
		return ret;
	ret = view_devs(&view, &devs, all);
	if (!ret)
		print(&devs);
	devs_free(&devs);
	view_close(&view);
	return ret;
}

const struct command cmd_graph = {
	.name = "graph",
	.summary = "A picture, in DOT: IOMMUs, groups, what each device's DMA does",
	.usage = "[--all]",
	.help =
	"  -a, --all   also devices in no IOMMU group that are not PCI\n\n"
	"Green is confined (strict), yellow lazy, orange passthrough, red bypass (it\n"
	"looks confined and is not), blue a userspace driver's, grey the rest.\n\n"
	"Example:\n"
	"  ptctl graph | dot -Tsvg >iommu.svg\n",
	.run = run,
};
