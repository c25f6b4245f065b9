/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of commands. */
#include "command.h"

#include "message.h"
#include "options.h"

enum {
	NOPROBE = OPTION_BIT(OPTION_NOPROBE),
	NOSAVE = OPTION_BIT(OPTION_NOSAVE),
	FORCE = OPTION_BIT(OPTION_FORCE),
	BEST = OPTION_BIT(OPTION_BEST_VFIO),
	VARIANT = OPTION_BIT(OPTION_VFIO_VARIANT),
	JSON = OPTION_BIT(OPTION_JSON),
	ALL = OPTION_BIT(OPTION_ALL),
	EARLY = OPTION_BIT(OPTION_EARLY),
	GROUP = OPTION_BIT(OPTION_IOMMU_GROUP),
	MATCH = OPTION_BIT(OPTION_MATCH),
	DRY_RUN = OPTION_BIT(OPTION_DRY_RUN),
	SAVE_ONLY = OPTION_BIT(OPTION_SAVE_ONLY),
	/* All commands that change something take these. */
	CHANGE = FORCE | JSON | DRY_RUN,
	/* The shell driverctl takes these with each of its commands. */
	SHELL = NOPROBE | NOSAVE,
};

static const struct command commands[] = {
	{
		.name = "show",
		.fn = cmd_show,
		.min_args = 1,
		.max_args = INT_MAX,
		.args = "DEVICE...",
		.options = JSON,
		.summary = "show all about a device",
		.help = "The driver, the override, the saved override, the ranking of the VFIO\n"
			"drivers, the IOMMU group, and what uses the device.\n",
	},
	{
		.name = "list-devices",
		.fn = cmd_list_devices,
		.max_args = 1,
		.args = "[CLASS]",
		.options = JSON | SHELL,
		.summary = "list devices and their drivers; [*]: overridden",
		.help = "With -v, the models are listed as well.\n",
		.lenient = true,
		.image = true,
	},
	{
		.name = "list-overrides",
		.fn = cmd_list_overrides,
		.max_args = 1,
		.args = "[CLASS]",
		.options = JSON | SHELL,
		.summary = "list overridden devices and their drivers",
		.help = "The driver is the bound one. With -v, the models are listed as well.\n",
		.lenient = true,
		.image = true,
	},
	{
		.name = "list-persisted",
		.fn = cmd_list_persisted,
		.args = "no argument",
		.options = JSON | SHELL,
		.summary = "list saved overrides",
		.help = "With -v, a note says if an override cannot be applied, and why.\n",
		.lenient = true,
		.image = true,
	},
	{
		.name = "list-rules",
		.fn = cmd_list_rules,
		.args = "no argument",
		.options = JSON,
		.summary = "list rules and their drivers",
		.help = "With -v, what they match. With --json, the devices that each decides.\n"
			"A rule with an error is excluded, and named with its file and line.\n",
		.lenient = true,
		.image = true,
	},
	{
		.name = "list-groups",
		.fn = cmd_list_groups,
		.max_args = 1,
		.args = "[CLASS]",
		.options = JSON,
		.summary = "list the IOMMU groups and their devices",
		.help = "A device that is given to a guest takes its whole group along. With -v, "
			"the\n"
			"models and the best VFIO drivers are listed as well. With CLASS, only "
			"the\n"
			"groups that have such a device.\n",
		.lenient = true,
	},
	{
		.name = "check",
		.fn = cmd_check,
		.max_args = INT_MAX,
		.args = "[DEVICE...]",
		.options = JSON,
		.summary = "test whether what is wanted is in effect",
		.help = "One line for each fault, and exit status 1; nothing and 0 if there is "
			"none.\n",
	},
	{
		.name = "best-vfio",
		.fn = cmd_best_vfio,
		.min_args = 1,
		.max_args = INT_MAX,
		.args = "DEVICE...",
		.options = VARIANT | JSON,
		.summary = "print the module of the best VFIO driver",
		.help = "Nothing is changed or loaded. For several devices, the lines are NAME "
			"MODULE.\n",
	},
	{
		.name = "set-override",
		.fn = cmd_set_override,
		.min_args = 1,
		.max_args = INT_MAX,
		.args = "DEVICE... DRIVER",
		.options = SHELL | CHANGE | SAVE_ONLY | BEST | VARIANT | GROUP,
		.summary = "bind devices to a driver, and save that",
		.help = "DRIVER is the name of a driver or of its module. 'none' unbinds the "
			"device and\n"
			"keeps it unbound. With --best-vfio or --vfio-variant, there is no "
			"DRIVER.\n"
			"A device that is in use is refused.\n",
		.root = true,
		.image = true,
	},
	{
		.name = "unset-override",
		.fn = cmd_unset_override,
		.max_args = INT_MAX,
		.args = "DEVICE...",
		.options = SHELL | CHANGE | SAVE_ONLY | GROUP | ALL,
		.summary = "give devices back to their native drivers",
		.help = "The saved override is removed as well, also if the device is absent.\n"
			"With --all, every saved override is removed.\n",
		.root = true,
		.image = true,
	},
	{
		.name = "load-override",
		.fn = cmd_load_override,
		.max_args = INT_MAX,
		.args = "DEVICE...",
		.options = SHELL | CHANGE | ALL | EARLY,
		.summary = "apply saved overrides",
		.help = "With --all, the saved overrides of all devices that are present.\n",
		.lenient = true,
		.root = true,
	},
	{
		.name = "set-rule",
		.fn = cmd_set_rule,
		.min_args = 1,
		.max_args = 2,
		.args = "NAME DRIVER",
		.options = CHANGE | SAVE_ONLY | BEST | VARIANT | MATCH,
		.summary = "save a rule, and apply it to the devices present",
		.help = "At least one --match is needed; its keys and values are those of\n"
			"driverctl.rule(5). DRIVER is the name of a driver or of its module, "
			"'none' or\n"
			"'native'. With --best-vfio or --vfio-variant, there is no DRIVER. If a "
			"device is\n"
			"in use, nothing is changed.\n",
		.root = true,
		.image = true,
	},
	{
		.name = "unset-rule",
		.fn = cmd_unset_rule,
		.min_args = 1,
		.max_args = 1,
		.args = "NAME",
		.options = CHANGE | SAVE_ONLY,
		.summary = "remove a rule, and give its devices back",
		.help = "A device that somebody has set by hand since is left alone.\n",
		.root = true,
		.image = true,
	},
	{
		.name = "export-store",
		.fn = cmd_export_store,
		.min_args = 1,
		.max_args = 1,
		.args = "DIRECTORY",
		.summary = "copy the saved overrides for an initramfs",
		.help = "For the tools that make an initramfs. An override is excluded if a disk "
			"of the\n"
			"device is in use and the device is not on its saved driver.\n",
		.lenient = true,
	},
	{
		.name = "help",
		.fn = cmd_help,
		.max_args = 1,
		.args = "[COMMAND]",
		.summary = "print this help, or that of a command",
		.help = "",
		.lenient = true,
	},
};

const struct command *command_at(size_t i)
{
	return i < ARRAY_SIZE(commands) ? &commands[i] : NULL;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (streq(commands[i].name, name))
			return &commands[i];
	return NULL;
}

const struct command *command_get(const char *name)
{
	const struct command *command = command_find(name);
	const char *names[ARRAY_SIZE(commands) + 1] = { 0 };
	const char *meant;
	char quoted[80];

	if (command)
		return command;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i].name;
	meant = options_nearest(name, names);
	message_quote(name, quoted);
	if (meant)
		message_error("unknown command '%s', did you mean '%s'?" SEE_HELP, quoted, meant);
	else
		message_error("unknown command '%s'" SEE_HELP, quoted);
	return NULL;
}
