/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * devices TREE N [GROUPS]: puts N network cards behind a root port into a built tree
 * (tests/helpers), with model names in udev's database; every tenth has an override. GROUPS is the
 * number of IOMMU groups that they are in. In C, because a shell takes a minute.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *tree;

static void check(int ok, const char *path)
{
	if (!ok) {
		perror(path);
		exit(1);
	}
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[512];
	bool written;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", tree, dir, name);
	f = fopen(path, "we");
	written = f && fprintf(f, "%s\n", text) > 0;
	if (f && fclose(f) != 0)
		written = false;
	check(written, path);
}

static void link_to(const char *dir, const char *name, const char *target)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s/%s", tree, dir, name);
	check(symlink(target, path) == 0, path);
}

static void device_name(unsigned int n, char *ret, size_t size)
{
	snprintf(ret, size, "0000:%02x:%02x.%x", 1 + n / 256, n / 8 % 32, n % 8);
}

static void device(unsigned int n)
{
	const char *driver = n % 10 ? "e1000e" : "vfio-pci";
	char name[32], dir[128], target[160], path[512];

	device_name(n, name, sizeof(name));
	snprintf(dir, sizeof(dir), "sys/devices/pci0000:00/0000:00:1c.4/%s", name);
	snprintf(path, sizeof(path), "%s/%s", tree, dir);
	check(mkdir(path, 0755) == 0, path);
	put(dir, "class", "0x020000");
	put(dir, "vendor", "0x8086");
	put(dir, "device", "0x10d3");
	put(dir, "modalias", "pci:v00008086d000010D3sv00008086sd0000A01Fbc02sc00i00");
	put(dir, "uevent", "PCI_CLASS=20000\nPCI_ID=8086:10D3");
	put(dir, "driver_override", n % 10 ? "(null)" : "vfio-pci");
	link_to(dir, "subsystem", "../../../../bus/pci");
	snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
	link_to(dir, "driver", target);
	snprintf(target, sizeof(target), "../../../devices/pci0000:00/0000:00:1c.4/%s", name);
	link_to("sys/bus/pci/devices", name, target);
	snprintf(path, sizeof(path), "+pci:%s", name);
	put("run/udev/data", path, "E:ID_MODEL_FROM_DATABASE=82574L Gigabit Network Connection");
}

static void add_to_group(unsigned int n, unsigned int group)
{
	char name[32], dir[128], link[160], target[160], path[512];

	device_name(n, name, sizeof(name));
	snprintf(dir, sizeof(dir), "sys/kernel/iommu_groups/%u", group);
	snprintf(path, sizeof(path), "%s/%s", tree, dir);
	check(mkdir(path, 0755) == 0 || errno == EEXIST, path);
	snprintf(path, sizeof(path), "%s/%s/devices", tree, dir);
	check(mkdir(path, 0755) == 0 || errno == EEXIST, path);
	snprintf(link, sizeof(link), "devices/%s", name);
	snprintf(target, sizeof(target), "../../../../devices/pci0000:00/0000:00:1c.4/%s", name);
	link_to(dir, link, target);
	snprintf(dir, sizeof(dir), "sys/devices/pci0000:00/0000:00:1c.4/%s", name);
	snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%u", group);
	link_to(dir, "iommu_group", target);
}

static unsigned int number(char **argv, int argc, int i)
{
	return i < argc ? (unsigned int)strtoul(argv[i], NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	unsigned int n_devices = number(argv, argc, 2), n_groups = number(argv, argc, 3);

	if (n_devices < 1 || n_devices > 255 * 256) {
		fprintf(stderr, "usage: devices TREE N [GROUPS]\n");
		return 2;
	}
	tree = argv[1];
	for (unsigned int n = 0; n < n_devices; n++) {
		device(n);
		if (n_groups)
			add_to_group(n, n % n_groups);
	}
	return 0;
}
