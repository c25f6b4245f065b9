/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines that map modaliases to modules, and their patterns. Pure: texts in, texts out.
 */
#pragma once

#include "base/util.h"

/**
 * modalias_wildcards - how unspecific a pattern is
 *
 * Return: the number of '*' in it.
 * Source: Linux commit cc6711b0bf36 ("PCI / VFIO: Add 'override_only' support for VFIO PCI
 * sub-system"): of several matching aliases the one with the fewest wildcards is to be taken.
 */
unsigned int modalias_wildcards(const char *pattern);

/**
 * modalias_normalize - write '_' for '-', but between brackets, as depmod and libkmod do
 *
 * Source: alias_normalize() in kmod, which both the tables and their readers go through.
 */
void modalias_normalize(char *s);

/**
 * modalias_matches - whether a pattern, as of fnmatch(3), matches "vfio_" and a modalias
 * @vfio_modalias: normalized; the pattern need not be
 */
bool modalias_matches(const char *pattern, const char *vfio_modalias);

/** A line "alias PATTERN MODULE". The two point into the text that was parsed. */
struct modalias_line {
	const char *pattern;
	const char *module;
};

/**
 * modalias_next - the next alias that may be for VFIO, of the text of modules.alias
 * @text: where to go on; moved; the text is changed: words are ended by NUL
 * @ret: the line
 *
 * Comments, other keywords, malformed lines, and patterns that cannot match "vfio_..." are passed
 * over. CRLF ends a line as LF does.
 *
 * Return: false at the end.
 */
bool modalias_next(char **text, struct modalias_line *ret);

/**
 * modalias_next_builtin - the same for modules.builtin.modinfo: MODULE.alias=PATTERN, ended by NUL
 * @end: where the text ends
 */
bool modalias_next_builtin(char **text, const char *end, struct modalias_line *ret);
