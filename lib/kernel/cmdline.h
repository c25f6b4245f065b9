/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's command line. */
#pragma once

#include <stdbool.h>

/** cmdline_has - whether a word is on the kernel's command line; false if it cannot be read */
bool cmdline_has(const char *word);
