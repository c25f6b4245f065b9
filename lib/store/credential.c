/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns where credentials are. Does not know what a rule means. */
#include "store/credential.h"

#include "base/file.h"
#include "store/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#define PREFIX "driverctl.rules."

/* The second is what a unit with mounts of its own can see. */
static const char *const places[] = { "/run/credentials/@system", STORE_RUN_DIR "/credentials" };

static int make_dir(int *ret_dir_fd)
{
	CLEANUP_CLOSE int store_fd = -1;
	int err = file_make_dir(AT_FDCWD, RUNDIR "/driverctl.d", &store_fd, NULL);

	return err < 0 ? err : file_make_dir(store_fd, RULES_NAME, ret_dir_fd, NULL);
}

static int copy(const char *place, const char *credential, const char *name)
{
	CLEANUP_CLOSE int dir_fd = -1;
	CLEANUP_FREE char *text = NULL;
	char path[PATH_MAX], file[NAME_MAX + sizeof(RULES_SUFFIX)];
	int err;

	util_format(path, sizeof(path), "%s/%s", place, credential);
	util_format(file, sizeof(file), RULES_FILE, name);
	err = file_read_text(AT_FDCWD, path, &text);
	if (err < 0)
		return err;
	err = make_dir(&dir_fd);
	if (err < 0)
		return err;
	if (faccessat(dir_fd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return file_write(dir_fd, file, text);
}

static int copy_from(const char *place)
{
	CLEANUP_STRV char **names = NULL;
	int result = sysfs_list(place, NULL, &names, NULL);

	if (result == -ENOENT)
		return 0;
	for (char **credential = names; credential && *credential; credential++) {
		const char *name = util_after_prefix(*credential, PREFIX);
		int err;

		if (!name || *name == '.' || !*name)
			continue;
		err = copy(place, *credential, name);
		if (result == 0)
			result = err;
	}
	return result;
}

int credential_copy(void)
{
	int result = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int err = copy_from(places[i]);

		/* If the one is hidden, the other is not. */
		if (result == 0 && err != -EACCES)
			result = err;
	}
	return result;
}
