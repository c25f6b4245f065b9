/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the layout of /proc/driver/nvidia. Opens no node. */
#include "kernel/nvidia.h"

#include <errno.h>
#include <sys/sysmacros.h>

#define GPUS "/proc/driver/nvidia/gpus"
#define MAJOR 195

bool nvidia_parse_minor(const char *text, unsigned int *ret)
{
	static const char key[] = "Device Minor:";

	for (; text; text = strchr(text, '\n')) {
		const char *value;
		size_t digits;

		text += *text == '\n';
		value = util_after_prefix(text, key);
		if (!value)
			continue;
		value += strspn(value, " \t");
		digits = strspn(value, "0123456789");
		if (digits == 0 || digits > 9 || (value[digits] && value[digits] != '\n'))
			return false;
		*ret = (unsigned int)strtoul(value, NULL, 10);
		return true;
	}
	return false;
}

int nvidia_list(const struct device *dev, struct chardevs *ret)
{
	char dir[SYSFS_NAME_MAX + sizeof(GPUS)], text[SYSFS_VALUE_MAX];
	unsigned int minor_number;
	ssize_t n;

	util_format(dir, sizeof(dir), GPUS "/%s", dev->name);
	n = sysfs_read(dir, "information", text, sizeof(text));
	if (n == -ENOENT)
		return 0;
	if (n < 0)
		return (int)n;
	if (!nvidia_parse_minor(text, &minor_number))
		return -EBADMSG;
	return chardevs_add(ret, makedev(MAJOR, minor_number));
}
