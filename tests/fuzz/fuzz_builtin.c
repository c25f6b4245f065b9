/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text of modules.builtin.modinfo. */
#include "fuzz.h"
#include "vfio/modalias.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = malloc(size + 1);
	struct modalias_line line;
	char *at = text, *from = text, *end = text + size;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	/* As the reader of the file does: a NUL behind the piece. */
	text[size] = '\0';
	while (modalias_next_builtin(&at, end, &line)) {
		fuzz_promise(at > from && at <= end);
		fuzz_promise(line.module >= from && line.module < line.pattern);
		fuzz_promise(util_name_valid(line.module));
		fuzz_promise(line.pattern + strlen(line.pattern) < at);
		from = at;
	}
	return 0;
}
