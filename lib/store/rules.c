/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns where rules are, and which file counts. Does not know what a rule means. */
#include "store/rules.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define DEV_NULL "/dev/null"

/* The names of the files are PREFIX NAME SUFFIX. */
static const struct place {
	const char *dir, *prefix, *suffix;
} places[] = {
	{ RULES_DIR, "", RULES_SUFFIX },
	{ RUNDIR "/driverctl.d/rules", "", RULES_SUFFIX },
	{ "/run/credentials/@system", "driverctl.rules.", "" },
	{ "/usr/lib/driverctl.d/rules", "", RULES_SUFFIX },
};

/* --- one file --- */

/* Without them, nothing is known of any rule. */
static bool is_fatal(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

static bool is_masked(const char *path)
{
	char target[sizeof(DEV_NULL)];
	ssize_t n = readlink(path, target, sizeof(target));
	struct stat st;

	/* In an initramfs, /dev may be empty. */
	if (n == (ssize_t)strlen(DEV_NULL) && memcmp(target, DEV_NULL, (size_t)n) == 0)
		return true;
	return n > 0 && stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static bool is_gone(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 && errno == ENOENT;
}

static int note_error(struct rule *rule, int err)
{
	rule->error = err;
	if (err == -EBADMSG)
		rule->why = "not a text file of less than 64 KiB";
	return is_fatal(err) ? err : 0;
}

/* Return: 0, also if the rule is excluded; -ENOENT if the file was removed since it was listed;
 * another -errno if nothing is known of any rule. */
static int read_file(struct rule *rule)
{
	CLEANUP_FREE char *text = NULL;
	int err;

	rule->masked = is_masked(rule->file);
	if (rule->masked)
		return 0;
	err = file_read_text(AT_FDCWD, rule->file, &text);
	if (err == -ENOENT && is_gone(rule->file))
		return err;
	if (err < 0)
		return note_error(rule, err);
	err = rule_parse(text, rule);
	return is_fatal(err) ? err : 0;
}

/* --- all files --- */

static bool has(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->n; i++)
		if (streq(rules->list[i].name, name))
			return true;
	return false;
}

/* Adds a rule. Takes @name. Return: 0 or -ENOMEM. */
static int add(struct rules *rules, char *name, const char *dir, const char *file, int err)
{
	struct rule *grown = reallocarray(rules->list, rules->n + 1, sizeof(*grown));
	struct rule rule = { .name = name, .error = err };

	if (grown)
		rules->list = grown;
	if (!grown || !name || asprintf(&rule.file, "%s%s%s", dir, *file ? "/" : "", file) < 0) {
		free(name);
		return -ENOMEM;
	}
	grown[rules->n++] = rule;
	return 0;
}

/* Return: the name of the rule, which the caller frees; NULL if the file is none, or without
 * memory, which @ret_err tells. */
static char *rule_name(const struct place *place, const char *file, int *ret_err)
{
	const char *begin = util_after_prefix(file, place->prefix);
	size_t suffix = strlen(place->suffix), length = begin ? strlen(begin) : 0;
	char *name;

	*ret_err = 0;
	if (*file == '.' || length <= suffix)
		return NULL;
	length -= suffix;
	if (!streq(begin + length, place->suffix))
		return NULL;
	name = strndup(begin, length);
	if (!name)
		*ret_err = -ENOMEM;
	return name;
}

/* Whether the file of the rule that is about to change is not looked at any more. */
static bool is_changed(
	const struct rules_change *change, const struct place *place, const char *name)
{
	return change && place == &places[0] && streq(change->name, name);
}

static int add_file(struct rules *rules, const struct rules_change *change,
	const struct place *place, const char *file)
{
	int err;
	char *name = rule_name(place, file, &err);

	if (!name)
		return err;
	if (has(rules, name) || is_changed(change, place, name)) {
		free(name);
		return 0;
	}
	return add(rules, name, place->dir, file, 0);
}

static int add_files(
	struct rules *rules, const struct rules_change *change, const struct place *place, DIR *dir)
{
	for (;;) {
		struct dirent *entry;
		int err;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return -errno;
		err = add_file(rules, change, place, entry->d_name);
		if (err < 0)
			return err;
	}
}

static int list_place(
	struct rules *rules, const struct rules_change *change, const struct place *place)
{
	CLEANUP_CLOSEDIR DIR *dir = opendir(place->dir);
	int err;

	if (!dir && errno == ENOENT)
		return 0;
	err = dir ? add_files(rules, change, place, dir) : -errno;
	if (err >= 0 || is_fatal(err))
		return err;
	return add(rules, strdup(place->dir), place->dir, "", err);
}

/* The rule as it will be. */
static int add_changed(struct rules *rules, const struct rules_change *change)
{
	char file[NAME_MAX + sizeof(RULES_SUFFIX)];
	int err;

	util_format(file, sizeof(file), "%s" RULES_SUFFIX, change->name);
	err = add(rules, strdup(change->name), RULES_DIR, file, 0);
	if (err < 0)
		return err;
	err = rule_parse(change->text, &rules->list[rules->n - 1]);
	rules->list[rules->n - 1].is_read = true;
	return is_fatal(err) ? err : 0;
}

/* In the order of the file names. A credential is NAME.rule, too. */
static int compare(const void *a, const void *b)
{
	const struct rule *first = a, *second = b;
	char first_file[NAME_MAX + sizeof(RULES_SUFFIX)],
		second_file[NAME_MAX + sizeof(RULES_SUFFIX)];

	util_format(first_file, sizeof(first_file), "%s" RULES_SUFFIX, first->name);
	util_format(second_file, sizeof(second_file), "%s" RULES_SUFFIX, second->name);
	return strcmp(first_file, second_file);
}

/* Those that were removed since are forgotten. */
static int read_files(struct rules *rules)
{
	size_t n = rules->n;

	rules->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct rule *rule = &rules->list[i];
		int err = rule->error || rule->is_read ? 0 : read_file(rule);

		if (err == -ENOENT) {
			rule_free(rule);
			continue;
		}
		rules->list[rules->n++] = *rule;
		if (err < 0) {
			while (++i < n)
				rule_free(&rules->list[i]);
			return err;
		}
	}
	return 0;
}

static int read_all(const struct rules_change *change, struct rules *rules)
{
	int err;

	if (change && change->text) {
		err = add_changed(rules, change);
		if (err < 0)
			return err;
	}
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		err = list_place(rules, change, &places[i]);
		if (err < 0)
			return err;
	}
	if (rules->n > 1)
		qsort(rules->list, rules->n, sizeof(*rules->list), compare);
	return read_files(rules);
}

int rules_read(const struct rules_change *change, struct rules *ret)
{
	int err;

	*ret = (struct rules){ 0 };
	err = read_all(change, ret);
	if (err < 0)
		rules_free(ret);
	return err;
}

int rules_check(const struct rules *rules)
{
	for (size_t i = 0; i < rules->n; i++) {
		int err = rules->list[i].error;

		if (err < 0 && err != -EBADMSG && err != -ENOENT)
			return err;
	}
	return 0;
}

bool rules_may_have(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *rule = &rules->list[i];

		/* A path is that of a directory. */
		if (rule->error && (streq(rule->name, name) || strchr(rule->name, '/')))
			return true;
	}
	return false;
}

/* Whether a rule before this one is for the same bus. */
static bool is_bus_done(const struct rules *rules, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (rule_counts(&rules->list[k]) && streq(rules->list[k].bus, rules->list[i].bus))
			return true;
	return false;
}

const char *rules_next_bus(const struct rules *rules, size_t *i)
{
	while (*i < rules->n) {
		size_t at = (*i)++;

		if (rule_counts(&rules->list[at]) && !is_bus_done(rules, at))
			return rules->list[at].bus;
	}
	return NULL;
}

/* --- a change --- */

static int save_file(struct savefile *save, const char *name)
{
	char file[NAME_MAX + 1];
	int err = util_format(file, sizeof(file), RULES_FILE, name);

	return err < 0 ? err : savefile_add(save, RULES_DIR, file);
}

/* A link is somebody's decision: that the rule of another directory is not to count. */
static bool is_link(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	util_format(path, sizeof(path), RULES_DIR "/" RULES_FILE, name);
	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

int rules_prepare(const struct rules_change *change, struct savefile *save, bool dry_run)
{
	int err = save_file(save, change->name);

	if (err < 0)
		return err;
	save->remove_dir = RULES_DIR;
	if (!change->text)
		return savefile_prepare_removal(save, dry_run);
	if (is_link(change->name))
		return -EEXIST;
	return savefile_prepare(save, &change->text, dry_run);
}

int rules_tidy(const char *name)
{
	struct savefile save = { 0 };
	int err = save_file(&save, name);

	return err < 0 ? err : savefile_tidy(&save);
}

void rules_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		rule_free(&rules->list[i]);
	free(rules->list);
	*rules = (struct rules){ 0 };
}
