/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words for rules. */
#include "message.h"

const char *message_rule(const struct rule *rule, char *ret, size_t size)
{
	const char *why = rule->why ? rule->why : strerror(-rule->error);

	if (rule->line)
		util_format(
			ret, size, "%s:%d: %s; the rule is excluded", rule->file, rule->line, why);
	else
		util_format(ret, size, "%s: %s; the rule is excluded", rule->file, why);
	return ret;
}

void message_by_rule(
	const struct device *dev, const struct override_failure *failure, char *ret, size_t size)
{
	char quoted[80] = "";

	message_quote(failure->rule, quoted);
	ret[0] = '\0';
	/* A rule is on no bus. */
	if (quoted[0] && dev->bus[0])
		util_format(ret, size, " (by rule %s)", quoted);
}
