/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers of character devices: the text of a dev attribute, a line of /proc/devices, a name to
 * look for in it, and what NVIDIA's driver says of a card.
 */
#include "fuzz.h"
#include "kernel/nvidia.h"

#include <sys/sysmacros.h>

static void check_number(const char *text)
{
	dev_t number, again;
	char written[32];

	if (!chardev_parse(text, &number))
		return;
	util_format(written, sizeof(written), "%u:%u", major(number), minor(number));
	fuzz_promise(chardev_parse(written, &again) && again == number);
	fuzz_promise(strspn(text, "0123456789:") == strlen(text));
}

static void check_major(const char *line, const char *name)
{
	unsigned int number;
	size_t length = strlen(line), name_length = strlen(name);

	if (!chardev_parse_major(line, name, &number))
		return;
	fuzz_promise(length > name_length && streq(line + length - name_length, name));
	fuzz_promise(number <= 999999999);
}

static void check_minor(const char *text)
{
	CLEANUP_FREE char *below = NULL;
	unsigned int number, again;

	if (!nvidia_parse_minor(text, &number))
		return;
	fuzz_promise(strstr(text, "Device Minor:") && number <= 999999999);
	if (asprintf(&below, "Model: x\n%s\nDevice Minor: 7\n", text) < 0)
		abort();
	fuzz_promise(nvidia_parse_minor(below, &again) && again == number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	CLEANUP_FREE char *text = fuzz_part(&input, NULL);
	CLEANUP_FREE char *line = fuzz_part(&input, NULL);
	CLEANUP_FREE char *name = fuzz_part(&input, NULL);
	CLEANUP_FREE char *information = fuzz_part(&input, NULL);

	check_number(text);
	check_major(line, name);
	check_minor(information);
	return 0;
}
