/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the mark of an initramfs, and what counts as a change of the store. */
#include "store/image.h"

#include "base/file.h"
#include "store/rules.h"
#include "store/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#define NAME "image"
#define IN_IMAGE STORE_DIR "/" NAME
#define KNOWN STORE_RUN_DIR "/" NAME
/* Rules that packages bring; those of /run and of credentials are not there when an initramfs is
 * built. */
#define PACKAGED_RULES "/usr/lib/driverctl.d/" RULES_NAME

/* FNV-1a. */
#define HASH_START UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)

#define MARK_SIZE 18 /* 16 digits, a newline, NUL */

/* --- what is compared --- */

/* With its NUL: the end of a text and the beginning of the next one are not to be exchanged. */
static void mix(uint64_t *hash, const char *text)
{
	do
		*hash = (*hash ^ (unsigned char)*text) * HASH_PRIME;
	while (*text++);
}

static int mix_override(uint64_t *hash, const char *key)
{
	CLEANUP_FREE char *policy = NULL;
	char driver[SYSFS_NAME_MAX] = "";
	int err = saved_driver(key, driver);

	if (err < 0 && err != -EBADMSG)
		return err == -ENOENT ? 0 : err;
	err = saved_policy_text(key, &policy);
	if (err < 0 && err != -ENOENT && err != -EBADMSG)
		return err;
	mix(hash, key);
	mix(hash, driver);
	mix(hash, policy ? policy : "");
	return 0;
}

static int mix_overrides(uint64_t *hash)
{
	CLEANUP_STRV char **keys = NULL;
	int err = saved_list(&keys);

	for (char **key = keys; key && *key; key++) {
		err = mix_override(hash, *key);
		if (err < 0)
			return err;
	}
	return err;
}

static int mix_rule(uint64_t *hash, const char *dir, const char *name)
{
	CLEANUP_FREE char *text = NULL;
	char path[PATH_MAX];
	int err;

	util_format(path, sizeof(path), "%s/%s", dir, name);
	err = file_read_text(AT_FDCWD, path, &text);
	/* A link to /dev/null is no text either. */
	if (err < 0 && err != -EBADMSG)
		return err == -ENOENT ? 0 : err;
	mix(hash, name);
	mix(hash, text ? text : "");
	return 0;
}

static int mix_rules(uint64_t *hash, const char *dir)
{
	CLEANUP_STRV char **names = NULL;
	int err = sysfs_list(dir, NULL, &names, NULL);

	if (err == -ENOENT)
		return 0;
	for (char **name = names; name && *name; name++) {
		/* An editor's. */
		if (**name == '.')
			continue;
		err = mix_rule(hash, dir, *name);
		if (err < 0)
			return err;
	}
	return err;
}

static int make_mark(char ret[MARK_SIZE])
{
	uint64_t hash = HASH_START;
	int err = mix_overrides(&hash);

	if (err < 0)
		return err;
	err = mix_rules(&hash, RULES_DIR);
	if (err < 0)
		return err;
	err = mix_rules(&hash, PACKAGED_RULES);
	if (err < 0)
		return err;
	return util_format(ret, MARK_SIZE, "%016" PRIx64 "\n", hash);
}

/* --- the marks --- */

static int make_known(const char *mark)
{
	CLEANUP_CLOSE int dir_fd = -1;
	int err = file_make_dir(AT_FDCWD, STORE_RUN_DIR, &dir_fd, NULL);

	return err < 0 ? err : file_write(dir_fd, NAME, mark);
}

static bool is_own_store(int dir_fd)
{
	struct stat a, b;

	if (fstat(dir_fd, &a) < 0 || stat(STORE_DIR, &b) < 0)
		return false;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int image_make_store(const char *root, int *ret_dir_fd)
{
	char path[] = STORE_DIR, *rest;
	int err;

	*ret_dir_fd = -1;
	err = file_open_dir(AT_FDCWD, root, ret_dir_fd);
	if (err < 0)
		return err;
	for (char *part = strtok_r(path, "/", &rest); part; part = strtok_r(NULL, "/", &rest)) {
		CLEANUP_CLOSE int parent_fd = util_steal_fd(ret_dir_fd);

		err = file_make_dir(parent_fd, part, ret_dir_fd, NULL);
		if (err < 0)
			return err;
	}
	return is_own_store(*ret_dir_fd) ? -EEXIST : 0;
}

int image_mark(const char *root)
{
	CLEANUP_CLOSE int dir_fd = -1;
	char mark[MARK_SIZE];
	int err = make_mark(mark);

	if (err < 0)
		return err;
	err = image_make_store(root, &dir_fd);
	if (err < 0)
		return err;
	err = file_write(dir_fd, NAME, mark);
	if (err < 0)
		return err;
	make_known(mark);
	return 0;
}

int image_record(bool *ret_is_image)
{
	char mark[MARK_SIZE];
	ssize_t n = file_read(AT_FDCWD, IN_IMAGE, mark, sizeof(mark));

	*ret_is_image = n >= 0;
	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	return make_known(mark);
}

enum image_age image_age(void)
{
	char known[MARK_SIZE], mark[MARK_SIZE];

	if (file_read(AT_FDCWD, KNOWN, known, sizeof(known)) < 0)
		return IMAGE_UNKNOWN;
	if (make_mark(mark) < 0)
		return IMAGE_UNKNOWN;
	return streq(known, mark) ? IMAGE_CURRENT : IMAGE_OLDER;
}
