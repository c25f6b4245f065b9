/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ranking of the VFIO drivers for a device, by the kernel's own rule: match "vfio_" and the
 * device's modalias against the aliases of modules; the alias with the fewest wildcards wins.
 *
 * In a tie the bus's generic driver comes first, so that an unknown catch-all never beats it; then
 * come the aliases of modprobe.d, of modules.alias and of the builtin modules, each in file order.
 * A module is ranked once, in its best place.
 *
 * Pure: table.h ranks for a device of this system.
 */
#pragma once

#include "kernel/sysfs.h"

/** Where an alias comes from. */
enum variant_source {
	VARIANT_CONFIG,
	VARIANT_ALIAS,
	VARIANT_BUILTIN,
	VARIANT_GENERIC,
	VARIANT_NAMED
};

/** Why a variant is excluded. */
enum variant_reason {
	VARIANT_USABLE,
	VARIANT_BLACKLISTED, /* modprobe.d: blacklist MODULE */
	VARIANT_DISABLED,    /* modprobe.d: install MODULE /bin/false */
	VARIANT_DENIED,      /* driverctl.conf: deny */
	VARIANT_NOT_INDEXED, /* an alias names a module that the module index does not contain */
};

/** A module of the ranking, which owns the texts. */
struct variant {
	char *module;
	char *pattern; /* NULL: no alias names this module */
	unsigned int wildcards;
	enum variant_source source;
	enum variant_reason reason;
	char driver[SYSFS_NAME_MAX]; /* "" if the module is not loaded */
};

struct variant_ranking {
	struct variant *variants; /* the best one first */
	size_t n_variants;
	int best;            /* the first usable one; -1 for none */
	bool ambiguous;      /* another usable one has as few wildcards as the best */
	int table_error;     /* -errno of reading modules.alias, or 0 */
	const char *generic; /* the bus's generic module */
	char vfio_modalias[sizeof("vfio_") + SYSFS_VALUE_MAX]; /* what the patterns must match */
};

/**
 * variant_generic - the module of a bus's generic VFIO driver
 *
 * Return: a static string, or NULL for a bus that has none.
 * Source: the drivers below drivers/vfio, drivers/s390/crypto and drivers/s390/cio of Linux.
 */
const char *variant_generic(const char *bus);

/** variant_generic_driver - the name of that driver, which its module does not tell unless it is
 * loaded */
const char *variant_generic_driver(const char *bus);

/** variant_source_name - "modprobe.d", "modules.alias", "builtin", "generic", "named" */
const char *variant_source_name(enum variant_source source);

/** variant_reason_code - the same as a word for programs; "" for a usable one */
const char *variant_reason_code(enum variant_reason reason);

/** variant_reason_text - why a variant is excluded; "" for a usable one */
const char *variant_reason_text(enum variant_reason reason);

/**
 * variant_begin - begin a ranking
 * @modalias: the device's, without prefix, at most SYSFS_VALUE_MAX bytes
 * @generic: the bus's generic module; must outlive the ranking
 * @ret: an empty ranking; free it with variant_ranking_free()
 *
 * Add the aliases next, with variant_add(), then call variant_end().
 */
void variant_begin(struct variant_ranking *ret, const char *modalias, const char *generic);

/**
 * variant_add - rank a module if its pattern matches the device
 *
 * Return: 0, also if the pattern does not match; -ENOMEM.
 */
int variant_add(struct variant_ranking *ranking, enum variant_source source, const char *pattern,
	const char *module);

/**
 * variant_end - rank the generic module if no alias names it, and choose
 *
 * Return: 0, or -ENOMEM.
 */
int variant_end(struct variant_ranking *ranking);

/** variant_choose - set best and ambiguous again, after a reason has changed */
void variant_choose(struct variant_ranking *ranking);

/**
 * variant_append - append a module that is not ranked, and make it the best
 *
 * Return: 0, or -ENOMEM.
 */
int variant_append(struct variant_ranking *ranking, const char *module);

/** variant_ranking_free - free the content of a ranking, and leave it empty */
void variant_ranking_free(struct variant_ranking *ranking);
