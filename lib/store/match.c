/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the meaning of the keys of [match]. Must not read a file or a device. */
#include "store/match.h"

#include <fnmatch.h>

#define HEX "0123456789abcdefABCDEF"

/* --- the modalias of a PCI device --- */

/* Reads @digits hexadecimal digits behind a prefix. Return: the rest, or NULL. */
static const char *read_field(const char *s, const char *prefix, int digits, unsigned int *ret)
{
	char field[9];

	s = util_after_prefix(s, prefix);
	if (!s || strspn(s, HEX) < (size_t)digits)
		return NULL;
	util_format(field, sizeof(field), "%.*s", digits, s);
	*ret = (unsigned int)strtoul(field, NULL, 16);
	return s + digits;
}

void match_take_modalias(struct match_facts *facts)
{
	static const struct {
		const char *prefix;
		int digits;
	} fields[] = { { "pci:v", 8 }, { "d", 8 }, { "sv", 8 }, { "sd", 8 }, { "bc", 2 },
		{ "sc", 2 }, { "i", 2 } };
	unsigned int values[ARRAY_SIZE(fields)] = { 0 };
	const char *rest = facts->modalias;

	for (size_t i = 0; rest && i < ARRAY_SIZE(fields); i++)
		rest = read_field(rest, fields[i].prefix, fields[i].digits, &values[i]);
	facts->known |= MATCH_MODALIAS;
	facts->has_ids = rest && !*rest;
	if (!facts->has_ids)
		return;
	memcpy(facts->ids, values, sizeof(facts->ids));
	util_format(facts->class, sizeof(facts->class), "%02x%02x%02x", values[RULE_IDS] & 0xff,
		values[RULE_IDS + 1] & 0xff, values[RULE_IDS + 2] & 0xff);
}

/* --- one alternative --- */

/* Most globs differ in their first letters: fnmatch(3) is slow. */
static bool is_like(const struct rule_value *value, const char *s)
{
	if (!value->text[value->literal])
		return streq(value->text, s);
	return strncmp(value->text, s, value->literal) == 0 && fnmatch(value->text, s, 0) == 0;
}

static bool has_name(const struct rule_value *value, const struct match_facts *facts)
{
	return is_like(value, facts->name);
}

static bool has_ids(const struct rule_value *value, const struct match_facts *facts)
{
	if (!facts->has_ids)
		return false;
	for (int i = 0; i < RULE_IDS; i++)
		if (value->ids[i].mask && facts->ids[i] != value->ids[i].value)
			return false;
	return true;
}

static bool has_class(const struct rule_value *value, const struct match_facts *facts)
{
	return facts->has_ids && util_after_prefix(facts->class, value->text);
}

static bool has_modalias(const struct rule_value *value, const struct match_facts *facts)
{
	return facts->modalias[0] && is_like(value, facts->modalias);
}

static bool has_path(const struct rule_value *value, const struct match_facts *facts)
{
	return facts->path[0] && is_like(value, facts->path);
}

static bool is_function_of(const struct rule_value *value, const struct match_facts *facts)
{
	const char *physfn = strchr(value->text, '/') ? facts->physfn_path : facts->physfn;

	return physfn[0] && streq(value->text, physfn);
}

static bool has_number(const struct rule_value *value, const struct match_facts *facts)
{
	return facts->vf >= 0 && (unsigned int)facts->vf >= value->first &&
	       (unsigned int)facts->vf <= value->last;
}

/* --- keys and rules --- */

static const struct {
	bool (*holds)(const struct rule_value *value, const struct match_facts *facts);
	unsigned int fact; /* that it compares; 0: one that is always known */
} keys[RULE_KEYS] = {
	[RULE_NAME] = { has_name, 0 },
	[RULE_EXCEPT] = { has_name, 0 },
	[RULE_ID] = { has_ids, MATCH_MODALIAS },
	[RULE_CLASS] = { has_class, MATCH_MODALIAS },
	[RULE_MODALIAS] = { has_modalias, MATCH_MODALIAS },
	[RULE_PATH] = { has_path, MATCH_PATH },
	[RULE_VF_OF] = { is_function_of, MATCH_PHYSFN },
	[RULE_VF] = { has_number, MATCH_VF },
};

static bool any_holds(
	const struct rule_values *values, enum rule_key key, const struct match_facts *facts)
{
	for (size_t i = 0; i < values->n; i++)
		if (keys[key].holds(&values->list[i], facts))
			return true;
	return false;
}

/*
 * Return: whether the rule is for the device, or may be: then @ret_missing is not 0. A key that
 * does not hold is an answer, whatever is missing for the others.
 */
static bool is_for(
	const struct rule *rule, const struct match_facts *facts, unsigned int *ret_missing)
{
	*ret_missing = 0;
	for (enum rule_key key = 0; key < RULE_KEYS; key++) {
		const struct rule_values *values = &rule->match[key];

		if (values->n == 0)
			continue;
		if (keys[key].fact & ~facts->known) {
			if (!*ret_missing)
				*ret_missing = keys[key].fact;
			continue;
		}
		if (any_holds(values, key, facts) == (key == RULE_EXCEPT))
			return false;
	}
	return true;
}

const struct rule *match_first(const struct rule *rules, size_t n, const struct match_facts *facts,
	unsigned int *ret_missing)
{
	*ret_missing = 0;
	for (size_t i = 0; i < n; i++) {
		const struct rule *rule = &rules[i];
		unsigned int missing;

		if (!rule_counts(rule) || !streq(rule->bus, facts->bus))
			continue;
		if (!is_for(rule, facts, &missing))
			continue;
		*ret_missing = missing;
		return missing ? NULL : rule;
	}
	return NULL;
}
