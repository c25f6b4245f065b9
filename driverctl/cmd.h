/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The commands. To add one: write cmd_<command>.c, declare its function here, add its line to the
 * table in main.c, and name it in driverctl.8 and the completions; the tests compare all four.
 */
#pragma once

#include "override.h"

/** Exit codes; the others are enum override_outcome. */
#define EXIT_USAGE 2

struct options {
	const char *bus;     /* -b, else SUBSYSTEM, else pci; a valid name */
	const char *devpath; /* DEVPATH of the environment, or NULL */
	bool verbose;
	bool probe;
	bool save;
	bool force;
	struct config config;
	unsigned int timeout_ms;
	int64_t deadline_ms;
};

/** A command: its arguments, already counted; returns the exit code. */
typedef int (*cmd_fn)(const struct options *options, char **args, int n_args);

int cmd_set_override(const struct options *options, char **args, int n_args);
int cmd_unset_override(const struct options *options, char **args, int n_args);
int cmd_load_override(const struct options *options, char **args, int n_args);
int cmd_list_devices(const struct options *options, char **args, int n_args);
int cmd_list_overrides(const struct options *options, char **args, int n_args);
int cmd_list_persisted(const struct options *options, char **args, int n_args);
