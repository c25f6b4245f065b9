/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel modules: loading, and the drivers that a loaded one registers. Only this uses libkmod.
 */
#pragma once

#include "kernel/sysfs.h"

/** Whether modprobe.d's blacklist applies: a module that is loaded by name ignores it. */
enum module_by { MODULE_BY_NAME, MODULE_BY_ALIAS };

/** module_load() found only modules that modprobe.d blacklists. It is positive: not an errno. */
#define MODULE_BLACKLISTED 1

/**
 * module_load - load a module with its dependencies, as modprobe(8) does
 * @name: the name of a module ('-' and '_' are equal); with MODULE_BY_ALIAS a modalias, for which
 *        each module that matches is loaded
 *
 * "install" commands of modprobe.d are run. It is not an error if the module is already loaded, or
 * built in.
 *
 * Return: 0 if one was loaded; MODULE_BLACKLISTED; -ENOENT if there is no such module, or no module
 * index; -ELIBACC if libkmod cannot be opened; other -errno of init_module(2) or libkmod.
 */
int module_load(const char *name, enum module_by by);

/**
 * module_find - whether module_load() of a module by name would find it
 *
 * Return: 0; -ENOENT if there is no such module, or no module index; -ELIBACC if libkmod cannot be
 * opened; -ENOMEM.
 */
int module_find(const char *name);

/**
 * module_drivers - the drivers that a loaded module registers on a bus
 * @module: '-' and '_' are equal
 * @ret_drivers: their names, sorted, owned by the caller (util_strv_freep()); NULL for none
 * @ret_n: their number
 *
 * Return: 0; -ENOENT if the module is not loaded, or not completely yet; other -errno.
 * Source: module_add_driver() in Linux drivers/base/module.c makes the links
 * /sys/module/MODULE/drivers/BUS:DRIVER.
 */
int module_drivers(const char *module, const char *bus, char ***ret_drivers, size_t *ret_n);

/**
 * module_is_coming - whether a module is being loaded
 * @module: '-' and '_' are equal
 *
 * Its drivers may have devices already, but it cannot be told yet which drivers are its own.
 * Source: bus_add_driver() in Linux drivers/base/bus.c binds the devices before it makes the links.
 */
bool module_is_coming(const char *module);

/**
 * module_of_driver - the module that registered a driver
 * @ret: "" for a driver without one (built in)
 *
 * Return: 0; otherwise -errno of readlink(2).
 */
int module_of_driver(const char *bus, const char *driver, char ret[SYSFS_NAME_MAX]);

/**
 * module_candidates - the modules that a modalias names, which have the native drivers
 * @ret_names: owned by the caller (util_strv_freep()); NULL for none
 *
 * Return: 0, also without a module index; -ENOMEM; -ELIBACC if libkmod cannot be opened.
 */
int module_candidates(const char *modalias, char ***ret_names);

/** What modprobe.d and the module index say, read once. */
struct module_index;

/**
 * module_index_open - read modprobe.d and the module index
 * @ret: a handle for module_index_close()
 *
 * Return: 0; -ENOMEM; -ELIBACC if libkmod cannot be opened.
 */
int module_index_open(struct module_index **ret);
void module_index_close(struct module_index **index);

/** module_index_directory - the directory of this kernel's modules, usually /lib/modules/RELEASE */
const char *module_index_directory(const struct module_index *index);

/**
 * module_index_aliases - the "alias" lines of modprobe.d, in their order
 *
 * Return: 0; otherwise the first value other than 0 that @fn returned.
 */
int module_index_aliases(struct module_index *index,
	int (*fn)(const char *pattern, const char *module, void *userdata), void *userdata);

enum module_state {
	MODULE_STATE_USABLE,
	MODULE_STATE_BLACKLISTED,
	MODULE_STATE_DISABLED, /* its install command is false(1) or true(1) */
	MODULE_STATE_ABSENT,   /* there is an index, and the module is not in it */
};

/** module_index_state - whether a module may be loaded by alias; '-' and '_' are equal */
enum module_state module_index_state(struct module_index *index, const char *name);
