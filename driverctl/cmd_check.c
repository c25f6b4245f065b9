/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check [DEVICE...]: whether everything that is wanted is in effect, and without DEVICE whether the
 * initramfs has it. It prints one line for each fault, and nothing if there is none.
 * driver_override is not read, because that may block.
 */
#include "candidates.h"
#include "child.h"
#include "each.h"
#include "kernel/driver.h"
#include "kernel/iommu.h"
#include "message.h"
#include "object.h"
#include "output.h"
#include "store/image.h"
#include "store/saved.h"
#include "store/target.h"
#include "vfio/table.h"
#include "store/config.h"
#include "base/supervise.h"

#include <errno.h>
#include <stdarg.h>

struct check {
	const struct options *options;
	char **args;
	int n_args;
	struct supervise *s;
	struct target_sources sources;
	size_t n_faults;
};

/* What is wrong with a device, or with none (""). */
struct subject {
	struct device dev;
	char driver[SYSFS_NAME_MAX];
	struct target wanted;
};

static PRINTF_LIKE(4, 5) void print_fault(
	struct check *c, const struct subject *subject, const char *code, const char *fmt, ...)
{
	const struct target *wanted = &subject->wanted;
	char text[PATH_MAX + 256];
	va_list ap;

	c->n_faults++;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (options_have(c->options, OPTION_JSON)) {
		struct json_object *object = json_object_new_object();

		object_add_text(object, "name", subject->dev.name);
		object_add_text(object, "bus", subject->dev.bus);
		object_add_text(object, "driver", subject->driver);
		object_add_text(object, "wanted_driver", wanted->driver);
		object_add_text(object, "by", target_by_word(wanted->by));
		object_add_text(object, "rule", wanted->rule);
		object_add_text(object, "code", code);
		object_add_text(object, "text", text);
		object_print(object);
		return;
	}
	if (subject->dev.name[0])
		printf("%s: ", subject->dev.name);
	fputs(text, stdout);
	/* Who wants it, unless it is saved. */
	if (wanted->by == TARGET_RULE)
		printf(" (rule %s)", wanted->rule);
	else if (wanted->by == TARGET_KERNEL)
		fputs(" (kernel command line)", stdout);
	putchar('\n');
}

static void check_driver(struct check *c, const struct subject *subject)
{
	const struct config *config = &c->options->config;
	const char *wanted = subject->wanted.driver[0] ? subject->wanted.driver : "best-vfio";
	char best[SYSFS_NAME_MAX] = "";

	if (subject->wanted.best)
		table_best(&subject->dev, config->deny, config->n_deny, best);
	if (target_in_effect(&subject->wanted, &subject->dev, subject->driver, best))
		return;
	if (subject->driver[0])
		print_fault(c, subject, "other-driver", "on '%s', not on '%s'", subject->driver,
			wanted);
	else
		print_fault(c, subject, "no-driver", "without a driver, not on '%s'", wanted);
}

/* A device on a VFIO driver is of no use while its group is not viable. */
static void check_group(struct check *c, const struct subject *subject)
{
	CLEANUP(iommu_free) struct iommu_group group = { 0 };
	const struct iommu_member *obstacle;

	if (!subject->driver[0] || !device_is_vfio(&subject->dev, subject->driver))
		return;
	if (iommu_read(&subject->dev, &group) < 0)
		return;
	obstacle = iommu_obstacle(&group);
	if (obstacle)
		print_fault(c, subject, "group-not-viable",
			"IOMMU group %s is not viable: %s is on '%s'", group.name,
			obstacle->dev.name, obstacle->driver);
}

static int check_device(const struct options *options, const struct device *dev, void *arg)
{
	struct check *c = arg;
	struct subject subject = { .dev = *dev };
	int err;

	/* If the next one blocks, these are known. */
	fflush(stdout);
	supervise_step(c->s, 0, OVERRIDE_READ_STORE, dev->name);
	err = target_of(dev, &c->sources, &subject.wanted);
	if (err == -ESTALE && !options->config.identity)
		err = 0;
	device_driver(dev, subject.driver);
	switch (err) {
	case 0:
		check_driver(c, &subject);
		check_group(c, &subject);
		break;
	case -ENOENT:
	case -ENODEV:
		break;
	case -ESTALE:
		print_fault(c, &subject, "other-device",
			"not the device that the override was set for; set it again to approve it");
		break;
	case -EBADMSG:
		print_fault(c, &subject, "bad-store", "what is saved is not the name of a driver");
		break;
	default:
		print_fault(c, &subject, "unreadable", "cannot read what is wanted: %s",
			strerror(-err));
	}
	return EXIT_DONE;
}

static void print_error(const char *code, const char *text, void *arg)
{
	static const struct subject none;

	print_fault(arg, &none, code, "%s", text);
}

/* @s: NULL if nothing is wanted */
static int check(struct supervise *s, void *arg)
{
	struct check *c = arg;
	CLEANUP_STRV char **keys = NULL;
	char text[256];
	int code;

	c->s = s;
	if (s)
		supervise_step(s, 0, OVERRIDE_READ_STORE, "");
	code = candidates_list(&c->sources, &keys);
	if (code == EXIT_DONE && c->n_args > 0) {
		code = each_device(c->options, c->args, c->n_args, EACH_PRESENT, check_device, c);
	} else if (code == EXIT_DONE) {
		code = each_key(c->options, keys, EACH_PRESENT, check_device, c);
		candidates_each_error(&c->sources, print_error, c);
		if (image_age() == IMAGE_OLDER)
			print_error("initramfs-older", message_old_image(text, sizeof(text)), c);
	}
	return code == EXIT_DONE && c->n_faults > 0 ? EXIT_FAILED : code;
}

int cmd_check(const struct options *options, char **args, int n_args)
{
	CLEANUP_STRV char **saved = NULL;
	struct check c = { .options = options, .args = args, .n_args = n_args };
	int code = each_check_bus(options);

	if (code != EXIT_DONE)
		return code;
	output_begin(options);
	if (n_args == 0 && !candidates_may_block(&c.sources) && c.sources.kernel.n == 0 &&
		saved_list(&saved) == 0 && !saved)
		code = check(NULL, &c);
	else
		code = child_read(options, check, &c, NULL, "the devices");
	target_free(&c.sources);
	return output_end(code);
}
