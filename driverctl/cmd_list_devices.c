/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * list-devices [CLASS], list-overrides [CLASS]: a child reads the attributes, one device in a step,
 * and prints. If a device blocks it for a second, what it has printed is dropped, and another child
 * begins again that does not read this one: it is reported without its override.
 */
#include "child.h"
#include "kernel/bus.h"
#include "kernel/driver.h"
#include "kernel/model.h"
#include "kernel/pci.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "rows.h"
#include "store/target.h"
#include "base/supervise.h"

#include <errno.h>
#include <fcntl.h>

struct listing {
	const struct options *options;
	const char *class;
	bool overrides_only;
	char dir[PATH_MAX]; /* of the devices of the bus */
	char **blocked;     /* devices that have blocked their reader */
	size_t n_blocked;
	char last[SYSFS_NAME_MAX]; /* the time was up at this one: the others are not read; or "" */
};

static bool is_blocked(const struct listing *l, const char *name)
{
	for (size_t i = 0; i < l->n_blocked; i++)
		if (streq(l->blocked[i], name))
			return true;
	return false;
}

/* What the child keeps while it lists. */
struct reading {
	struct rows rows;
	struct target_sources sources;
	struct model_database *models; /* NULL: no models are listed */
	bool tells_by;                 /* who wants the override */
	size_t n_found;
};

/* Its override is not known; its driver is, as a link never blocks. */
static void print_blocked(const struct listing *l, struct reading *r, const struct device *dev)
{
	char driver[SYSFS_NAME_MAX];
	const struct row row = { .values = {
					 [COLUMN_NAME] = dev->name,
					 [COLUMN_BUS] = dev->bus,
					 [COLUMN_DRIVER] = driver,
				 } };

	message_error("%s: its override is not known yet: the kernel is at work on the device",
		dev->name);
	r->n_found++;
	device_driver(dev, driver);
	if (!l->overrides_only && !l->class[0])
		rows_add(&r->rows, &row);
}

static void print_device(const struct listing *l, struct reading *r, struct device *dev)
{
	struct device_state state;
	char model[SYSFS_NAME_MAX] = "";
	struct target wanted = { 0 };
	struct row row = { .values = {
				   [COLUMN_NAME] = dev->name,
				   [COLUMN_BUS] = dev->bus,
				   [COLUMN_DRIVER] = state.driver,
				   [COLUMN_OVERRIDE] = state.override,
				   [COLUMN_KNOWN] = "yes",
				   [COLUMN_MODEL] = model,
				   [COLUMN_RULE] = wanted.rule,
			   } };

	if (device_read_state(dev, &state) < 0 || (l->overrides_only && !state.override[0]))
		return;
	r->n_found++;
	if (l->class[0]) {
		char class[7];

		pci_class(dev, class);
		if (!util_after_prefix(class, l->class))
			return;
	}
	/* Another override than the wanted one is nobody's that is known. */
	if (r->tells_by &&
		(target_of(dev, &r->sources, &wanted) < 0 ||
			(!wanted.best && !driver_is(dev->bus, state.override, wanted.driver))))
		wanted = (struct target){ 0 };
	row.values[COLUMN_BY] = target_by_word(wanted.by);
	/* libudev opens each part of a path: of the device's own there are fewer. */
	if (r->models && sysfs_link_target(l->dir, dev->name, dev->path) == 0)
		model_of(r->models, dev->path, model, sizeof(model));
	rows_add(&r->rows, &row);
}

static int print_devices(struct supervise *s, void *arg)
{
	const struct listing *l = arg;
	bool json = options_have(l->options, OPTION_JSON);
	bool verbose = options_have(l->options, OPTION_VERBOSE);
	struct reading r = { .tells_by = l->overrides_only && json };
	unsigned int in_lines = COLUMN_BIT(COLUMN_NAME) | COLUMN_BIT(COLUMN_DRIVER);
	unsigned int in_json = in_lines | COLUMN_BIT(COLUMN_BUS) | COLUMN_BIT(COLUMN_OVERRIDE) |
			       COLUMN_BIT(COLUMN_KNOWN) | COLUMN_BIT(COLUMN_MODEL);
	CLEANUP_STRV char **names = NULL;
	size_t n;
	int err;

	supervise_step(s, 0, OVERRIDE_READ_STATE, "");
	err = sysfs_list(l->dir, NULL, &names, &n);
	/* Paths from the top would take several per cent of the time of a long list. */
	if (err == 0 && chdir(l->dir) < 0)
		err = -errno;
	if (err < 0) {
		message_error("%s: %s", l->dir, strerror(-err));
		return EXIT_FAILED;
	}
	/* Every line of list-overrides is one of an overridden device. */
	if (!l->overrides_only)
		in_lines |= COLUMN_BIT(COLUMN_OVERRIDE);
	if (verbose)
		in_lines |= COLUMN_BIT(COLUMN_MODEL);
	if (r.tells_by)
		in_json |= COLUMN_BIT(COLUMN_BY) | COLUMN_BIT(COLUMN_RULE);
	r.rows = rows_of(l->options, in_lines, in_json);
	if (verbose || json)
		r.models = model_open();
	for (size_t i = 0; i < n; i++) {
		struct device dev;

		if (l->last[0] && strcmp(names[i], l->last) > 0) {
			message_error("the devices from %s on were not read within %u s", names[i],
				l->options->timeout_ms / 1000);
			break;
		}
		device_listed(l->options->bus, ".", names[i], &dev);
		if (is_blocked(l, names[i])) {
			print_blocked(l, &r, &dev);
			continue;
		}
		supervise_step(s, i, OVERRIDE_READ_STATE, names[i]);
		print_device(l, &r, &dev);
	}
	rows_end(&r.rows);
	model_close(&r.models);
	target_free(&r.sources);
	if (l->n_blocked > 0)
		return EXIT_UNFINISHED;
	if (r.n_found > 0 || json)
		return EXIT_DONE;
	message_error("No overridable devices found. Kernel too old?");
	return EXIT_FAILED;
}

/* Return: the exit code, after what there is to say was printed. */
static int run(struct listing *l)
{
	/* The longest time that one device may block the list. */
	unsigned int stall_ms = l->options->timeout_ms < 3000 ? l->options->timeout_ms / 3 : 1000;
	struct options options = *l->options;

	output_begin(l->options);
	for (;;) {
		struct child child = {
			.work = print_devices, .arg = l, .stall_ms = stall_ms, .keep = true
		};
		int result = child_run(&options, &child);
		bool late = util_now_ms() >= l->options->deadline_ms;
		/* "": it has not come to a device yet, because a file of the system blocks. */
		const char *name = child.end.at.subject;

		if (result != -ETIMEDOUT || l->last[0] || (late && !*name)) {
			child_print(&child);
			result = child_report(&options, &child, result, NULL, "the devices");
			child_free(&child);
			util_strv_freep(&l->blocked);
			return output_end(result);
		}
		child_free(&child);
		if (*name && util_strv_add(&l->blocked, &l->n_blocked, name) < 0) {
			message_error("%s", strerror(ENOMEM));
			return output_end(EXIT_FAILED);
		}
		if (!late)
			continue;
		/* What is known can be read once more: it did not block. */
		util_format(l->last, sizeof(l->last), "%s", name);
		options.deadline_ms = util_now_ms() + stall_ms;
	}
}

/* Return: 0, or the exit code after a message. */
static int open_bus(struct listing *l, char **args, int n_args)
{
	CLEANUP_CLOSE int fd = -1;

	l->class = options_class(n_args > 0 ? args[0] : "all");
	if (!l->class)
		return EXIT_USAGE;
	bus_devices_dir(l->options->bus, l->dir);
	fd = open(l->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return EXIT_DONE;
	if (errno == ENOENT && bus_is_mounted())
		message_error("no such bus: %s", l->options->bus);
	else
		message_error("%s: %s", l->dir, strerror(errno));
	return EXIT_FAILED;
}

int cmd_list_devices(const struct options *options, char **args, int n_args)
{
	struct listing l = { .options = options };
	int code = open_bus(&l, args, n_args);

	return code == EXIT_DONE ? run(&l) : code;
}

int cmd_list_overrides(const struct options *options, char **args, int n_args)
{
	struct listing l = { .options = options, .overrides_only = true };
	int code = open_bus(&l, args, n_args);

	return code == EXIT_DONE ? run(&l) : code;
}
