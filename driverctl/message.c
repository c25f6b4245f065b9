/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words every message once. Decides nothing. */
#include "message.h"

#include "store/early.h"
#include "store/lock.h"
#include "store/store.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/syslog.h>

#define LINE_MAX_SIZE 8192

void message_error(const char *fmt, ...)
{
	char text[LINE_MAX_SIZE], line[LINE_MAX_SIZE + 16];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	util_format(line, sizeof(line), "driverctl: %s\n", text);
	fputs(line, stderr);
}

void message_log(int priority, const char *fmt, ...)
{
	va_list ap;

	openlog("driverctl", LOG_PID, LOG_DAEMON);
	va_start(ap, fmt);
	vsyslog(priority, fmt, ap);
	va_end(ap);
	closelog();
}

const char *message_quote(const char *s, char ret[80])
{
	size_t at = 0;

	for (; *s && at < 64; s++) {
		bool control = (unsigned char)*s < 0x20 || *s == 0x7f;

		util_format(ret + at, 80 - at, control ? "\\x%02x" : "%c", (unsigned char)*s);
		at += control ? 4 : 1;
	}
	util_format(ret + at, 80 - at, "%s", *s ? "..." : "");
	return ret;
}

static const struct {
	const char *doing, *to_do;
} steps[] = {
	[OVERRIDE_LOCK] = { "waiting for the lock", "take the lock in " LOCK_DIR },
	[OVERRIDE_READ_STATE] = { "reading driver_override", "read driver_override" },
	[OVERRIDE_READ_STORE] = { "reading the saved override", "read the saved override" },
	[OVERRIDE_CHECK] = { "checking its use", "check its use" },
	[OVERRIDE_RANK] = { "ranking VFIO drivers", "rank VFIO drivers" },
	[OVERRIDE_FIND_DRIVER] = { "looking for driver", "find driver" },
	[OVERRIDE_PREPARE_STORE] = { "preparing the store", "write to " STORE_DIR },
	[OVERRIDE_RECORD] = { "recording it", "write to " EARLY_FILE },
	[OVERRIDE_WRITE] = { "setting driver_override", "set driver_override" },
	[OVERRIDE_UNBIND] = { "unbinding", "unbind" },
	[OVERRIDE_BIND] = { "binding", "bind" },
	[OVERRIDE_PROBE] = { "probing the native driver", "probe the native driver" },
	[OVERRIDE_VERIFY] = { "checking the driver", "check the driver" },
	[OVERRIDE_SAVE] = { "finishing", "write to " STORE_DIR },
	[OVERRIDE_RESTORE] = { "restoring the previous state", "restore the previous state" },
};

static void with_subject(const char *verb, const char *subject, char *ret, size_t size)
{
	if (*subject)
		util_format(ret, size, "%s '%s'", verb, subject);
	else
		util_format(ret, size, "%s", verb);
}

const char *message_step(int step, const char *subject, char *ret, size_t size)
{
	if (step == OVERRIDE_LOCK && *subject)
		util_format(ret, size, "waiting for another driverctl (pid %s)", subject);
	else if (step == OVERRIDE_WRITE && !*subject)
		util_format(ret, size, "clearing driver_override");
	else
		with_subject(steps[step].doing, subject, ret, size);
	return ret;
}

const char *message_use(const struct use *h, char *ret, size_t size)
{
	char program[80];

	switch (h->kind) {
	case USE_MOUNT:
		util_format(ret, size, "in use: %s is mounted at %s", h->node, h->user);
		break;
	case USE_SWAP:
		util_format(ret, size, "in use: %s is swap", h->node);
		break;
	case USE_DEVICE:
		util_format(ret, size, "in use: %s is part of %s", h->node, h->user);
		break;
	case USE_PROCESS:
		util_format(ret, size, "in use: %s is open in %s (pid %ld)", h->node,
			message_quote(h->user, program), (long)h->pid);
		break;
	case USE_FUNCTIONS:
		util_format(ret, size, "in use: %s virtual function%s enabled on it", h->user,
			streq(h->user, "1") ? " is" : "s are");
		break;
	case USE_MDEVS:
		util_format(ret, size, "in use: %s mediated device%s active on it", h->user,
			streq(h->user, "1") ? " is" : "s are");
		break;
	case USE_ROUTE:
		util_format(ret, size, "in use: %s%s%s%s carries the default route", h->node,
			*h->user ? ", through " : "", h->user, *h->user ? "," : "");
		break;
	case USE_NONE:
		util_format(ret, size,
			"cannot tell whether it is in use: %zu process%s cannot be looked into",
			h->unseen, h->unseen == 1 ? "" : "es");
		break;
	case USE_UNKNOWN:
		util_format(ret, size, "cannot tell whether %s is in use: %s", h->node,
			strerror(-h->error));
		break;
	default:
		util_format(ret, size, "in use: %s is claimed", h->node);
	}
	return ret;
}

static void word_driver(
	const struct device *dev, const struct override_result *r, char *ret, size_t size)
{
	switch (r->driver_problem) {
	case DRIVER_NOT_LOADED:
		util_format(
			ret, size, "cannot load module '%s': %s", r->subject, strerror(-r->error));
		break;
	case DRIVER_NOT_ON_BUS:
		util_format(
			ret, size, "module '%s' has no driver for bus %s", r->subject, dev->bus);
		break;
	case DRIVER_SEVERAL:
		util_format(ret, size, "module '%s' has several drivers, name one of them: %s",
			r->subject, r->names);
		break;
	default:
		util_format(ret, size, "no driver or module '%s'", r->subject);
	}
}

void message_no_variant(const struct device *dev, int error, char *ret, size_t size)
{
	if (error == -EOPNOTSUPP)
		util_format(ret, size, "the bus %s has no VFIO driver", dev->bus);
	else if (error == -ENODATA)
		util_format(ret, size, "it has no modalias to rank VFIO drivers by");
	else if (error == -ENOENT)
		util_format(ret, size, "every VFIO driver for it is left out");
	else
		util_format(ret, size, "cannot rank VFIO drivers: %s", strerror(-error));
}

static void word_expired(
	const struct options *options, const struct override_result *r, char *ret, size_t size)
{
	char doing[2 * SYSFS_NAME_MAX];

	util_format(ret, size, "%s not finished after %u s",
		message_step((int)r->step, r->subject, doing, sizeof(doing)),
		options->timeout_ms / 1000);
}

static void word_errno(const struct override_result *r, char *ret, size_t size)
{
	char to_do[2 * SYSFS_NAME_MAX];
	const char *hint = "";

	if ((r->error == -EACCES || r->error == -EPERM) && geteuid() != 0)
		hint = " (root is needed)";
	with_subject(steps[r->step].to_do, r->step == OVERRIDE_LOCK ? "" : r->subject, to_do,
		sizeof(to_do));
	if (r->step == OVERRIDE_BIND)
		util_format(ret, size, "driver '%s' refused the device: %s", r->subject,
			strerror(-r->error));
	else
		util_format(ret, size, "cannot %s: %s%s", to_do, strerror(-r->error), hint);
}

static void word_cause(const struct options *options, const struct device *dev,
	const struct override_result *r, char *ret, size_t size)
{
	switch (r->reason) {
	case OVERRIDE_ABSENT:
		util_format(ret, size, "no such device");
		break;
	case OVERRIDE_NOT_OVERRIDABLE:
		util_format(ret, size, "the kernel offers no driver_override for it");
		break;
	case OVERRIDE_NOTHING_SAVED:
		util_format(ret, size, "no saved override");
		break;
	case OVERRIDE_BAD_STORE:
		util_format(ret, size, STORE_DIR "/%s-%s: not a driver name", dev->bus, dev->name);
		break;
	case OVERRIDE_DRIVER:
		word_driver(dev, r, ret, size);
		break;
	case OVERRIDE_IN_USE:
		message_use(&r->holder, ret, size);
		break;
	case OVERRIDE_OTHER_DEVICE:
		util_format(ret, size,
			"not the device the override was set for (its ids or its place differ); "
			"set it again to approve it");
		break;
	case OVERRIDE_BY_MEMBER:
		util_format(ret, size, "another device of its IOMMU group failed");
		break;
	case OVERRIDE_NO_VARIANT:
		message_no_variant(dev, r->error, ret, size);
		break;
	case OVERRIDE_FOREIGN_VFIO:
		util_format(ret, size, "already a VFIO device of a driver that is not ranked");
		break;
	case OVERRIDE_EXPIRED:
		word_expired(options, r, ret, size);
		break;
	case OVERRIDE_WRONG_DRIVER:
		if (r->subject[0])
			util_format(ret, size, "driver '%s' did not bind", r->subject);
		else
			util_format(ret, size, "a driver is bound again");
		break;
	default:
		word_errno(r, ret, size);
	}
}

const char *message_place(const char *driver, char *ret, size_t size)
{
	if (driver[0])
		util_format(ret, size, "on '%s'", driver);
	else
		util_format(ret, size, "without a driver");
	return ret;
}

static void word_state(
	const struct device *dev, const struct override_result *r, char *ret, size_t size)
{
	const char *store = r->store_broken ? STORE_DIR " is not as it was" : "store unchanged";
	char place[2 * SYSFS_NAME_MAX];

	ret[0] = '\0';
	if (r->outcome == OVERRIDE_NO_DEVICE || r->reason == OVERRIDE_NOTHING_SAVED ||
		r->reason == OVERRIDE_BAD_STORE)
		return;
	if (!r->state_known) {
		if (r->touched)
			util_format(ret, size, "; its state is not known");
		else if (r->reason == OVERRIDE_IN_USE)
			util_format(ret, size, "; nothing changed");
		return;
	}
	message_place(r->state.driver, place, sizeof(place));
	if (!r->touched && !r->store_broken)
		util_format(ret, size, "; still %s, nothing changed", place);
	else if (r->kept && r->state.override[0])
		util_format(
			ret, size, "; now %s, the override '%s' stays", place, r->state.override);
	else if (r->kept)
		util_format(ret, size, "; now %s, no override set", place);
	else if (!r->restore_error)
		util_format(ret, size, "; back %s, %s", place, store);
	else
		util_format(ret, size,
			"; going back failed too: %s; now %s, override '%s', %s; "
			"try: driverctl unset-override %s/%s",
			strerror(-r->restore_error), place, r->state.override, store, dev->bus,
			dev->name);
}

const char *message_result(const struct options *options, const struct device *dev,
	const struct override_result *result, char *ret, size_t size)
{
	char cause[LINE_MAX_SIZE / 2], state[LINE_MAX_SIZE / 4];

	word_cause(options, dev, result, cause, sizeof(cause));
	word_state(dev, result, state, sizeof(state));
	util_format(ret, size, "%s: %s%s%s", dev->name, cause, state,
		result->reason == OVERRIDE_IN_USE || result->reason == OVERRIDE_FOREIGN_VFIO
			? " (--force overrides)"
			: "");
	return ret;
}

int message_lookup(const char *arg, const struct device *dev, int err)
{
	char quoted[80];

	message_quote(arg, quoted);
	if (err == -ENODEV) {
		message_error("%s: no such device", dev->name[0] ? dev->name : quoted);
		return OVERRIDE_NO_DEVICE;
	}
	if (err == -EBADMSG) {
		message_error("%s: DEVPATH is not the path of this device", quoted);
		return EXIT_USAGE;
	}
	if (err == -EINVAL || err == -ENAMETOOLONG) {
		message_error("invalid device name '%s'", quoted);
		return EXIT_USAGE;
	}
	message_error("%s: cannot look the device up: %s", quoted, strerror(-err));
	return OVERRIDE_FAILED;
}
