/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of every message. */
#include "message.h"

#include "change/initramfs.h"
#include "kernel/iommu.h"
#include "kernel/pci.h"
#include "store/lock.h"
#include "store/store.h"
#include "store/rules.h"

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

bool message_tells(const struct options *options)
{
	return options_have(options, OPTION_VERBOSE) || options->terminal_err;
}

void message_warn(const struct options *options, int priority, const char *fmt, ...)
{
	char text[LINE_MAX_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	message_log(priority, "%s", text);
	if (message_tells(options))
		message_error("%s", text);
}

const char *message_escape(const char *s, size_t length, char *ret, size_t size)
{
	size_t at = 0;

	ret[0] = '\0';
	for (; *s && at < length; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f)
			util_format(ret + at, size - at, "\\x%02x", c);
		else
			util_format(ret + at, size - at, "%c", c);
		at += strlen(ret + at);
	}
	return s;
}

const char *message_quote(const char *s, char ret[80])
{
	const char *rest = message_escape(s, 64, ret, 80 - sizeof("..."));

	if (*rest)
		util_format(ret + strlen(ret), sizeof("..."), "...");
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
	[OVERRIDE_RECORD] = { "recording it", "write to " STORE_RUN_DIR },
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

const char *message_errno(int error)
{
	return error == -ELIBACC ? "cannot open the library " LIBKMOD : strerror(-error);
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

void message_no_variant(const struct device *dev, int error, char *ret, size_t size)
{
	if (pci_leads_to_devices(dev)) {
		util_format(ret, size, "a bridge to other devices, which no VFIO driver takes");
		return;
	}
	switch (error) {
	case -EOPNOTSUPP:
		util_format(ret, size, "the bus %s has no VFIO driver", dev->bus);
		break;
	case -ENODATA:
		util_format(ret, size, "it has no modalias to rank VFIO drivers by");
		break;
	case -ENOENT:
		util_format(ret, size, "every VFIO driver for it is excluded");
		break;
	default:
		util_format(ret, size, "cannot rank VFIO drivers: %s", message_errno(error));
	}
}

/* --- causes --- */

/* The exit code and the words of each cause; NULL if it takes more than the subject and the error
 * of the failure to word it. */
static const struct {
	enum exit_code code;
	const char *reason; /* for programs */
	const char *text;   /* the whole of it, or what comes before the subject */
	const char *after;  /* behind the subject; NULL if the subject is not named */
	bool tells_error;
} causes[] = {
	[OVERRIDE_OK] = { EXIT_DONE, "", "" },
	[OVERRIDE_STEP_FAILED] = { EXIT_FAILED, "step-failed", NULL },
	[OVERRIDE_ABSENT] = { EXIT_NO_DEVICE, "no-device", "no such device" },
	[OVERRIDE_NOT_OVERRIDABLE] = { EXIT_FAILED, "not-overridable",
		"the kernel offers no driver_override for it" },
	[OVERRIDE_NOTHING_SAVED] = { EXIT_FAILED, "nothing-saved", "no saved override" },
	[OVERRIDE_BAD_STORE] = { EXIT_FAILED, "bad-store", NULL },
	[OVERRIDE_NO_DRIVER] = { EXIT_NO_DRIVER, "no-driver", "no driver or module '", "'" },
	[OVERRIDE_NOT_LOADED] = { EXIT_FAILED, "module-not-loaded", "cannot load module '", "'",
		true },
	[OVERRIDE_NOT_ON_BUS] = { EXIT_FAILED, "module-not-on-bus", NULL },
	[OVERRIDE_SEVERAL_DRIVERS] = { EXIT_FAILED, "several-drivers", NULL },
	[OVERRIDE_NO_VARIANT] = { EXIT_FAILED, "no-variant", NULL },
	[OVERRIDE_NO_VARIANT_BOUND] = { EXIT_NOT_BOUND, "no-variant-bound", NULL },
	[OVERRIDE_DRIVER_REFUSED] = { EXIT_NOT_BOUND, "driver-refused", "driver '",
		"' refused the device", true },
	[OVERRIDE_WRONG_DRIVER] = { EXIT_NOT_BOUND, "wrong-driver", NULL },
	[OVERRIDE_DRIVER_CHANGED] = { EXIT_NOT_BOUND, "driver-changed", "driver '",
		"' has bound to the device in the meantime" },
	[OVERRIDE_IN_USE] = { EXIT_REFUSED, "in-use", NULL },
	[OVERRIDE_OTHER_DEVICE] = { EXIT_REFUSED, "other-device",
		"not the device the override was set for (its ids or its place differ, or its "
		"policy is damaged); set it again to approve it" },
	[OVERRIDE_BRIDGE] = { EXIT_REFUSED, "bridge",
		"a bridge to other devices, which no VFIO driver takes; override these devices" },
	[OVERRIDE_UNREADABLE_RULES] = { EXIT_FAILED, "unreadable-rules", "cannot read the rules",
		NULL, true },
	[OVERRIDE_NO_RULE] = { EXIT_FAILED, "no-rule", "it is not in " RULES_DIR },
	[OVERRIDE_LINKED_RULE] = { EXIT_FAILED, "linked-rule",
		"its file in " RULES_DIR " is a link; remove that first" },
	[OVERRIDE_NO_IOMMU] = { EXIT_NOT_BOUND, "no-iommu", NULL },
	[OVERRIDE_FOREIGN_VFIO] = { EXIT_REFUSED, "foreign-vfio",
		"already a VFIO device of a driver that is not ranked" },
	[OVERRIDE_EXPIRED] = { EXIT_UNFINISHED, "expired", NULL },
};

int message_exit_code(enum override_cause cause)
{
	return (int)causes[cause].code;
}

const char *message_reason(enum override_cause cause)
{
	return causes[cause].reason;
}

const char *message_cause(const struct options *options, const struct device *dev,
	const struct override_failure *f, char *ret, size_t size)
{
	bool is_last = f->cause == OVERRIDE_NO_VARIANT_BOUND, denied;
	enum override_cause cause = is_last ? f->last_cause : f->cause;
	char doing[2 * SYSFS_NAME_MAX];
	const char *why, *after;

	switch (cause) {
	case OVERRIDE_STEP_FAILED:
		denied = f->error == -EACCES || f->error == -EPERM;
		with_subject(steps[f->step].to_do, f->step == OVERRIDE_LOCK ? "" : f->subject,
			doing, sizeof(doing));
		util_format(ret, size, "cannot %s: %s%s", doing, message_errno(f->error),
			denied && geteuid() != 0 ? " (root is needed)" : "");
		break;
	case OVERRIDE_BAD_STORE:
		util_format(ret, size, STORE_DIR "/%s-%s: not a driver name", dev->bus, dev->name);
		break;
	case OVERRIDE_NOT_ON_BUS:
		util_format(
			ret, size, "module '%s' has no driver for bus %s", f->subject, dev->bus);
		break;
	case OVERRIDE_SEVERAL_DRIVERS:
		util_format(ret, size, "module '%s' has several drivers, name one of them: %s",
			f->subject, f->names);
		break;
	case OVERRIDE_NO_VARIANT:
		message_no_variant(dev, f->error, ret, size);
		break;
	case OVERRIDE_NO_IOMMU:
		why = iommu_is_enabled() ? "it is in no IOMMU group" : MESSAGE_NO_IOMMU;
		util_format(ret, size, "driver '%s' refused the device: %s", f->subject, why);
		break;
	case OVERRIDE_WRONG_DRIVER:
		if (f->subject[0])
			util_format(ret, size, "driver '%s' did not bind", f->subject);
		else
			util_format(ret, size, "a driver is bound again");
		break;
	case OVERRIDE_IN_USE:
		message_uses(f, ret, size);
		break;
	case OVERRIDE_EXPIRED:
		message_step((int)f->step, f->subject, doing, sizeof(doing));
		util_format(
			ret, size, "%s not finished after %u s", doing, options->timeout_ms / 1000);
		break;
	default:
		after = causes[cause].after;
		util_format(ret, size, "%s%s%s%s%s", causes[cause].text, after ? f->subject : "",
			after ? after : "", causes[cause].tells_error ? ": " : "",
			causes[cause].tells_error ? message_errno(f->error) : "");
	}
	return ret;
}

/* --- ends --- */

const char *message_place(const char *driver, char *ret, size_t size)
{
	if (driver[0])
		util_format(ret, size, "on '%s'", driver);
	else
		util_format(ret, size, "without a driver");
	return ret;
}

static void word_end(
	const struct device *dev, const struct override_end *end, char *ret, size_t size)
{
	const char *override = end->state.override;
	const char *store = end->store_error ? STORE_DIR " is not as it was" : "store unchanged";
	char place[2 * SYSFS_NAME_MAX];

	ret[0] = '\0';
	message_place(end->state.driver, place, sizeof(place));
	switch (end->outcome) {
	case OVERRIDE_UNSEEN:
		break;
	case OVERRIDE_UNTOUCHED:
		util_format(ret, size, "; still %s, nothing changed", place);
		break;
	case OVERRIDE_KEPT:
		if (override[0])
			util_format(
				ret, size, "; now %s, the override '%s' stays", place, override);
		else
			util_format(ret, size, "; now %s, no override set", place);
		break;
	case OVERRIDE_RESTORED:
		util_format(ret, size, "; back %s, store unchanged", place);
		break;
	case OVERRIDE_NOT_RESTORED:
		if (!end->restore_error)
			util_format(ret, size, "; back %s, %s", place, store);
		else
			util_format(ret, size,
				"; going back failed too: %s; now %s, override '%s', %s; "
				"try: driverctl unset-override %s/%s",
				strerror(-end->restore_error), place, override, store, dev->bus,
				dev->name);
		break;
	case OVERRIDE_UNKNOWN:
		util_format(ret, size, "; its state is not known");
		break;
	}
}

const char *message_failure(const struct options *options, const struct device *dev,
	const struct override_failure *failure, const struct override_end *end, char *ret,
	size_t size)
{
	bool forcible =
		failure->cause == OVERRIDE_IN_USE || failure->cause == OVERRIDE_FOREIGN_VFIO;
	char cause[LINE_MAX_SIZE / 2], state[LINE_MAX_SIZE / 4] = "";
	char rule[128] = "";

	message_cause(options, dev, failure, cause, sizeof(cause));
	/* If the device has gone, or nothing is there to load, its state is not the point. */
	if (failure->cause != OVERRIDE_ABSENT && failure->cause != OVERRIDE_NOTHING_SAVED &&
		failure->cause != OVERRIDE_BAD_STORE)
		word_end(dev, end, state, sizeof(state));
	if (failure->cause == OVERRIDE_IN_USE && end->outcome == OVERRIDE_UNSEEN)
		util_format(state, sizeof(state), "; nothing changed");
	/* A rule is on no bus. */
	if (dev->bus[0] && failure->rule[0]) {
		char quoted[80];

		util_format(
			rule, sizeof(rule), " (by rule %s)", message_quote(failure->rule, quoted));
	}
	util_format(ret, size, "%s: %s%s%s%s", dev->name, cause, state, rule,
		forcible ? " (use --force to proceed anyway)" : "");
	return ret;
}

const char *message_member(
	const struct device *dev, const struct override_end *end, char *ret, size_t size)
{
	char state[LINE_MAX_SIZE / 4];

	word_end(dev, end, state, sizeof(state));
	util_format(ret, size, "%s: another device of its IOMMU group failed%s", dev->name, state);
	return ret;
}

int message_lookup(const char *arg, const struct device *dev, int err, char *ret, size_t size)
{
	char quoted[80];

	message_quote(arg, quoted);
	switch (err) {
	case -ENODEV:
		util_format(ret, size, "%s: no such device", dev->name[0] ? dev->name : quoted);
		return EXIT_NO_DEVICE;
	case -EBADMSG:
		util_format(ret, size, "%s: DEVPATH is not the path of this device", quoted);
		return EXIT_USAGE;
	case -EXDEV:
		util_format(ret, size,
			"%s: this interface belongs to %s on bus %s, which has no driver_override; "
			"name the device that you mean",
			quoted, dev->name, dev->bus);
		return EXIT_USAGE;
	case -ENOTUNIQ:
		util_format(ret, size,
			"%s: this slot has several functions; name one, for example %s", quoted,
			dev->name);
		return EXIT_USAGE;
	case -EINVAL:
	case -ENAMETOOLONG:
		util_format(ret, size, "invalid device name '%s'", quoted);
		return EXIT_USAGE;
	default:
		util_format(ret, size, "%s: cannot look the device up: %s", quoted, strerror(-err));
		return EXIT_FAILED;
	}
}

const char *message_rule(const struct rule *rule, char *ret, size_t size)
{
	const char *why = rule->why ? rule->why : strerror(-rule->error);

	if (rule->line)
		util_format(
			ret, size, "%s:%d: %s; the rule is excluded", rule->file, rule->line, why);
	else
		util_format(ret, size, "%s: %s; the rule is excluded", rule->file, why);
	return ret;
}

const char *message_old_image(char *ret, size_t size)
{
	const char *command = initramfs_command();

	if (command)
		util_format(ret, size, "the initramfs is older than the store; '%s' rebuilds it",
			command);
	else
		util_format(ret, size, "the initramfs is older than the store");
	return ret;
}
