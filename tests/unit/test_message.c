/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message.h"
#include "test.h"

#include <errno.h>

static const struct device dev = { .bus = "pci", .name = "0000:01:00.0", .path = "/sys/devices/x" };

#define ON(d, o) .state_known = true, .state = { .driver = (d), .override = (o) }

static const struct {
	const char *line;
	struct override_result result;
} cases[] = {
	{ "no such device", { .outcome = OVERRIDE_NO_DEVICE, .reason = OVERRIDE_ABSENT } },
	{ "the kernel offers no driver_override for it",
		{ .outcome = OVERRIDE_FAILED, .reason = OVERRIDE_NOT_OVERRIDABLE } },
	{ "cannot unbind 'nvme': Device or resource busy; back on 'nvme', store unchanged",
		{ .outcome = OVERRIDE_FAILED,
			.step = OVERRIDE_UNBIND,
			.subject = "nvme",
			.error = -EBUSY,
			.touched = true,
			ON("nvme", "") } },
	{ "driver 'i801_smbus' refused the device: No such device; back on 'e1000e', store "
	  "unchanged",
		{ .outcome = OVERRIDE_NOT_BOUND,
			.step = OVERRIDE_BIND,
			.subject = "i801_smbus",
			.error = -ENODEV,
			.touched = true,
			ON("e1000e", "") } },
	{ "driver 'x' refused the device: Input/output error; now without a driver, the override "
	  "'x' stays",
		{ .outcome = OVERRIDE_NOT_BOUND,
			.step = OVERRIDE_BIND,
			.subject = "x",
			.error = -EIO,
			.touched = true,
			.kept = true,
			ON("", "x") } },
	{ "no driver or module 'x'; now on 'e1000e', no override set",
		{ .outcome = OVERRIDE_FAILED,
			.reason = OVERRIDE_DRIVER,
			.driver_problem = DRIVER_UNKNOWN,
			.step = OVERRIDE_FIND_DRIVER,
			.subject = "x",
			.touched = true,
			.kept = true,
			ON("e1000e", "") } },
	{ "no driver or module 'x'; still without a driver, nothing changed",
		{ .outcome = OVERRIDE_FAILED,
			.reason = OVERRIDE_DRIVER,
			.driver_problem = DRIVER_UNKNOWN,
			.subject = "x",
			ON("", "") } },
	{ "cannot load module 'x': Exec format error; still on 'a', nothing changed",
		{ .outcome = OVERRIDE_FAILED,
			.reason = OVERRIDE_DRIVER,
			.driver_problem = DRIVER_NOT_LOADED,
			.subject = "x",
			.error = -ENOEXEC,
			ON("a", "") } },
	{ "module 'x' has several drivers, name one of them: a, b; still on 'c', nothing changed",
		{ .outcome = OVERRIDE_FAILED,
			.reason = OVERRIDE_DRIVER,
			.driver_problem = DRIVER_SEVERAL,
			.subject = "x",
			.names = "a, b",
			ON("c", "") } },
	{ "module 'x' has no driver for bus pci; still on 'c', nothing changed",
		{ .outcome = OVERRIDE_FAILED,
			.reason = OVERRIDE_DRIVER,
			.driver_problem = DRIVER_NOT_ON_BUS,
			.subject = "x",
			ON("c", "") } },
	{ "in use: /dev/vda1 is mounted at /; still on 'virtio-pci', nothing changed (--force "
	  "overrides)",
		{ .outcome = OVERRIDE_REFUSED,
			.reason = OVERRIDE_IN_USE,
			.holder = { .kind = USE_MOUNT, .node = "/dev/vda1", .user = "/" },
			ON("virtio-pci", "") } },
	{ "in use: /dev/vfio/7 is open in qemu-system-x86 (pid 12); still on 'vfio-pci', nothing "
	  "changed (--force overrides)",
		{ .outcome = OVERRIDE_REFUSED,
			.reason = OVERRIDE_IN_USE,
			.holder = { .kind = USE_PROCESS,
				.node = "/dev/vfio/7",
				.user = "qemu-system-x86",
				.pid = 12 },
			ON("vfio-pci", "vfio-pci") } },
	{ "in use: /dev/sda2 is part of /dev/dm-0; still on 'ahci', nothing changed (--force "
	  "overrides)",
		{ .outcome = OVERRIDE_REFUSED,
			.reason = OVERRIDE_IN_USE,
			.holder = { .kind = USE_DEVICE, .node = "/dev/sda2", .user = "/dev/dm-0" },
			ON("ahci", "") } },
	{ "waiting for another driverctl (pid 99) not finished after 3 s",
		{ .outcome = OVERRIDE_UNFINISHED,
			.reason = OVERRIDE_EXPIRED,
			.step = OVERRIDE_LOCK,
			.subject = "99" } },
	{ "unbinding 'vfio-pci' not finished after 3 s; back on 'vfio-pci', store unchanged",
		{ .outcome = OVERRIDE_UNFINISHED,
			.reason = OVERRIDE_EXPIRED,
			.step = OVERRIDE_UNBIND,
			.subject = "vfio-pci",
			.touched = true,
			ON("vfio-pci", "vfio-pci") } },
	{ "cannot unbind 'a': Input/output error; going back failed too: No such device; now "
	  "without a driver, override 'b', store unchanged; try: driverctl unset-override "
	  "pci/0000:01:00.0",
		{ .outcome = OVERRIDE_FAILED,
			.step = OVERRIDE_UNBIND,
			.subject = "a",
			.error = -EIO,
			.touched = true,
			.restore_error = -ENODEV,
			ON("", "b") } },
	{ "cannot write to /etc/driverctl.d: No space left on device; its state is not known",
		{ .outcome = OVERRIDE_FAILED,
			.step = OVERRIDE_SAVE,
			.error = -ENOSPC,
			.touched = true } },
};

static void quotes(void)
{
	char quoted[80];

	same(message_quote("a\nb\x1b", quoted), "a\\x0ab\\x1b", "control characters");
	same(message_quote("", quoted), "", "nothing");
	same(message_quote(
		     "0123456789012345678901234567890123456789012345678901234567890123456", quoted),
		"0123456789012345678901234567890123456789012345678901234567890123...",
		"a long one");
}

int main(void)
{
	struct options options = { .timeout_ms = 3000 };
	char line[8192], expected[1024];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		util_format(expected, sizeof(expected), "0000:01:00.0: %s", cases[i].line);
		same(message_result(&options, &dev, &cases[i].result, line, sizeof(line)), expected,
			cases[i].line);
	}
	quotes();
	return test_end();
}
