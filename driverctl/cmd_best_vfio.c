/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* best-vfio DEVICE...: prints the module of the best VFIO driver. Changes nothing. */
#include "each.h"
#include "kernel/module.h"
#include "message.h"
#include "object.h"
#include "output.h"
#include "show.h"

#include <errno.h>

/* Makes the variant of that name the best, whether it is ranked or not. @ret_why: why it cannot be
 * used; unchanged for other failures */
static int choose_named(const struct device *dev, const char *name, struct variant_ranking *ranking,
	const char **ret_why)
{
	CLEANUP(module_index_close) struct module_index *index = NULL;
	int err = module_index_open(&index);
	enum module_state state;
	int found = -1;

	if (err < 0)
		return err;
	if (streq(name, VFIO_VARIANT_GENERIC))
		name = variant_generic(dev->bus);
	/* A user names a variant by its module, or by the driver of a module that is loaded. */
	for (int i = 0; found < 0 && i < (int)ranking->n_variants; i++) {
		const struct variant *v = &ranking->variants[i];

		if (util_same_name(v->module, name) ||
			(v->driver[0] && util_same_name(v->driver, name)))
			found = i;
	}
	if (found >= 0)
		name = ranking->variants[found].module;
	/* A blacklist or "deny" excludes a module from the ranking only: a user may name it. */
	state = module_index_state(index, name);
	if (state == MODULE_STATE_DISABLED || state == MODULE_STATE_ABSENT) {
		*ret_why = variant_reason_text(
			state == MODULE_STATE_DISABLED ? VARIANT_DISABLED : VARIANT_NOT_INDEXED);
		return -ENOENT;
	}
	if (found < 0)
		return variant_append(ranking, name);
	ranking->best = found;
	return 0;
}

static void tell_why(const struct device *dev, const struct variant_ranking *ranking, bool by_rank)
{
	const struct variant *best = &ranking->variants[ranking->best];

	if (ranking->table_error)
		message_error("%s: modules.alias cannot be read: %s", dev->name,
			message_errno(ranking->table_error));
	for (int i = 0; by_rank && i < ranking->best; i++)
		message_error("%s: %s is excluded: %s", dev->name, ranking->variants[i].module,
			variant_reason_text(ranking->variants[i].reason));
	if (best->pattern)
		message_error("%s: %s by %s (%u wildcards, %s)", dev->name, best->module,
			best->pattern, best->wildcards, variant_source_name(best->source));
	else if (by_rank)
		message_error("%s: no alias matches, %s is the generic VFIO driver of the bus",
			dev->name, best->module);
	if (by_rank && ranking->ambiguous)
		message_error("%s: another module matches as well as %s", dev->name, best->module);
}

static int print_best(const struct options *options, const struct device *dev, void *arg)
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	const struct config *config = &options->config;
	bool by_rank = !options->variant || streq(options->variant, VFIO_VARIANT_AUTO);
	const char *why = NULL;
	int err = table_rank_device(dev, config->deny, config->n_deny, &ranking);

	if (err == 0 && !by_rank)
		err = choose_named(dev, options->variant, &ranking, &why);
	else if (err == 0 && ranking.best < 0)
		err = -ENOENT;
	if (err < 0) {
		char text[256];

		message_no_variant(dev, err, text, sizeof(text));
		message_error("%s: %s%s%s", dev->name, options->variant ? options->variant : "",
			options->variant ? ": " : "", why ? why : text);
		return EXIT_FAILED;
	}
	if (options_have(options, OPTION_VERBOSE))
		tell_why(dev, &ranking, by_rank);
	if (options_have(options, OPTION_JSON))
		object_print(show_json_best(dev, &ranking));
	else if (*(bool *)arg)
		printf("%s %s\n", dev->name, ranking.variants[ranking.best].module);
	else
		puts(ranking.variants[ranking.best].module);
	return EXIT_DONE;
}

int cmd_best_vfio(const struct options *options, char **args, int n_args)
{
	bool with_name = n_args > 1;

	output_begin(options);
	return output_end(each_device(options, args, n_args, EACH_PRESENT, print_best, &with_name));
}
