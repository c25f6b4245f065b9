/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "kernel/nvidia.h"

#include <sys/sysmacros.h>

static void numbers(void)
{
	static const struct {
		const char *text;
		bool valid;
		unsigned int major_number, minor_number;
	} cases[] = {
		{ "10:130", true, 10, 130 },
		{ "0:0", true, 0, 0 },
		{ "4095:1048575", true, 4095, 1048575 },
		{ "", false, 0, 0 },
		{ "10", false, 0, 0 },
		{ "10:", false, 0, 0 },
		{ ":130", false, 0, 0 },
		{ "10:130:1", false, 0, 0 },
		{ "10:130\n", false, 0, 0 },
		{ "-1:2", false, 0, 0 },
		{ " 1:2", false, 0, 0 },
		{ "1:99999999999", false, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		dev_t number = 0;
		bool valid = chardev_parse(cases[i].text, &number);

		ok(valid == cases[i].valid, "number case %zu is %svalid", i,
			cases[i].valid ? "" : "not ");
		ok(number == makedev(cases[i].major_number, cases[i].minor_number),
			"number case %zu has its number", i);
	}
}

static void majors(void)
{
	static const struct {
		const char *line;
		bool found;
		unsigned int number;
	} cases[] = {
		{ "511 vfio-dev", true, 511 },
		{ "  1 vfio-dev", true, 1 },
		{ "511 vfio", false, 0 },
		{ "511 vfio-device", false, 0 },
		{ "511  vfio-dev", false, 0 },
		{ "vfio-dev", false, 0 },
		{ "", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int number = 0;
		bool found = chardev_parse_major(cases[i].line, "vfio-dev", &number);

		ok(found == cases[i].found && (!found || number == cases[i].number),
			"'%s' is %sthe line of vfio-dev", cases[i].line, found ? "" : "not ");
	}
}

static void nvidia(void)
{
	static const struct {
		const char *text;
		bool found;
		unsigned int number;
	} cases[] = {
		{ "Model: \t\t X\nDevice Minor: \t 3\nGPU Excluded:\t No\n", true, 3 },
		{ "Device Minor: \t 0", true, 0 },
		{ "Device Minor:1\nDevice Minor:2\n", true, 1 },
		{ "Model: Device Minor: 3\n", false, 0 },
		{ "Device Minor: \t \n", false, 0 },
		{ "Device Minor: 3a\n", false, 0 },
		{ "Device Minor: 99999999999\n", false, 0 },
		{ "\n\n", false, 0 },
		{ "", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int number = 0;
		bool found = nvidia_parse_minor(cases[i].text, &number);

		ok(found == cases[i].found && (!found || number == cases[i].number),
			"NVIDIA's information, case %zu", i);
	}
}

static void sets(void)
{
	struct chardevs set = { 0 };

	ok(!chardevs_have(&set, makedev(1, 3)), "an empty set has no number");
	for (unsigned int i = 0; i < 20; i++)
		ok(chardevs_add(&set, makedev(1, i % 10)) == 0, "a number is added");
	ok(set.n == 10, "a number is in the set once");
	ok(chardevs_have(&set, makedev(1, 9)) && !chardevs_have(&set, makedev(2, 9)),
		"a number is its major and its minor");
	chardevs_free(&set);
	ok(set.n == 0 && !set.numbers, "the set is empty after it was freed");
}

int main(void)
{
	numbers();
	majors();
	nvidia();
	sets();
	return test_end();
}
