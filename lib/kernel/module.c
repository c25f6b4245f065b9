/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Modules by libkmod, and the layout of /sys/module.
 *
 * libkmod is opened only when it is needed. With the compression and crypto libraries that it
 * needs, it would take most of the time of a call that loads no module. udev makes dozens of these
 * at once.
 */
#include "kernel/module.h"

#include "base/util.h"
#include "kernel/bus.h"

#include <dlfcn.h>
#include <errno.h>
#include <libkmod.h>

#define MODULES SYSFS "/module"

/* clang-format off */
#define KMOD_FUNCTIONS(f) \
	f(kmod_new) f(kmod_unref) f(kmod_get_dirname) f(kmod_list_next) \
	f(kmod_module_new_from_lookup) f(kmod_module_new_from_name) f(kmod_module_get_module) \
	f(kmod_module_unref) f(kmod_module_unref_list) f(kmod_module_probe_insert_module) \
	f(kmod_module_get_initstate) f(kmod_module_get_name) f(kmod_module_get_path) \
	f(kmod_module_get_install_commands) f(kmod_config_get_aliases) f(kmod_config_get_blacklists) \
	f(kmod_config_iter_next) f(kmod_config_iter_get_key) f(kmod_config_iter_get_value) \
	f(kmod_config_iter_free_iter)
/* clang-format on */

/* The functions have their own names here. */
static struct {
#define MEMBER(name) __typeof__(name) *(name);
	KMOD_FUNCTIONS(MEMBER);
} lib;

/* Packaging tools learn from this note which library is opened at run time. No code reads it.
 * Source: the ELF Package Metadata and dlopen specifications of the UAPI group. */
#define NOTE \
	"[{\"feature\":\"modules\",\"description\":\"load kernel modules\"," \
	"\"priority\":\"required\",\"soname\":[\"" LIBKMOD "\"]}]"
static const struct {
	uint32_t owner_size, size, type; /* cppcheck-suppress unusedStructMember */
	char owner[4];                   /* cppcheck-suppress unusedStructMember */
	char text[(sizeof(NOTE) + 3) / 4 * 4];
} note __attribute__((section(".note.dlopen"), used, aligned(4))) = {
	sizeof("FDO"),
	sizeof(note.text),
	0x407c0c0a,
	"FDO",
	NOTE,
};

/* Return: 0; -ENOMEM; -ELIBACC. */
static int open_context(struct kmod_ctx **ret)
{
	static void *handle;

	if (!handle) {
		void *opened = dlopen(LIBKMOD, RTLD_NOW);

		if (!opened)
			return -ELIBACC;
#define RESOLVE(name) \
	*(void **)&lib.name = dlsym(opened, #name); \
	if (!lib.name) \
		return -ELIBACC;
		KMOD_FUNCTIONS(RESOLVE)
		handle = opened;
	}
	*ret = lib.kmod_new(NULL, NULL);
	return *ret ? 0 : -ENOMEM;
}

static void free_context(struct kmod_ctx **ctx)
{
	if (*ctx)
		lib.kmod_unref(*ctx);
}

static void free_list(struct kmod_list **list)
{
	if (*list)
		lib.kmod_module_unref_list(*list);
}

static void free_module(struct kmod_module **module)
{
	if (*module)
		lib.kmod_module_unref(*module);
}

int module_load(const char *name, enum module_by by)
{
	CLEANUP(free_context) struct kmod_ctx *ctx = NULL;
	CLEANUP(free_list) struct kmod_list *list = NULL;
	const unsigned int flags = by == MODULE_BY_ALIAS ? KMOD_PROBE_APPLY_BLACKLIST
							 : KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY;
	int err = open_context(&ctx), result = -ENOENT;

	if (err < 0)
		return err;
	if (lib.kmod_module_new_from_lookup(ctx, name, &list) < 0)
		return -ENOENT;
	for (struct kmod_list *i = list; i; i = lib.kmod_list_next(list, i)) {
		CLEANUP(free_module) struct kmod_module *module = lib.kmod_module_get_module(i);

		err = lib.kmod_module_probe_insert_module(module, flags, NULL, NULL, NULL, NULL);
		/* With these flags, the only positive value says that the module is blacklisted. */
		if (result != 0)
			result = err > 0 ? MODULE_BLACKLISTED : err;
	}
	return result;
}

int module_candidates(const char *modalias, char ***ret_names)
{
	CLEANUP(free_context) struct kmod_ctx *ctx = NULL;
	CLEANUP(free_list) struct kmod_list *list = NULL;
	CLEANUP_STRV char **names = NULL;
	size_t n = 0;
	int err;

	*ret_names = NULL;
	err = open_context(&ctx);
	if (err < 0)
		return err;
	if (lib.kmod_module_new_from_lookup(ctx, modalias, &list) < 0)
		return 0;
	for (struct kmod_list *i = list; i; i = lib.kmod_list_next(list, i)) {
		CLEANUP(free_module) struct kmod_module *module = lib.kmod_module_get_module(i);
		const char *name = lib.kmod_module_get_name(module);
		size_t known = 0;

		/* Several of its aliases may match. */
		while (known < n && !streq(names[known], name))
			known++;
		if (known < n)
			continue;
		err = util_strv_add(&names, &n, name);
		if (err < 0)
			return err;
	}
	*ret_names = STEAL(names);
	return 0;
}

int module_find(const char *name)
{
	CLEANUP_STRV char **names = NULL;
	int err = module_candidates(name, &names);

	if (err < 0)
		return err;
	return names ? 0 : -ENOENT;
}

/* --- the index: a context of libkmod by another name --- */

int module_index_open(struct module_index **ret)
{
	struct kmod_ctx *ctx = NULL;
	int err = open_context(&ctx);

	*ret = (struct module_index *)ctx;
	return err;
}

void module_index_close(struct module_index **index)
{
	if (*index)
		lib.kmod_unref((struct kmod_ctx *)*index);
	*index = NULL;
}

const char *module_index_directory(const struct module_index *index)
{
	return lib.kmod_get_dirname((const struct kmod_ctx *)index);
}

int module_index_aliases(struct module_index *index,
	int (*fn)(const char *pattern, const char *module, void *userdata), void *userdata)
{
	struct kmod_config_iter *iter = lib.kmod_config_get_aliases((struct kmod_ctx *)index);
	int result = 0;

	while (iter && result == 0 && lib.kmod_config_iter_next(iter))
		result = fn(lib.kmod_config_iter_get_key(iter),
			lib.kmod_config_iter_get_value(iter), userdata);
	if (iter)
		lib.kmod_config_iter_free_iter(iter);
	return result;
}

/* The filters of libkmod take only what a lookup has found: without an index, that is nothing. */
static bool is_blacklisted(struct kmod_ctx *ctx, const char *module)
{
	struct kmod_config_iter *iter = lib.kmod_config_get_blacklists(ctx);
	bool found = false;

	while (iter && !found && lib.kmod_config_iter_next(iter))
		found = util_same_name(lib.kmod_config_iter_get_key(iter), module);
	if (iter)
		lib.kmod_config_iter_free_iter(iter);
	return found;
}

/* Whether a command is false(1) or true(1), with any path and any arguments. */
static bool does_nothing(const char *command)
{
	size_t length = strcspn(command, " \t;");
	const char *slash = memrchr(command, '/', length);
	const char *name = slash ? slash + 1 : command;

	length -= (size_t)(name - command);
	return (length == 5 && strncmp(name, "false", length) == 0) ||
	       (length == 4 && strncmp(name, "true", length) == 0);
}

enum module_state module_index_state(struct module_index *index, const char *name)
{
	CLEANUP(free_module) struct kmod_module *module = NULL;
	struct kmod_ctx *ctx = (struct kmod_ctx *)index;
	const char *command;

	if (is_blacklisted(ctx, name))
		return MODULE_STATE_BLACKLISTED;
	if (lib.kmod_module_new_from_name(ctx, name, &module) < 0)
		return MODULE_STATE_ABSENT;
	command = lib.kmod_module_get_install_commands(module);
	if (command && does_nothing(command))
		return MODULE_STATE_DISABLED;
	if (!sysfs_has(module_index_directory(index), "modules.dep.bin"))
		return MODULE_STATE_USABLE;
	/* modules.dep names it, or the list of built-in modules. */
	if (lib.kmod_module_get_path(module) ||
		lib.kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN)
		return MODULE_STATE_USABLE;
	return MODULE_STATE_ABSENT;
}

/* --- /sys/module --- */

/* @ret: the directory of a module there. The kernel's own names of modules have no '-'. */
static int module_dir(const char *module, char ret[PATH_MAX])
{
	int err = util_format(ret, PATH_MAX, MODULES "/%s", module);

	for (char *c = ret + strlen(MODULES); *c; c++)
		if (*c == '-')
			*c = '_';
	return err;
}

bool module_is_coming(const char *module)
{
	char dir[PATH_MAX], state[16];

	if (module_dir(module, dir) < 0)
		return false;
	/* A module that is built in has no state. */
	if (sysfs_read(dir, "initstate", state, sizeof(state)) < 0)
		return false;
	return streq(state, "coming");
}

int module_drivers(const char *module, const char *bus, char ***ret_drivers, size_t *ret_n)
{
	CLEANUP_STRV char **links = NULL, **drivers = NULL;
	char dir[PATH_MAX];
	size_t n = 0;
	int err;

	*ret_drivers = NULL;
	*ret_n = 0;
	err = module_dir(module, dir);
	if (err < 0)
		return err;
	if (access(dir, F_OK) < 0 || module_is_coming(module))
		return -ENOENT;
	err = sysfs_list(dir, "drivers", &links, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **link = links; link && *link; link++) {
		const char *driver = util_after_prefix(*link, bus);

		/* BUS:DRIVER */
		if (!driver || *driver != ':')
			continue;
		err = util_strv_add(&drivers, &n, driver + 1);
		if (err < 0)
			return err;
	}
	*ret_drivers = STEAL(drivers);
	*ret_n = n;
	return 0;
}

int module_of_driver(const char *bus, const char *driver, char ret[SYSFS_NAME_MAX])
{
	char dir[PATH_MAX];

	bus_driver_dir(bus, driver, dir);
	return sysfs_link(dir, "module", ret);
}
