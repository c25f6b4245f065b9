/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* best-vfio DEV...: print the module of the best VFIO driver. Changes nothing. */
#include "message.h"
#include "kernel/module.h"
#include "output.h"
#include "show.h"

#include <errno.h>

/* A candidate is named by its module, or by the driver of a module that is loaded. */
static bool is_named(const struct variant *variant, const char *name)
{
	return util_same_name(variant->module, name) ||
	       (variant->driver[0] && util_same_name(variant->driver, name));
}

/*
 * The strict choice: the one of that name, ranked or not, but for what cannot be loaded. What is
 * only kept from being chosen by rank (a blacklist, deny) may be named.
 */
static int choose_named(
	const struct device *dev, const char *name, struct variant_ranking *ranking, char why[256])
{
	CLEANUP(module_index_close) struct module_index *index = NULL;
	int err = module_index_open(&index);
	enum module_state state;
	bool found = false;

	if (streq(name, VFIO_VARIANT_GENERIC))
		name = variant_generic(dev->bus);
	if (err < 0)
		return err;
	for (size_t i = 0; i < ranking->n_variants && !found; i++)
		if (is_named(&ranking->variants[i], name)) {
			ranking->best = (int)i;
			name = ranking->variants[i].module;
			found = true;
		}
	state = module_index_state(index, name);
	if (state == MODULE_STATE_DISABLED || state == MODULE_STATE_ABSENT) {
		util_format(why, 256, "%s",
			variant_reason_text(state == MODULE_STATE_ABSENT ? VARIANT_NOT_INDEXED
									 : VARIANT_DISABLED));
		return -ENOENT;
	}
	return found ? 0 : variant_append(ranking, name);
}

static struct json_object *to_json(const struct device *dev, const struct variant_ranking *ranking)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "name", output_text(dev->name));
	json_object_object_add(object, "bus", output_text(dev->bus));
	show_variant(object, &ranking->variants[ranking->best]);
	json_object_object_add(object, "ambiguous", json_object_new_boolean(ranking->ambiguous));
	json_object_object_add(object, "ranking", show_variants(ranking));
	return object;
}

static void tell_why(const struct device *dev, const struct variant_ranking *ranking, bool by_rank)
{
	const struct variant *best = &ranking->variants[ranking->best];

	if (ranking->table_error)
		message_error("%s: modules.alias cannot be read: %s", dev->name,
			strerror(-ranking->table_error));
	for (int i = 0; by_rank && i < ranking->best; i++)
		message_error("%s: %s left out: %s", dev->name, ranking->variants[i].module,
			variant_reason_text(ranking->variants[i].reason));
	if (best->pattern)
		message_error("%s: %s by %s (%u wildcards, %s)", dev->name, best->module,
			best->pattern, best->wildcards, variant_source_name(best->source));
	else if (by_rank)
		message_error("%s: no alias matches, %s is the bus's plain VFIO driver", dev->name,
			best->module);
	if (by_rank && ranking->ambiguous)
		message_error("%s: another module matches as well as %s", dev->name, best->module);
}

/* Return: 0, or the exit code of a device that has no answer. */
static int print_best(
	const struct options *options, const struct device *dev, bool named, struct output *output)
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	int err = table_rank_device(dev, options->config.deny, options->config.n_deny, &ranking);
	const char *variant = options->variant;
	char why[256] = "";

	if (err == 0 && variant && !streq(variant, VFIO_VARIANT_AUTO))
		err = choose_named(dev, variant, &ranking, why);
	else if (err == 0 && ranking.best < 0)
		err = -ENOENT;
	if (err < 0) {
		if (!why[0])
			message_no_variant(dev, err, why, sizeof(why));
		message_error(
			"%s: %s%s%s", dev->name, variant ? variant : "", variant ? ": " : "", why);
		return EXIT_FAILED;
	}
	if (options->verbose)
		tell_why(dev, &ranking, !variant || streq(variant, VFIO_VARIANT_AUTO));
	if (output->list)
		output_object(output, to_json(dev, &ranking));
	else
		printf("%s%s%s\n", named ? dev->name : "", named ? " " : "",
			ranking.variants[ranking.best].module);
	return 0;
}

int cmd_best_vfio(const struct options *options, char **args, int n_args)
{
	struct output output;
	const char *devpath = n_args == 1 ? options->devpath : NULL;
	int result = 0;

	output_begin(&output, options);
	for (int i = 0; i < n_args; i++) {
		struct device dev;
		int err = device_lookup(args[i], options->bus, devpath, &dev);
		int code = err < 0 ? message_lookup(args[i], &dev, err)
				   : print_best(options, &dev, n_args > 1, &output);

		if (result == 0)
			result = code;
	}
	return output_end(&output, result);
}
