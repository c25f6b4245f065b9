/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the targets share. A target is a file fuzz_NAME.c with libFuzzer's two functions; it breaks
 * off where a header's promise is broken.
 */
#pragma once

#include "base/util.h"

/** Between the parts of an input: ASCII's record separator, which no name may contain. */
#define FUZZ_SEPARATOR 0x1e

/** fuzz_promise - break off where a condition, one that a header promises, does not hold */
#define fuzz_promise(condition) \
	do { \
		if (!(condition)) \
			fuzz_broken(#condition, __FILE__, __LINE__); \
	} while (0)

__attribute__((noreturn)) void fuzz_broken(const char *condition, const char *file, int line);

/** An input, read part by part. */
struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

/**
 * fuzz_part - the next part, as a text in memory of just its size: a sanitizer sees what reads on
 * @ret_length: its bytes, a NUL among them counted; may be NULL
 *
 * Return: owned by the caller; "" behind the last part.
 */
char *fuzz_part(struct fuzz_input *input, size_t *ret_length);

/**
 * fuzz_enter - put empty file systems in memory over /etc, /run and /sys, for this process alone
 *
 * Breaks off where that is not what they then are: no target reaches the machine's own.
 */
void fuzz_enter(void);

/** fuzz_make - make a file with a text; false where such a file cannot be made */
bool fuzz_make(const char *path, const char *text, size_t size);

/* What libFuzzer calls: the first one once, and only where a target has it. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
