/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* help [COMMAND]; --help and --version */
#include "command.h"
#include "kernel/pci.h"
#include "message.h"
#include "options.h"
#include "output.h"

#include <ctype.h>

#define COLUMNS 79

static const char introduction[] =
	"Usage: driverctl [OPTION...] COMMAND [ARGUMENT...]\n"
	"\n"
	"Choose the kernel driver of a device, now and after every reboot.\n"
	"\n"
	"Commands (driverctl help COMMAND tells more):\n";

static const char devices[] =
	"\n"
	"DEVICE: 0000:01:00.0, 01:00.0, BUS/NAME, a network interface or a path in /sys.\n";

static const char exit_codes[] =
	"\n"
	"Exit status: 0 done, 1 failed, 2 usage, 3 no such device, 4 refused,\n"
	"5 the driver did not bind, 6 not finished in time, 7 no such driver,\n"
	"8 not permitted.\n";

static void print_all(void)
{
	unsigned int options = OPTIONS_EVERYWHERE;
	const struct command *command;
	char words[512], *save = NULL;
	int column;

	fputs(introduction, stdout);
	for (size_t i = 0; (command = command_at(i)); i++) {
		printf("  %-16s%s\n", command->name, command->summary);
		options |= command->options;
	}
	fputs("\nOptions:\n", stdout);
	options_print(options);
	fputs(devices, stdout);
	column = printf("CLASS:");
	pci_class_words(words, sizeof(words));
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (column + 1 + (int)strlen(w) > COLUMNS)
			column = printf("\n      ") - 1;
		column += printf(" %s", w);
	}
	putchar('\n');
	fputs(exit_codes, stdout);
}

int cmd_help(const struct options *options, char **args, int n_args)
{
	const struct command *command;

	(void)options;
	if (n_args == 0) {
		print_all();
		return output_end(EXIT_DONE);
	}
	command = command_get(args[0]);
	if (!command)
		return EXIT_USAGE;
	printf("Usage: driverctl [OPTION...] %s %s\n\n%c%s.\n%s\nOptions:\n", command->name,
		command->max_args > 0 ? command->args : "",
		toupper((unsigned char)command->summary[0]), command->summary + 1, command->help);
	options_print(command->options | OPTIONS_EVERYWHERE);
	return output_end(EXIT_DONE);
}

int cmd_version(const struct options *options, char **args, int n_args)
{
	(void)options;
	(void)args;
	(void)n_args;
	puts("driverctl " VERSION);
	return output_end(EXIT_DONE);
}
