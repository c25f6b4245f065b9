/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The commands. To add one: write cmd_<command>.c, declare its function here, add its line to the
 * table in main.c, and name it in driverctl.8 and the completions; the tests compare all four.
 */
#pragma once

#include "change/override.h"

/** Exit codes. message_exit_code() has that of a failed change. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DEVICE = 3,
	EXIT_REFUSED = 4,
	EXIT_NOT_BOUND = 5,
	EXIT_UNFINISHED = 6,
};

struct options {
	const char *bus;     /* -b, else SUBSYSTEM, else pci; a valid name */
	bool bus_given;      /* by -b */
	const char *devpath; /* DEVPATH of the environment, or NULL */
	bool verbose;
	bool probe;
	bool save;
	bool force;
	const char
		*variant; /* --vfio-variant; VFIO_VARIANT_AUTO for --best-vfio; NULL for neither */
	bool json;
	bool all;
	bool early;
	bool iommu_group;
	unsigned int given; /* OPTION_...: those that not every command takes */
	struct config config;
	unsigned int timeout_ms;
	int64_t deadline_ms;
};

/** Options that not every command takes. */
#define OPTION_BEST_VFIO 1u
#define OPTION_VFIO_VARIANT 2u
#define OPTION_JSON 4u
#define OPTION_ALL 8u
#define OPTION_EARLY 16u
#define OPTION_IOMMU_GROUP 32u

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
