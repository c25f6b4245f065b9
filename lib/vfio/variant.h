/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ranking of VFIO drivers for a device, by the kernel's own rule: "vfio_" and the device's
 * modalias, matched against the aliases of modules; the alias with the fewest wildcards wins.
 *
 * Ties: the bus's generic driver first, so that an unknown catch-all never beats it; then
 * modprobe.d, modules.alias, built-in modules, each in its order. A module is ranked once, at its
 * best place.
 */
#pragma once

#include "kernel/device.h"

enum variant_source {
	VARIANT_CONFIG,
	VARIANT_ALIAS,
	VARIANT_BUILTIN,
	VARIANT_GENERIC,
	VARIANT_NAMED
};

/** Why a candidate is left out. */
enum variant_reason {
	VARIANT_USABLE,
	VARIANT_BLACKLISTED, /* modprobe.d: blacklist MODULE */
	VARIANT_DISABLED,    /* modprobe.d: install MODULE /bin/false */
	VARIANT_DENIED,      /* driverctl.conf: deny */
	VARIANT_NOT_INDEXED, /* an alias names a module that the index does not contain */
};

/** An alias of any source. */
struct variant_alias {
	char *pattern;
	char *module;
	enum variant_source source;
};

struct variant_table {
	struct variant_alias *aliases; /* in the order of the sources */
	size_t n_aliases;
};

/** A candidate. The texts belong to the ranking. */
struct variant {
	char *module;
	char *pattern; /* NULL for a generic driver that no alias names */
	unsigned int wildcards;
	enum variant_source source;
	enum variant_reason reason;
	char driver[SYSFS_NAME_MAX]; /* where the module is loaded, else "" */
};

struct variant_ranking {
	struct variant *variants;
	size_t n_variants;
	int best;        /* the first usable one; -1 for none */
	bool ambiguous;  /* another usable module has as few wildcards as the best */
	int table_error; /* -errno of reading modules.alias, or 0 */
};

/**
 * variant_generic - the plain VFIO driver of a bus, by its module's name
 *
 * Return: a static string, or NULL for a bus that has none.
 * Source: the drivers below Linux drivers/vfio and drivers/s390/crypto, drivers/s390/cio.
 */
const char *variant_generic(const char *bus);

/** variant_source_name - "modprobe.d", "modules.alias", "builtin", "generic", "named" */
const char *variant_source_name(enum variant_source source);

/** variant_reason_text - "blacklisted in modprobe.d", ...; "" for a usable one */
const char *variant_reason_text(enum variant_reason reason);

/**
 * variant_add - append an alias to a table
 *
 * Return: 0, or -ENOMEM.
 */
int variant_add(struct variant_table *table, const char *pattern, const char *module,
	enum variant_source source);

/** variant_table_free - give back what variant_add() allocated. */
void variant_table_free(struct variant_table *table);

/**
 * variant_rank - rank; pure
 * @modalias: the device's, without the prefix
 * @generic: the bus's generic module; it ends the ranking where no alias names it
 * @ret: given back by variant_ranking_free(); all are usable yet, best is 0
 *
 * Return: 0, or -ENOMEM.
 */
int variant_rank(const struct variant_table *table, const char *modalias, const char *generic,
	struct variant_ranking *ret);

/** variant_choose - set best and ambiguous by what is usable; pure */
void variant_choose(struct variant_ranking *ranking);

/**
 * variant_append - end a ranking with a module that no alias names, and make it the best
 *
 * Return: 0, or -ENOMEM.
 */
int variant_append(struct variant_ranking *ranking, const char *module);

/** variant_ranking_free - give back a ranking. */
void variant_ranking_free(struct variant_ranking *ranking);

/**
 * variant_find - the ranking for a device, from this system's tables, exclusions and drivers
 * @deny, @n_deny: modules that are never chosen
 *
 * A table that is missing or cannot be read leaves the generic driver (table_error tells).
 *
 * Return: 0; -EOPNOTSUPP for a bus without a VFIO driver; -ENODATA for a device without a modalias;
 * -ENOMEM; other -errno of reading the modalias.
 */
int variant_find(
	const struct device *dev, char *const *deny, size_t n_deny, struct variant_ranking *ret);
