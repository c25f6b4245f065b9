/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's command line. */
#pragma once

#include "kernel/sysfs.h"

/** An override on the command line: driverctl.override=DEVICE=DRIVER. */
struct cmdline_override {
	char *value; /* DEVICE=DRIVER as it is written, for messages */
	const char *
		why; /* a static text if the value is wrong, and the override is ignored; or NULL */
	char device[BUS_NAME_MAX + SYSFS_NAME_MAX]; /* as it is written */
	char driver[SYSFS_NAME_MAX];
	/* Set by cmdline_read(): the device that is meant, which may be absent. */
	char bus[BUS_NAME_MAX], name[SYSFS_NAME_MAX];
};

struct cmdline_overrides {
	struct cmdline_override *list;
	size_t n;
};

/** cmdline_has - whether a word is on the kernel's command line; false if it cannot be read */
bool cmdline_has(const char *word);

/**
 * cmdline_parse - find the overrides in a text. Pure
 * @ret: in the order of the text; free it with cmdline_free(). Empty after an error
 *
 * DEVICE ends at the last '='. Quotes are those of the kernel: a quoted blank does not end a word,
 * and quotes around a word or around the value do not belong to it.
 *
 * Return: 0, also if some are wrong; -ENOMEM.
 * Source: next_arg() in Linux lib/cmdline.c.
 */
int cmdline_parse(const char *line, struct cmdline_overrides *ret);

/**
 * cmdline_read - find the overrides on the kernel's command line, and the devices that they name
 * @ret: as of cmdline_parse()
 *
 * A device is named as for DEVICE_NAME of device_open(), by default on the bus pci.
 *
 * Return: as cmdline_parse(), and -errno of open(2) or read(2). A missing /proc is an empty line.
 */
int cmdline_read(struct cmdline_overrides *ret);

/**
 * cmdline_find - the override for a device
 *
 * Return: the last one that is not wrong, or NULL.
 */
const struct cmdline_override *cmdline_find(
	const struct cmdline_overrides *overrides, const char *bus, const char *name);

/** cmdline_free - free all overrides; also for use as a cleanup function */
void cmdline_free(struct cmdline_overrides *overrides);
