/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gathers aliases from modprobe.d, modules.alias and the builtin modules, says which modules are
 * excluded, and names their drivers. Must not load modules; the order is that of variant.c.
 */
#include "vfio/table.h"

#include "kernel/module.h"
#include "kernel/pci.h"
#include "vfio/modalias.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define PIECE_SIZE 65536

/* A file of aliases. */
struct table {
	const char *name;
	char end; /* the last byte of an entry */
	enum variant_source source;
	bool (*next)(char **text, const char *end, struct modalias_line *ret);
};

/* An end is not needed: the text ends with NUL. */
static bool next_alias(char **text, const char *end, struct modalias_line *ret)
{
	(void)end;
	return modalias_next(text, ret);
}

static const struct table modules_alias = {
	"modules.alias",
	'\n',
	VARIANT_ALIAS,
	next_alias,
};

static const struct table modules_builtin = {
	"modules.builtin.modinfo",
	'\0',
	VARIANT_BUILTIN,
	modalias_next_builtin,
};

static int open_file(const char *directory, const char *name)
{
	char path[PATH_MAX];
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	if (util_format(path, sizeof(path), "%s/%s", directory, name) < 0)
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return util_steal_fd(&fd);
}

/* Parses the first @size bytes of @buf as a text of their own. Return: 0, or -ENOMEM. */
static int parse_piece(
	const struct table *table, char *buf, size_t size, struct variant_ranking *ranking)
{
	const char *end = buf + size;
	char next_byte = *end, *text = buf;
	struct modalias_line line;
	int err = 0;

	buf[size] = '\0';
	while (table->next(&text, end, &line)) {
		err = variant_add(ranking, table->source, line.pattern, line.module);
		if (err < 0)
			break;
	}
	buf[size] = next_byte;
	return err;
}

/* The size of the entries in @buf that have their last byte, @end. */
static size_t whole_entries(const char *buf, size_t size, char end)
{
	const char *last = memrchr(buf, end, size);

	return last ? (size_t)(last + 1 - buf) : 0;
}

/* Parses a file in pieces of whole entries: to read it at once would take longer than to rank. */
static int parse_file(const struct table *table, int fd, struct variant_ranking *ranking)
{
	char buf[PIECE_SIZE + 1];
	size_t used = 0;

	buf[PIECE_SIZE] = '\0';
	for (;;) {
		ssize_t n = read(fd, buf + used, PIECE_SIZE - used);
		size_t whole;
		int err;

		if (n < 0)
			return -errno;
		/* The last entry of a file may lack its end. */
		if (n == 0)
			return parse_piece(table, buf, used, ranking);
		used += (size_t)n;
		whole = whole_entries(buf, used, table->end);
		err = parse_piece(table, buf, whole, ranking);
		if (err < 0)
			return err;
		/* Drop an entry that is longer than a piece. */
		if (whole == 0 && used == PIECE_SIZE)
			whole = used;
		used -= whole;
		memmove(buf, buf + whole, used);
	}
}

static int parse_table(
	const struct table *table, const char *directory, struct variant_ranking *ranking)
{
	CLEANUP_CLOSE int fd = open_file(directory, table->name);

	if (fd < 0)
		return fd;
	return parse_file(table, fd, ranking);
}

static int add_alias(const char *pattern, const char *module, void *userdata)
{
	return variant_add(userdata, VARIANT_CONFIG, pattern, module);
}

static int gather(struct module_index *index, struct variant_ranking *ranking)
{
	const char *directory = module_index_directory(index);
	int err = module_index_aliases(index, add_alias, ranking);

	if (err < 0)
		return err;
	ranking->table_error = parse_table(&modules_alias, directory, ranking);
	/* Older kernels, and kernels without builtin modules, have no such file. */
	parse_table(&modules_builtin, directory, ranking);
	return 0;
}

static bool is_denied(const char *module, char *const *deny, size_t n_deny)
{
	for (size_t i = 0; i < n_deny; i++)
		if (util_same_name(deny[i], module))
			return true;
	return false;
}

/* Why modprobe.d or the module index excludes a module. */
static enum variant_reason index_reason(struct module_index *index, const char *module)
{
	switch (module_index_state(index, module)) {
	case MODULE_STATE_BLACKLISTED:
		return VARIANT_BLACKLISTED;
	case MODULE_STATE_DISABLED:
		return VARIANT_DISABLED;
	case MODULE_STATE_ABSENT:
		return VARIANT_NOT_INDEXED;
	default:
		return VARIANT_USABLE;
	}
}

static void name_driver(struct variant *variant, const char *bus)
{
	CLEANUP_STRV char **drivers = NULL;
	size_t n;

	if (module_drivers(variant->module, bus, &drivers, &n) == 0 && n == 1)
		util_format(variant->driver, sizeof(variant->driver), "%s", drivers[0]);
}

static int rank(const struct device *dev, const char *modalias, char *const *deny, size_t n_deny,
	struct variant_ranking *ranking)
{
	CLEANUP(module_index_close) struct module_index *index = NULL;
	int err = module_index_open(&index);

	if (err < 0)
		return err;
	variant_begin(ranking, modalias, variant_generic(dev->bus));
	err = gather(index, ranking);
	if (err < 0)
		return err;
	err = variant_end(ranking);
	if (err < 0)
		return err;
	for (size_t i = 0; i < ranking->n_variants; i++) {
		struct variant *variant = &ranking->variants[i];

		variant->reason = is_denied(variant->module, deny, n_deny)
					  ? VARIANT_DENIED
					  : index_reason(index, variant->module);
		name_driver(variant, dev->bus);
	}
	variant_choose(ranking);
	return 0;
}

int table_rank_device(
	const struct device *dev, char *const *deny, size_t n_deny, struct variant_ranking *ret)
{
	char modalias[SYSFS_VALUE_MAX], path[PATH_MAX];
	int err;

	*ret = (struct variant_ranking){ .best = -1 };
	if (!variant_generic(dev->bus))
		return -EOPNOTSUPP;
	err = pci_identity(dev, modalias, path);
	if (err < 0)
		return err;
	if (!modalias[0])
		return -ENODATA;
	err = rank(dev, modalias, deny, n_deny, ret);
	if (err < 0)
		variant_ranking_free(ret);
	return err;
}

void table_best(
	const struct device *dev, char *const *deny, size_t n_deny, char ret[SYSFS_NAME_MAX])
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };

	ret[0] = '\0';
	if (table_rank_device(dev, deny, n_deny, &ranking) == 0 && ranking.best >= 0)
		util_format(ret, SYSFS_NAME_MAX, "%s", ranking.variants[ranking.best].module);
}
