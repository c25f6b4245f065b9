/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * list-groups [CLASS]: the IOMMU groups as a tree. A bounded child reads one group in a step;
 * driver_override is not read, because that may block.
 */
#include "child.h"
#include "each.h"
#include "kernel/class.h"
#include "kernel/iommu.h"
#include "kernel/model.h"
#include "list.h"
#include "message.h"
#include "output.h"
#include "show.h"
#include "use/use.h"
#include "vfio/table.h"

#include <errno.h>

/* The child sends one for each device of a group that is listed. */
struct record {
	char group[SYSFS_NAME_MAX];
	bool viable; /* the group, once its devices are on VFIO drivers */
	bool bridge;
	char name[SYSFS_NAME_MAX];
	char bus[BUS_NAME_MAX];
	char driver[SYSFS_NAME_MAX];
	char model[SYSFS_NAME_MAX];
	char best[SYSFS_NAME_MAX];
	struct use use; /* USE_NONE for none; it is large, and most devices have none */
};

_Static_assert(sizeof(struct record) <= BOUNDED_RECORD_MAX, "a device is one record");

struct listing {
	const struct options *options;
	const char *class;
	struct output output;
	char group[SYSFS_NAME_MAX];  /* the one that is being printed */
	struct json_object *devices; /* of that group */
};

/* --- in the child --- */

/* Bridges stay on their drivers: only those can be in the way in the end. */
static bool is_viable(const struct iommu_group *group)
{
	for (size_t i = 0; i < group->n_members; i++)
		if (group->members[i].bridge && iommu_is_obstacle(&group->members[i]))
			return false;
	return true;
}

/* Whether a device of the group is of the class, and on the bus if one was given. */
static bool is_listed(const struct listing *l, const struct iommu_group *group)
{
	for (size_t i = 0; i < group->n_members; i++) {
		const struct device *dev = &group->members[i].dev;
		char class[7];

		device_class(dev, class);
		if (util_after_prefix(class, l->class) && each_is_on_bus(l->options, dev))
			return true;
	}
	return false;
}

static void find_best(const struct listing *l, const struct device *dev, struct record *record)
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	const struct config *config = &l->options->config;

	if (table_rank_device(dev, config->deny, config->n_deny, &ranking) < 0 || ranking.best < 0)
		return;
	util_format(
		record->best, sizeof(record->best), "%s", ranking.variants[ranking.best].module);
}

static void find_use(const struct device *dev, struct record *record)
{
	CLEANUP(uses_free) struct uses uses = { 0 };
	const struct use_caller nobody = { 0 };

	if (use_find_named(dev, &nobody, &uses) < 0 || uses.n == 0)
		return;
	record->use = uses.items[0];
}

static void send_member(struct bounded *b, const struct listing *l, struct model_database *models,
	const struct iommu_group *group, const struct iommu_member *m)
{
	struct record record = { .bridge = m->bridge, .viable = is_viable(group) };

	util_format(record.group, sizeof(record.group), "%s", group->name);
	util_format(record.name, sizeof(record.name), "%s", m->dev.name);
	util_format(record.bus, sizeof(record.bus), "%s", m->dev.bus);
	util_format(record.driver, sizeof(record.driver), "%s", m->driver);
	if (models) {
		model_of(models, m->dev.path, record.model, sizeof(record.model));
		if (!m->bridge)
			find_best(l, &m->dev, &record);
		find_use(&m->dev, &record);
	}
	bounded_send(b, &record,
		record.use.kind == USE_NONE ? offsetof(struct record, use) : sizeof(record));
}

static void read_groups(struct bounded *b, void *arg)
{
	const struct listing *l = arg;
	CLEANUP(model_close) struct model_database *models = NULL;
	CLEANUP_STRV char **names = NULL;

	if (iommu_list(&names) < 0)
		return;
	if (options_have(l->options, OPTION_VERBOSE) || options_have(l->options, OPTION_JSON))
		models = model_open();
	for (char **name = names; name && *name; name++) {
		CLEANUP(iommu_free) struct iommu_group group = { 0 };

		bounded_step(b, 0, 0, *name);
		if (iommu_read_group(*name, &group) < 0 || !is_listed(l, &group))
			continue;
		for (size_t i = 0; i < group.n_members; i++)
			send_member(b, l, models, &group, &group.members[i]);
	}
}

/* --- in the parent --- */

static void print_use(const struct use *use)
{
	char text[512];

	if (use->kind == USE_NONE)
		return;
	printf(", %s", message_use(use, text, sizeof(text)));
}

static void print_member(const struct listing *l, const struct record *r)
{
	printf("  %s %s", r->name, r->driver[0] ? r->driver : "(none)");
	if (options_have(l->options, OPTION_VERBOSE)) {
		printf(" (%s)", r->model);
		if (r->best[0])
			printf(", best VFIO: %s", r->best);
		print_use(&r->use);
	}
	putchar('\n');
}

static void begin_group(struct listing *l, const struct record *r)
{
	struct json_object *object;

	util_format(l->group, sizeof(l->group), "%s", r->group);
	if (!l->output.list) {
		printf("%s%s\n", r->group, r->viable ? "" : " (not viable)");
		return;
	}
	object = json_object_new_object();
	l->devices = json_object_new_array();
	json_object_object_add(object, "id", output_text(r->group));
	json_object_object_add(object, "viable", json_object_new_boolean(r->viable));
	json_object_object_add(object, "devices", l->devices);
	output_object(&l->output, object);
}

static void add_member(const struct listing *l, const struct record *r)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "name", output_text(r->name));
	json_object_object_add(object, "bus", output_text(r->bus));
	json_object_object_add(object, "driver", output_text(r->driver));
	json_object_object_add(object, "bridge", json_object_new_boolean(r->bridge));
	json_object_object_add(object, "model", output_text(r->model));
	json_object_object_add(object, "best_vfio", output_text(r->best));
	json_object_object_add(
		object, "in_use", r->use.kind != USE_NONE ? show_json_use(&r->use) : NULL);
	json_object_array_add(l->devices, object);
}

static void on_record(const void *data, void *arg)
{
	const struct record *record = data;
	struct listing *l = arg;

	if (!streq(l->group, record->group))
		begin_group(l, record);
	if (l->output.list)
		add_member(l, record);
	else
		print_member(l, record);
}

int cmd_list_groups(const struct options *options, char **args, int n_args)
{
	struct listing l = { .options = options };
	struct child child = {
		.work = read_groups,
		.record = on_record,
		.record_size = sizeof(struct record),
		.arg = &l,
		.reads = "the IOMMU groups",
	};
	int code;

	l.class = list_class(n_args > 0 ? args[0] : "all");
	if (!l.class)
		return EXIT_USAGE;
	code = each_check_bus(options);
	if (code != EXIT_DONE)
		return code;
	output_begin(&l.output, options);
	code = child_report(options, &child, child_run(options, &child));
	if (code == EXIT_DONE && !iommu_is_enabled()) {
		message_error(MESSAGE_NO_IOMMU);
		code = EXIT_FAILED;
	}
	return output_end(&l.output, code);
}
