/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message.h"
#include "test.h"

#include <errno.h>

static const struct device dev = { .bus = "pci", .name = "0000:01:00.0", .path = "/sys/devices/x" };

#define ON(d, o) .state = { .driver = (d), .override = (o) }

static const struct {
	const char *line;
	struct override_failure failure;
	struct override_end end;
} cases[] = {
	{ "no such device", { .cause = OVERRIDE_ABSENT }, { .outcome = OVERRIDE_UNTOUCHED } },
	{ "the kernel offers no driver_override for it", { .cause = OVERRIDE_NOT_OVERRIDABLE },
		{ .outcome = OVERRIDE_UNSEEN } },
	{ "cannot unbind 'nvme': Device or resource busy; back on 'nvme', store unchanged",
		{ .cause = OVERRIDE_STEP_FAILED,
			.step = OVERRIDE_UNBIND,
			.subject = "nvme",
			.error = -EBUSY },
		{ .outcome = OVERRIDE_RESTORED, ON("nvme", "") } },
	{ "driver 'i801_smbus' refused the device: No such device; back on 'e1000e', store "
	  "unchanged",
		{ .cause = OVERRIDE_DRIVER_REFUSED, .subject = "i801_smbus", .error = -ENODEV },
		{ .outcome = OVERRIDE_RESTORED, ON("e1000e", "") } },
	{ "driver 'x' refused the device: Input/output error; now without a driver, the override "
	  "'x' stays",
		{ .cause = OVERRIDE_DRIVER_REFUSED, .subject = "x", .error = -EIO },
		{ .outcome = OVERRIDE_KEPT, ON("", "x") } },
	{ "no driver or module 'x'; now on 'e1000e', no override set",
		{ .cause = OVERRIDE_NO_DRIVER, .subject = "x" },
		{ .outcome = OVERRIDE_KEPT, ON("e1000e", "") } },
	{ "no driver or module 'x'; still without a driver, nothing changed",
		{ .cause = OVERRIDE_NO_DRIVER, .subject = "x" },
		{ .outcome = OVERRIDE_UNTOUCHED } },
	{ "cannot load module 'x': Exec format error; still on 'a', nothing changed",
		{ .cause = OVERRIDE_NO_VARIANT_BOUND,
			.last_cause = OVERRIDE_NOT_LOADED,
			.subject = "x",
			.error = -ENOEXEC },
		{ .outcome = OVERRIDE_UNTOUCHED, ON("a", "") } },
	{ "module 'x' has several drivers, name one of them: a, b; still on 'c', nothing changed",
		{ .cause = OVERRIDE_SEVERAL_DRIVERS, .subject = "x", .names = "a, b" },
		{ .outcome = OVERRIDE_UNTOUCHED, ON("c", "") } },
	{ "module 'x' has no driver for bus pci; still on 'c', nothing changed",
		{ .cause = OVERRIDE_NOT_ON_BUS, .subject = "x" },
		{ .outcome = OVERRIDE_UNTOUCHED, ON("c", "") } },
	{ "in use: /dev/vda1 is mounted at /; still on 'virtio-pci', nothing changed (use "
	  "--force to proceed anyway)",
		{ .cause = OVERRIDE_IN_USE,
			.use = { .kind = USE_MOUNT, .node = "/dev/vda1", .user = "/" } },
		{ .outcome = OVERRIDE_UNTOUCHED, ON("virtio-pci", "") } },
	{ "in use: /dev/vda1 is mounted at /a\\x0ab\\x1b[1m; still on 'virtio-pci', nothing "
	  "changed "
	  "(use --force to proceed anyway)",
		{ .cause = OVERRIDE_IN_USE,
			.use = { .kind = USE_MOUNT, .node = "/dev/vda1", .user = "/a\nb\x1b[1m" } },
		{ .outcome = OVERRIDE_UNTOUCHED, ON("virtio-pci", "") } },
	{ "in use: /dev/vfio/7 is open in qemu-system-x86 (pid 12); nothing changed (use "
	  "--force to proceed anyway)",
		{ .cause = OVERRIDE_IN_USE,
			.use = { .kind = USE_PROCESS,
				.node = "/dev/vfio/7",
				.user = "qemu-system-x86",
				.pid = 12 } },
		{ .outcome = OVERRIDE_UNSEEN } },
	{ "in use: enp1s0 carries the default route; nothing changed (use --force to proceed "
	  "anyway)",
		{ .cause = OVERRIDE_IN_USE, .use = { .kind = USE_ROUTE, .node = "enp1s0" } },
		{ .outcome = OVERRIDE_UNSEEN } },
	{ "in use: enp1s0, through br0, carries the ssh connection from 192.0.2.2; nothing changed "
	  "(use --force to proceed anyway)",
		{ .cause = OVERRIDE_IN_USE,
			.use = { .kind = USE_SSH,
				.node = "enp1s0",
				.user = "192.0.2.2",
				.through = "br0" } },
		{ .outcome = OVERRIDE_UNSEEN } },
	{ "in use: its network interface is in another network namespace; nothing changed (use "
	  "--force to proceed anyway)",
		{ .cause = OVERRIDE_IN_USE, .use = { .kind = USE_NAMESPACE } },
		{ .outcome = OVERRIDE_UNSEEN } },
	{ "in use: /dev/vda1 is mounted at / (and 1 more use); still on 'a', nothing changed "
	  "(use --force to proceed anyway)",
		{ .cause = OVERRIDE_IN_USE,
			.use = { .kind = USE_MOUNT, .node = "/dev/vda1", .user = "/" },
			.n_more_uses = 1 },
		{ .outcome = OVERRIDE_UNTOUCHED, ON("a", "") } },
	{ "in use: 4 virtual functions are enabled on it (and 2 more uses); still on 'a', nothing "
	  "changed (use --force to proceed anyway)",
		{ .cause = OVERRIDE_IN_USE,
			.use = { .kind = USE_FUNCTIONS, .user = "4" },
			.n_more_uses = 2,
			.unseen = 3 },
		{ .outcome = OVERRIDE_UNTOUCHED, ON("a", "") } },
	{ "cannot tell whether it is in use: 3 processes cannot be looked into; still on 'a', "
	  "nothing changed (use --force to proceed anyway)",
		{ .cause = OVERRIDE_IN_USE, .unseen = 3 },
		{ .outcome = OVERRIDE_UNTOUCHED, ON("a", "") } },
	{ "in use: /dev/sda2 is part of /dev/dm-0; still on 'ahci', nothing changed (use "
	  "--force to proceed anyway)",
		{ .cause = OVERRIDE_IN_USE,
			.use = { .kind = USE_DEVICE, .node = "/dev/sda2", .user = "/dev/dm-0" } },
		{ .outcome = OVERRIDE_UNTOUCHED, ON("ahci", "") } },
	{ "waiting for another driverctl (pid 99) not finished after 3 s",
		{ .cause = OVERRIDE_EXPIRED, .step = OVERRIDE_LOCK, .subject = "99" },
		{ .outcome = OVERRIDE_UNSEEN } },
	{ "unbinding 'vfio-pci' not finished after 3 s; back on 'vfio-pci', store unchanged",
		{ .cause = OVERRIDE_EXPIRED, .step = OVERRIDE_UNBIND, .subject = "vfio-pci" },
		{ .outcome = OVERRIDE_RESTORED, ON("vfio-pci", "vfio-pci") } },
	{ "cannot unbind 'a': Input/output error; going back failed too: No such device; now "
	  "without a driver, override 'b', store unchanged; try: driverctl unset-override "
	  "pci/0000:01:00.0",
		{ .cause = OVERRIDE_STEP_FAILED,
			.step = OVERRIDE_UNBIND,
			.subject = "a",
			.error = -EIO },
		{ .outcome = OVERRIDE_NOT_RESTORED, .restore_error = -ENODEV, ON("", "b") } },
	{ "cannot write to /etc/driverctl.d: Input/output error; back on 'a', /etc/driverctl.d is "
	  "not as it was",
		{ .cause = OVERRIDE_STEP_FAILED, .step = OVERRIDE_SAVE, .error = -EIO },
		{ .outcome = OVERRIDE_NOT_RESTORED, .store_error = -EIO, ON("a", "") } },
	{ "cannot write to /etc/driverctl.d: No space left on device; its state is not known",
		{ .cause = OVERRIDE_STEP_FAILED, .step = OVERRIDE_SAVE, .error = -ENOSPC },
		{ .outcome = OVERRIDE_UNKNOWN } },
};

/* Each cause has a code, and words that do not depend on another cause's fields. */
static void causes(void)
{
	static const enum exit_code codes[] = {
		[OVERRIDE_OK] = EXIT_DONE,
		[OVERRIDE_STEP_FAILED] = EXIT_FAILED,
		[OVERRIDE_ABSENT] = EXIT_NO_DEVICE,
		[OVERRIDE_IN_USE] = EXIT_REFUSED,
		[OVERRIDE_OTHER_DEVICE] = EXIT_REFUSED,
		[OVERRIDE_DRIVER_REFUSED] = EXIT_NOT_BOUND,
		[OVERRIDE_NO_VARIANT_BOUND] = EXIT_NOT_BOUND,
		[OVERRIDE_EXPIRED] = EXIT_UNFINISHED,
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i] != EXIT_DONE || i == OVERRIDE_OK)
			ok(message_exit_code((enum override_cause)i) == (int)codes[i],
				"the exit code of cause %zu", i);
}

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
		same(message_failure(
			     &options, &dev, &cases[i].failure, &cases[i].end, line, sizeof(line)),
			expected, cases[i].line);
	}
	causes();
	quotes();
	return test_end();
}
