/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One bounded child a device; reports how it ended, from the child's result or in its stead. */
#include "apply.h"

#include "change/initramfs.h"
#include "kernel/iommu.h"
#include "message.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syslog.h>

struct record {
	size_t index;
	struct override_result result;
};

_Static_assert(sizeof(struct record) <= BOUNDED_RECORD_MAX, "a result is one record");

/* One device that does not answer is not to keep the others from being set. */
#define EARLY_STALL_MS 1000

/* One transaction: a device, or the members of its group. */
struct job {
	const struct options *options;
	apply_fn fn;
	size_t n;
	struct override_request *requests;
	struct override_result *results;
	size_t n_results;
	const char *group; /* NULL for one device */
};

/* In the child. */
static void work(struct bounded *b, void *arg)
{
	struct job *job = arg;
	char line[4096];

	job->fn(job->requests, job->n, b, job->results);
	for (size_t i = 0; i < job->n; i++) {
		struct record record = { .index = i, .result = job->results[i] };

		bounded_send(b, &record, sizeof(record));
	}
	/* The caller has given up, or is about to: what became of it is for the log to tell. */
	for (size_t i = 0; i < job->n; i++)
		if (job->results[i].outcome != OVERRIDE_DONE && job->results[i].touched &&
			bounded_expired(b))
			message_log(LOG_WARNING, "%s",
				message_result(job->options, &job->requests[i].dev,
					&job->results[i], line, sizeof(line)));
}

static void on_record(const void *data, size_t size, void *userdata)
{
	struct job *job = userdata;
	struct record record;

	if (size != sizeof(record))
		return;
	memcpy(&record, data, size);
	job->results[record.index] = record.result;
	job->n_results++;
}

/* "0000:01:00.0: unbinding 'nvme'" */
static void tell_step(const struct job *job, const char *still, const struct bounded_position *at)
{
	char doing[2 * SYSFS_NAME_MAX];

	message_error("%s: %s%s", job->requests[at->item].dev.name, still,
		message_step(at->step, at->subject, doing, sizeof(doing)));
}

static void on_step(const struct bounded_position *at, void *userdata)
{
	tell_step(userdata, "", at);
}

static void on_waiting(const struct bounded_position *at, void *userdata)
{
	const struct job *job = userdata;

	if (job->options->verbose || isatty(STDERR_FILENO))
		tell_step(job, "still ", at);
}

/* What is no failure of the call, and yet for the administrator to learn. */
static void tell(const struct job *job, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	message_log(LOG_WARNING, "%s", text);
	if (job->options->verbose)
		message_error("%s", text);
}

static void tell_passed_over(const struct job *job, size_t i)
{
	const struct override_result *result = &job->results[i];

	for (size_t n = 0; n < result->n_passed_over; n++)
		tell(job, "%s: VFIO variant '%s' passed over: %s", job->requests[i].dev.name,
			result->passed_over[n].module, strerror(-result->passed_over[n].error));
}

/* A device on a VFIO driver is of no use while its group is not viable. */
static void tell_group(const struct job *job, const struct device *dev)
{
	struct iommu_group group;

	if (job->fn == override_set && iommu_read(dev, &group) == 0) {
		const struct iommu_member *obstacle = iommu_obstacle(&group);

		for (size_t i = 0; obstacle && i < group.n_members; i++)
			if (group.members[i].vfio && streq(group.members[i].dev.name, dev->name))
				tell(job,
					"%s: IOMMU group %s is not viable: %s is on %s "
					"(--iommu-group takes all of it)",
					dev->name, group.name, obstacle->dev.name,
					obstacle->driver);
		iommu_free(&group);
	}
}

/* An initramfs that is not made anew applies what was saved before. */
static void tell_image(const struct job *job)
{
	const char *command = initramfs_command();

	if (command)
		message_error("%s: an initramfs may hold the overrides as they were; '%s' makes it "
			      "anew",
			job->requests[0].dev.name, command);
}

/* How far it is, where the time is up. */
static int report_expired(struct job *job, const struct bounded_end *end)
{
	const struct device *dev = &job->requests[end->at.item].dev;
	struct override_result result = { .outcome = OVERRIDE_UNFINISHED,
		.reason = OVERRIDE_EXPIRED,
		.step = (enum override_step)end->at.step };
	char line[8192], aftermath[128];

	util_format(result.subject, sizeof(result.subject), "%s", end->at.subject);
	if (result.step == OVERRIDE_LOCK)
		util_format(aftermath, sizeof(aftermath), "; nothing changed");
	else if (result.step == OVERRIDE_SAVE)
		util_format(
			aftermath, sizeof(aftermath), "; pid %ld goes on with it", (long)end->pid);
	else
		util_format(aftermath, sizeof(aftermath),
			"; its state is not known yet: pid %ld goes on and restores "
			"the old one when the kernel lets go",
			(long)end->pid);
	message_error(
		"%s%s", message_result(job->options, dev, &result, line, sizeof(line)), aftermath);
	return OVERRIDE_UNFINISHED;
}

/* Nobody would learn otherwise that the initramfs is older than the store. */
static void tell_taken_back(const struct job *job)
{
	const char *command = initramfs_command();

	message_log(LOG_WARNING,
		"%s: override '%s' taken back: it is in the initramfs, and not saved; '%s' makes "
		"that anew",
		job->requests[0].dev.name, job->requests[0].driver, command ? command : "its tool");
}

/* The child was killed, and has put nothing back. Where that leaves the devices is told by the
 * links, which never block. */
static int report_lost(const struct job *job, int err)
{
	for (size_t i = 0; i < job->n; i++) {
		char link[PATH_MAX], driver[SYSFS_NAME_MAX] = "", place[2 * SYSFS_NAME_MAX];
		const struct device *dev = &job->requests[i].dev;

		if (util_format(link, sizeof(link), "%s/driver", dev->path) == 0)
			sysfs_link_name(AT_FDCWD, link, driver);
		message_error("%s: the process at work on it failed: %s%s%s", dev->name,
			strerror(-err), dev->path[0] ? "; now " : "",
			dev->path[0] ? message_place(driver, place, sizeof(place)) : "");
	}
	return OVERRIDE_FAILED;
}

/* The device has gone, or what was saved for it: as if that had been before the call. */
static bool nothing_to_load(const struct device *dev, const struct override_result *result)
{
	char key[DEVICE_KEY_MAX];

	device_key(dev, key);
	return result->outcome == OVERRIDE_NO_DEVICE ||
	       (result->reason == OVERRIDE_NOTHING_SAVED && !store_has(key));
}

static int report(struct job *job, int err, const struct bounded_end *end)
{
	int code = OVERRIDE_DONE;
	bool put_back = job->group;
	char line[8192];

	if (err == -ETIMEDOUT)
		return report_expired(job, end);
	if (err < 0 || job->n_results < job->n)
		return report_lost(job, err < 0 ? err : -EIO);
	for (size_t i = 0; i < job->n; i++)
		put_back =
			put_back && !job->results[i].restore_error && !job->results[i].store_broken;
	for (size_t i = 0; i < job->n; i++) {
		const struct override_result *result = &job->results[i];
		const struct device *dev = &job->requests[i].dev;
		bool by_member = result->reason == OVERRIDE_BY_MEMBER;

		tell_passed_over(job, i);
		if (job->options->all && nothing_to_load(dev, result))
			continue;
		if (result->outcome == OVERRIDE_DONE) {
			tell_group(job, dev);
			if (job->fn == override_take_back && result->touched)
				tell_taken_back(job);
			continue;
		}
		code = (int)result->outcome;
		if (!by_member || result->restore_error || result->store_broken)
			message_error("%s%s%s%s",
				message_result(job->options, dev, result, line, sizeof(line)),
				put_back && !by_member ? "; IOMMU group " : "",
				put_back && !by_member ? job->group : "",
				put_back && !by_member ? " is as it was" : "");
	}
	if (job->options->verbose && code == OVERRIDE_DONE && job->results[0].stored)
		tell_image(job);
	return code;
}

static int out_of_time(const struct options *options, const struct device *dev)
{
	message_error("%s: not begun within %u s; nothing changed", dev->name,
		options->timeout_ms / 1000);
	return OVERRIDE_UNFINISHED;
}

/* Fills in a request. Return: 0, or the exit code. */
static int ask(const struct options *options, const struct device *dev, const char *driver,
	struct override_request *ret)
{
	*ret = (struct override_request){ .dev = *dev,
		.probe = options->probe,
		.save = options->save,
		.early = options->early,
		.unbound = options->unbound,
		.force = options->force,
		.config = &options->config,
		.deadline_ms = options->deadline_ms };
	if (options->variant && streq(driver, VARIANT_PLAIN))
		driver = variant_generic(dev->bus);
	ret->best_vfio = options->variant && driver && streq(driver, VARIANT_AUTO);
	if (!driver) {
		message_error("%s: the bus %s has no VFIO driver", dev->name, dev->bus);
		return OVERRIDE_FAILED;
	}
	util_format(ret->driver, sizeof(ret->driver), "%s", driver);
	return 0;
}

/* @devices: one, or the members of a group, by name */
static int apply_all(const struct options *options, apply_fn fn, const struct device *devices,
	size_t n, const char *driver, const char *group)
{
	CLEANUP_FREE struct override_request *requests = calloc(n, sizeof(*requests));
	CLEANUP_FREE struct override_result *results = calloc(n, sizeof(*results));
	struct job job = { .options = options,
		.fn = fn,
		.n = n,
		.requests = requests,
		.results = results,
		.group = group };
	struct bounded_limits limits = { .deadline_ms = options->deadline_ms,
		.stall_ms = options->early ? EARLY_STALL_MS : 0 };
	struct bounded_watch watch = { .record = on_record,
		.step = options->verbose ? on_step : NULL,
		.waiting = on_waiting,
		.userdata = &job,
		.trace = options->verbose };
	struct bounded_end end;
	int err;

	if (util_now_ms() >= options->deadline_ms)
		return out_of_time(options, &devices[0]);
	if (!requests || !results) {
		message_error("%s: %s", devices[0].name, strerror(ENOMEM));
		return OVERRIDE_FAILED;
	}
	for (size_t i = 0; i < n; i++) {
		int code = ask(options, &devices[i], driver, &requests[i]);

		if (code != 0)
			return code;
	}
	err = bounded_run(work, &job, &limits, &watch, &end);
	return report(&job, err, &end);
}

int apply_one(
	const struct options *options, apply_fn fn, const struct device *dev, const char *driver)
{
	return apply_all(options, fn, dev, 1, driver, NULL);
}

/* Every device of the group but bridges, which stay on their driver in a viable group too. */
static int apply_group(
	const struct options *options, apply_fn fn, const struct device *dev, const char *driver)
{
	CLEANUP_FREE struct device *devices = NULL;
	struct iommu_group group;
	int err = iommu_read(dev, &group), code;
	size_t n = 0;

	if (err < 0 || !group.name[0]) {
		message_error("%s: %s%s", dev->name,
			err < 0 ? "cannot read its IOMMU group: " : "it is in no IOMMU group",
			err < 0 ? strerror(-err) : "");
		return OVERRIDE_FAILED;
	}
	devices = calloc(group.n_members + 1, sizeof(*devices));
	for (size_t i = 0; devices && i < group.n_members; i++)
		if (!group.members[i].bridge)
			devices[n++] = group.members[i].dev;
	if (n == 0) {
		message_error(
			"%s: IOMMU group %s has no device to give away", dev->name, group.name);
		code = OVERRIDE_FAILED;
	} else {
		code = apply_all(options, fn, devices, n, driver, group.name);
	}
	iommu_free(&group);
	return code;
}

int apply_each(const struct options *options, apply_fn fn, char **devices, int n_devices,
	const char *driver)
{
	const char *devpath = n_devices == 1 ? options->devpath : NULL;
	int result = 0;

	for (int i = 0; i < n_devices; i++) {
		struct device dev;
		int err = device_lookup(devices[i], options->bus, devpath, &dev), code;

		if (err == 0 && options->iommu_group)
			code = apply_group(options, fn, &dev, driver);
		/* An absent device may have a saved override to unset. */
		else if (err == 0 || (err == -ENODEV && fn == override_unset && dev.name[0] &&
					     !options->iommu_group))
			code = apply_one(options, fn, &dev, driver);
		else
			code = message_lookup(devices[i], &dev, err);
		if (result == 0)
			result = code;
	}
	return result;
}
