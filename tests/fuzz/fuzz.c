/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the targets share. Nothing here knows what is tested. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/vfs.h>

void fuzz_broken(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, condition);
	abort();
}

char *fuzz_part(struct fuzz_input *input, size_t *ret_length)
{
	const uint8_t *end = input->size ? memchr(input->data, FUZZ_SEPARATOR, input->size) : NULL;
	size_t length = end ? (size_t)(end - input->data) : input->size;
	char *text = malloc(length + 1);

	if (!text)
		abort();
	if (length)
		memcpy(text, input->data, length);
	text[length] = '\0';
	input->data += length + (end != NULL);
	input->size -= length + (end != NULL);
	if (ret_length)
		*ret_length = length;
	return text;
}

bool fuzz_make(const char *path, const char *text, size_t size)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return false;
	if (size && write(fd, text, size) != (ssize_t)size)
		abort();
	return true;
}

static void require(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "fuzz_enter: %s: %s\n", what, strerror(errno));
	abort();
}

/* Only this user exists in the new namespace: a user may then mount there. */
static void map_user(unsigned int uid, unsigned int gid)
{
	char text[32];

	require(fuzz_make("/proc/self/setgroups", "deny", strlen("deny")), "setgroups");
	util_format(text, sizeof(text), "%u %u 1\n", uid, uid);
	require(fuzz_make("/proc/self/uid_map", text, strlen(text)), "uid_map");
	util_format(text, sizeof(text), "%u %u 1\n", gid, gid);
	require(fuzz_make("/proc/self/gid_map", text, strlen(text)), "gid_map");
}

static bool is_empty(const char *path)
{
	CLEANUP_CLOSEDIR DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return false;
	while ((entry = readdir(dir)))
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			return false;
	return true;
}

void fuzz_enter(void)
{
	static const char *const folders[] = { "/etc", "/run", "/sys" };
	unsigned int uid = getuid(), gid = getgid();

	require(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0, "unshare");
	map_user(uid, gid);
	require(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "/");
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		struct statfs fs;

		require(mount("tmpfs", folders[i], "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
				"size=4m,mode=0755") == 0,
			folders[i]);
		require(statfs(folders[i], &fs) == 0 && fs.f_type == TMPFS_MAGIC &&
				is_empty(folders[i]),
			folders[i]);
	}
}
