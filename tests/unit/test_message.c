/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message.h"
#include "test.h"

#include <errno.h>

static const struct device dev = { .bus = "pci", .name = "0000:01:00.0", .path = "/sys/devices/x" };

#define ON(d, o) .state = { .driver = (d), .override = (o) }
#define END(o) \
	{ \
		.outcome = OVERRIDE_##o \
	}
#define END_ON(o, d, override) \
	{ \
		.outcome = OVERRIDE_##o, ON(d, override) \
	}
#define STEP_FAILED(s, ...) \
	{ \
		.cause = OVERRIDE_STEP_FAILED, .step = (s), __VA_ARGS__ \
	}
#define USED(...) \
	{ \
		.cause = OVERRIDE_IN_USE, .use = { __VA_ARGS__ } \
	}
#define REFUSED_UNSEEN "; nothing changed (use --force to proceed anyway)"
#define REFUSED ", nothing changed (use --force to proceed anyway)"

static const struct {
	const char *line;
	struct override_failure failure;
	struct override_end end;
} cases[] = {
	{ "no such device", { .cause = OVERRIDE_ABSENT }, END(UNTOUCHED) },
	{ "the kernel offers no driver_override for it", { .cause = OVERRIDE_NOT_OVERRIDABLE },
		END(UNSEEN) },
	{ "cannot unbind 'nvme': Device or resource busy; back on 'nvme', store unchanged",
		STEP_FAILED(OVERRIDE_UNBIND, .subject = "nvme", .error = -EBUSY),
		END_ON(RESTORED, "nvme", "") },
	{ "driver 'i801_smbus' refused the device: No such device; back on 'e1000e', store "
	  "unchanged",
		{ .cause = OVERRIDE_DRIVER_REFUSED, .subject = "i801_smbus", .error = -ENODEV },
		END_ON(RESTORED, "e1000e", "") },
	{ "driver 'x' refused the device: Input/output error; now without a driver, the override "
	  "'x' stays",
		{ .cause = OVERRIDE_DRIVER_REFUSED, .subject = "x", .error = -EIO },
		END_ON(KEPT, "", "x") },
	{ "no driver or module 'x'; now on 'e1000e', no override set",
		{ .cause = OVERRIDE_NO_DRIVER, .subject = "x" }, END_ON(KEPT, "e1000e", "") },
	{ "no driver or module 'x'; still without a driver, nothing changed",
		{ .cause = OVERRIDE_NO_DRIVER, .subject = "x" }, END(UNTOUCHED) },
	{ "cannot load module 'x': Exec format error; still on 'a', nothing changed",
		{ .cause = OVERRIDE_NO_VARIANT_BOUND,
			.last_cause = OVERRIDE_NOT_LOADED,
			.subject = "x",
			.error = -ENOEXEC },
		END_ON(UNTOUCHED, "a", "") },
	{ "module 'x' has several drivers, name one of them: a, b; still on 'c', nothing changed",
		{ .cause = OVERRIDE_SEVERAL_DRIVERS, .subject = "x", .names = "a, b" },
		END_ON(UNTOUCHED, "c", "") },
	{ "module 'x' has no driver for bus pci; still on 'c', nothing changed",
		{ .cause = OVERRIDE_NOT_ON_BUS, .subject = "x" }, END_ON(UNTOUCHED, "c", "") },
	{ "in use: /dev/vda1 is mounted at /; still on 'virtio-pci'" REFUSED,
		USED(.kind = USE_MOUNT, .node = "/dev/vda1", .user = "/"),
		END_ON(UNTOUCHED, "virtio-pci", "") },
	{ "in use: /dev/vda1 is mounted at /a\\x0ab\\x1b[1m; still on 'virtio-pci'" REFUSED,
		USED(.kind = USE_MOUNT, .node = "/dev/vda1", .user = "/a\nb\x1b[1m"),
		END_ON(UNTOUCHED, "virtio-pci", "") },
	{ "in use: /dev/vfio/7 is open in qemu-system-x86 (pid 12)" REFUSED_UNSEEN,
		USED(.kind = USE_PROCESS, .node = "/dev/vfio/7", .user = "qemu-system-x86",
			.pid = 12),
		END(UNSEEN) },
	{ "in use: enp1s0 carries the default route" REFUSED_UNSEEN,
		USED(.kind = USE_ROUTE, .node = "enp1s0"), END(UNSEEN) },
	{ "in use: enp1s0, through br0, carries the ssh connection from 192.0.2.2" REFUSED_UNSEEN,
		USED(.kind = USE_SSH, .node = "enp1s0", .user = "192.0.2.2", .through = "br0"),
		END(UNSEEN) },
	{ "in use: its network interface is in another network namespace" REFUSED_UNSEEN,
		USED(.kind = USE_NAMESPACE), END(UNSEEN) },
	{ "in use: /dev/vda1 is mounted at / (and 1 more use); still on 'a'" REFUSED,
		{ .cause = OVERRIDE_IN_USE,
			.use = { .kind = USE_MOUNT, .node = "/dev/vda1", .user = "/" },
			.n_more_uses = 1 },
		END_ON(UNTOUCHED, "a", "") },
	{ "in use: 4 virtual functions are enabled on it (and 2 more uses); still on 'a'" REFUSED,
		{ .cause = OVERRIDE_IN_USE,
			.use = { .kind = USE_FUNCTIONS, .user = "4" },
			.n_more_uses = 2,
			.unseen = 3 },
		END_ON(UNTOUCHED, "a", "") },
	{ "cannot tell whether it is in use: 3 processes cannot be looked into; still on "
	  "'a'" REFUSED,
		{ .cause = OVERRIDE_IN_USE, .unseen = 3 }, END_ON(UNTOUCHED, "a", "") },
	{ "in use: /dev/sda2 is part of /dev/dm-0; still on 'ahci'" REFUSED,
		USED(.kind = USE_DEVICE, .node = "/dev/sda2", .user = "/dev/dm-0"),
		END_ON(UNTOUCHED, "ahci", "") },
	{ "waiting for another driverctl (pid 99) not finished after 3 s",
		{ .cause = OVERRIDE_EXPIRED, .step = OVERRIDE_LOCK, .subject = "99" },
		END(UNSEEN) },
	{ "unbinding 'vfio-pci' not finished after 3 s; back on 'vfio-pci', store unchanged",
		{ .cause = OVERRIDE_EXPIRED, .step = OVERRIDE_UNBIND, .subject = "vfio-pci" },
		END_ON(RESTORED, "vfio-pci", "vfio-pci") },
	{ "cannot unbind 'a': Input/output error; going back failed too: No such device; now "
	  "without a driver, override 'b', store unchanged; try: driverctl unset-override "
	  "pci/0000:01:00.0",
		STEP_FAILED(OVERRIDE_UNBIND, .subject = "a", .error = -EIO),
		{ .outcome = OVERRIDE_NOT_RESTORED, .restore_error = -ENODEV, ON("", "b") } },
	{ "cannot write to /etc/driverctl.d: Input/output error; back on 'a', /etc/driverctl.d is "
	  "not as it was",
		STEP_FAILED(OVERRIDE_SAVE, .error = -EIO),
		{ .outcome = OVERRIDE_NOT_RESTORED, .store_error = -EIO, ON("a", "") } },
	{ "cannot write to /etc/driverctl.d: No space left on device; its state is not known",
		STEP_FAILED(OVERRIDE_SAVE, .error = -ENOSPC), END(UNKNOWN) },
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
