/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes rows. Callers parse these lines: the form is that of driverctl since its beginning. */
#include "output.h"

#include "message.h"

#include <errno.h>

void output_row(const struct output_row *row)
{
	fputs(row->name, stdout);
	putchar(' ');
	fputs(row->driver[0] ? row->driver : "(none)", stdout);
	if (row->marked)
		fputs(" [*]", stdout);
	if (row->note)
		printf(" (%s)", row->note);
	putchar('\n');
}

int output_end(int code)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return code;
	message_error("cannot write to standard output: %s", strerror(errno ? errno : EIO));
	return EXIT_FAILURE;
}
