/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * list-groups [CLASS]: the IOMMU groups as a tree. A child reads one group in a step;
 * driver_override is not read, because that may block.
 */
#include "child.h"
#include "each.h"
#include "kernel/class.h"
#include "kernel/iommu.h"
#include "kernel/model.h"
#include "list.h"
#include "message.h"
#include "object.h"
#include "output.h"
#include "show.h"
#include "use/use.h"
#include "vfio/table.h"

#include <errno.h>

struct listing {
	const struct options *options;
	const char *class;
};

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

/* What only -v and JSON tell of a device. */
struct details {
	char model[SYSFS_NAME_MAX];
	char best[SYSFS_NAME_MAX]; /* a module, or "" */
};

static void find_details(const struct options *options, struct model_database *models,
	const struct iommu_member *m, struct details *ret)
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	const struct config *config = &options->config;

	*ret = (struct details){ 0 };
	if (!models)
		return;
	model_of(models, m->dev.path, ret->model, sizeof(ret->model));
	if (!m->bridge && table_rank_device(&m->dev, config->deny, config->n_deny, &ranking) == 0 &&
		ranking.best >= 0)
		util_format(
			ret->best, sizeof(ret->best), "%s", ranking.variants[ranking.best].module);
}

/* Who uses the members of a group. */
struct gathered {
	struct uses *of; /* each member */
	size_t n;
};

static void free_gathered(struct gathered *gathered)
{
	for (size_t i = 0; gathered->of && i < gathered->n; i++)
		uses_free(&gathered->of[i]);
	free(gathered->of);
}

/* @ret: empty for a member whose use could not be found out. Return: 0, or -ENOMEM. */
static int gather(const struct iommu_group *group, struct gathered *ret)
{
	CLEANUP_FREE struct device *devices = calloc(group->n_members + 1, sizeof(*devices));
	const struct use_caller nobody = { 0 };

	ret->n = group->n_members;
	ret->of = calloc(ret->n + 1, sizeof(*ret->of));
	if (!devices || !ret->of)
		return -ENOMEM;
	for (size_t i = 0; i < ret->n; i++)
		devices[i] = group->members[i].dev;
	use_gather(devices, ret->n, &nobody, USE_FIND_NAMED, ret->of);
	for (size_t i = 0; i < ret->n; i++)
		if (ret->of[i].error < 0)
			uses_free(&ret->of[i]);
	return 0;
}

/* @uses: NULL without -v */
static void print_member(const struct options *options, struct model_database *models,
	const struct iommu_member *m, const struct uses *uses)
{
	struct details details;

	printf("  %s %s", m->dev.name, m->driver[0] ? m->driver : "(none)");
	if (options_have(options, OPTION_VERBOSE)) {
		find_details(options, models, m, &details);
		printf(" (%s)", details.model);
		if (details.best[0])
			printf(", best VFIO: %s", details.best);
		if (uses && uses->n > 0) {
			char text[512];

			printf(", %s", message_use(&uses->items[0], text, sizeof(text)));
		}
	}
	putchar('\n');
}

static struct json_object *member_json(const struct options *options, struct model_database *models,
	const struct iommu_member *m, const struct uses *uses)
{
	struct json_object *object = json_object_new_object();
	struct details details;

	find_details(options, models, m, &details);
	object_add_text(object, "name", m->dev.name);
	object_add_text(object, "bus", m->dev.bus);
	object_add_text(object, "driver", m->driver);
	object_add_bool(object, "bridge", m->bridge);
	object_add_text(object, "model", details.model);
	object_add_text(object, "best_vfio", details.best);
	json_object_object_add(
		object, "in_use", uses && uses->n > 0 ? show_json_use(&uses->items[0]) : NULL);
	return object;
}

static int print_groups(struct supervise *s, void *arg)
{
	const struct listing *l = arg;
	bool json = options_have(l->options, OPTION_JSON);
	CLEANUP(model_close) struct model_database *models = NULL;
	CLEANUP_STRV char **names = NULL;

	if (iommu_list(&names) < 0)
		return EXIT_DONE;
	if (json || options_have(l->options, OPTION_VERBOSE))
		models = model_open();
	for (char **name = names; name && *name; name++) {
		CLEANUP(iommu_free) struct iommu_group group = { 0 };
		CLEANUP(free_gathered) struct gathered uses = { 0 };
		struct json_object *object, *devices;

		/* If the next one blocks, these are known. */
		fflush(stdout);
		supervise_step(s, 0, OVERRIDE_CHECK, *name);
		if (iommu_read_group(*name, &group) < 0 || !is_listed(l, &group))
			continue;
		if (models && gather(&group, &uses) < 0)
			return EXIT_FAILED;
		if (!json) {
			printf("%s%s\n", group.name, is_viable(&group) ? "" : " (not viable)");
			for (size_t i = 0; i < group.n_members; i++)
				print_member(l->options, models, &group.members[i],
					uses.of ? &uses.of[i] : NULL);
			continue;
		}
		object = json_object_new_object();
		devices = json_object_new_array();
		object_add_text(object, "id", group.name);
		object_add_bool(object, "viable", is_viable(&group));
		for (size_t i = 0; i < group.n_members; i++)
			json_object_array_add(
				devices, member_json(l->options, models, &group.members[i],
						 uses.of ? &uses.of[i] : NULL));
		json_object_object_add(object, "devices", devices);
		object_print(object);
	}
	return EXIT_DONE;
}

int cmd_list_groups(const struct options *options, char **args, int n_args)
{
	struct listing l = { .options = options };
	int code;

	l.class = list_class(n_args > 0 ? args[0] : "all");
	if (!l.class)
		return EXIT_USAGE;
	code = each_check_bus(options);
	if (code != EXIT_DONE)
		return code;
	output_begin(options);
	code = child_read(options, print_groups, &l, NULL, "the IOMMU groups");
	if (code == EXIT_DONE && !iommu_is_enabled()) {
		message_error(MESSAGE_NO_IOMMU);
		code = EXIT_FAILED;
	}
	return output_end(code);
}
