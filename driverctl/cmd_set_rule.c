/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* set-rule NAME --match=KEY=VALUE... DRIVER, or with --best-vfio or --vfio-variant */
#include "kernel/lookup.h"
#include "message.h"
#include "options.h"
#include "rule_apply.h"
#include "kernel/pci.h"
#include "store/policy.h"
#include "vfio/variant.h"
#include "store/rules.h"

#include <errno.h>

/* The line of the text on which the matches begin. */
#define FIRST_LINE 2

/* Return: the value of a match, behind KEY=; NULL if it has no key of a rule */
static const char *value_of(const char *match, char ret_key[16])
{
	const char *equals = strchr(match, '=');

	if (!equals || util_format(ret_key, 16, "%.*s", (int)(equals - match), match) < 0)
		return NULL;
	if (streq(ret_key, "bus"))
		return equals + 1;
	for (enum rule_key key = 0; key < RULE_KEYS; key++)
		if (streq(rule_key_name(key), ret_key))
			return equals + 1;
	return NULL;
}

static int fail_match(const char *match, const char *why)
{
	char quoted[80];

	message_error("--match=%s: %s" SEE_HELP, message_quote(match, quoted), why);
	return EXIT_USAGE;
}

/* Writes a name or a path of a PCI device as it is, and an interface as the place of its device. */
static int write_vf_of(FILE *f, const char *match, const char *word)
{
	const char *name = util_after_prefix(word, "pci/");
	char place[PATH_MAX], physfn[SYSFS_NAME_MAX];
	struct device dev;
	int err;

	word = name ? name : word;
	if (strchr(word, '/') || pci_address(word, place)) {
		fprintf(f, " %s", word);
		return EXIT_DONE;
	}
	err = device_open(word, DEVICE_ARGUMENT, "pci", NULL, &dev);
	if (err < 0 || pci_place(&dev, place) < 0 || !place[0])
		return fail_match(match, "not a PCI device, or an interface of one");
	if (pci_physfn(&dev, physfn) == 0 && physfn[0])
		return fail_match(match, "a virtual function, which has none itself");
	fprintf(f, " %s", place);
	return EXIT_DONE;
}

/* @ret_key: the key that was written */
static int write_match(FILE *f, const char *match, char ret_key[16])
{
	const char *value = value_of(match, ret_key);
	int code = EXIT_DONE;

	if (!value)
		return fail_match(match, "not KEY=VALUE with a key of driverctl.rule(5)");
	/* It must not add a line, or be cut off as a comment. */
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f || *c == ';')
			return fail_match(match, "a value has no control character and no ';'");
	fprintf(f, "%s =", ret_key);
	if (streq(ret_key, rule_key_name(RULE_VF_OF))) {
		CLEANUP_FREE char *copy = strdup(value);
		char *rest = copy, *word;

		while (code == EXIT_DONE && (word = strsep(&rest, " \t")))
			if (*word)
				code = write_vf_of(f, match, word);
	} else {
		fprintf(f, " %s", value);
	}
	fputc('\n', f);
	return code;
}

/* @driver: NULL for --best-vfio */
static int write_rule(FILE *f, const struct options *options, const char *driver)
{
	bool has_bus = false;

	fputs("[match]\n", f);
	for (size_t i = 0; i < options->n_matches; i++) {
		char key[16];
		int code = write_match(f, options->matches[i], key);

		if (code != EXIT_DONE)
			return code;
		has_bus = has_bus || streq(key, "bus");
	}
	if (options_have(options, OPTION_BUS) && !has_bus)
		fprintf(f, "bus = %s\n", options->bus);
	fputs("[override]\n", f);
	if (driver)
		fprintf(f, "driver = %s\n", driver);
	else
		fputs("choose = " POLICY_BEST_VFIO "\n", f);
	return EXIT_DONE;
}

/* The text must be a rule. */
static int check_text(const struct options *options, const char *text)
{
	CLEANUP(rule_free) struct rule rule = { 0 };
	size_t match;

	if (rule_parse(text, &rule) == 0)
		return EXIT_DONE;
	if (rule.error != -EBADMSG) {
		message_error("%s", strerror(-rule.error));
		return EXIT_FAILED;
	}
	match = (size_t)rule.line - FIRST_LINE;
	if (rule.line >= FIRST_LINE && match < options->n_matches)
		return fail_match(options->matches[match], rule.why);
	message_error("%s" SEE_HELP, rule.why);
	return EXIT_USAGE;
}

/* @ret_driver: NULL for --best-vfio */
static int read_driver(
	const struct options *options, char **args, int n_args, const char **ret_driver)
{
	if (!options->variant == (n_args < 2)) {
		message_error("set-rule takes NAME DRIVER, or NAME with --best-vfio or "
			      "--vfio-variant" SEE_HELP);
		return EXIT_USAGE;
	}
	*ret_driver = options->variant ? options->variant : args[1];
	if (options->variant && streq(options->variant, VFIO_VARIANT_AUTO))
		*ret_driver = NULL;
	if (!options->variant || !streq(options->variant, VFIO_VARIANT_GENERIC))
		return EXIT_DONE;
	*ret_driver = variant_generic(options->bus);
	if (*ret_driver)
		return EXIT_DONE;
	message_error("the bus %s has no VFIO driver", options->bus);
	return EXIT_FAILED;
}

int cmd_set_rule(const struct options *options, char **args, int n_args)
{
	CLEANUP_FREE char *name = NULL, *text = NULL;
	struct rules_change change;
	const char *driver;
	int code = rule_apply_name(args[0], &name);
	size_t size;
	FILE *f;

	if (code == EXIT_DONE)
		code = read_driver(options, args, n_args, &driver);
	if (code != EXIT_DONE)
		return code;
	f = open_memstream(&text, &size);
	if (f)
		code = write_rule(f, options, driver);
	if (!f || fclose(f) != 0) {
		message_error("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	if (code == EXIT_DONE)
		code = check_text(options, text);
	if (code != EXIT_DONE)
		return code;
	change = (struct rules_change){ .name = name, .text = text };
	return rule_apply(options, &change);
}
