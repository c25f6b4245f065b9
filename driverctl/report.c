/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports a change; the words are in message.c. */
#include "report.h"

#include "change/initramfs.h"
#include "kernel/iommu.h"
#include "message.h"
#include "result.h"
#include "store/image.h"
#include "store/saved.h"
#include "base/supervise.h"

#include <errno.h>
#include <sys/syslog.h>

#define LINE_SIZE 8192

/* A device on a VFIO driver is of no use while its group is not viable. A plan names the other
 * devices. */
static void warn_of_group(const struct change *c, const struct device *dev)
{
	CLEANUP(iommu_free) struct iommu_group group = { 0 };
	const struct iommu_member *obstacle;
	bool on_vfio = false;

	if (c->request->dry_run || c->request->save_only || iommu_read(dev, &group) < 0)
		return;
	for (size_t i = 0; i < group.n_members; i++)
		if (streq(group.members[i].dev.name, dev->name))
			on_vfio = group.members[i].vfio;
	obstacle = iommu_obstacle(&group);
	if (obstacle && on_vfio)
		message_warn(c->options, LOG_WARNING,
			"%s: IOMMU group %s is not viable: %s is on %s (--iommu-group takes all of "
			"it)",
			dev->name, group.name, obstacle->dev.name, obstacle->driver);
}

void report_old_image(const struct options *options)
{
	if (message_tells(options) && image_age() == IMAGE_OLDER) {
		char text[256];

		message_error("%s", message_old_image(text, sizeof(text)));
	}
}

static void report_success(const struct change *c)
{
	enum override_verb verb = c->request->verb;
	const char *command;
	const char *name = c->devices[0].name;
	bool taken_back = c->ends[0].taken_back[0] && c->ends[0].outcome == OVERRIDE_KEPT;

	if (verb == OVERRIDE_SET)
		for (size_t i = 0; i < c->n; i++)
			warn_of_group(c, &c->devices[i]);
	if (taken_back && verb == OVERRIDE_LOAD) {
		message_log(LOG_NOTICE, "%s: override '%s' taken back: no rule wants it any more",
			name, c->ends[0].taken_back);
	} else if (taken_back) {
		/* Nobody would learn otherwise that the initramfs is older than the store. */
		command = initramfs_command();
		message_log(LOG_WARNING,
			"%s: override '%s' taken back: it is in the initramfs, and not saved; '%s' "
			"rebuilds it",
			name, c->ends[0].taken_back, command ? command : "its tool");
	}
	if (options_have(c->options, OPTION_VERBOSE) && c->ends[0].saved) {
		/* An initramfs that is not rebuilt applies what was saved before. */
		command = initramfs_command();
		if (command && image_age() == IMAGE_UNKNOWN)
			message_error("%s: an initramfs may hold the overrides as they were; '%s' "
				      "rebuilds it",
				name, command);
	}
}

/* With --all, a device may vanish before its turn. Its saved override may also be removed by
 * another call, and saved again by a call that has applied it. */
static bool is_nothing_to_load(const struct change *c)
{
	char key[DEVICE_KEY_MAX], driver[SYSFS_NAME_MAX];

	/* For udev, which asks about every device. */
	if (c->request->verb == OVERRIDE_LOAD_ADDED && c->failure.cause == OVERRIDE_NOTHING_SAVED)
		return true;
	if (!c->request->takes_back)
		return false;
	if (c->failure.cause != OVERRIDE_NOTHING_SAVED)
		return c->failure.cause == OVERRIDE_ABSENT;
	device_key(&c->devices[c->failure.device], key);
	return !saved_has(key) || saved_driver(key, driver) == 0;
}

/* The other members of the group are named only if they are not as they were. */
static void report_failure(const struct change *c)
{
	bool restored = true;
	char line[LINE_SIZE];

	for (size_t i = 0; i < c->n; i++)
		restored = restored && c->ends[i].outcome != OVERRIDE_NOT_RESTORED;
	for (size_t i = 0; i < c->n; i++) {
		if (i != c->failure.device) {
			if (c->ends[i].outcome == OVERRIDE_NOT_RESTORED)
				message_error("%s", message_member(&c->devices[i], &c->ends[i],
							    line, sizeof(line)));
			continue;
		}
		message_failure(
			c->options, &c->devices[i], &c->failure, &c->ends[i], line, sizeof(line));
		/* Of a device for which nothing is wanted, no unit would report it. */
		if (c->ends[i].taken_back[0])
			message_log(LOG_ERR, "%s", line);
		if (c->group && restored)
			message_error("%s; IOMMU group %s is as it was", line, c->group);
		else
			message_error("%s", line);
	}
}

/* Return: @code */
static int add_results(const struct change *c, int code)
{
	for (size_t i = 0; i < c->n; i++)
		result_add(c, i, code);
	return code;
}

int report_lookup(const struct options *options, const char *arg, const struct device *dev, int err)
{
	char line[LINE_SIZE];
	int code = message_lookup(arg, dev, err, line, sizeof(line));
	const char *reason = code == EXIT_NO_DEVICE ? "no-device" : "bad-name";
	const char *name = dev->name[0] ? dev->name : arg;

	message_error("%s", line);
	if (options->results)
		result_add_failed(options, name, dev->bus, code, reason, line);
	return code;
}

int report_not_begun(const struct options *options, const char *name, const char *bus, int code,
	const char *reason, const char *text)
{
	message_error("%s: %s", name, text);
	result_add_failed(options, name, bus, code, reason, text);
	return code;
}

int report_end(const struct change *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct override_end *end = &c->ends[i];

		for (size_t n = 0; n < end->n_tried; n++) {
			const struct override_tried *tried = &end->tried[n];

			if (tried->excluded)
				message_warn(c->options, LOG_NOTICE, "%s: %s is excluded: %s",
					c->devices[i].name, tried->module, tried->excluded);
			else
				message_warn(c->options, LOG_WARNING,
					"%s: VFIO variant '%s' failed: %s", c->devices[i].name,
					tried->module, message_errno(tried->error));
		}
	}
	if (c->failure.cause == OVERRIDE_OK) {
		add_results(c, EXIT_DONE);
		report_success(c);
		return EXIT_DONE;
	}
	if (is_nothing_to_load(c))
		return EXIT_DONE;
	report_failure(c);
	return add_results(c, message_exit_code(c->failure.cause));
}

int report_expired(const struct change *c, const struct supervise_end *end)
{
	const struct override_end unseen = { .outcome = OVERRIDE_UNSEEN };
	char line[LINE_SIZE], aftermath[128] = "nothing changed";
	struct change expired = *c;

	expired.failure = (struct override_failure){ .cause = OVERRIDE_EXPIRED,
		.step = (enum override_step)end->at.step,
		.device = end->at.item };
	util_format(
		expired.failure.subject, sizeof(expired.failure.subject), "%s", end->at.subject);
	message_failure(c->options, &c->devices[end->at.item], &expired.failure, &unseen, line,
		sizeof(line));
	if (end->at.step == OVERRIDE_SAVE)
		util_format(
			aftermath, sizeof(aftermath), "pid %ld goes on with it", (long)end->pid);
	else if (end->at.step != OVERRIDE_LOCK && !result_is_rule(c, 0))
		util_format(aftermath, sizeof(aftermath),
			"its state is not known yet: pid %ld goes on, and finishes or undoes the "
			"change when the kernel lets go",
			(long)end->pid);
	message_error("%s; %s", line, aftermath);
	return add_results(&expired, EXIT_UNFINISHED);
}

/* The links to the drivers tell the present state of the devices, and never block. */
int report_lost(const struct change *c, int err)
{
	for (size_t i = 0; i < c->n; i++) {
		char driver[SYSFS_NAME_MAX], place[2 * SYSFS_NAME_MAX], text[1024];
		const struct device *dev = &c->devices[i];

		device_driver(dev, driver);
		message_place(driver, place, sizeof(place));
		util_format(
			text, sizeof(text), "the process at work on it failed: %s", strerror(-err));
		if (dev->path[0])
			util_format(text + strlen(text), sizeof(text) - strlen(text), "; now %s",
				place);
		report_not_begun(
			c->options, dev->name, dev->bus, EXIT_FAILED, "process-failed", text);
	}
	return EXIT_FAILED;
}

void report_late(const struct change *c)
{
	char line[LINE_SIZE], driver[SYSFS_NAME_MAX], place[2 * SYSFS_NAME_MAX];

	for (size_t i = 0; i < c->n; i++) {
		const struct device *dev = &c->devices[i];
		const struct override_end *end = &c->ends[i];

		if (c->failure.cause == OVERRIDE_OK && !result_is_rule(c, i)) {
			device_driver(dev, driver);
			message_log(LOG_WARNING, "%s: finished after the timeout; now %s",
				dev->name, message_place(driver, place, sizeof(place)));
		}
		if (c->failure.cause == OVERRIDE_OK || end->outcome == OVERRIDE_UNSEEN ||
			end->outcome == OVERRIDE_UNTOUCHED)
			continue;
		if (i == c->failure.device)
			message_failure(c->options, dev, &c->failure, end, line, sizeof(line));
		else
			message_member(dev, end, line, sizeof(line));
		message_log(LOG_WARNING, "%s", line);
	}
}
