/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of commands. */
#include "message.h"
#include "options.h"

enum {
	BEST = OPTION_BIT(OPTION_BEST_VFIO),
	VARIANT = OPTION_BIT(OPTION_VFIO_VARIANT),
	JSON = OPTION_BIT(OPTION_JSON),
	ALL = OPTION_BIT(OPTION_ALL),
	EARLY = OPTION_BIT(OPTION_EARLY),
	GROUP = OPTION_BIT(OPTION_IOMMU_GROUP),
};

static const struct command {
	const char *name;
	cmd_fn fn;
	int min_args, max_args;
	const char *args;
	unsigned int options; /* OPTION_BIT() of those that not every command takes */
	bool lenient;         /* see options_complete() */
} commands[] = {
	{ "best-vfio", cmd_best_vfio, 1, INT_MAX, "DEVICE...", VARIANT | JSON, false },
	{ "set-override", cmd_set_override, 1, INT_MAX, "DEVICE... DRIVER", BEST | VARIANT | GROUP,
		false },
	{ "unset-override", cmd_unset_override, 1, INT_MAX, "DEVICE...", GROUP, false },
	{ "load-override", cmd_load_override, 0, INT_MAX, "DEVICE...", ALL | EARLY, true },
	{ "export-store", cmd_export_store, 1, 1, "DIRECTORY", 0, true },
	{ "show", cmd_show, 1, INT_MAX, "DEVICE...", JSON, false },
	{ "list-devices", cmd_list_devices, 0, 1, "[CLASS]", JSON, true },
	{ "list-overrides", cmd_list_overrides, 0, 1, "[CLASS]", JSON, true },
	{ "list-persisted", cmd_list_persisted, 0, 0, "no argument", JSON, true },
};

/* Return: the command, or NULL after a message. */
static const struct command *find_command(const char *name)
{
	char quoted[80];

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (streq(commands[i].name, name))
			return &commands[i];
	message_error("unknown command '%s'" SEE_HELP, message_quote(name, quoted));
	return NULL;
}

/* Whether the command takes these arguments and options; if not, after a message. */
static bool check_usage(const struct command *command, const struct options *options, int n_args)
{
	char excess[32];

	if (n_args < command->min_args || n_args > command->max_args) {
		message_error("%s takes %s" SEE_HELP, command->name, command->args);
		return false;
	}
	if (options_excess(options, command->options, excess)) {
		message_error("option '%s' is not for %s" SEE_HELP, excess, command->name);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options options = OPTIONS_NONE;
	const struct command *command;
	int n_args, code;

	code = options_read(&options, argc, argv, &n_args);
	if (code >= 0)
		return code;
	if (n_args == 0) {
		message_error("no command given" SEE_HELP);
		return EXIT_USAGE;
	}
	command = find_command(argv[0]);
	if (!command || !check_usage(command, &options, n_args - 1))
		return EXIT_USAGE;
	code = options_complete(&options, command->lenient);
	if (code >= 0)
		return code;
	code = command->fn(&options, argv + 1, n_args - 1);
	config_free(&options.config);
	return code;
}
