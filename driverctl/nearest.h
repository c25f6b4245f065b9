/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guesses the word that a mistyped one was meant to be. */
#pragma once

/**
 * nearest_word - the word of a list that is typed most like another one
 * @words: ends with NULL
 *
 * Return: one of @words; NULL if none is like it: too many letters are added, missing or wrong.
 */
const char *nearest_word(const char *typed, const char *const *words);
