/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vfio_name GROUP: for each device of an IOMMU group that has a driver, print the name by which
 * systemd is to know the node of the group: the path of the device, followed by "/vfio" (udev's
 * SUBSYSTEM).
 */
#include "kernel/iommu.h"

int main(int argc, char **argv)
{
	CLEANUP(iommu_free) struct iommu_group group = { 0 };
	const char *subsystem = getenv("SUBSYSTEM"), *slash, *name;

	if (argc != 2) {
		fputs("Usage: vfio_name GROUP\n", stderr);
		return EXIT_FAILURE;
	}
	slash = strrchr(argv[1], '/');
	name = slash ? slash + 1 : argv[1];
	if (!util_name_valid(name) || iommu_read_group(name, &group) < 0)
		return EXIT_FAILURE;
	for (size_t i = 0; i < group.n_members; i++)
		if (group.members[i].driver[0])
			printf("%s/%s\n", group.members[i].dev.path, subsystem ? subsystem : "");
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
