/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a rule is for a device. Pure: works on rules and on facts in memory.
 *
 * Most rules are for few devices, and each fact takes a system call or more. So match_first() is
 * called with the facts that are known, which may be none, and says which one it needs to go on.
 */
#pragma once

#include "store/rule.h"

#include <limits.h>

/** The facts, one bit each. The name and the bus are always known. */
enum match_fact {
	MATCH_MODALIAS = 1, /* the ids and the class are in it */
	MATCH_PATH = 2,
	MATCH_PHYSFN = 4, /* both its name and its path */
	MATCH_VF = 8,
};

/** Facts of a device. Those whose bit is not in @known are undefined. */
struct match_facts {
	const char *bus, *name;
	unsigned int known; /* enum match_fact */

	char modalias[SYSFS_VALUE_MAX]; /* "" for none */
	/* Of a PCI device, from the modalias; set by match_take_modalias(). */
	bool has_ids;
	unsigned int ids[RULE_IDS];
	char class[7]; /* six lower-case hexadecimal digits */

	char path[PATH_MAX];         /* the place, as of pci_place() */
	char physfn[SYSFS_NAME_MAX]; /* "" if the device is not a virtual function */
	char physfn_path[PATH_MAX];  /* its place */
	int vf;                      /* the number of the virtual function; -1 for none */
};

/**
 * match_take_modalias - take facts->modalias, and the ids and the class in it, as known
 *
 * Source: "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X" of modalias_show() in Linux
 * drivers/pci/pci-sysfs.c.
 */
void match_take_modalias(struct match_facts *facts);

/**
 * match_first - find the first rule that is for a device
 * @rules, @n: in their order; those that do not count (rule_counts()) are skipped
 * @ret_missing: the fact without which the answer is not known; 0 if it is known
 *
 * Return: the rule, which may be one for RULE_NATIVE; NULL if there is none, or if a fact is
 * missing.
 */
const struct rule *match_first(const struct rule *rules, size_t n, const struct match_facts *facts,
	unsigned int *ret_missing);
