/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lines that map modaliases to modules, and the patterns in these lines. Pure: works on texts
 * in memory.
 */
#pragma once

#include "base/util.h"

/**
 * modalias_wildcards - how unspecific a pattern is
 *
 * Return: the number of '*' in it.
 * Source: Linux commit cc6711b0bf36 ("PCI / VFIO: Add 'override_only' support for VFIO PCI
 * sub-system"): of several aliases that match, take the one with the fewest wildcards.
 */
unsigned int modalias_wildcards(const char *pattern);

/**
 * modalias_normalize - write '_' for each '-' outside brackets, as depmod and libkmod do
 *
 * Source: alias_normalize() in kmod, which both the tables and their readers go through.
 */
void modalias_normalize(char *s);

/**
 * modalias_matches - whether a pattern of fnmatch(3) matches a modalias
 * @pattern: normalized or not
 * @vfio_modalias: "vfio_" and the device's modalias, normalized
 */
bool modalias_matches(const char *pattern, const char *vfio_modalias);

/** A line "alias PATTERN MODULE". Both point into the text that was parsed. */
struct modalias_line {
	const char *pattern;
	const char *module;
};

/**
 * modalias_next - find the next alias in a text of modules.alias that may be for VFIO
 * @text: where to start; moved behind the line. The text is changed: a NUL ends each word
 * @ret: the line
 *
 * Skips comments, other keywords, malformed lines, and patterns that cannot match "vfio_...".
 * A line ends with LF or CRLF.
 *
 * Return: false at the end of the text.
 */
bool modalias_next(char **text, struct modalias_line *ret);

/**
 * modalias_next_builtin - the same for a text of modules.builtin.modinfo
 * @end: where the text ends
 *
 * An entry is MODULE.alias=PATTERN and ends with NUL; an entry without NUL is cut off and skipped.
 */
bool modalias_next_builtin(char **text, const char *end, struct modalias_line *ret);
