/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One bounded child a device; reports how it ended, from the child's result or in its stead. */
#include "apply.h"

#include "message.h"
#include "saved.h"

#include <errno.h>
#include <sys/syslog.h>

_Static_assert(sizeof(struct override_result) <= BOUNDED_RECORD_MAX, "a result is one record");

/* One device that does not answer is not to keep the others from being set. */
#define EARLY_STALL_MS 1000

struct job {
	const struct options *options;
	apply_fn fn;
	struct override_request request;
	struct override_result result;
	bool has_result;
};

/* In the child. */
static void work(struct bounded *b, void *arg)
{
	struct job *job = arg;
	char line[4096];

	job->fn(&job->request, b, &job->result);
	bounded_send(b, &job->result, sizeof(job->result));
	/* The caller has given up, or is about to: what became of it is for the log to tell. */
	if (job->result.outcome != OVERRIDE_DONE && job->result.touched && bounded_expired(b))
		message_log(LOG_WARNING, "%s",
			message_result(
				job->options, &job->request.dev, &job->result, line, sizeof(line)));
}

static void on_record(const void *data, size_t size, void *userdata)
{
	struct job *job = userdata;

	if (size != sizeof(job->result))
		return;
	memcpy(&job->result, data, size);
	job->has_result = true;
}

static void on_step(int step, const char *subject, void *userdata)
{
	const struct job *job = userdata;
	char doing[2 * SYSFS_NAME_MAX];

	message_error(
		"%s: %s", job->request.dev.name, message_step(step, subject, doing, sizeof(doing)));
}

static void on_waiting(int step, const char *subject, void *userdata)
{
	const struct job *job = userdata;
	char doing[2 * SYSFS_NAME_MAX];

	if (job->options->verbose || isatty(STDERR_FILENO))
		message_error("%s: still %s", job->request.dev.name,
			message_step(step, subject, doing, sizeof(doing)));
}

/* A fallback is for the administrator to learn, and no failure of the call. */
static void tell_passed_over(const struct job *job)
{
	const struct override_result *result = &job->result;

	for (size_t i = 0; i < result->n_passed_over; i++) {
		const char *module = result->passed_over[i].module;
		const char *why = strerror(-result->passed_over[i].error);

		message_log(LOG_WARNING, "%s: VFIO variant '%s' passed over: %s",
			job->request.dev.name, module, why);
		if (job->options->verbose)
			message_error("%s: VFIO variant '%s' passed over: %s",
				job->request.dev.name, module, why);
	}
}

/* An initramfs that is not made anew applies what was saved before. */
static void tell_image(const struct job *job)
{
	const char *command = saved_image_command();

	if (command)
		message_error("%s: an initramfs may hold the overrides as they were; '%s' makes it "
			      "anew",
			job->request.dev.name, command);
}

/* Nobody would learn otherwise that the initramfs is older than the store. */
static void tell_taken_back(const struct job *job)
{
	const char *command = saved_image_command();

	message_log(LOG_WARNING,
		"%s: override '%s' taken back: it is in the initramfs, and not saved; '%s' makes "
		"that anew",
		job->request.dev.name, job->request.driver, command ? command : "its tool");
}

static int report(struct job *job, int err, const struct bounded_end *end)
{
	const struct device *dev = &job->request.dev;
	char line[8192], aftermath[128] = "";

	if (err == -ETIMEDOUT) {
		job->result = (struct override_result){ .outcome = OVERRIDE_UNFINISHED,
			.reason = OVERRIDE_EXPIRED,
			.step = (enum override_step)end->step };
		util_format(job->result.subject, sizeof(job->result.subject), "%s", end->subject);
		if (end->step == OVERRIDE_LOCK)
			util_format(aftermath, sizeof(aftermath), "; nothing changed");
		else if (end->step == OVERRIDE_SAVE)
			util_format(aftermath, sizeof(aftermath), "; pid %ld goes on with it",
				(long)end->pid);
		else
			util_format(aftermath, sizeof(aftermath),
				"; its state is not known yet: pid %ld goes on and restores "
				"the old one when the kernel lets go",
				(long)end->pid);
	} else if (err < 0 || !job->has_result) {
		message_error("%s: the process at work on it failed: %s", dev->name,
			strerror(err < 0 ? -err : EIO));
		return OVERRIDE_FAILED;
	}
	tell_passed_over(job);
	if (job->fn == override_take_back && job->result.outcome == OVERRIDE_DONE &&
		job->result.touched)
		tell_taken_back(job);
	if (job->options->verbose && job->result.stored)
		tell_image(job);
	if (job->result.outcome != OVERRIDE_DONE)
		message_error("%s%s",
			message_result(job->options, dev, &job->result, line, sizeof(line)),
			aftermath);
	return (int)job->result.outcome;
}

static int out_of_time(const struct options *options, const struct device *dev)
{
	message_error("%s: not begun within %u s; nothing changed", dev->name,
		options->timeout_ms / 1000);
	return OVERRIDE_UNFINISHED;
}

int apply_one(
	const struct options *options, apply_fn fn, const struct device *dev, const char *driver)
{
	CLEANUP_FREE struct job *job = calloc(1, sizeof(*job));
	struct bounded_limits limits = { .deadline_ms = options->deadline_ms,
		.stall_ms = options->early ? EARLY_STALL_MS : 0 };
	struct bounded_watch watch = { .record = on_record,
		.step = options->verbose ? on_step : NULL,
		.waiting = on_waiting,
		.userdata = job,
		.trace = options->verbose };
	struct bounded_end end;
	int err;

	if (util_now_ms() >= options->deadline_ms)
		return out_of_time(options, dev);
	if (!job) {
		message_error("%s: %s", dev->name, strerror(ENOMEM));
		return OVERRIDE_FAILED;
	}
	job->options = options;
	job->fn = fn;
	job->request = (struct override_request){ .dev = *dev,
		.probe = options->probe,
		.save = options->save,
		.early = options->early,
		.unbound = options->unbound,
		.force = options->force,
		.config = &options->config,
		.deadline_ms = options->deadline_ms };
	if (options->variant && streq(driver, VARIANT_PLAIN))
		driver = variant_generic(dev->bus);
	job->request.best_vfio = options->variant && driver && streq(driver, VARIANT_AUTO);
	if (!driver) {
		message_error("%s: the bus %s has no VFIO driver", dev->name, dev->bus);
		return OVERRIDE_FAILED;
	}
	util_format(job->request.driver, sizeof(job->request.driver), "%s", driver);
	err = bounded_run(work, job, &limits, &watch, &end);
	return report(job, err, &end);
}

int apply_each(const struct options *options, apply_fn fn, char **devices, int n_devices,
	const char *driver)
{
	const char *devpath = n_devices == 1 ? options->devpath : NULL;
	int result = 0;

	for (int i = 0; i < n_devices; i++) {
		struct device dev;
		int err = device_lookup(devices[i], options->bus, devpath, &dev), code;

		/* An absent device may have a saved override to unset. */
		if (err == 0 || (err == -ENODEV && fn == override_unset && dev.name[0]))
			code = apply_one(options, fn, &dev, driver);
		else
			code = message_lookup(devices[i], &dev, err);
		if (result == 0)
			result = code;
	}
	return result;
}
