/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the command that is meant, and runs it. */
#include "command.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "store/config.h"

#include <unistd.h>

/* A call that only saves binds nothing, and does save. */
static bool check_save_only(const struct options *options)
{
	const char *other = "--nosave";

	if (!options_have(options, OPTION_SAVE_ONLY))
		return true;
	if (options_have(options, OPTION_NOPROBE))
		other = "--noprobe";
	else if (!options_have(options, OPTION_NOSAVE))
		return true;
	message_error("only one of '--save-only' and '%s' can be chosen" SEE_HELP, other);
	return false;
}

/* Whether the command takes these arguments and options; if not, after a message. */
static bool check_usage(const struct command *command, const struct options *options, int n_args)
{
	char excess[32];

	if (n_args < command->min_args || n_args > command->max_args) {
		message_error("%s takes %s" SEE_HELP, command->name, command->args);
		return false;
	}
	if (options_excess(options, command->options | OPTIONS_EVERYWHERE, excess)) {
		message_error("option '%s' is not for %s" SEE_HELP, excess, command->name);
		return false;
	}
	return check_save_only(options);
}

static int run(struct options *options, char **args, int n_args)
{
	const struct command *command;
	int code;

	if (n_args == 0) {
		message_error("no command given" SEE_HELP);
		return EXIT_USAGE;
	}
	command = command_get(args[0]);
	if (!command || !check_usage(command, options, n_args - 1))
		return EXIT_USAGE;
	if (command->root && geteuid() != 0 && !options_have(options, OPTION_DRY_RUN)) {
		message_error("%s: must be root", command->name);
		return EXIT_NOT_PERMITTED;
	}
	code = options_complete(options, command->lenient);
	if (code >= 0)
		return code;
	options->results = command->root;
	if (command->root)
		output_begin(options);
	code = command->fn(options, args + 1, n_args - 1);
	if (command->root)
		code = output_end(code);
	if (code == EXIT_DONE && command->image)
		report_old_image(options);
	return code;
}

/* COMMAND --help is "help COMMAND". */
static int help(const struct options *options, char **args, int n_args)
{
	return cmd_help(options, args, n_args > 0 && command_find(args[0]) ? 1 : 0);
}

int main(int argc, char **argv)
{
	struct options options = OPTIONS_NONE;
	int n_args, code;

	code = options_read(&options, argc, argv, &n_args);
	if (code >= 0)
		return code;
	if (options_have(&options, OPTION_HELP))
		return help(&options, argv, n_args);
	if (options_have(&options, OPTION_VERSION))
		return cmd_version(&options, NULL, 0);
	code = run(&options, argv, n_args);
	config_free(&options.config);
	return code;
}
