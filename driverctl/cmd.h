/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The commands. To add one: write cmd_<command>.c, declare its function here, add its line to the
 * table in command.c, and name it in driverctl.8; the tests compare them. The completions read the
 * help.
 */
#pragma once

#include "base/util.h"
#include "store/config.h"

struct device;

/** Exit codes. message_exit_code() has that of a failed change. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DEVICE = 3,
	EXIT_REFUSED = 4,
	EXIT_NOT_BOUND = 5,
	EXIT_UNFINISHED = 6,
	EXIT_NO_DRIVER = 7,
	EXIT_NOT_PERMITTED = 8,
};

/** Options. OPTION_BIT() of each that was given is in options.given. */
enum option_name {
	OPTION_BUS,
	OPTION_VERBOSE,
	OPTION_NOPROBE,
	OPTION_NOSAVE,
	OPTION_FORCE,
	OPTION_TIMEOUT,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_BEST_VFIO,
	OPTION_VFIO_VARIANT,
	OPTION_JSON,
	OPTION_ALL,
	OPTION_EARLY,
	OPTION_IOMMU_GROUP,
	OPTION_MATCH,
	OPTION_DRY_RUN,
	OPTION_SAVE_ONLY,
};

#define OPTION_MATCHES_MAX 64
#define OPTION_BIT(option) (1u << (option))

struct options {
	unsigned int given;
	const char *bus;                         /* --bus, or SUBSYSTEM, or pci; a valid name */
	const char *devpath;                     /* DEVPATH of the environment, or NULL */
	const char *ssh_connection;              /* SSH_CONNECTION of the environment, or NULL */
	const char *matches[OPTION_MATCHES_MAX]; /* --match */
	size_t n_matches;
	const char *variant; /* --vfio-variant; with --best-vfio VFIO_VARIANT_AUTO; or NULL */
	bool color;          /* of text for people on standard output */
	/* Standard output or error is a terminal: those of a child are pipes. */
	bool terminal_out, terminal_err;
	struct config config;
	unsigned int timeout_ms;
	bool results;        /* of each device: the command changes something */
	int64_t deadline_ms; /* util_now_ms() at which the call gives up */
};

#define OPTIONS_NONE \
	{ \
		.config = CONFIG_DEFAULTS \
	}

/** options_have - whether an option was given */
static inline bool options_have(const struct options *options, enum option_name option)
{
	return options->given & OPTION_BIT(option);
}

/** What --vfio-variant takes beside names. */
#define VFIO_VARIANT_AUTO "auto"
#define VFIO_VARIANT_GENERIC "generic"

/** A command: its arguments, already counted; returns the exit code. */
typedef int (*cmd_fn)(const struct options *options, char **args, int n_args);

int cmd_best_vfio(const struct options *options, char **args, int n_args);
int cmd_set_override(const struct options *options, char **args, int n_args);
int cmd_unset_override(const struct options *options, char **args, int n_args);
int cmd_load_override(const struct options *options, char **args, int n_args);
int cmd_list_devices(const struct options *options, char **args, int n_args);
int cmd_list_overrides(const struct options *options, char **args, int n_args);
int cmd_show(const struct options *options, char **args, int n_args);
int cmd_export_store(const struct options *options, char **args, int n_args);
int cmd_list_persisted(const struct options *options, char **args, int n_args);
int cmd_list_rules(const struct options *options, char **args, int n_args);
int cmd_check(const struct options *options, char **args, int n_args);
int cmd_list_groups(const struct options *options, char **args, int n_args);
int cmd_set_rule(const struct options *options, char **args, int n_args);
int cmd_unset_rule(const struct options *options, char **args, int n_args);
int cmd_help(const struct options *options, char **args, int n_args);
int cmd_version(const struct options *options, char **args, int n_args);
