/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"
#include "test.h"

static const char *const words[] = { "set-override", "unset-override", "list-devices", "show",
	"help", "json", NULL };

static const struct {
	const char *typed, *meant;
} cases[] = {
	{ "set-overide", "set-override" },
	{ "set_override", "set-override" },
	{ "setoverride", "set-override" },
	{ "unset-overrides", "unset-override" },
	{ "list-device", "list-devices" },
	{ "devices", NULL },
	{ "shwo", "show" },
	{ "how", "show" },
	{ "jsn", "json" },
	{ "s", NULL },
	{ "", NULL },
	{ "frobnicate", NULL },
	{ "a-word-that-is-longer-than-any-option-or-command", NULL },
};

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *got = options_nearest(cases[i].typed, words);

		same(got ? got : "nothing", cases[i].meant ? cases[i].meant : "nothing",
			cases[i].typed);
	}
	return test_end();
}
