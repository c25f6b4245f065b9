/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The common part of set-rule and unset-rule: the change of a rule, together with its devices. */
#pragma once

#include "cmd.h"

struct rules_change;

/**
 * rule_apply_name - read the name of a rule from an argument, which may end in ".rule"
 * @ret_name: owned by the caller
 *
 * Return: EXIT_DONE, or the exit code after a message.
 */
int rule_apply_name(const char *arg, char **ret_name);

/**
 * rule_apply - change a rule, move its devices, and report how that ended
 *
 * If a device that would be moved is in use, all of these are named, and nothing is changed.
 *
 * Return: the exit code.
 */
int rule_apply(const struct options *options, const struct rules_change *change);
