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
#include "output.h"
#include "store/image.h"
#include "store/wanted.h"
#include "vfio/table.h"

#include <errno.h>
#include <stdarg.h>

/* The child sends one for each fault. */
struct fault {
	struct wanted wanted;
	char driver[SYSFS_NAME_MAX];
	const char *code; /* a static string: the child is a copy of its parent */
	char text[1024];
};

struct check {
	const struct options *options;
	struct wanted_sources *sources;
	struct output *output;
	const struct device *dev;
	size_t *n_faults;
};

/* --- in the child --- */

static void send_fault(struct bounded *b, struct fault *fault, const char *code, const char *fmt,
	...) PRINTF_LIKE(4, 5);

static void send_fault(
	struct bounded *b, struct fault *fault, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
	va_end(ap);
	fault->code = code;
	bounded_send(b, fault, sizeof(*fault));
}

/* Whether the bound driver is the one that a load would choose now. */
static bool is_best(const struct check *c, const char *driver)
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	const struct config *config = &c->options->config;

	if (table_rank_device(c->dev, config->deny, config->n_deny, &ranking) < 0)
		return false;
	if (ranking.best < 0)
		return false;
	return driver_is(c->dev->bus, driver, ranking.variants[ranking.best].module);
}

static bool is_in_effect(const struct check *c, const struct fault *fault)
{
	const struct wanted *wanted = &fault->wanted;

	if (!fault->driver[0])
		return streq(wanted->driver, OVERRIDE_NONE);
	if (wanted->driver[0] && driver_is(c->dev->bus, fault->driver, wanted->driver))
		return true;
	return wanted->best && is_best(c, fault->driver);
}

static void check_driver(struct bounded *b, const struct check *c, struct fault *fault)
{
	const char *wanted = fault->wanted.driver[0] ? fault->wanted.driver : "best-vfio";

	if (is_in_effect(c, fault))
		return;
	if (fault->driver[0])
		send_fault(b, fault, "other-driver", "on '%s', not on '%s'", fault->driver, wanted);
	else
		send_fault(b, fault, "no-driver", "without a driver, not on '%s'", wanted);
}

/* A device on a VFIO driver is of no use while its group is not viable. */
static void check_group(struct bounded *b, const struct check *c, struct fault *fault)
{
	CLEANUP(iommu_free) struct iommu_group group = { 0 };
	const struct iommu_member *obstacle;

	if (!fault->driver[0] || !device_is_vfio(c->dev, fault->driver))
		return;
	if (iommu_read(c->dev, &group) < 0)
		return;
	obstacle = iommu_obstacle(&group);
	if (obstacle)
		send_fault(b, fault, "group-not-viable",
			"IOMMU group %s is not viable: %s is on '%s'", group.name,
			obstacle->dev.name, obstacle->driver);
}

static void check_device(struct bounded *b, void *arg)
{
	const struct check *c = arg;
	struct fault fault = { 0 };
	int err;

	bounded_step(b, 0, OVERRIDE_READ_STORE, "");
	err = wanted_read(c->dev, c->sources, &fault.wanted);
	if (err == -ESTALE && !c->options->config.identity)
		err = 0;
	device_driver(c->dev, fault.driver);
	switch (err) {
	case 0:
		check_driver(b, c, &fault);
		check_group(b, c, &fault);
		break;
	case -ENOENT:
	case -ENODEV:
		break;
	case -ESTALE:
		send_fault(b, &fault, "other-device",
			"not the device that the override was set for; set it again to approve it");
		break;
	case -EBADMSG:
		send_fault(b, &fault, "bad-store", "what is saved is not the name of a driver");
		break;
	default:
		send_fault(
			b, &fault, "unreadable", "cannot read what is wanted: %s", strerror(-err));
	}
}

/* --- in the parent --- */

static struct json_object *fault_json(const struct check *c, const struct fault *fault)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "name", output_text(c->dev ? c->dev->name : ""));
	json_object_object_add(object, "bus", output_text(c->dev ? c->dev->bus : ""));
	json_object_object_add(object, "driver", output_text(fault->driver));
	json_object_object_add(object, "wanted_driver", output_text(fault->wanted.driver));
	json_object_object_add(object, "by", output_text(wanted_by_word(fault->wanted.by)));
	json_object_object_add(object, "rule", output_text(fault->wanted.rule));
	json_object_object_add(object, "code", output_text(fault->code));
	json_object_object_add(object, "text", output_text(fault->text));
	return object;
}

/* Who wants it, unless it is saved. */
static void print_origin(const struct wanted *wanted)
{
	if (wanted->by == WANTED_RULE)
		printf(" (rule %s)", wanted->rule);
	else if (wanted->by == WANTED_KERNEL)
		fputs(" (kernel command line)", stdout);
}

static void on_record(const void *data, void *arg)
{
	const struct fault *fault = data;
	struct check *c = arg;

	++*c->n_faults;
	if (c->output->list) {
		output_object(c->output, fault_json(c, fault));
		return;
	}
	if (c->dev)
		printf("%s: ", c->dev->name);
	fputs(fault->text, stdout);
	print_origin(&fault->wanted);
	putchar('\n');
}

static int run(const struct options *options, const struct device *dev, const void *arg)
{
	struct check check = *(const struct check *)arg;
	struct child child = {
		.work = check_device,
		.record = on_record,
		.record_size = sizeof(struct fault),
		.arg = &check,
		.device = dev->name,
	};

	check.dev = dev;
	return child_report(options, &child, child_run(options, &child));
}

/* A fault of no device. @arg: struct check */
static void add_fault(const char *code, const char *text, void *arg)
{
	struct fault fault = { .code = code };

	util_format(fault.text, sizeof(fault.text), "%s", text);
	on_record(&fault, arg);
}

static void check_image(struct check *check)
{
	char text[256];

	message_old_image(text, sizeof(text));
	if (image_age() == IMAGE_OLDER)
		add_fault("initramfs-older", text, check);
}

static int check_all(const struct check *check, char **keys)
{
	int code = each_key(check->options, keys, EACH_PRESENT, run, check);
	struct check others = *check;

	candidates_each_error(check->sources, add_fault, &others);
	check_image(&others);
	return code;
}

int cmd_check(const struct options *options, char **args, int n_args)
{
	CLEANUP(wanted_free) struct wanted_sources sources = { 0 };
	CLEANUP_STRV char **keys = NULL;
	struct output output;
	size_t n_faults = 0;
	const struct check check = {
		.options = options,
		.sources = &sources,
		.output = &output,
		.n_faults = &n_faults,
	};
	int code = each_check_bus(options);

	if (code != EXIT_DONE)
		return code;
	output_begin(&output, options);
	code = candidates_list(options, &sources, &keys);
	if (code == EXIT_DONE && n_args > 0)
		code = each_device(options, args, n_args, EACH_PRESENT, run, &check);
	else if (code == EXIT_DONE)
		code = check_all(&check, keys);
	if (code == EXIT_DONE && n_faults > 0)
		code = EXIT_FAILED;
	return output_end(&output, code);
}
