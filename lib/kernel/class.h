/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classes of PCI devices, by the words that people use for them. */
#pragma once

#include <stddef.h>

/**
 * class_code - the code of a class
 * @word: for example "network"
 *
 * Return: the first two or four of the class's six lower-case hexadecimal digits, a static string;
 * "" for "all"; NULL for another word. Source: the PCI Code and ID Assignment Specification.
 */
const char *class_code(const char *word);

/** class_words - write all words, each after a space */
void class_words(char *ret, size_t size);
