/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store's files. Parts: a file's name (BUS-NAME), its text, its policy's, the early step's
 * record, and a driver to save in their place.
 */
#include "fuzz.h"
#include "store/record.h"
#include "store/saved.h"

#include <errno.h>
#include <sys/stat.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_enter();
	if (mkdir(STORE_DIR, 0755) < 0 || mkdir(STORE_POLICY_DIR, 0755) < 0 ||
		mkdir(RECORD_DIR, 0755) < 0)
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

/* Of a line its device, to its NUL; the rest is the driver. */
static char *cut_line(char *line)
{
	char *driver = strchr(line, '\t');

	fuzz_promise(driver && driver[1] && !strchr(line, '\n'));
	*driver = '\0';
	return driver + 1;
}

static void check_early(const char *key, const char *driver)
{
	CLEANUP_STRV char **lines = NULL;
	size_t n = 0, n_before = 0;

	fuzz_promise(record_list(RECORD_EARLY, &lines) == 0);
	for (; lines && lines[n]; n++) {
		cut_line(lines[n]);
		for (size_t i = 0; i < n; i++)
			fuzz_promise(!streq(lines[i], lines[n]));
		n_before += !streq(lines[n], key);
	}
	if (!util_name_valid(key) || !util_name_valid(driver))
		return;

	/* The last line of a device counts, whatever is above it. */
	util_strv_freep(&lines);
	fuzz_promise(record_note(RECORD_EARLY, key, driver) == 0);
	fuzz_promise(record_list(RECORD_EARLY, &lines) == 0);
	for (n = 0; lines && lines[n]; n++)
		;
	fuzz_promise(n > 0 && streq(cut_line(lines[n - 1]), driver) && streq(lines[n - 1], key));
	fuzz_promise(n == n_before + 1);
	util_strv_freep(&lines);
	fuzz_promise(record_note(RECORD_EARLY, key, "") == 0);
	fuzz_promise(record_list(RECORD_EARLY, &lines) == 0);
	for (n = 0; lines && lines[n]; n++)
		fuzz_promise(!streq((cut_line(lines[n]), lines[n]), key));
	fuzz_promise(n == n_before);
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
	size_t text_length, policy_length, early_length;
	CLEANUP_FREE char *file = fuzz_part(&input, NULL);
	CLEANUP_FREE char *text = fuzz_part(&input, &text_length);
	CLEANUP_FREE char *policy = fuzz_part(&input, &policy_length);
	CLEANUP_FREE char *early = fuzz_part(&input, &early_length);
	CLEANUP_FREE char *driver = fuzz_part(&input, NULL);
	char path[PATH_MAX];
	const char *dash;

	if (!file_name_valid(file)) {
		free(file);
		file = strdup("pci-0000:01:00.0");
	}
	util_format(path, sizeof(path), STORE_DIR "/%s", file);
	if (!fuzz_make(path, text, text_length) ||
		!fuzz_make(record_path(RECORD_EARLY), early, early_length))
		abort();
	check_list(file);

	dash = strchr(file, '-');
	if (dash && dash[1]) {
		check_driver(file, text, text_length);
		check_early(file, driver);
		util_format(path, sizeof(path), STORE_POLICY_DIR "/%s.ini", file);
		if (fuzz_make(path, policy, policy_length))
			check_policy(file, policy, policy_length);
		check_save(file, driver, policy);
	}
	clear(STORE_DIR);
	clear(STORE_POLICY_DIR);
	clear(RECORD_DIR);
	return 0;
}
