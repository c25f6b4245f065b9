/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules that an initramfs takes along, and the devices that they are not for there.
 */
#pragma once

#include "store/rule.h"
#include "use/uses.h"

struct device;

/** What could not be copied as it is; for the caller to report. */
struct initramfs_exception {
	const struct rule *rule; /* NULL: no rule is concerned, or not known */
	const struct device
		*dev; /* the rule is for it, but it is in use; NULL: the rule is concerned */
	const struct use *use; /* that says most; NULL: @error */
	int error;             /* -errno */
};

typedef void (*initramfs_exception_fn)(const struct initramfs_exception *exception, void *userdata);

/**
 * initramfs_rules_export - copy the rules that count for an initramfs
 * @root: the directory that becomes the initramfs; etc/driverctl.d is created in it
 * @fn: called for each exception
 *
 * In an initramfs, nothing is in use yet. So the devices that are in use now are excluded there by
 * identity (excluded.h), unless they are on the driver that a rule wants for them: those that a
 * rule is for, and those with a disk in use. So are
 * those that a list of the host itself excludes. A rule that is masked or excluded here is masked
 * there.
 *
 * Without rules, nothing is done.
 *
 * Return: 0; -EEXIST if @root is the host's own root; -errno of rules_read(), or of writing.
 */
int initramfs_rules_export(const char *root, initramfs_exception_fn fn, void *userdata);
