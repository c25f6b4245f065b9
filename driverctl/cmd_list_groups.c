/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * list-groups [CLASS]: the IOMMU groups as a tree. driver_override is not read, because that may
 * block.
 */
#include "child.h"
#include "each.h"
#include "kernel/iommu.h"
#include "kernel/model.h"
#include "message.h"
#include "object.h"
#include "options.h"
#include "output.h"
#include "show.h"
#include "kernel/pci.h"
#include "use/use.h"
#include "vfio/table.h"
#include "store/config.h"
#include "base/supervise.h"

#include <errno.h>

struct listing {
	const struct options *options;
	const char *class;
	struct iommu_group *groups;
	size_t n_groups;
	struct uses *uses; /* of all members, one group after the other; NULL without -v and JSON */
	size_t n_uses;
};

static void free_listing(struct listing *l)
{
	for (size_t i = 0; i < l->n_groups; i++)
		iommu_free(&l->groups[i]);
	for (size_t i = 0; i < l->n_uses; i++)
		uses_free(&l->uses[i]);
	free(l->groups);
	free(l->uses);
}

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

		pci_class(dev, class);
		if (util_after_prefix(class, l->class) && each_is_on_bus(l->options, dev))
			return true;
	}
	return false;
}

/* Gathers who uses the members of all groups. Return: 0, or -ENOMEM. */
static int gather(struct listing *l)
{
	CLEANUP_FREE struct device *devices = NULL;
	const struct use_caller nobody = { 0 };
	size_t n = 0, at = 0;

	for (size_t i = 0; i < l->n_groups; i++)
		n += l->groups[i].n_members;
	devices = calloc(n + 1, sizeof(*devices));
	l->uses = calloc(n + 1, sizeof(*l->uses));
	if (!devices || !l->uses)
		return -ENOMEM;
	l->n_uses = n;
	for (size_t i = 0; i < l->n_groups; i++)
		for (size_t j = 0; j < l->groups[i].n_members; j++)
			devices[at++] = l->groups[i].members[j].dev;
	use_gather(devices, n, &nobody, USE_FIND_NAMED, l->uses);
	return 0;
}

/* @use: NULL for none. Return: the object of a device; NULL after a line was printed. */
static struct json_object *print_member(const struct options *options,
	struct model_database *models, const struct iommu_member *m, const struct use *use)
{
	const struct config *config = &options->config;
	char model[SYSFS_NAME_MAX] = "", best[SYSFS_NAME_MAX] = "";

	if (models)
		model_of(models, m->dev.path, model, sizeof(model));
	if (models && !m->bridge)
		table_best(&m->dev, config->deny, config->n_deny, best);
	if (options_have(options, OPTION_JSON)) {
		struct json_object *object = json_object_new_object();

		object_add_text(object, "name", m->dev.name);
		object_add_text(object, "bus", m->dev.bus);
		object_add_text(object, "driver", m->driver);
		object_add_bool(object, "bridge", m->bridge);
		object_add_text(object, "model", model);
		object_add_text(object, "best_vfio", best);
		json_object_object_add(object, "in_use", use ? show_json_use(use) : NULL);
		return object;
	}
	printf("  %s %s", m->dev.name, m->driver[0] ? m->driver : "(none)");
	if (options_have(options, OPTION_VERBOSE)) {
		printf(" (%s)", model);
		if (best[0])
			printf(", best VFIO: %s", best);
	}
	if (options_have(options, OPTION_VERBOSE) && use) {
		char text[512];

		printf(", %s", message_use(use, text, sizeof(text)));
	}
	putchar('\n');
	return NULL;
}

/* @uses: of each member; NULL without -v and JSON */
static void print_group(const struct options *options, struct model_database *models,
	const struct iommu_group *group, const struct uses *uses)
{
	struct json_object *object, *devices = json_object_new_array();

	if (!options_have(options, OPTION_JSON))
		printf("%s%s\n", group->name, is_viable(group) ? "" : " (not viable)");
	for (size_t i = 0; i < group->n_members; i++) {
		/* If it could not be found out, nothing is said. */
		bool used = uses && uses[i].n > 0 && uses[i].error == 0;

		json_object_array_add(devices, print_member(options, models, &group->members[i],
						       used ? &uses[i].items[0] : NULL));
	}
	if (!options_have(options, OPTION_JSON)) {
		json_object_put(devices);
		return;
	}
	object = json_object_new_object();
	object_add_text(object, "id", group->name);
	object_add_bool(object, "viable", is_viable(group));
	json_object_object_add(object, "devices", devices);
	object_print(object);
}

static int print_groups(struct supervise *s, void *arg)
{
	CLEANUP(model_close) struct model_database *models = NULL;
	CLEANUP(free_listing) struct listing l = *(const struct listing *)arg;
	CLEANUP_STRV char **names = NULL;
	const struct uses *uses;

	if (iommu_list(&names) < 0)
		return EXIT_DONE;
	for (char **name = names; name && *name; name++) {
		struct iommu_group group = { 0 };

		supervise_step(s, 0, OVERRIDE_CHECK, *name);
		if (iommu_read_group(*name, &group) < 0 || !is_listed(&l, &group) ||
			util_grow(&l.groups, l.n_groups, sizeof(group)) < 0)
			iommu_free(&group);
		else
			l.groups[l.n_groups++] = group;
	}
	if (options_have(l.options, OPTION_JSON) || options_have(l.options, OPTION_VERBOSE))
		models = model_open();
	/* Once for all: it looks into all processes. */
	if (models && gather(&l) < 0)
		return EXIT_FAILED;
	uses = l.uses;
	for (size_t i = 0; i < l.n_groups; i++) {
		print_group(l.options, models, &l.groups[i], uses);
		if (uses)
			uses += l.groups[i].n_members;
	}
	return EXIT_DONE;
}

int cmd_list_groups(const struct options *options, char **args, int n_args)
{
	struct listing l = { .options = options };
	int code;

	l.class = options_class(n_args > 0 ? args[0] : "all");
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
