/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All rules, as their files have them. The files are in these places, in this order:
 *
 *   /etc/driverctl.d/rules/NAME.rule
 *   /run/driverctl.d/rules/NAME.rule
 *   /run/credentials/@system/driverctl.rules.NAME  a credential that systemd was passed
 *   /usr/lib/driverctl.d/rules/NAME.rule
 *
 * A file hides those of the same NAME in later places. A link to /dev/null does nothing else. The
 * rules of all places together are in the order of their file names.
 */
#pragma once

#include "store/rule.h"
#include "store/savefile.h"
#include "store/store.h"

#define RULES_NAME "rules"
#define RULES_DIR STORE_DIR "/" RULES_NAME
#define RULES_SUFFIX ".rule"
#define RULES_FILE "%s" RULES_SUFFIX /* for a format */

struct rules {
	struct rule *list;
	size_t n;
};

/** A change of one rule of RULES_DIR that is about to be made. */
struct rules_change {
	const char *name;
	const char *text; /* NULL: the rule is removed */
};

/**
 * rules_read - read all rules
 * @change: read them as they will be after this change; NULL for none
 * @ret: free it with rules_free(). Empty after an error. Rules that are excluded or masked are in
 *       it. A directory that cannot be read is in it as an excluded rule with its path as its name,
 *       because the rules of the other places still count
 *
 * Return: 0, also if there are none; -ENOMEM; -EMFILE or -ENFILE: too many files are open.
 */
int rules_read(const struct rules_change *change, struct rules *ret);

/**
 * rules_check - whether every rule could be read
 *
 * Return: 0, also if a text is no rule, or a link leads nowhere; otherwise the first -errno.
 */
int rules_check(const struct rules *rules);

/** rules_may_have - whether a rule exists whose text is not known: it is excluded for whatever
 * reason, or may be in a directory that cannot be read */
bool rules_may_have(const struct rules *rules, const char *name);

/**
 * rules_next_bus - go through the buses that rules are for, each once
 * @i: 0 at first
 *
 * Return: the next bus, which belongs to @rules; NULL behind the last one.
 */
const char *rules_next_bus(const struct rules *rules, size_t *i);

/**
 * rules_prepare - prepare a change of a rule's file
 * @save: zeroed; committed and discarded by the caller, who holds the lock of the rules. This also
 *        removes the directory of the rules if it is empty: while it exists, udev asks for every
 *        device
 * @dry_run: see savefile_prepare()
 *
 * Return: 0; -ENOENT if the rule is to be removed and does not exist; -EEXIST if it is to be
 * written and is a link, for example to /dev/null; -ENAMETOOLONG; otherwise as savefile_prepare()
 * or savefile_prepare_removal().
 */
int rules_prepare(const struct rules_change *change, struct savefile *save, bool dry_run);

/** rules_tidy - end what a killed process has begun with a rule's file. Return: as savefile_tidy();
 * -ENAMETOOLONG. */
int rules_tidy(const char *name);

/** rules_free - free all rules; also for use as a cleanup function */
void rules_free(struct rules *rules);
