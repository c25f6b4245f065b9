/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vfio_name GROUP: print, for every device of an IOMMU group that has a driver, the name under
 * which systemd is to know the group's node: the device's path with "/vfio" (udev's SUBSYSTEM)
 * behind it.
 */
#include "kernel/sysfs.h"

#include <limits.h>

int main(int argc, char **argv)
{
	const char *subsystem = getenv("SUBSYSTEM"), *group;
	CLEANUP_STRV char **devices = NULL;
	char folder[PATH_MAX], link[PATH_MAX], path[PATH_MAX];

	if (argc != 2) {
		fputs("Usage: vfio_name GROUP\n", stderr);
		return EXIT_FAILURE;
	}
	group = strrchr(argv[1], '/') ? strrchr(argv[1], '/') + 1 : argv[1];
	if (!util_name_valid(group) ||
		util_format(folder, sizeof(folder), "/sys/kernel/iommu_groups/%s/devices", group) <
			0 ||
		sysfs_list(folder, &devices, NULL) < 0)
		return EXIT_FAILURE;
	for (char **device = devices; device && *device; device++) {
		util_format(link, sizeof(link), "%s/%s", folder, *device);
		if (!realpath(link, path) ||
			util_format(link, sizeof(link), "%s/driver", path) < 0 ||
			!sysfs_exists(link))
			continue;
		printf("%s/%s\n", path, subsystem ? subsystem : "");
	}
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
