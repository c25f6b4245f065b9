/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands before, between and behind the elements of a call's output. */
#include "output.h"

#include "message.h"

#include <errno.h>

/* There is one standard output. */
static struct {
	bool json;
	bool in_child;
	bool began; /* an element has been printed */
	const char *between;
} output = { .between = "" };

void output_begin(const struct options *options)
{
	output.json = options_have(options, OPTION_JSON);
	output.between = output.json ? ",\n" : "";
}

void output_paragraphs(void)
{
	if (!output.json)
		output.between = "\n";
}

void output_element(void)
{
	if (output.began)
		fputs(output.between, stdout);
	else if (output.json && !output.in_child)
		fputs("[\n", stdout);
	output.began = true;
}

void output_enter_child(void)
{
	output.in_child = true;
	output.began = false;
}

int output_end(int code)
{
	bool failed;

	if (output.json)
		puts(output.began ? "\n]" : "[\n]");
	failed = ferror(stdout);
	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return code;
	message_error("cannot write to standard output: %s", strerror(errno ? errno : EIO));
	return EXIT_FAILED;
}
