/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/sysfs.h"
#include "test.h"

#include <errno.h>
#include <sys/stat.h>

static const char *const folders[] = { "class", "devices", "devices/pci", "devices/virtual",
	"devices/virtual/subsys0" };

static const struct {
	const char *path, *link, *target;
	int err;
} cases[] = {
	{ "class/vda", "../devices/pci/vda", "devices/pci/vda", 0 },
	/* Up to the folder that both are in, not to the top. */
	{ "devices/virtual/subsys0/nvme0", "../../pci/nvme0", "devices/pci/nvme0", 0 },
	{ "devices/pci/physfn", "other", "devices/pci/other", 0 },
	{ "devices/pci/up", "../../../../../../../../../../../x", NULL, -EBADMSG },
	{ "devices/pci/absolute", "/sys/devices", NULL, -EBADMSG },
	{ "devices/pci/none", NULL, NULL, -ENOENT },
	{ "devices/pci", NULL, NULL, -EINVAL },
};

int main(void)
{
	char top[64], wanted[PATH_MAX], target[PATH_MAX];
	bool removed = true;

	util_format(top, sizeof(top), "/tmp/driverctl-test.%ld", (long)getpid());
	if (mkdir(top, 0700) < 0 || chdir(top) < 0)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdir(folders[i], 0700) < 0)
			return 1;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int err;

		if (cases[i].link && symlink(cases[i].link, cases[i].path) < 0)
			return 1;
		util_format(wanted, sizeof(wanted), "%s/%s", top,
			cases[i].target ? cases[i].target : "");
		err = sysfs_link_target(top, cases[i].path, target);
		ok(err == cases[i].err && (err < 0 || streq(target, wanted)), "%s: %d",
			cases[i].path, err);
		removed = (!cases[i].link || unlink(cases[i].path) == 0) && removed;
	}
	for (size_t i = ARRAY_SIZE(folders); i-- > 0;)
		removed = rmdir(folders[i]) == 0 && removed;
	ok(rmdir(top) == 0 && removed, "nothing stays behind");
	return test_end();
}
