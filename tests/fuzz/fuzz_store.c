/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store's files. Parts: a file's name (BUS-NAME), its text, its policy's, an entry of
 * the journal, and a driver to save in their place.
 */
#include "fuzz.h"
#include "store/journal.h"
#include "store/saved.h"

#include <errno.h>
#include <sys/stat.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_enter();
	if (mkdir(STORE_DIR, 0755) < 0 || mkdir(STORE_POLICY_DIR, 0755) < 0 ||
		mkdir(STORE_RUN_DIR, 0755) < 0 || mkdir(JOURNAL_DIR, 0755) < 0)
		abort();
	return 0;
}

static void clear(const char *path)
{
	CLEANUP_CLOSEDIR DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_type != DT_DIR && unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			abort();
}

/* One name, of one file. */
static bool file_name_valid(const char *name)
{
	return *name && !strchr(name, '/') && !streq(name, ".") && !streq(name, "..") &&
	       !streq(name, "policy") && strlen(name) <= NAME_MAX;
}

static bool has(char **names, const char *name)
{
	for (; names && *names; names++)
		if (streq(*names, name))
			return true;
	return false;
}

static void check_list(const char *file)
{
	CLEANUP_STRV char **keys = NULL;
	const char *dash = strchr(file, '-');

	fuzz_promise(saved_list(&keys) == 0);
	for (char **key = keys; key && *key; key++) {
		fuzz_promise(**key != '.' && strchr(*key, '-'));
		if (key > keys)
			fuzz_promise(strcmp(key[-1], *key) < 0);
	}
	if (dash && dash[1] && *file != '.')
		fuzz_promise(has(keys, file));
	else
		fuzz_promise(!has(keys, file));
}

static void check_driver(const char *key, const char *text, size_t length)
{
	char driver[SYSFS_NAME_MAX];
	int err = saved_driver(key, driver);

	fuzz_promise(err == 0 || err == -EBADMSG);
	if (err < 0)
		return;
	fuzz_promise(util_name_valid(driver) && strlen(text) == length);
	text = util_after_prefix(text, driver);
	fuzz_promise(text && strspn(text, " \t\r\n") == strlen(text));
}

static void check_policy(const char *key, const char *text, size_t length)
{
	CLEANUP_FREE char *got = NULL;
	int err = saved_policy_text(key, &got);

	/* None can be saved for it. */
	if (strlen(key) > NAME_MAX - strlen("..ini.new"))
		return;
	if (err == 0)
		fuzz_promise(length == strlen(text) && streq(got, text));
	else
		fuzz_promise(err == -EBADMSG && (length != strlen(text) || length >= 65536));
}

static bool is_name(const char *text)
{
	return !*text || util_name_valid(text);
}

/* Whatever is there is an entry or none; what is written is read again, and dropped. */
static void check_journal(const char *name, const char *driver)
{
	CLEANUP_STRV char **keys = NULL;
	struct device dev = { .bus = "pci" };
	struct journal entry, again;

	journal_find("pci-fuzz", &entry);
	fuzz_promise(is_name(entry.override) && is_name(entry.driver));
	fuzz_promise((entry.by == JOURNAL_RULE) >= (entry.rule[0] != '\0'));
	if (!util_name_valid(driver) || util_format(dev.name, sizeof(dev.name), "%s", name) < 0 ||
		strlen(name) > NAME_MAX - strlen(".pci-.new"))
		return;
	if (entry.by == JOURNAL_NOBODY)
		entry.by = JOURNAL_SAVED;
	memcpy(entry.override, driver, strlen(driver) + 1);
	fuzz_promise(journal_write(&dev, &entry) == 0);
	journal_read(&dev, &again);
	fuzz_promise(again.by == entry.by && again.how == entry.how && again.ms == entry.ms);
	fuzz_promise(streq(again.override, driver) && streq(again.driver, entry.driver));
	fuzz_promise(streq(again.rule, entry.rule));
	fuzz_promise(journal_write(&dev, &(struct journal){ 0 }) == 0);
	journal_read(&dev, &again);
	fuzz_promise(again.by == JOURNAL_NOBODY && journal_list(&keys) == 0);
}

/* Saved, read again, removed. */
static void check_save(const char *key, const char *driver, const char *policy)
{
	CLEANUP(savefile_discard) struct savefile put = { 0 }, gone = { 0 };
	static struct saved saved;
	static struct policy again;
	CLEANUP_FREE char *text = NULL;
	char got[SYSFS_NAME_MAX];
	int err;

	if (!util_name_valid(driver) || driver[strlen(driver) - 1] == ' ')
		return;
	(void)policy_parse(policy, &saved.policy);
	util_format(saved.driver, sizeof(saved.driver), "%s", driver);
	err = saved_put(&put, key, &saved, false);
	fuzz_promise(err == 0 || err == -ENAMETOOLONG || err == -EINVAL);
	if (err < 0)
		return;
	fuzz_promise(savefile_commit(&put) == 0);
	fuzz_promise(saved_driver(key, got) == 0 && streq(got, driver));
	fuzz_promise(saved_policy_text(key, &text) == 0 && policy_parse(text, &again) == 0);
	fuzz_promise(streq(again.driver, driver) && streq(again.path, saved.policy.path));
	fuzz_promise(saved_delete(&gone, key, false) == 0 && savefile_commit(&gone) == 0);
	fuzz_promise(saved_driver(key, got) == -ENOENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	size_t text_length, policy_length, entry_length;
	CLEANUP_FREE char *file = fuzz_part(&input, NULL);
	CLEANUP_FREE char *text = fuzz_part(&input, &text_length);
	CLEANUP_FREE char *policy = fuzz_part(&input, &policy_length);
	CLEANUP_FREE char *entry = fuzz_part(&input, &entry_length);
	CLEANUP_FREE char *driver = fuzz_part(&input, NULL);
	char path[PATH_MAX];
	const char *dash;

	if (!file_name_valid(file)) {
		free(file);
		file = strdup("pci-0000:01:00.0");
	}
	util_format(path, sizeof(path), STORE_DIR "/%s", file);
	if (!fuzz_make(path, text, text_length) ||
		!fuzz_make(JOURNAL_DIR "/pci-fuzz", entry, entry_length))
		abort();
	check_list(file);

	dash = strchr(file, '-');
	if (dash && dash[1]) {
		check_driver(file, text, text_length);
		check_journal(dash + 1, driver);
		util_format(path, sizeof(path), STORE_POLICY_DIR "/%s.ini", file);
		if (fuzz_make(path, policy, policy_length))
			check_policy(file, policy, policy_length);
		check_save(file, driver, policy);
	}
	clear(STORE_DIR);
	clear(STORE_POLICY_DIR);
	clear(JOURNAL_DIR);
	return 0;
}
