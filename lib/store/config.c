/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the keys of driverctl.conf. Must not act on them. */
#include "store/config.h"

#include "base/util.h"
#include "store/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX 65536

/* Return: NULL, or what is wrong with the value. */
typedef const char *(*setter)(struct config *config, const char *value);

static const char *set_yes_or_no(bool *ret, const char *value)
{
	if (!streq(value, "yes") && !streq(value, "no"))
		return "must be yes or no";
	*ret = streq(value, "yes");
	return NULL;
}

static const char *set_fallback(struct config *config, const char *value)
{
	return set_yes_or_no(&config->fallback, value);
}

static const char *set_identity(struct config *config, const char *value)
{
	return set_yes_or_no(&config->identity, value);
}

static const char *set_timeout(struct config *config, const char *value)
{
	if (util_parse_seconds(value, &config->timeout_ms) < 0)
		return "timeout takes seconds, from 1 to 86400";
	return NULL;
}

/* libvirt's hook reads this key itself. */
static const char *check_group(struct config *config, const char *value)
{
	(void)config;
	if (!streq(value, "refuse") && !streq(value, "take"))
		return "must be refuse or take";
	return NULL;
}

static bool is_module_name(const char *name)
{
	return util_name_valid(name) && !strpbrk(name, "=:");
}

/* Several words, lines and keys add up. */
static const char *add_deny(struct config *config, const char *value)
{
	for (;;) {
		char name[NAME_MAX + 1];
		size_t length;

		value += strspn(value, " \t");
		length = strcspn(value, " \t");
		if (!length)
			return NULL;
		if (util_format(name, sizeof(name), "%.*s", (int)length, value) < 0 ||
			!is_module_name(name))
			return "deny takes names of modules";
		if (util_strv_add(&config->deny, &config->n_deny, name) < 0)
			return "out of memory";
		value += length;
	}
}

static const struct {
	const char *section, *key;
	setter set;
} keys[] = {
	{ "vfio", "deny", add_deny },
	{ "vfio", "fallback", set_fallback },
	{ "safety", "identity", set_identity },
	{ "safety", "timeout", set_timeout },
	{ "libvirt", "group", check_group },
};

static const char *take_value(
	const char *section, const char *key, const char *value, void *userdata)
{
	bool known_section = false;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!streq(keys[i].section, section))
			continue;
		if (streq(keys[i].key, key))
			return keys[i].set(userdata, value);
		known_section = true;
	}
	return known_section ? "unknown key"
			     : "unknown section, known are [vfio], [safety] and [libvirt]";
}

int config_parse(const char *text, struct config *config, int *ret_line, const char **ret_why)
{
	return keyfile_parse(text, take_value, config, ret_line, ret_why);
}

int config_read(const char *path, struct config *config, int *ret_line, const char **ret_why)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CLEANUP_FREE char *text = NULL;
	struct stat st;
	ssize_t n;

	*ret_line = 0;
	*ret_why = "";
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	text = calloc(1, FILE_SIZE_MAX + 1);
	if (!text)
		return -ENOMEM;
	n = read(fd, text, FILE_SIZE_MAX + 1);
	if (n < 0)
		return -errno;
	if (n > FILE_SIZE_MAX)
		return -EFBIG;
	if (strlen(text) != (size_t)n) {
		*ret_line = 1;
		*ret_why = "not a text file";
		return -EBADMSG;
	}
	return config_parse(text, config, ret_line, ret_why);
}

void config_free(struct config *config)
{
	util_strv_freep(&config->deny);
	config->n_deny = 0;
}
