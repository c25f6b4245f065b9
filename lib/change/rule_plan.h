/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The devices that a change of a rule concerns: those that the rule decides, or did before.
 */
#pragma once

#include "store/wanted.h"
#include "use/use.h"

struct rule_plan_device {
	const struct device *dev;
	const struct uses *uses; /* empty if the device may be moved, or stays where it is */
	int error;               /* -errno of use_find(), or 0 */
};

typedef void (*rule_plan_fn)(const struct rule_plan_device *device, void *userdata);

/**
 * rule_plan - call @fn for each device, sorted by name within a bus
 * @caller: who asks
 * @force: do not look who uses the devices
 *
 * Return: 0; otherwise -errno of wanted_prepare() or rules_check(), or of reading a device: then it
 * is not known which devices are concerned.
 */
int rule_plan(const struct rules_change *change, const struct use_caller *caller, bool force,
	rule_plan_fn fn, void *userdata);
