/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One child does it all: it looks which devices the change concerns, and who uses them. If none is
 * in use that would lose its driver, it saves the rule, and loads the devices as load-override
 * --all does, each in a child of its own.
 */
#include "rule_apply.h"

#include "apply.h"
#include "change/change.h"
#include "child.h"
#include "kernel/lookup.h"
#include "message.h"
#include "options.h"
#include "report.h"
#include "result.h"
#include "store/journal.h"
#include "store/lock.h"
#include "store/target.h"
#include "base/supervise.h"

#include <errno.h>

/* The longest name of a file, without what its temporary name has in addition. */
#define NAME_LENGTH_MAX 240
/* One for all rules: a rule decides by what the others leave to it. */
#define LOCK_KEY "rules"

/* A change of a rule, which is reported as if the rule were a device. */
struct job {
	struct change report; /* comes first: apply_watch() */
	const struct rules_change *change;
	const struct options *options;
	struct override_request request; /* for its devices */
	struct target_sources before;    /* without the change */
	struct device rule;
	struct override_end end;
	struct supervise *s;
	struct device *devices; /* the capacity is a power of two */
	size_t n;
	bool saved;            /* the rule is saved: devices may have come since */
	size_t n_before, next; /* of the devices: those before that, and the next of them to come */
	int code;              /* of the first device that may not be moved */
};

int rule_apply_name(const char *arg, char **ret_name)
{
	size_t length = strlen(arg), suffix = strlen(RULES_SUFFIX);
	char quoted[80];

	if (length > suffix && streq(arg + length - suffix, RULES_SUFFIX))
		length -= suffix;
	*ret_name = strndup(arg, length);
	if (*ret_name && util_name_valid(*ret_name) && length <= NAME_LENGTH_MAX &&
		**ret_name != '.' && !strchr(*ret_name, ' '))
		return EXIT_DONE;
	message_error("invalid name of a rule '%s'" SEE_HELP, message_quote(arg, quoted));
	return EXIT_USAGE;
}

/* --- the rule --- */

static int fail(struct job *job, enum override_cause cause, enum override_step step, int error)
{
	struct override_failure *failure = &job->report.failure;

	failure->cause = cause;
	failure->step = step;
	failure->error = error;
	return error;
}

static void locked_by(pid_t pid, void *userdata)
{
	struct supervise *s = userdata;
	char subject[32];

	util_format(subject, sizeof(subject), "%ld", (long)pid);
	supervise_step(s, 0, OVERRIDE_LOCK, subject);
}

/* See that the rule can be changed, before the devices are looked at. Return: 0; -errno after
 * fail() */
static int prepare(struct job *job, struct savefile *save, int *ret_lock_fd)
{
	struct target_sources *after = job->request.sources;
	bool dry_run = job->request.dry_run;
	int err = 0;

	supervise_step(job->s, 0, OVERRIDE_LOCK, "");
	/* A dry run leaves no file behind, and waits for nobody. */
	if (!dry_run)
		err = lock_take(LOCK_KEY, job->request.deadline_ms, locked_by, job->s, ret_lock_fd);
	if (err < 0)
		return fail(job, err == -ETIMEDOUT ? OVERRIDE_EXPIRED : OVERRIDE_STEP_FAILED,
			OVERRIDE_LOCK, err);
	supervise_step(job->s, 0, OVERRIDE_PREPARE_STORE, "");
	if (!dry_run)
		err = rules_tidy(job->change->name);
	if (err < 0)
		return fail(job, OVERRIDE_STEP_FAILED, OVERRIDE_PREPARE_STORE, err);
	err = target_prepare(&job->before);
	if (err == 0)
		err = target_prepare(after);
	if (err == 0)
		err = rules_check(&after->rules);
	if (err < 0)
		return fail(job, OVERRIDE_UNREADABLE_RULES, OVERRIDE_PREPARE_STORE, err);
	err = rules_prepare(job->change, save, dry_run);
	if (err == -ENOENT && !job->change->text)
		return fail(job, OVERRIDE_NO_RULE, OVERRIDE_PREPARE_STORE, err);
	if (err == -EEXIST)
		return fail(job, OVERRIDE_LINKED_RULE, OVERRIDE_PREPARE_STORE, err);
	return err < 0 ? fail(job, OVERRIDE_STEP_FAILED, OVERRIDE_PREPARE_STORE, err) : 0;
}

static int commit(struct job *job, struct savefile *save)
{
	int err;

	supervise_step(job->s, 0, OVERRIDE_SAVE, "");
	/* From here on, the parent waits for the devices, too. */
	if (!supervise_finish(job->s))
		return fail(job, OVERRIDE_EXPIRED, OVERRIDE_SAVE, -ETIMEDOUT);
	err = savefile_commit(save);
	job->end.saved = save->changes;
	if (err == 0)
		return 0;
	job->end.store_error = savefile_revert(save);
	if (job->end.store_error)
		job->end.outcome = OVERRIDE_NOT_RESTORED;
	return fail(job, OVERRIDE_STEP_FAILED, OVERRIDE_SAVE, err);
}

/* --- its devices --- */

/* The devices come in the same order as before: those that have gone since are passed over. */
static bool is_known(struct job *job, const struct device *dev)
{
	for (size_t i = job->next; i < job->n_before; i++) {
		const struct device *known = &job->devices[i];

		if (streq(known->bus, dev->bus) && streq(known->name, dev->name)) {
			job->next = i + 1;
			return true;
		}
		if (streq(known->bus, dev->bus) && strcmp(known->name, dev->name) > 0)
			break;
	}
	return false;
}

static int add_device(struct job *job, const struct device *dev)
{
	bool full = (job->n & (job->n - 1)) == 0;
	struct device *grown = job->devices;

	if (full)
		grown = reallocarray(grown, job->n ? job->n * 2 : 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	job->devices = grown;
	grown[job->n++] = *dev;
	return 0;
}

/* Takes one that the rule decides, or has decided. */
static int take_device(const struct device *dev, void *userdata)
{
	struct job *job = userdata;

	return job->saved && is_known(job, dev) ? 0 : add_device(job, dev);
}

/* Whether the device is among those of target_each_changed(), or is not for a rule to move. */
static bool is_taken(struct target_sources *sources, const struct device *dev, const char *name)
{
	struct target target;

	target_of(dev, sources, &target);
	if (target.by == TARGET_SAVED || target.by == TARGET_KERNEL)
		return true;
	return target.by == TARGET_RULE && streq(target.rule, name);
}

/* Those that an older form of the rule has set: the call that changed it may have been killed, or
 * the rule may have an error now. */
static int take_noted(struct job *job)
{
	CLEANUP_STRV char **keys = NULL;
	int err = journal_list(&keys);

	for (char **key = keys; err == 0 && key && *key; key++) {
		const char *name = job->change->name;
		struct journal entry;
		struct device dev;

		journal_find(*key, &entry);
		if (entry.by != JOURNAL_RULE || !streq(entry.rule, name))
			continue;
		if (device_open(*key, DEVICE_KEY, NULL, NULL, &dev) < 0)
			continue;
		if (!is_taken(&job->before, &dev, name) &&
			!is_taken(job->request.sources, &dev, name))
			err = take_device(&dev, job);
	}
	return err;
}

static void refuse(const struct device *dev, const struct override_failure *failure,
	const struct override_end *end, void *userdata)
{
	struct job *job = userdata;
	struct override_end own = *end;
	struct change look = { .options = job->options,
		.request = &job->request,
		.devices = dev,
		.n = 1,
		.failure = *failure,
		.ends = &own };
	int code;

	look.failure.device = 0;
	util_format(look.failure.rule, sizeof(look.failure.rule), "%s", job->change->name);
	code = report_end(&look);
	job->code = job->code ? job->code : code;
}

/* If one is in use, all that are are reported. Return: 0 or the exit code. */
static int find_devices(struct job *job)
{
	struct override_request look = job->request;
	int err;

	look.dry_run = true;
	supervise_step(job->s, 0, OVERRIDE_READ_STORE, "");
	err = target_each_changed(
		&job->before, job->request.sources, job->change->name, take_device, job);
	if (err == 0 && !job->saved)
		err = take_noted(job);
	if (err == 0 && !job->saved && !job->request.save_only)
		err = change_look(&look, job->devices, job->n, job->s, refuse, job);
	if (err < 0) {
		message_error("%s: cannot find its devices: %s", job->rule.name, strerror(-err));
		return EXIT_FAILED;
	}
	return job->code;
}

/* Also those that have come since they were looked for. Return: as apply_each(). */
static int load_all(struct job *job)
{
	size_t n = job->n;
	int code = apply_each(job->options, job->devices, n, &job->request), later;

	if (job->request.dry_run || job->request.save_only)
		return code;
	job->saved = true;
	job->n_before = n;
	later = find_devices(job);
	if (later == EXIT_DONE)
		later = apply_each(job->options, job->devices + n, job->n - n, &job->request);
	return code != EXIT_DONE ? code : later;
}

static int work(struct supervise *s, void *arg)
{
	CLEANUP(savefile_discard) struct savefile save = { 0 };
	CLEANUP_CLOSE int lock_fd = -1;
	struct job *job = arg;
	int code;

	job->s = s;
	if (prepare(job, &save, &lock_fd) < 0)
		return report_end(&job->report);
	code = find_devices(job);
	if (code != EXIT_DONE)
		return code;
	commit(job, &save);
	job->report.n_followers = job->n;
	code = report_end(&job->report);
	return code == EXIT_DONE ? load_all(job) : code;
}

int rule_apply(const struct options *options, const struct rules_change *change)
{
	CLEANUP(target_free) struct target_sources sources = { .change = change };
	struct job job = { .change = change,
		.options = options,
		.request = apply_request(options, OVERRIDE_LOAD),
		.end.outcome = OVERRIDE_UNSEEN,
		.report = { .options = options,
			.request = &job.request,
			.devices = &job.rule,
			.n = 1,
			.ends = &job.end } };
	struct child child = { .work = work, .arg = &job };
	int result;

	apply_watch(options, &child);
	util_format(job.rule.name, sizeof(job.rule.name), "rule %s", change->name);
	util_format(job.report.failure.rule, sizeof(job.report.failure.rule), "%s", change->name);
	job.request.sources = &sources;
	job.request.takes_back = true;
	job.request.asked = true;
	result = child_run(options, &child);
	if (result == -ETIMEDOUT)
		result = report_expired(&job.report, &child.end);
	else if (result < 0)
		result = report_lost(&job.report, result);
	child_free(&child);
	return result;
}
