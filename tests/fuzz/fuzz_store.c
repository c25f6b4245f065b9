/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store's files. Parts: a file's name (BUS-NAME), its text, its policy's, the early step's
 * record, and a driver to save in their place.
 */
#include "fuzz.h"
#include "store/policy.h"
#include "store/early.h"
#include "store/pending.h"

#include <errno.h>
#include <sys/stat.h>

#define EARLY STORE_LOCK_DIR "/early"
#define POLICY_DIR STORE_DIR "/policy"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_enter();
	if (mkdir(STORE_DIR, 0755) < 0 || mkdir(POLICY_DIR, 0755) < 0 ||
		mkdir(STORE_LOCK_DIR, 0755) < 0)
		abort();
	return 0;
}

static void clear(const char *folder)
{
	CLEANUP_CLOSEDIR DIR *dir = opendir(folder);
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

static void check_list(const char *bus, const char *file)
{
	CLEANUP_STRV char **names = NULL;
	const char *rest;

	fuzz_promise(store_list(bus, &names) == 0);
	for (char **name = names; name && *name; name++) {
		fuzz_promise(**name);
		if (name > names)
			fuzz_promise(strcmp(name[-1], *name) < 0);
		if (!bus)
			fuzz_promise(**name != '.' && strchr(*name, '-'));
	}
	rest = bus ? util_after_prefix(file, bus) : strchr(file, '-');
	if (rest && *rest == '-' && rest[1] && *file != '.')
		fuzz_promise(has(names, bus ? rest + 1 : file));
	else
		fuzz_promise(!has(names, file));
}

static void check_driver(const char *bus, const char *name, const char *text, size_t length)
{
	char driver[SYSFS_NAME_MAX];
	int err = store_read(bus, name, driver);

	fuzz_promise(err == 0 || err == -EBADMSG);
	if (err < 0)
		return;
	fuzz_promise(util_name_valid(driver) && strlen(text) == length);
	text = util_after_prefix(text, driver);
	fuzz_promise(text && strspn(text, " \t\r\n") == strlen(text));
}

static void check_policy(const char *bus, const char *name, const char *text, size_t length)
{
	CLEANUP_FREE char *got = NULL;
	int err = store_read_policy(bus, name, &got);

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

static void check_early(const char *bus, const char *name, const char *driver)
{
	CLEANUP_STRV char **lines = NULL;
	char file[2 * SYSFS_NAME_MAX];
	size_t n = 0, n_before = 0;

	util_format(file, sizeof(file), "%s-%s", bus, name);
	fuzz_promise(store_early_list(&lines) == 0);
	for (; lines && lines[n]; n++) {
		cut_line(lines[n]);
		for (size_t i = 0; i < n; i++)
			fuzz_promise(!streq(lines[i], lines[n]));
		n_before += !streq(lines[n], file);
	}
	if (!util_name_valid(file) || !util_name_valid(driver))
		return;

	/* The last line of a device counts, whatever is above it. */
	util_strv_freep(&lines);
	fuzz_promise(store_early_note(bus, name, driver) == 0);
	fuzz_promise(store_early_list(&lines) == 0);
	for (n = 0; lines && lines[n]; n++)
		;
	fuzz_promise(n > 0 && streq(cut_line(lines[n - 1]), driver) && streq(lines[n - 1], file));
	fuzz_promise(n == n_before + 1);
	util_strv_freep(&lines);
	fuzz_promise(store_early_note(bus, name, "") == 0);
	fuzz_promise(store_early_list(&lines) == 0);
	for (n = 0; lines && lines[n]; n++)
		fuzz_promise(!streq((cut_line(lines[n]), lines[n]), file));
	fuzz_promise(n == n_before);
}

/* Saved, read again, removed. */
static void check_save(const char *bus, const char *name, const char *driver, const char *policy)
{
	CLEANUP(store_discard) struct store_pending p = STORE_PENDING_NONE, gone = p;
	CLEANUP_FREE char *text = NULL;
	char got[SYSFS_NAME_MAX];
	int err;

	if (!util_name_valid(driver) || driver[strlen(driver) - 1] == ' ')
		return;
	err = store_prepare(&p, bus, name, driver, policy);
	fuzz_promise(err == 0 || err == -ENAMETOOLONG);
	if (err < 0)
		return;
	fuzz_promise(store_commit(&p) == 0);
	fuzz_promise(store_read(bus, name, got) == 0 && streq(got, driver));
	err = store_read_policy(bus, name, &text);
	fuzz_promise(strlen(policy) >= 65536 ? err == -EBADMSG : err == 0 && streq(text, policy));
	fuzz_promise(store_prepare_removal(&gone, bus, name) == 0 && store_commit(&gone) == 0);
	fuzz_promise(store_read(bus, name, got) == -ENOENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	size_t text_length, policy_length, early_length;
	CLEANUP_FREE char *file = fuzz_part(&input, NULL);
	CLEANUP_FREE char *text = fuzz_part(&input, &text_length);
	CLEANUP_FREE char *policy = fuzz_part(&input, &policy_length);
	CLEANUP_FREE char *early = fuzz_part(&input, &early_length);
	CLEANUP_FREE char *driver = fuzz_part(&input, NULL), *bus = NULL;
	char path[PATH_MAX];
	const char *dash;

	if (!file_name_valid(file)) {
		free(file);
		file = strdup("pci-0000:01:00.0");
	}
	util_format(path, sizeof(path), STORE_DIR "/%s", file);
	if (!fuzz_make(path, text, text_length) || !fuzz_make(EARLY, early, early_length))
		abort();
	check_list(NULL, file);
	check_list("pci", file);
	check_list("fsl", file);
	check_list("fsl-mc", file);

	dash = strchr(file, '-');
	if (dash && dash[1]) {
		bus = strndup(file, (size_t)(dash - file));
		check_driver(bus, dash + 1, text, text_length);
		check_early(bus, dash + 1, driver);
		util_format(path, sizeof(path), POLICY_DIR "/%s.ini", file);
		if (fuzz_make(path, policy, policy_length))
			check_policy(bus, dash + 1, policy, policy_length);
		check_save(bus, dash + 1, driver, policy);
	}
	clear(STORE_DIR);
	clear(POLICY_DIR);
	clear(STORE_LOCK_DIR);
	return 0;
}
