/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * driverctl_load [OPTION...] DEVICE: "driverctl load-override", for the udev rule. A program of its
 * own because of the libraries it does without: udev starts it for dozens of devices at once, and
 * there most of its time is that of the dynamic linker.
 */
#include "options.h"

int main(int argc, char **argv)
{
	struct options options = { .probe = true, .save = true, .config = CONFIG_DEFAULTS };
	int n_args, code = options_read(&options, argc, argv, &n_args);

	if (code < 0)
		code = options_complete(&options, true);
	if (code < 0)
		code = cmd_load_override(&options, argv, n_args);
	config_free(&options.config);
	return code;
}
