/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules. Parts: the text of a rule file, and a device: its name, modalias, path, the name and the
 * path of its physical function, and the number of the function.
 */
#include "fuzz.h"
#include "kernel/bus.h"
#include "store/match.h"

#include <errno.h>

#define ALL_FACTS (MATCH_MODALIAS | MATCH_PATH | MATCH_PHYSFN | MATCH_VF)

static int count_lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n' || !text[1];
	return n;
}

static void check_value(const struct rule_value *value, enum rule_key key)
{
	fuzz_promise(value->written && *value->written && !strpbrk(value->written, " \t\n"));
	switch (key) {
	case RULE_ID:
		for (int i = 0; i < RULE_IDS; i++)
			fuzz_promise(value->ids[i].mask || !value->ids[i].value);
		break;
	case RULE_VF:
		fuzz_promise(value->first <= value->last);
		break;
	default:
		fuzz_promise(value->text && value->literal <= strlen(value->text));
	}
}

static void check_rule(const struct rule *rule, const char *text)
{
	fuzz_promise(rule_counts(rule) == (rule->error == 0));
	if (rule->error) {
		fuzz_promise(rule->why && *rule->why);
		fuzz_promise(rule->line >= 0 && rule->line <= count_lines(text));
		return;
	}
	fuzz_promise(rule->line == 0 && !rule->why);
	fuzz_promise(bus_valid(rule->bus));
	fuzz_promise(rule->best ? !rule->driver[0] : util_name_valid(rule->driver));
	for (enum rule_key key = 0; key < RULE_KEYS; key++)
		for (size_t i = 0; i < rule->match[key].n; i++)
			check_value(&rule->match[key].list[i], key);
}

static void take(struct fuzz_input *input, char *field, size_t size)
{
	CLEANUP_FREE char *part = fuzz_part(input, NULL);

	util_format(field, size, "%s", part);
}

/* The answer does not depend on which facts were known before they were asked for. */
static void check_match(const struct rule *rule, struct match_facts *facts)
{
	unsigned int missing, asked = 0;
	const struct rule *answer, *step;

	match_take_modalias(facts);
	facts->known = ALL_FACTS;
	answer = match_first(rule, 1, facts, &missing);
	fuzz_promise(!missing && (!answer || answer == rule));
	fuzz_promise(!answer || (rule_counts(rule) && streq(rule->bus, facts->bus)));
	for (;;) {
		facts->known = asked;
		step = match_first(rule, 1, facts, &missing);
		if (!missing)
			break;
		fuzz_promise(!step && !(missing & asked) && (missing & ALL_FACTS));
		asked |= missing;
	}
	fuzz_promise(step == answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	CLEANUP_FREE char *text = fuzz_part(&input, NULL), *name = fuzz_part(&input, NULL);
	CLEANUP_FREE char *number = NULL;
	CLEANUP(rule_free) struct rule rule = { 0 };
	static struct match_facts facts;
	int err = rule_parse(text, &rule);

	fuzz_promise(err == 0 || err == -EBADMSG);
	fuzz_promise(err == rule.error);
	check_rule(&rule, text);
	facts = (struct match_facts){ .bus = rule.bus, .name = name };
	take(&input, facts.modalias, sizeof(facts.modalias));
	take(&input, facts.path, sizeof(facts.path));
	take(&input, facts.physfn, sizeof(facts.physfn));
	take(&input, facts.physfn_path, sizeof(facts.physfn_path));
	number = fuzz_part(&input, NULL);
	facts.vf = *number ? atoi(number) : -1;
	check_match(&rule, &facts);
	return 0;
}
