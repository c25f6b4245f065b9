/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A rule: which devices it is for, and which driver they get. Pure: works on texts in memory.
 * rules.h reads the files, match.h compares a rule with a device.
 *
 * A text has the sections [match] and [override]. Every error excludes the rule as a whole. A key
 * of [match] may be given several times, or have several words: these are alternatives.
 */
#pragma once

#include "base/util.h"
#include "kernel/sysfs.h"

/** The driver that means: no override, and no later rule. */
#define RULE_NATIVE "native"

/** The keys of [match] that have alternatives, in the order in which they are compared. */
enum rule_key {
	RULE_NAME,
	RULE_EXCEPT, /* none of these */
	RULE_ID,
	RULE_CLASS,
	RULE_MODALIAS,
	RULE_PATH,
	RULE_VF_OF,
	RULE_VF,
	RULE_KEYS
};

/** The ids of a PCI device, in this order. */
enum rule_id { RULE_VENDOR, RULE_DEVICE, RULE_SUBVENDOR, RULE_SUBDEVICE, RULE_IDS };

/** One alternative of a key. */
struct rule_value {
	char *written; /* as it is in the file */
	/* As it is compared: a glob for NAME, EXCEPT, MODALIAS and PATH; the first digits of a
	 * class; a device's name, or its path, which contains a '/', for VF_OF. */
	char *text;
	size_t literal; /* the bytes of @text before the first character that is special in a glob
			 */
	struct {
		uint16_t value, mask; /* a mask of 0 is '*' */
	} ids[RULE_IDS];              /* ID */
	unsigned int first, last;     /* VF */
};

struct rule_values {
	struct rule_value *list;
	size_t n;
};

struct rule {
	char *name;   /* of the file, without ".rule"; set by rules.h */
	char *file;   /* its path; set by rules.h */
	bool masked;  /* the file is a link to /dev/null; set by rules.h */
	bool is_read; /* the text is not that of the file; set by rules.h */

	int error;       /* -errno of reading the file, or -EBADMSG: the rule is excluded */
	int line;        /* with -EBADMSG: the line, from 1; 0 if no line alone is wrong */
	const char *why; /* with -EBADMSG: a static text */

	char bus[BUS_NAME_MAX];
	struct rule_values match[RULE_KEYS];
	char driver[SYSFS_NAME_MAX]; /* a driver or a module, "none", or RULE_NATIVE; "" with @best
				      */
	bool best;                   /* choose = best-vfio */
};

/**
 * rule_parse - read the text of a rule file
 * @rule: zeroed; name, file and masked stay as they are. Free it with rule_free(), also after an
 *        error
 *
 * Return: 0; -EBADMSG, which is in @rule->error, with line and why; -ENOMEM.
 */
int rule_parse(const char *text, struct rule *rule);

/** rule_key_name - a key as it is written in a file, a static string */
const char *rule_key_name(enum rule_key key);

/** rule_counts - whether a rule takes part: it has no error, and is not masked */
bool rule_counts(const struct rule *rule);

/** rule_free - free everything that a rule owns, and zero it */
void rule_free(struct rule *rule);
