/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The result for each device of a call that changes something: with --json an object, otherwise a
 * line for a person at a terminal, or for a dry run.
 */
#pragma once

#include "output.h"
#include "report.h"

/**
 * result_begin - take the results of a call from now on
 * @results: set; it must live as long as @options; end with output_end()
 */
void result_begin(struct results *results, struct options *options);
