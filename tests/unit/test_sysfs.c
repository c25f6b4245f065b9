/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sysfs.h"
#include "test.h"

#include <errno.h>

int main(void)
{
	static const struct {
		const char *path, *link, *target;
		int err;
	} cases[] = {
		{ "class/vda", "../devices/pci/vda", "devices/pci/vda", 0 },
		/* Up to the folder that both are in, not to the top. */
		{ "devices/virtual/subsys0/nvme0", "../../pci/nvme0", "devices/pci/nvme0", 0 },
		{ "devices/pci/physfn", "other", "devices/pci/other", 0 },
		{ "devices/pci/up", "../../../../../../../../../../../x", NULL, -EBADMSG },
		{ "devices/pci/none", NULL, NULL, -ENOENT },
		{ "devices/pci", NULL, NULL, -EINVAL },
	};
	char top[] = "/tmp/driverctl-test.XXXXXX", path[PATH_MAX], wanted[PATH_MAX];
	char target[PATH_MAX], command[128];

	if (!mkdtemp(top) || chdir(top) < 0)
		return 1;
	ok(system("mkdir -p class devices/pci devices/virtual/subsys0") == 0, "folders");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int err;

		if (cases[i].link && symlink(cases[i].link, cases[i].path) < 0)
			return 1;
		util_format(path, sizeof(path), "%s/%s", top, cases[i].path);
		util_format(wanted, sizeof(wanted), "%s/%s", top,
			cases[i].target ? cases[i].target : "");
		err = sysfs_link_target(path, target);
		ok(err == cases[i].err && (err < 0 || streq(target, wanted)), "%s: %d",
			cases[i].path, err);
	}
	util_format(command, sizeof(command), "rm -r %s", top);
	ok(chdir("/") == 0 && system(command) == 0, "removed");
	return test_end();
}
