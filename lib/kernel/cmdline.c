/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads /proc/cmdline. Owns the form of driverctl.override=, and does not act on it. */
#include "kernel/cmdline.h"

#include "kernel/bus.h"
#include "kernel/lookup.h"

#include <errno.h>

#define BLANKS " \t\n"
#define OVERRIDE "driverctl.override"

/* A word is taken as the kernel takes it: PARAMETER, or PARAMETER=VALUE. */
struct word {
	char *parameter;
	char *value; /* NULL for none */
};

static void cut_quote(char *end)
{
	if (end[-1] == '"')
		end[-1] = '\0';
}

/* Return: the end of a word, which is a blank that is not quoted. */
static char *end_of_word(char *s)
{
	bool quoted = false;

	for (; *s; s++) {
		if (strchr(BLANKS, *s) && !quoted)
			break;
		quoted ^= *s == '"';
	}
	return s;
}

/* Takes the next word out of *line. Return: false if there is none. */
static bool next_word(char **line, struct word *ret)
{
	char *start = *line + strspn(*line, BLANKS);
	char *end = end_of_word(start);
	bool quoted = *start == '"';

	if (!*start)
		return false;
	*line = *end ? end + 1 : end;
	*end = '\0';
	ret->parameter = start + quoted;
	if (quoted && end > ret->parameter)
		cut_quote(end);
	ret->value = strchr(ret->parameter, '=');
	if (!ret->value)
		return true;
	*ret->value++ = '\0';
	if (*ret->value != '"')
		return true;
	ret->value++;
	if (*ret->value)
		cut_quote(ret->value + strlen(ret->value));
	return true;
}

/* @ret_line: owned by the caller. */
static int read_line(char **ret_line)
{
	FILE *f = fopen("/proc/cmdline", "re");
	size_t size = 0;
	int err = 0;

	if (!f)
		return -errno;
	errno = 0;
	if (getdelim(ret_line, &size, '\0', f) < 0)
		err = errno ? -errno : -ENODATA;
	fclose(f);
	return err;
}

static bool is_word(const struct word *word, const char *wanted)
{
	const char *rest = util_after_prefix(wanted, word->parameter);

	if (!rest)
		return false;
	if (!word->value)
		return !*rest;
	return *rest == '=' && streq(rest + 1, word->value);
}

bool cmdline_has(const char *wanted)
{
	CLEANUP_FREE char *line = NULL;
	char *rest;
	struct word word;

	if (read_line(&line) < 0)
		return false;
	rest = line;
	while (next_word(&rest, &word))
		if (is_word(&word, wanted))
			return true;
	return false;
}

/* --- overrides --- */

static bool is_device_name(const char *device)
{
	const char *slash = strchr(device, '/');
	char bus[BUS_NAME_MAX];

	if (!slash)
		return util_name_valid(device);
	if (util_format(bus, sizeof(bus), "%.*s", (int)(slash - device), device) < 0)
		return false;
	return bus_valid(bus) && util_name_valid(slash + 1);
}

/* Return: NULL, or what is wrong with the value. */
static const char *parse_value(struct cmdline_override *override)
{
	const char *value = override->value;
	const char *equals = strrchr(value, '=');
	const char *driver = equals ? equals + 1 : "";

	if (!equals)
		return "not DEVICE=DRIVER";
	if (util_format(override->device, sizeof(override->device), "%.*s", (int)(equals - value),
		    value) < 0)
		return "not the name of a device";
	if (!is_device_name(override->device))
		return "not the name of a device";
	if (!util_name_valid(driver))
		return "not the name of a driver or module";
	util_format(override->driver, sizeof(override->driver), "%s", driver);
	return NULL;
}

static int add(struct cmdline_overrides *overrides, const char *value)
{
	struct cmdline_override *grown, override = { .value = strdup(value) };

	grown = reallocarray(overrides->list, overrides->n + 1, sizeof(*grown));
	if (grown)
		overrides->list = grown;
	if (!grown || !override.value) {
		free(override.value);
		return -ENOMEM;
	}
	override.why = parse_value(&override);
	grown[overrides->n++] = override;
	return 0;
}

int cmdline_parse(const char *line, struct cmdline_overrides *ret)
{
	CLEANUP_FREE char *copy = strdup(line);
	char *rest = copy;
	struct word word;

	*ret = (struct cmdline_overrides){ 0 };
	if (!copy)
		return -ENOMEM;
	while (next_word(&rest, &word)) {
		if (!streq(word.parameter, OVERRIDE))
			continue;
		if (add(ret, word.value ? word.value : "") < 0) {
			cmdline_free(ret);
			return -ENOMEM;
		}
	}
	return 0;
}

static void find_device(struct cmdline_override *override)
{
	struct device dev;
	int err = device_open(override->device, DEVICE_NAME, "pci", NULL, &dev);

	if (err < 0 && err != -ENODEV) {
		override->why = "not the name of a device";
		return;
	}
	util_format(override->bus, sizeof(override->bus), "%s", dev.bus);
	util_format(override->name, sizeof(override->name), "%s", dev.name);
}

int cmdline_read(struct cmdline_overrides *ret)
{
	CLEANUP_FREE char *line = NULL;
	int err = read_line(&line);

	*ret = (struct cmdline_overrides){ 0 };
	if (err == -ENOENT || err == -ENODATA)
		return 0;
	if (err < 0)
		return err;
	err = cmdline_parse(line, ret);
	for (size_t i = 0; i < ret->n; i++)
		if (!ret->list[i].why)
			find_device(&ret->list[i]);
	return err;
}

const struct cmdline_override *cmdline_find(
	const struct cmdline_overrides *overrides, const char *bus, const char *name)
{
	for (size_t i = overrides->n; i-- > 0;) {
		const struct cmdline_override *override = &overrides->list[i];

		if (!override->why && streq(override->bus, bus) && streq(override->name, name))
			return override;
	}
	return NULL;
}

void cmdline_free(struct cmdline_overrides *overrides)
{
	for (size_t i = 0; i < overrides->n; i++)
		free(overrides->list[i].value);
	free(overrides->list);
	*overrides = (struct cmdline_overrides){ 0 };
}
