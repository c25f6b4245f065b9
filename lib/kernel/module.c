/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Owns libkmod and the layout of /sys/module. Binds nothing.
 *
 * libkmod is opened only when it is needed. With the compression and crypto libraries that it
 * needs, it would take most of the time of a call that loads no module. udev makes dozens of these
 * at once.
 */
#include "kernel/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <libkmod.h>

#define MODULES SYSFS "/module"

/* clang-format off */
#define KMOD_FUNCTIONS(f) \
	f(kmod_new) f(kmod_unref) f(kmod_get_dirname) f(kmod_list_next) \
	f(kmod_module_new_from_lookup) f(kmod_module_new_from_name) f(kmod_module_get_module) \
	f(kmod_module_unref) f(kmod_module_unref_list) f(kmod_module_probe_insert_module) \
	f(kmod_module_get_initstate) f(kmod_module_get_name) f(kmod_module_get_path) f(kmod_config_get_aliases) \
	f(kmod_config_get_blacklists) f(kmod_config_get_install_commands) \
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

/* Return: 0, or -ELIBACC. */
static int open_library(void)
{
	static bool opened;
	void *handle;

	if (opened)
		return 0;
	handle = dlopen(LIBKMOD, RTLD_NOW);
	if (!handle)
		return -ELIBACC;
#define RESOLVE(name) \
	*(void **)&lib.name = dlsym(handle, #name); \
	if (!lib.name) \
		return -ELIBACC;
	KMOD_FUNCTIONS(RESOLVE)
	opened = true;
	return 0;
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

/* Return: 0; MODULE_BLACKLISTED; otherwise -errno. */
static int insert(struct kmod_module *module, enum module_by by)
{
	unsigned int flags = KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY;
	int err;

	if (by == MODULE_BY_ALIAS)
		flags = KMOD_PROBE_APPLY_BLACKLIST;
	err = lib.kmod_module_probe_insert_module(module, flags, NULL, NULL, NULL, NULL);
	/* With these flags, the only positive value says that the module is blacklisted. */
	return err > 0 ? MODULE_BLACKLISTED : err;
}

int module_load(const char *name, enum module_by by)
{
	CLEANUP(free_context) struct kmod_ctx *ctx = NULL;
	CLEANUP(free_list) struct kmod_list *list = NULL;
	int err, result = -ENOENT;

	err = open_library();
	if (err < 0)
		return err;
	ctx = lib.kmod_new(NULL, NULL);
	if (!ctx)
		return -ENOMEM;
	if (lib.kmod_module_new_from_lookup(ctx, name, &list) < 0)
		return -ENOENT;
	for (struct kmod_list *i = list; i; i = lib.kmod_list_next(list, i)) {
		struct kmod_module *module = lib.kmod_module_get_module(i);

		err = insert(module, by);
		if (result != 0)
			result = err;
		lib.kmod_module_unref(module);
	}
	return result;
}

static bool has_name(char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (streq(*names, name))
			return true;
	return false;
}

int module_candidates(const char *modalias, char ***ret_names)
{
	CLEANUP(free_context) struct kmod_ctx *ctx = NULL;
	CLEANUP(free_list) struct kmod_list *list = NULL;
	CLEANUP_STRV char **names = NULL;
	size_t n = 0;
	int err = open_library();

	*ret_names = NULL;
	if (err < 0)
		return err;
	ctx = lib.kmod_new(NULL, NULL);
	if (!ctx)
		return -ENOMEM;
	if (lib.kmod_module_new_from_lookup(ctx, modalias, &list) < 0)
		return 0;
	for (struct kmod_list *i = list; i; i = lib.kmod_list_next(list, i)) {
		struct kmod_module *module = lib.kmod_module_get_module(i);
		const char *name = lib.kmod_module_get_name(module);

		/* Several of its aliases may match. */
		err = has_name(names, name) ? 0 : util_strv_add(&names, &n, name);
		lib.kmod_module_unref(module);
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

struct module_index {
	struct kmod_ctx *ctx;
};

int module_index_open(struct module_index **ret)
{
	int err = open_library();

	*ret = NULL;
	if (err < 0)
		return err;
	*ret = malloc(sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	(*ret)->ctx = lib.kmod_new(NULL, NULL);
	if ((*ret)->ctx)
		return 0;
	module_index_close(ret);
	return -ENOMEM;
}

void module_index_close(struct module_index **index)
{
	if (*index && (*index)->ctx)
		lib.kmod_unref((*index)->ctx);
	free(*index);
	*index = NULL;
}

const char *module_index_directory(const struct module_index *index)
{
	return lib.kmod_get_dirname(index->ctx);
}

/* Calls @fn for each line of one kind of modprobe.d. Return: the first value that is not 0. */
static int each_line(struct kmod_config_iter *iter,
	int (*fn)(const char *key, const char *value, void *userdata), void *userdata)
{
	int result = 0;

	if (!iter)
		return 0;
	while (lib.kmod_config_iter_next(iter)) {
		result = fn(lib.kmod_config_iter_get_key(iter),
			lib.kmod_config_iter_get_value(iter), userdata);
		if (result != 0)
			break;
	}
	lib.kmod_config_iter_free_iter(iter);
	return result;
}

int module_index_aliases(struct module_index *index,
	int (*fn)(const char *pattern, const char *module, void *userdata), void *userdata)
{
	return each_line(lib.kmod_config_get_aliases(index->ctx), fn, userdata);
}

static int is_key(const char *key, const char *value, void *userdata)
{
	(void)value;
	return util_same_name(key, userdata);
}

/* The command is false(1) or true(1), with any path and any arguments. */
static int is_disabled(const char *key, const char *value, void *userdata)
{
	size_t length = strcspn(value, " \t;");
	char command[PATH_MAX], *slash;
	const char *name = command;

	if (!util_same_name(key, userdata))
		return 0;
	if (util_format(command, sizeof(command), "%.*s", (int)length, value) < 0)
		return 0;
	slash = strrchr(command, '/');
	if (slash)
		name = slash + 1;
	return streq(name, "false") || streq(name, "true");
}

/* Whether modules.dep or the list of built-in modules names the module. */
static bool in_index(struct module_index *index, const char *name)
{
	struct kmod_module *module = NULL;
	bool found;

	if (lib.kmod_module_new_from_name(index->ctx, name, &module) < 0)
		return false;
	found = lib.kmod_module_get_path(module) ||
		lib.kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN;
	lib.kmod_module_unref(module);
	return found;
}

enum module_state module_index_state(struct module_index *index, const char *module)
{
	if (each_line(lib.kmod_config_get_blacklists(index->ctx), is_key, (void *)module))
		return MODULE_STATE_BLACKLISTED;
	if (each_line(
		    lib.kmod_config_get_install_commands(index->ctx), is_disabled, (void *)module))
		return MODULE_STATE_DISABLED;
	if (sysfs_has(module_index_directory(index), "modules.dep.bin") && !in_index(index, module))
		return MODULE_STATE_ABSENT;
	return MODULE_STATE_USABLE;
}

/* The kernel's own names of modules have no '-'. */
static int write_kernel_name(const char *module, char ret[SYSFS_NAME_MAX])
{
	int err = util_format(ret, SYSFS_NAME_MAX, "%s", module);

	for (char *c = ret; *c; c++)
		if (*c == '-')
			*c = '_';
	return err;
}

/* @links: BUS:DRIVER */
static int add_drivers(char *const *links, const char *bus, char ***drivers, size_t *n)
{
	for (; links && *links; links++) {
		const char *rest = util_after_prefix(*links, bus);
		int err;

		if (!rest || *rest != ':')
			continue;
		err = util_strv_add(drivers, n, rest + 1);
		if (err < 0)
			return err;
	}
	return 0;
}

bool module_is_coming(const char *module)
{
	char dir[PATH_MAX], name[SYSFS_NAME_MAX], state[16];

	if (write_kernel_name(module, name) < 0)
		return false;
	util_format(dir, sizeof(dir), MODULES "/%s", name);
	/* A module that is built in has no state. */
	if (sysfs_read(dir, "initstate", state, sizeof(state)) < 0)
		return false;
	return streq(state, "coming");
}

int module_drivers(const char *module, const char *bus, char ***ret_drivers, size_t *ret_n)
{
	CLEANUP_STRV char **links = NULL, **drivers = NULL;
	char dir[PATH_MAX], name[SYSFS_NAME_MAX];
	size_t n = 0;
	int err;

	*ret_drivers = NULL;
	*ret_n = 0;
	err = write_kernel_name(module, name);
	if (err < 0)
		return err;
	if (!sysfs_has(MODULES, name) || module_is_coming(name))
		return -ENOENT;
	util_format(dir, sizeof(dir), MODULES "/%s", name);
	err = sysfs_list(dir, "drivers", &links, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	err = add_drivers(links, bus, &drivers, &n);
	if (err < 0)
		return err;
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
