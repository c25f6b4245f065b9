/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the syntax of rules. Must not know where they are kept, and must not read a device. */
#include "store/rule.h"

#include "kernel/bus.h"
#include "kernel/device.h"
#include "kernel/pci.h"
#include "store/keyfile.h"
#include "store/policy.h"

#include <ctype.h>
#include <errno.h>

#define OUT_OF_MEMORY "out of memory"
#define GLOB_CHARACTERS "*?[\\"
#define ID_DIGITS_MAX 4
#define VF_DIGITS_MAX 5
#define PCI "pci"
#define DECIMAL "0123456789"
#define HEX DECIMAL "abcdefABCDEF"

/* --- values; each function returns NULL, or what is wrong with the value --- */

static const char *set_glob(struct rule_value *value, const char *word)
{
	value->literal = strcspn(word, GLOB_CHARACTERS);
	value->text = strdup(word);
	return value->text ? NULL : OUT_OF_MEMORY;
}

static const char *parse_name(struct rule_value *value, const char *word)
{
	if (strchr(word, '/'))
		return "a name has no '/'";
	return set_glob(value, word);
}

static const char *parse_path(struct rule_value *value, const char *word)
{
	if (*word == '/')
		return "a path is a place, for example pci0000:00/1c.4/00.0";
	return set_glob(value, word);
}

static const char *parse_vf_of(struct rule_value *value, const char *word)
{
	char address[SYSFS_NAME_MAX];

	if (!strchr(word, '/') && !pci_address(word, address))
		return "not the name or the path of a PCI device";
	return parse_path(value, word);
}

/* Return: whether the first @length bytes of @s are a number of at most @max digits. */
static bool parse_number(const char *s, size_t length, size_t max, int base, unsigned int *ret)
{
	if (length == 0 || length > max)
		return false;
	if (strspn(s, base == 16 ? HEX : DECIMAL) < length)
		return false;
	*ret = (unsigned int)strtoul(s, NULL, base);
	return true;
}

static bool parse_id_field(struct rule_value *value, int i, const char *field, size_t length)
{
	unsigned int number;

	if (length == 1 && *field == '*')
		return true;
	if (!parse_number(field, length, ID_DIGITS_MAX, 16, &number))
		return false;
	value->ids[i].value = (uint16_t)number;
	value->ids[i].mask = UINT16_MAX;
	return true;
}

static const char *parse_id(struct rule_value *value, const char *word)
{
	static const char wrong[] = "not VENDOR:DEVICE or VENDOR:DEVICE:SUBVENDOR:SUBDEVICE, each "
				    "hexadecimal or *";
	int n = 0;

	for (;;) {
		size_t length = strcspn(word, ":");

		if (n == RULE_IDS || !parse_id_field(value, n, word, length))
			return wrong;
		n++;
		word += length;
		if (!*word)
			break;
		word++;
	}
	return n == RULE_IDS || n == RULE_SUBVENDOR ? NULL : wrong;
}

static const char *parse_class(struct rule_value *value, const char *word)
{
	size_t length = strlen(word);
	const char *code = pci_class_code(word);
	unsigned int number;

	if (!code && length % 2 == 0 && parse_number(word, length, 6, 16, &number))
		code = word;
	if (!code || !*code)
		return "not a class: its first 2, 4 or 6 hexadecimal digits, or a word of "
		       "list-devices";
	value->text = strdup(code);
	if (!value->text)
		return OUT_OF_MEMORY;
	for (char *c = value->text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return NULL;
}

static const char *parse_vf(struct rule_value *value, const char *word)
{
	size_t length = strcspn(word, "-");
	const char *last = word[length] ? word + length + 1 : word;

	if (!parse_number(word, length, VF_DIGITS_MAX, 10, &value->first) ||
		!parse_number(last, strlen(last), VF_DIGITS_MAX, 10, &value->last) ||
		value->first > value->last)
		return "not a number or a range of numbers, for example 0-3";
	return NULL;
}

/* --- keys --- */

static const struct {
	const char *name;
	const char *(*parse)(struct rule_value *value, const char *word);
	bool identifies; /* a rule needs one of these */
	bool is_name;    /* a short address is one as well */
	bool pci_alone;
} keys[RULE_KEYS] = {
	[RULE_NAME] = { "name", parse_name, true, true, false },
	[RULE_EXCEPT] = { "except", parse_name, false, true, false },
	[RULE_ID] = { "id", parse_id, true, false, true },
	[RULE_CLASS] = { "class", parse_class, true, false, true },
	[RULE_MODALIAS] = { "modalias", set_glob, true, false, false },
	[RULE_PATH] = { "path", parse_path, true, false, true },
	[RULE_VF_OF] = { "vf-of", parse_vf_of, true, true, true },
	[RULE_VF] = { "vf", parse_vf, false, false, true },
};

const char *rule_key_name(enum rule_key key)
{
	return keys[key].name;
}

static void free_value(struct rule_value *value)
{
	free(value->written);
	free(value->text);
}

static const char *add_value(struct rule_values *values, enum rule_key key, const char *word)
{
	struct rule_value *grown, value = { .written = strdup(word) };
	const char *why = value.written ? keys[key].parse(&value, word) : OUT_OF_MEMORY;

	if (why) {
		free_value(&value);
		return why;
	}
	grown = reallocarray(values->list, values->n + 1, sizeof(*values->list));
	if (!grown) {
		free_value(&value);
		return OUT_OF_MEMORY;
	}
	values->list = grown;
	grown[values->n++] = value;
	return NULL;
}

static const char *add_words(struct rule *rule, enum rule_key key, const char *line)
{
	const char *why = NULL;
	char *rest, *word;
	CLEANUP_FREE char *copy = rest = strdup(line);

	if (!copy)
		return OUT_OF_MEMORY;
	if (!*line)
		return "no value";
	while (!why && (word = strsep(&rest, " \t")))
		if (*word)
			why = add_value(&rule->match[key], key, word);
	return why;
}

static const char *set_bus(struct rule *rule, const char *value)
{
	if (rule->bus[0])
		return "bus is given twice";
	if (!bus_valid(value) || strpbrk(value, " \t" GLOB_CHARACTERS))
		return "not the name of one bus";
	util_format(rule->bus, sizeof(rule->bus), "%s", value);
	return NULL;
}

static const char *take_match(struct rule *rule, const char *key, const char *value)
{
	if (streq(key, "bus"))
		return set_bus(rule, value);
	for (enum rule_key i = 0; i < RULE_KEYS; i++)
		if (streq(keys[i].name, key))
			return add_words(rule, i, value);
	return "unknown key in [match]";
}

static const char *set_driver(struct rule *rule, const char *value)
{
	if (rule->driver[0])
		return "driver is given twice";
	if (!util_name_valid(value) || strpbrk(value, " \t"))
		return "not the name of one driver or module";
	if (streq(value, POLICY_BEST_VFIO))
		return "best-vfio is no driver: choose = best-vfio";
	util_format(rule->driver, sizeof(rule->driver), "%s", value);
	return NULL;
}

static const char *set_choose(struct rule *rule, const char *value)
{
	if (rule->best)
		return "choose is given twice";
	if (!streq(value, POLICY_BEST_VFIO))
		return "choose takes best-vfio";
	rule->best = true;
	return NULL;
}

static const char *take_value(
	const char *section, const char *key, const char *value, void *userdata)
{
	struct rule *rule = userdata;

	if (streq(section, "match"))
		return take_match(rule, key, value);
	if (!streq(section, "override"))
		return "unknown section, known are [match] and [override]";
	if (streq(key, "driver"))
		return set_driver(rule, value);
	if (streq(key, "choose"))
		return set_choose(rule, value);
	return "unknown key in [override]";
}

/* --- the whole --- */

/* Writes the address of a PCI device as the kernel does. */
static const char *complete_name(struct rule_value *value)
{
	char address[SYSFS_NAME_MAX];
	const char *why;

	if (!pci_address(value->text, address))
		return NULL;
	free(value->text);
	why = set_glob(value, address);
	return why;
}

static const char *complete_pci(struct rule *rule)
{
	for (enum rule_key key = 0; key < RULE_KEYS; key++)
		for (size_t i = 0; keys[key].is_name && i < rule->match[key].n; i++) {
			const char *why = complete_name(&rule->match[key].list[i]);

			if (why)
				return why;
		}
	return NULL;
}

static bool is_identifying(const struct rule *rule)
{
	for (enum rule_key key = 0; key < RULE_KEYS; key++)
		if (keys[key].identifies && rule->match[key].n)
			return true;
	return false;
}

static bool has_key_of_pci(const struct rule *rule)
{
	for (enum rule_key key = 0; key < RULE_KEYS; key++)
		if (keys[key].pci_alone && rule->match[key].n)
			return true;
	return false;
}

/* Return: NULL, or what is wrong with the rule as a whole. */
static const char *complete(struct rule *rule)
{
	if (!rule->bus[0])
		util_format(rule->bus, sizeof(rule->bus), PCI);
	if (!is_identifying(rule))
		return "[match] needs one of id, class, name, path, vf-of and modalias";
	if (rule->driver[0] && rule->best)
		return "[override] has both driver and choose";
	if (!rule->driver[0] && !rule->best)
		return "[override] has neither driver nor choose";
	if (streq(rule->bus, PCI))
		return complete_pci(rule);
	if (has_key_of_pci(rule))
		return "id, class, path, vf-of and vf are for the bus pci alone";
	return NULL;
}

/* Return: as rule_parse() */
static int parse(const char *text, struct rule *rule)
{
	int err = keyfile_parse(text, take_value, rule, &rule->line, &rule->why);

	if (rule->why && streq(rule->why, OUT_OF_MEMORY))
		return -ENOMEM;
	if (err < 0)
		return err;
	rule->why = complete(rule);
	if (rule->why && streq(rule->why, OUT_OF_MEMORY))
		return -ENOMEM;
	return rule->why ? -EBADMSG : 0;
}

int rule_parse(const char *text, struct rule *rule)
{
	rule->error = parse(text, rule);
	return rule->error;
}

bool rule_counts(const struct rule *rule)
{
	return !rule->error && !rule->masked;
}

void rule_free(struct rule *rule)
{
	for (enum rule_key key = 0; key < RULE_KEYS; key++) {
		struct rule_values *values = &rule->match[key];

		for (size_t i = 0; i < values->n; i++)
			free_value(&values->list[i]);
		free(values->list);
	}
	free(rule->name);
	free(rule->file);
	*rule = (struct rule){ 0 };
}
