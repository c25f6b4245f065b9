// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * hold_vfio GROUP DEVICE: opens a device the way a hypervisor does (container, group, IOMMU,
 * device), prints "ready" and holds it until a signal ends the process.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int check(int r, const char *step)
{
	if (r < 0) {
		perror(step);
		exit(1);
	}
	return r;
}

int main(int argc, char *argv[])
{
	char path[64];
	int container, group;

	if (argc != 3) {
		fprintf(stderr, "usage: hold_vfio GROUP DEVICE\n");
		return 2;
	}
	snprintf(path, sizeof(path), "/dev/vfio/%s", argv[1]);
	container = check(open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC), "/dev/vfio/vfio");
	group = check(open(path, O_RDWR | O_CLOEXEC), path);
	check(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), "VFIO_GROUP_SET_CONTAINER");
	check(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU), "VFIO_SET_IOMMU");
	check(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, argv[2]), "VFIO_GROUP_GET_DEVICE_FD");
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
