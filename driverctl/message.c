/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words every message once. Decides nothing. */
#include "message.h"

#include "kernel/iommu.h"
#include "store/lock.h"
#include "store/store.h"

#include <errno.h>
#include <stdarg.h>

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
	if (device_is_pci_bridge(dev)) {
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

/* The words of a cause are made of these. */
struct story {
	const struct options *options;
	const struct device *dev;
	const struct override_failure *failure;
};

static void word_step(const struct story *s, char *ret, size_t size)
{
	const struct override_failure *f = s->failure;
	bool denied = f->error == -EACCES || f->error == -EPERM;
	char to_do[2 * SYSFS_NAME_MAX];

	with_subject(steps[f->step].to_do, f->step == OVERRIDE_LOCK ? "" : f->subject, to_do,
		sizeof(to_do));
	util_format(ret, size, "cannot %s: %s%s", to_do, message_errno(f->error),
		denied && geteuid() != 0 ? " (root is needed)" : "");
}

static void word_bad_store(const struct story *s, char *ret, size_t size)
{
	util_format(ret, size, STORE_DIR "/%s-%s: not a driver name", s->dev->bus, s->dev->name);
}

static void word_no_driver(const struct story *s, char *ret, size_t size)
{
	util_format(ret, size, "no driver or module '%s'", s->failure->subject);
}

static void word_not_loaded(const struct story *s, char *ret, size_t size)
{
	util_format(ret, size, "cannot load module '%s': %s", s->failure->subject,
		message_errno(s->failure->error));
}

static void word_not_on_bus(const struct story *s, char *ret, size_t size)
{
	util_format(ret, size, "module '%s' has no driver for bus %s", s->failure->subject,
		s->dev->bus);
}

static void word_several(const struct story *s, char *ret, size_t size)
{
	util_format(ret, size, "module '%s' has several drivers, name one of them: %s",
		s->failure->subject, s->failure->names);
}

static void word_no_variant(const struct story *s, char *ret, size_t size)
{
	message_no_variant(s->dev, s->failure->error, ret, size);
}

static void word_last_variant(const struct story *s, char *ret, size_t size);

static void word_refused(const struct story *s, char *ret, size_t size)
{
	util_format(ret, size, "driver '%s' refused the device: %s", s->failure->subject,
		strerror(-s->failure->error));
}

static void word_no_iommu(const struct story *s, char *ret, size_t size)
{
	if (iommu_is_enabled())
		util_format(ret, size, "driver '%s' refused the device: it is in no IOMMU group",
			s->failure->subject);
	else
		util_format(ret, size, "driver '%s' refused the device: " MESSAGE_NO_IOMMU,
			s->failure->subject);
}

static void word_wrong_driver(const struct story *s, char *ret, size_t size)
{
	if (s->failure->subject[0])
		util_format(ret, size, "driver '%s' did not bind", s->failure->subject);
	else
		util_format(ret, size, "a driver is bound again");
}

static void word_driver_changed(const struct story *s, char *ret, size_t size)
{
	util_format(ret, size, "driver '%s' has bound to the device in the meantime",
		s->failure->subject);
}

static void word_use(const struct story *s, char *ret, size_t size)
{
	message_uses(s->failure, ret, size);
}

static void word_unreadable(const struct story *s, char *ret, size_t size)
{
	util_format(ret, size, "cannot read the rules: %s", strerror(-s->failure->error));
}

static void word_expired(const struct story *s, char *ret, size_t size)
{
	char doing[2 * SYSFS_NAME_MAX];

	message_step((int)s->failure->step, s->failure->subject, doing, sizeof(doing));
	util_format(ret, size, "%s not finished after %u s", doing, s->options->timeout_ms / 1000);
}

/* The exit code and the words of each cause: a text, or the function that makes it. */
static const struct {
	enum exit_code code;
	const char *reason; /* for programs */
	const char *text;
	void (*word)(const struct story *s, char *ret, size_t size);
} causes[] = {
	[OVERRIDE_OK] = { EXIT_DONE, "", "", NULL },
	[OVERRIDE_STEP_FAILED] = { EXIT_FAILED, "step-failed", NULL, word_step },
	[OVERRIDE_ABSENT] = { EXIT_NO_DEVICE, "no-device", "no such device", NULL },
	[OVERRIDE_NOT_OVERRIDABLE] = { EXIT_FAILED, "not-overridable",
		"the kernel offers no driver_override for it", NULL },
	[OVERRIDE_NOTHING_SAVED] = { EXIT_FAILED, "nothing-saved", "no saved override", NULL },
	[OVERRIDE_BAD_STORE] = { EXIT_FAILED, "bad-store", NULL, word_bad_store },
	[OVERRIDE_NO_DRIVER] = { EXIT_NO_DRIVER, "no-driver", NULL, word_no_driver },
	[OVERRIDE_NOT_LOADED] = { EXIT_FAILED, "module-not-loaded", NULL, word_not_loaded },
	[OVERRIDE_NOT_ON_BUS] = { EXIT_FAILED, "module-not-on-bus", NULL, word_not_on_bus },
	[OVERRIDE_SEVERAL_DRIVERS] = { EXIT_FAILED, "several-drivers", NULL, word_several },
	[OVERRIDE_NO_VARIANT] = { EXIT_FAILED, "no-variant", NULL, word_no_variant },
	[OVERRIDE_NO_VARIANT_BOUND] = { EXIT_NOT_BOUND, "no-variant-bound", NULL,
		word_last_variant },
	[OVERRIDE_DRIVER_REFUSED] = { EXIT_NOT_BOUND, "driver-refused", NULL, word_refused },
	[OVERRIDE_WRONG_DRIVER] = { EXIT_NOT_BOUND, "wrong-driver", NULL, word_wrong_driver },
	[OVERRIDE_DRIVER_CHANGED] = { EXIT_NOT_BOUND, "driver-changed", NULL, word_driver_changed },
	[OVERRIDE_IN_USE] = { EXIT_REFUSED, "in-use", NULL, word_use },
	[OVERRIDE_OTHER_DEVICE] = { EXIT_REFUSED, "other-device",
		"not the device the override was set for (its ids or its place differ, or its "
		"policy is damaged); set it again to approve it",
		NULL },
	[OVERRIDE_BRIDGE] = { EXIT_REFUSED, "bridge",
		"a bridge to other devices, which no VFIO driver takes; override these devices",
		NULL },
	[OVERRIDE_UNREADABLE_RULES] = { EXIT_FAILED, "unreadable-rules", NULL, word_unreadable },
	[OVERRIDE_NO_RULE] = { EXIT_FAILED, "no-rule", "it is not in " RULES_DIR, NULL },
	[OVERRIDE_LINKED_RULE] = { EXIT_FAILED, "linked-rule",
		"its file in " RULES_DIR " is a link; remove that first", NULL },
	[OVERRIDE_NO_IOMMU] = { EXIT_NOT_BOUND, "no-iommu", NULL, word_no_iommu },
	[OVERRIDE_FOREIGN_VFIO] = { EXIT_REFUSED, "foreign-vfio",
		"already a VFIO device of a driver that is not ranked", NULL },
	[OVERRIDE_EXPIRED] = { EXIT_UNFINISHED, "expired", NULL, word_expired },
};

int message_exit_code(enum override_cause cause)
{
	return (int)causes[cause].code;
}

static void word_cause(const struct story *s, enum override_cause cause, char *ret, size_t size)
{
	if (causes[cause].word)
		causes[cause].word(s, ret, size);
	else
		util_format(ret, size, "%s", causes[cause].text);
}

const char *message_cause(const struct options *options, const struct device *dev,
	const struct override_failure *failure, char *ret, size_t size)
{
	const struct story story = { .options = options, .dev = dev, .failure = failure };

	word_cause(&story, failure->cause, ret, size);
	return ret;
}

const char *message_reason(enum override_cause cause)
{
	return causes[cause].reason;
}

static void word_last_variant(const struct story *s, char *ret, size_t size)
{
	word_cause(s, s->failure->last_cause, ret, size);
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

static void word_kept(const char *place, const char *override, char *ret, size_t size)
{
	if (override[0])
		util_format(ret, size, "; now %s, the override '%s' stays", place, override);
	else
		util_format(ret, size, "; now %s, no override set", place);
}

static void word_not_restored(const struct device *dev, const struct override_end *end,
	const char *place, char *ret, size_t size)
{
	const char *store = end->store_error ? STORE_DIR " is not as it was" : "store unchanged";

	if (!end->restore_error)
		util_format(ret, size, "; back %s, %s", place, store);
	else
		util_format(ret, size,
			"; going back failed too: %s; now %s, override '%s', %s; "
			"try: driverctl unset-override %s/%s",
			strerror(-end->restore_error), place, end->state.override, store, dev->bus,
			dev->name);
}

/* The device has gone, or nothing is there to load: its state is not the point. */
static bool is_state_told(enum override_cause cause)
{
	return cause != OVERRIDE_ABSENT && cause != OVERRIDE_NOTHING_SAVED &&
	       cause != OVERRIDE_BAD_STORE;
}

static void word_end(
	const struct device *dev, const struct override_end *end, char *ret, size_t size)
{
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
		word_kept(place, end->state.override, ret, size);
		break;
	case OVERRIDE_RESTORED:
		util_format(ret, size, "; back %s, store unchanged", place);
		break;
	case OVERRIDE_NOT_RESTORED:
		word_not_restored(dev, end, place, ret, size);
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
	const struct story story = { .options = options, .dev = dev, .failure = failure };
	bool forcible =
		failure->cause == OVERRIDE_IN_USE || failure->cause == OVERRIDE_FOREIGN_VFIO;
	char cause[LINE_MAX_SIZE / 2], state[LINE_MAX_SIZE / 4] = "";
	char rule[128];

	word_cause(&story, failure->cause, cause, sizeof(cause));
	if (is_state_told(failure->cause))
		word_end(dev, end, state, sizeof(state));
	if (failure->cause == OVERRIDE_IN_USE && end->outcome == OVERRIDE_UNSEEN)
		util_format(state, sizeof(state), "; nothing changed");
	message_by_rule(dev, failure, rule, sizeof(rule));
	util_format(ret, size, "%s: %s%s%s%s", dev->name, cause, state, rule,
		forcible ? " (use --force to proceed anyway)" : "");
	return ret;
}

const char *message_member(const struct device *dev, const struct override_end *end,
	const char *whole, char *ret, size_t size)
{
	char state[LINE_MAX_SIZE / 4];

	word_end(dev, end, state, sizeof(state));
	util_format(ret, size, "%s: another device of its %s failed%s", dev->name, whole, state);
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
