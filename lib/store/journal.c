/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of the journal. Decides nothing by them. */
#include "store/journal.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#define TEXT_MAX 2048

static const char *const by_words[] = {
	[JOURNAL_NOBODY] = "",
	[JOURNAL_HAND] = "hand",
	[JOURNAL_HAND_NOSAVE] = "hand-nosave",
	[JOURNAL_SAVED] = "saved",
	[JOURNAL_KERNEL] = "kernel-command-line",
	[JOURNAL_RULE] = "rule",
};

static const char *const how_words[] = {
	[JOURNAL_SET] = "set",
	[JOURNAL_UNSET] = "unset",
	[JOURNAL_LOAD] = "load",
	[JOURNAL_EARLY] = "early",
};

/* --- read --- */

/* The value of the first line of a key. Return: false if there is none, or it is too long. */
static bool find_value(const char *text, const char *key, char ret[SYSFS_NAME_MAX])
{
	while (*text) {
		const char *value = util_after_prefix(text, key);
		size_t length = strcspn(text, "\n");

		if (value && *value == '=') {
			length -= (size_t)(value + 1 - text);
			return util_format(ret, SYSFS_NAME_MAX, "%.*s", (int)length, value + 1) ==
			       0;
		}
		text += length + (text[length] == '\n');
	}
	return false;
}

/* Return: the index of the word; -1 if it is none of them. */
static int find_word(const char *text, const char *key, const char *const words[], size_t n)
{
	char value[SYSFS_NAME_MAX];

	if (find_value(text, key, value))
		for (size_t i = 0; i < n; i++)
			if (*words[i] && streq(value, words[i]))
				return (int)i;
	return -1;
}

static bool find_number(const char *text, const char *key, uint64_t *ret)
{
	char value[SYSFS_NAME_MAX], *end;

	if (!find_value(text, key, value) || !*value)
		return false;
	errno = 0;
	*ret = strtoull(value, &end, 10);
	return errno == 0 && !*end;
}

static bool find_name(const char *text, const char *key, char ret[SYSFS_NAME_MAX])
{
	return find_value(text, key, ret) && (!*ret || util_name_valid(ret));
}

static bool parse(const char *text, struct journal *ret)
{
	int by = find_word(text, "by", by_words, ARRAY_SIZE(by_words));
	int how = find_word(text, "how", how_words, ARRAY_SIZE(how_words));
	uint64_t ms;

	if (by < 0 || how < 0 || !find_number(text, "time", &ms) ||
		!find_number(text, "instance", &ret->instance))
		return false;
	if (!find_name(text, "override", ret->override) || !find_name(text, "driver", ret->driver))
		return false;
	if (by == JOURNAL_RULE && !find_value(text, "rule", ret->rule))
		return false;
	ret->by = (enum journal_by)by;
	ret->how = (enum journal_how)how;
	ret->ms = (int64_t)ms;
	return true;
}

void journal_find(const char *key, struct journal *ret)
{
	char path[PATH_MAX], text[TEXT_MAX];

	*ret = (struct journal){ 0 };
	util_format(path, sizeof(path), JOURNAL_DIR "/%s", key);
	if (file_read(AT_FDCWD, path, text, sizeof(text)) < 0 || !parse(text, ret))
		*ret = (struct journal){ 0 };
}

void journal_read(const struct device *dev, struct journal *ret)
{
	char key[DEVICE_KEY_MAX];

	device_key(dev, key);
	journal_find(key, ret);
	if (ret->by != JOURNAL_NOBODY && ret->instance != device_instance(dev))
		*ret = (struct journal){ 0 };
}

bool journal_is_by_hand(const struct journal *entry)
{
	return entry->by == JOURNAL_HAND || entry->by == JOURNAL_HAND_NOSAVE;
}

bool journal_has_loaded(const struct journal *entry)
{
	return entry->by != JOURNAL_NOBODY && !journal_is_by_hand(entry) && entry->driver[0];
}

int journal_list(char ***ret_keys)
{
	char **names;
	size_t kept = 0;
	int err = sysfs_list(JOURNAL_DIR, NULL, &names, NULL);

	*ret_keys = NULL;
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	/* Without what a killed process has left. */
	for (char **name = names; name && *name; name++) {
		if (**name == '.')
			free(*name);
		else
			names[kept++] = *name;
	}
	if (names)
		names[kept] = NULL;
	*ret_keys = names;
	return 0;
}

/* --- write --- */

static int replace(int dir_fd, const char *key, const char *text)
{
	char name[NAME_MAX + 1];
	int err = util_format(name, sizeof(name), ".%s.new", key);

	if (err < 0)
		return err;
	err = file_write(dir_fd, name, text);
	if (err == 0 && renameat(dir_fd, name, dir_fd, key) < 0)
		err = -errno;
	if (err < 0)
		(void)unlinkat(dir_fd, name, 0);
	return err;
}

int journal_write(const struct device *dev, const struct journal *entry)
{
	CLEANUP_CLOSE int run_fd = -1, dir_fd = -1;
	char key[DEVICE_KEY_MAX], text[TEXT_MAX];
	int err;

	device_key(dev, key);
	if (entry->by == JOURNAL_NOBODY) {
		util_format(text, sizeof(text), JOURNAL_DIR "/%s", key);
		return file_remove(AT_FDCWD, text);
	}
	err = file_make_dir(AT_FDCWD, STORE_RUN_DIR, &run_fd, NULL);
	if (err < 0)
		return err;
	err = file_make_dir(run_fd, "journal", &dir_fd, NULL);
	if (err < 0)
		return err;
	/* The rule comes last, because the first line of a key counts, and the name of a file may
	 * contain any character. */
	util_format(text, sizeof(text),
		"by=%s\nhow=%s\noverride=%s\ndriver=%s\ntime=%" PRId64 "\ninstance=%" PRIu64
		"\nrule=%s\n",
		by_words[entry->by], how_words[entry->how], entry->override, entry->driver,
		entry->ms, device_instance(dev), entry->rule);
	return replace(dir_fd, key, text);
}
