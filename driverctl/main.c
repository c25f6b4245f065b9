/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the command that is meant. */
#include "command.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "store/config.h"

#include <unistd.h>

/* Whether the command takes these arguments and options; if not, after a message. */
static bool check_usage(const struct command *command, const struct options *options, int n_args)
{
	bool noprobe = options_have(options, OPTION_NOPROBE);
	char excess[32];

	if (n_args < command->min_args || n_args > command->max_args) {
		message_error("%s takes %s" SEE_HELP, command->name, command->args);
		return false;
	}
	if (options_excess(options, command->options | OPTIONS_EVERYWHERE, excess)) {
		message_error("option '%s' is not for %s" SEE_HELP, excess, command->name);
		return false;
	}
	/* A call that only saves binds nothing, and does save. */
	if (options_have(options, OPTION_SAVE_ONLY) &&
		(noprobe || options_have(options, OPTION_NOSAVE))) {
		message_error("only one of '--save-only' and '%s' can be chosen" SEE_HELP,
			noprobe ? "--noprobe" : "--nosave");
		return false;
	}
	return true;
}

/* Return: -1 to go on with @ret_command, or the exit code after a message. */
static int choose(
	struct options *options, char **args, int n_args, const struct command **ret_command)
{
	const struct command *command;

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
	*ret_command = command;
	return options_complete(options, command->lenient);
}

int main(int argc, char **argv)
{
	struct options options = OPTIONS_NONE;
	const struct command *command;
	int n_args, code;

	code = options_read(&options, argc, argv, &n_args);
	if (code >= 0)
		return code;
	/* COMMAND --help is "help COMMAND". */
	if (options_have(&options, OPTION_HELP))
		return cmd_help(&options, argv, n_args > 0 && command_find(argv[0]) ? 1 : 0);
	if (options_have(&options, OPTION_VERSION))
		return cmd_version(&options, NULL, 0);
	code = choose(&options, argv, n_args, &command);
	if (code >= 0)
		return code;
	options.results = command->root;
	if (command->root)
		output_begin(&options);
	code = command->fn(&options, argv + 1, n_args - 1);
	if (command->root)
		code = output_end(code);
	if (code == EXIT_DONE && command->image)
		report_old_image(&options);
	config_free(&options.config);
	return code;
}
