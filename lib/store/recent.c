/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the notes of recent changes and their format. Decides nothing by them. */
#include "store/recent.h"

#include "base/file.h"
#include "store/lock.h"

#include <fcntl.h>
#include <inttypes.h>

#define SUFFIX ".recent"

static const char *const words[] = {
	[RECENT_NOTHING] = "",
	[RECENT_LOAD] = "load",
	[RECENT_SAVED] = "saved",
	[RECENT_NOSAVE] = "nosave",
};

static int make_name(const struct device *dev, char ret[NAME_MAX + 1])
{
	char key[DEVICE_KEY_MAX];

	device_key(dev, key);
	return util_format(ret, NAME_MAX + 1, "%s" SUFFIX, key);
}

void recent_note(const struct device *dev, enum recent_by by, const char *driver)
{
	CLEANUP_CLOSE int dir_fd = -1;
	char name[NAME_MAX + 1], line[2 * SYSFS_NAME_MAX];

	if (make_name(dev, name) < 0 || file_make_dir(AT_FDCWD, LOCK_DIR, &dir_fd, NULL) < 0)
		return;
	util_format(line, sizeof(line), "%s %" PRId64 " %" PRIu64 " %s\n", words[by], util_now_ms(),
		device_instance(dev), driver);
	(void)file_write(dir_fd, name, line);
}

static enum recent_by parse_by(const char *word)
{
	for (size_t i = RECENT_LOAD; i < ARRAY_SIZE(words); i++)
		if (streq(word, words[i]))
			return (enum recent_by)i;
	return RECENT_NOTHING;
}

/* Return: whether the line is a note of this device. */
static bool parse(const struct device *dev, char *line, struct recent *ret)
{
	char word[16];
	uint64_t instance;
	int64_t ms;
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	/* NOLINTNEXTLINE(cert-err34-c): another number is another device, or long ago */
	if (sscanf(line, "%15s %" SCNd64 " %" SCNu64 "%n", word, &ms, &instance, &at) != 3)
		return false;
	if (line[at] != ' ' || instance != device_instance(dev))
		return false;
	ret->by = parse_by(word);
	ret->age_ms = util_now_ms() - ms;
	util_format(ret->driver, sizeof(ret->driver), "%s", line + at + 1);
	return ret->by != RECENT_NOTHING;
}

void recent_read(const struct device *dev, struct recent *ret)
{
	char name[NAME_MAX + 1], path[PATH_MAX], line[2 * SYSFS_NAME_MAX];

	*ret = (struct recent){ 0 };
	if (make_name(dev, name) < 0)
		return;
	if (util_format(path, sizeof(path), LOCK_DIR "/%s", name) < 0)
		return;
	if (file_read(AT_FDCWD, path, line, sizeof(line)) < 0)
		return;
	if (!parse(dev, line, ret))
		*ret = (struct recent){ 0 };
}
