/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the system log, and what of it a person sees at a terminal. */
#include "message.h"

#include <stdarg.h>
#include <sys/syslog.h>

#define TEXT_SIZE 8192

void message_log(int priority, const char *fmt, ...)
{
	va_list ap;

	openlog("driverctl", LOG_PID, LOG_DAEMON);
	va_start(ap, fmt);
	vsyslog(priority, fmt, ap);
	va_end(ap);
	closelog();
}

bool message_tells(const struct options *options)
{
	return options_have(options, OPTION_VERBOSE) || options->terminal_err;
}

void message_warn(const struct options *options, int priority, const char *fmt, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	message_log(priority, "%s", text);
	if (message_tells(options))
		message_error("%s", text);
}
