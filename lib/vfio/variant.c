/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gathers aliases, ranks the modules they name, and says which are left out. Loads nothing. */
#include "vfio/variant.h"

#include "vfio/modalias.h"
#include "kernel/module.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* The pattern is what the module's alias is where no table has it: of PCI every device. */
static const struct {
	const char *bus, *module, *pattern;
} generics[] = {
	{ "pci", "vfio_pci", "vfio_pci:v*d*sv*sd*bc*sc*i*" },
	{ "platform", "vfio_platform", NULL },
	{ "amba", "vfio_amba", NULL },
	{ "fsl-mc", "vfio_fsl_mc", NULL },
	{ "ap", "vfio_ap", NULL },
	{ "css", "vfio_ccw", NULL },
	{ "cdx", "vfio_cdx", NULL },
};

const char *variant_generic(const char *bus)
{
	for (size_t i = 0; i < ARRAY_SIZE(generics); i++)
		if (streq(generics[i].bus, bus))
			return generics[i].module;
	return NULL;
}

const char *variant_source_name(enum variant_source source)
{
	static const char *const names[] = {
		[VARIANT_CONFIG] = "modprobe.d",
		[VARIANT_ALIAS] = "modules.alias",
		[VARIANT_BUILTIN] = "builtin",
		[VARIANT_GENERIC] = "generic",
		[VARIANT_NAMED] = "named",
	};

	return names[source];
}

const char *variant_reason_text(enum variant_reason reason)
{
	static const char *const texts[] = {
		[VARIANT_USABLE] = "",
		[VARIANT_BLACKLISTED] = "blacklisted in modprobe.d",
		[VARIANT_DISABLED] = "modprobe.d installs it as /bin/false",
		[VARIANT_DENIED] = "denied in driverctl.conf",
		[VARIANT_NOT_INDEXED] = "not in the module index",
	};

	return texts[reason];
}

/* --- the table --- */

int variant_add(struct variant_table *table, const char *pattern, const char *module,
	enum variant_source source)
{
	struct variant_alias alias = { strdup(pattern), strdup(module), source };
	struct variant_alias *grown =
		reallocarray(table->aliases, table->n_aliases + 1, sizeof(*grown));

	if (!grown) {
		free(alias.pattern);
		free(alias.module);
		return -ENOMEM;
	}
	table->aliases = grown;
	/* With an assignment gcc's analyzer believes the strings lost. */
	memcpy(&grown[table->n_aliases++], &alias, sizeof(alias));
	return alias.pattern && alias.module ? 0 : -ENOMEM;
}

void variant_table_free(struct variant_table *table)
{
	for (size_t i = 0; i < table->n_aliases; i++) {
		free(table->aliases[i].pattern);
		free(table->aliases[i].module);
	}
	free(table->aliases);
	*table = (struct variant_table){ 0 };
}

/* --- the ranking --- */

static bool ranks_before(const struct variant *a, const struct variant *b, const char *generic)
{
	bool a_generic = util_same_name(a->module, generic);
	bool b_generic = util_same_name(b->module, generic);

	if (a->wildcards != b->wildcards)
		return a->wildcards < b->wildcards;
	return a_generic && !b_generic;
}

/* A driver that no alias names is the last resort, but not behind another's catch-all. */
static unsigned int implied_wildcards(const struct variant_alias *alias)
{
	for (size_t i = 0; i < ARRAY_SIZE(generics); i++)
		if (alias->source == VARIANT_GENERIC && generics[i].pattern &&
			streq(generics[i].module, alias->module))
			return modalias_wildcards(generics[i].pattern);
	return UINT_MAX;
}

/* Puts a candidate behind those that are as good: the order of arrival decides a tie. */
static int insert(
	struct variant_ranking *ranking, const struct variant_alias *alias, const char *generic)
{
	struct variant *grown, new = { .source = alias->source };
	size_t at = 0;

	new.wildcards =
		alias->pattern ? modalias_wildcards(alias->pattern) : implied_wildcards(alias);
	new.module = alias->module;
	for (size_t i = 0; i < ranking->n_variants; i++) {
		struct variant *old = &ranking->variants[i];

		if (!util_same_name(old->module, alias->module))
			continue;
		if (!ranks_before(&new, old, generic))
			return 0;
		/* A better pattern of a module that is ranked already. */
		free(old->module);
		free(old->pattern);
		memmove(old, old + 1, (ranking->n_variants - i - 1) * sizeof(*old));
		ranking->n_variants--;
		break;
	}
	grown = realloc(ranking->variants, (ranking->n_variants + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	ranking->variants = grown;
	at = ranking->n_variants;
	while (at > 0 && ranks_before(&new, &grown[at - 1], generic))
		at--;
	new.module = strdup(alias->module);
	new.pattern = alias->pattern ? strdup(alias->pattern) : NULL;
	memmove(&grown[at + 1], &grown[at], (ranking->n_variants - at) * sizeof(*grown));
	grown[at] = new;
	ranking->n_variants++;
	return new.module && (new.pattern || !alias->pattern) ? 0 : -ENOMEM;
}

static bool is_ranked(const struct variant_ranking *ranking, const char *module)
{
	for (size_t i = 0; i < ranking->n_variants; i++)
		if (util_same_name(ranking->variants[i].module, module))
			return true;
	return false;
}

static void prefix_modalias(const char *modalias, char *ret, size_t size)
{
	util_format(ret, size, "vfio_%s", modalias);
	modalias_normalize(ret);
}

int variant_rank(const struct variant_table *table, const char *modalias, const char *generic,
	struct variant_ranking *ret)
{
	char vfio_modalias[SYSFS_VALUE_MAX + 8];
	int err = 0;

	*ret = (struct variant_ranking){ .best = -1 };
	prefix_modalias(modalias, vfio_modalias, sizeof(vfio_modalias));
	for (size_t i = 0; i < table->n_aliases && err == 0; i++)
		if (modalias_matches(table->aliases[i].pattern, vfio_modalias))
			err = insert(ret, &table->aliases[i], generic);
	if (err == 0 && !is_ranked(ret, generic)) {
		const struct variant_alias last = { NULL, (char *)generic, VARIANT_GENERIC };

		err = insert(ret, &last, generic);
	}
	if (err < 0)
		variant_ranking_free(ret);
	else
		variant_choose(ret);
	return err;
}

void variant_choose(struct variant_ranking *ranking)
{
	ranking->best = -1;
	ranking->ambiguous = false;
	for (size_t i = 0; i < ranking->n_variants; i++) {
		const struct variant *v = &ranking->variants[i];

		if (v->reason != VARIANT_USABLE)
			continue;
		if (ranking->best < 0)
			ranking->best = (int)i;
		else if (v->wildcards == ranking->variants[ranking->best].wildcards)
			ranking->ambiguous = true;
	}
}

int variant_append(struct variant_ranking *ranking, const char *module)
{
	const struct variant_alias named = { NULL, (char *)module, VARIANT_NAMED };
	/* No generic driver here: it comes behind what nothing names either. */
	int err = insert(ranking, &named, "");

	if (err == 0)
		ranking->best = (int)ranking->n_variants - 1;
	return err;
}

void variant_ranking_free(struct variant_ranking *ranking)
{
	for (size_t i = 0; i < ranking->n_variants; i++) {
		free(ranking->variants[i].module);
		free(ranking->variants[i].pattern);
	}
	free(ranking->variants);
	*ranking = (struct variant_ranking){ .best = -1 };
}

/* --- this system --- */

/* What fills the table: only aliases that match are kept of the thousands there are. */
struct gathering {
	struct variant_table *table;
	const char *vfio_modalias;
	enum variant_source source;
};

static int gather(const char *pattern, const char *module, void *userdata)
{
	const struct gathering *g = userdata;

	if (!modalias_matches(pattern, g->vfio_modalias))
		return 0;
	return variant_add(g->table, pattern, module, g->source);
}

static int open_file(const char *folder, const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	int fd, err;

	if (util_format(path, sizeof(path), "%s/%s", folder, name) < 0)
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
	if (err < 0)
		close(fd);
	return err < 0 ? err : fd;
}

/*
 * Reads a file in pieces that end with @end, an entry's last byte, and calls @parse on each.
 * Reading it whole would cost more than ranking does. An entry longer than a piece is dropped.
 */
static int in_pieces(int fd, char end, int (*parse)(char *text, size_t size, struct gathering *g),
	struct gathering *g)
{
	char buf[65536 + 1];
	size_t used = 0;
	int err = 0;

	while (err == 0) {
		ssize_t n = read(fd, buf + used, sizeof(buf) - 1 - used);
		char *last;
		size_t size;

		if (n < 0)
			return -errno;
		used += (size_t)n;
		/* The last line of a file may lack its end. */
		last = n == 0 ? buf + used : memrchr(buf, end, used);
		size = n == 0 ? used : last ? (size_t)(last + 1 - buf) : 0;
		if (size > 0) {
			char next = buf[size];

			buf[size] = '\0';
			err = parse(buf, size, g);
			buf[size] = next;
		}
		if (n == 0)
			return err;
		if (size == 0 && used == sizeof(buf) - 1)
			size = used;
		used -= size;
		memmove(buf, buf + size, used);
	}
	return err;
}

static int parse_aliases(char *text, size_t size, struct gathering *g)
{
	struct modalias_line line;
	int err = 0;

	(void)size;
	while (err == 0 && modalias_next(&text, &line))
		err = gather(line.pattern, line.module, g);
	return err;
}

static int parse_builtin(char *text, size_t size, struct gathering *g)
{
	struct modalias_line line;
	char *end = text + size;
	int err = 0;

	while (err == 0 && modalias_next_builtin(&text, end, &line))
		err = gather(line.pattern, line.module, g);
	return err;
}

static int read_table(struct module_index *index, const char *modalias, struct variant_table *table,
	int *ret_table_error)
{
	char vfio_modalias[SYSFS_VALUE_MAX + 8];
	struct gathering g = { table, vfio_modalias, VARIANT_CONFIG };
	const char *folder = module_index_folder(index);
	CLEANUP_CLOSE int aliases_fd = open_file(folder, "modules.alias");
	CLEANUP_CLOSE int builtin_fd = open_file(folder, "modules.builtin.modinfo");
	int err;

	prefix_modalias(modalias, vfio_modalias, sizeof(vfio_modalias));
	err = module_index_aliases(index, gather, &g);
	if (err < 0)
		return err;
	g.source = VARIANT_ALIAS;
	*ret_table_error =
		aliases_fd < 0 ? aliases_fd : in_pieces(aliases_fd, '\n', parse_aliases, &g);
	/* Kernels without built-in modules, and older ones, have no such file. */
	g.source = VARIANT_BUILTIN;
	if (builtin_fd >= 0)
		in_pieces(builtin_fd, '\0', parse_builtin, &g);
	return 0;
}

static enum variant_reason why_not(
	struct module_index *index, const char *module, char *const *deny, size_t n_deny)
{
	for (size_t i = 0; i < n_deny; i++)
		if (util_same_name(deny[i], module))
			return VARIANT_DENIED;
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

static void name_driver(const char *bus, struct variant *v)
{
	CLEANUP_STRV char **drivers = NULL;
	size_t n;

	if (module_drivers(v->module, bus, &drivers, &n) == 0 && n == 1)
		util_format(v->driver, sizeof(v->driver), "%s", drivers[0]);
}

int variant_find(
	const struct device *dev, char *const *deny, size_t n_deny, struct variant_ranking *ret)
{
	CLEANUP(module_index_close) struct module_index *index = NULL;
	CLEANUP(variant_table_free) struct variant_table table = { 0 };
	const char *generic = variant_generic(dev->bus);
	char modalias[SYSFS_VALUE_MAX], path[PATH_MAX];
	int err, table_error = 0;

	*ret = (struct variant_ranking){ .best = -1 };
	if (!generic)
		return -EOPNOTSUPP;
	err = device_identity(dev, modalias, path);
	if (err < 0)
		return err;
	if (!modalias[0])
		return -ENODATA;
	err = module_index_open(&index);
	if (err < 0)
		return err;
	err = read_table(index, modalias, &table, &table_error);
	if (err == 0)
		err = variant_rank(&table, modalias, generic, ret);
	if (err < 0)
		return err;
	ret->table_error = table_error;
	for (size_t i = 0; i < ret->n_variants; i++) {
		ret->variants[i].reason = why_not(index, ret->variants[i].module, deny, n_deny);
		name_driver(dev->bus, &ret->variants[i]);
	}
	variant_choose(ret);
	return 0;
}
