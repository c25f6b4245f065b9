/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the words for classes. Reads nothing. */
#include "kernel/class.h"

#include "base/util.h"

static const struct {
	const char *word, *code;
} classes[] = {
	{ "all", "" },
	{ "storage", "01" },
	{ "network", "02" },
	{ "display", "03" },
	{ "multimedia", "04" },
	{ "memory", "05" },
	{ "bridge", "06" },
	{ "communication", "07" },
	{ "system", "08" },
	{ "input", "09" },
	{ "docking", "0a" },
	{ "processor", "0b" },
	{ "serial", "0c" },
	{ "wireless", "0d" },
	{ "encryption", "10" },
	{ "signal", "11" },
	{ "accelerator", "12" },
	{ "gpu", "03" },
	{ "nic", "02" },
	{ "nvme", "0108" },
	{ "audio", "0403" },
	{ "usb", "0c03" },
};

const char *class_code(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (streq(classes[i].word, word))
			return classes[i].code;
	return NULL;
}

void class_words(char *ret, size_t size)
{
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		util_format(ret + at, size - at, " %s", classes[i].word);
		at += strlen(ret + at);
	}
}
