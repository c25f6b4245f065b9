/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options, environment and configuration of a call. The only reader of the environment. */
#include "options.h"

#include "kernel/bus.h"
#include "kernel/driver.h"
#include "kernel/pci.h"
#include "message.h"
#include "store/config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/syslog.h>

/* A longer word is like no other. */
#define WORD_MAX 32

#define CONFIG_FILE SYSCONFDIR "/driverctl.conf"

/* getopt_long() returns this for an option without a letter. */
#define LONG(option) (256 + (option))

/* In the order of the help. */
static const struct option_word {
	enum option_name option;
	const char *word;
	char letter; /* 0 for none */
	const char *value;
	const char *help; /* NULL for another word of the option before it */
} words[] = {
	{ OPTION_BUS, "bus", 'b', "BUS", "the bus of the devices (default: pci)" },
	{ OPTION_VERBOSE, "verbose", 'v', NULL,
		"say what is done; list the models too (or --debug)" },
	{ OPTION_VERBOSE, "debug", 0, NULL, NULL },
	{ OPTION_BEST_VFIO, "best-vfio", 0, NULL, "set the best VFIO driver, ranked at each load" },
	{ OPTION_VFIO_VARIANT, "vfio-variant", 0, "NAME",
		"this VFIO driver: auto, generic, a driver or module" },
	{ OPTION_MATCH, "match", 0, "KEY=VALUE",
		"what a rule matches; may be given several times" },
	{ OPTION_IOMMU_GROUP, "iommu-group", 0, NULL, "all devices of the IOMMU group, or none" },
	{ OPTION_ALL, "all", 0, NULL, "every saved override" },
	{ OPTION_EARLY, "early", 0, NULL, "only write driver_override, before udev has started" },
	{ OPTION_DRY_RUN, "dry-run", 0, NULL, "print what would be done, and change nothing" },
	{ OPTION_SAVE_ONLY, "save-only", 0, NULL, "change what is saved, not the device" },
	{ OPTION_NOSAVE, "nosave", 0, NULL, "change the device, not what is saved" },
	{ OPTION_NOPROBE, "noprobe", 0, NULL, "bind no driver" },
	{ OPTION_FORCE, "force", 0, NULL, "proceed if a safety check would refuse" },
	{ OPTION_JSON, "json", 0, NULL, "print JSON" },
	{ OPTION_TIMEOUT, "timeout", 0, "SECONDS", "limit the time of the call (default: 30)" },
	{ OPTION_HELP, "help", 'h', NULL, "print this help" },
	{ OPTION_VERSION, "version", 'V', NULL, "print the version" },
};

void options_print(unsigned int options)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct option_word *w = &words[i];
		char letter[] = "-x, ", word[32];

		if (!w->help || !(options & OPTION_BIT(w->option)))
			continue;
		letter[1] = w->letter;
		/* "  -b, --bus=BUS", the columns before the help */
		util_format(word, sizeof(word), "%s--%s%s%s", w->letter ? letter : "    ", w->word,
			w->value ? "=" : "", w->value ? w->value : "");
		printf("  %-24s%s\n", word, w->help);
	}
}

/* Return: the option of a letter or of LONG(); -1 for something else. */
static int option_of(int returned)
{
	if (returned >= LONG(0))
		return returned - LONG(0);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].letter && words[i].letter == returned)
			return (int)words[i].option;
	return -1;
}

bool options_excess(const struct options *options, unsigned int taken, char ret_name[32])
{
	unsigned int excess = options->given & ~taken;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!(excess & OPTION_BIT(words[i].option)))
			continue;
		util_format(ret_name, 32, "--%s", words[i].word);
		return true;
	}
	return false;
}

/* Return: -1 to go on, or the exit code, as for each function that reads a part of the options. */
static int read_variant(struct options *options, const char *name)
{
	if (!util_name_valid(name) || streq(name, DRIVER_NONE)) {
		char quoted[80];

		message_error("invalid driver name '%s'", message_quote(name, quoted));
		return EXIT_USAGE;
	}
	if (options->variant && !streq(options->variant, name)) {
		message_error(
			"only one of '%s' and '%s' can be chosen" SEE_HELP, options->variant, name);
		return EXIT_USAGE;
	}
	options->variant = name;
	return -1;
}

static int read_match(struct options *options, const char *value)
{
	if (options->n_matches == OPTION_MATCHES_MAX) {
		message_error("--match is given more than %d times", OPTION_MATCHES_MAX);
		return EXIT_USAGE;
	}
	options->matches[options->n_matches++] = value;
	return -1;
}

/*
 * The number of letters to add, remove or replace that makes one word of the other, by
 * Levenshtein's method: row[k] is the distance between the first letters of @a and the first k
 * letters of @b.
 */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], length = strlen(b);

	for (size_t k = 0; k <= length; k++)
		row[k] = k;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t k = 0; k < length; k++) {
			size_t n = diagonal + (a[i] != b[k]);

			diagonal = row[k + 1];
			if (n > diagonal + 1)
				n = diagonal + 1;
			row[k + 1] = n < row[k] + 1 ? n : row[k] + 1;
		}
	}
	return row[length];
}

const char *options_nearest(const char *typed, const char *const *list)
{
	size_t length = strlen(typed), best = length / 3 + 1;
	const char *found = NULL;

	if (length < 2 || length > WORD_MAX)
		return NULL;
	for (; *list; list++) {
		size_t n;

		if (strlen(*list) > WORD_MAX)
			continue;
		n = distance(typed, *list);
		if (n > best || (n == best && found))
			continue;
		best = n;
		found = *list;
	}
	return found;
}

/* A short option may be any letter of its word. */
static int report_unknown(const char *typed)
{
	const char *word = util_after_prefix(typed, "--"), *meant;
	const char *list[ARRAY_SIZE(words) + 1] = { 0 };
	char quoted[80], name[64];

	if (!word) {
		message_error("unknown option '-%c'" SEE_HELP, optopt);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		list[i] = words[i].word;
	util_format(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	meant = options_nearest(name, list);
	message_quote(typed, quoted);
	if (meant)
		message_error("unknown option '%s', did you mean '--%s'?" SEE_HELP, quoted, meant);
	else
		message_error("unknown option '%s'" SEE_HELP, quoted);
	return EXIT_USAGE;
}

static int read_option(struct options *options, int option, char **argv)
{
	char quoted[80];
	int name;

	if (option == ':') {
		message_quote(argv[optind - 1], quoted);
		message_error("option '%s' needs a value" SEE_HELP, quoted);
		return EXIT_USAGE;
	}
	if (option == '?')
		return report_unknown(argv[optind - 1]);
	name = option_of(option);
	options->given |= OPTION_BIT(name);
	switch (name) {
	case OPTION_BUS:
		options->bus = optarg;
		return -1;
	case OPTION_BEST_VFIO:
		return read_variant(options, VFIO_VARIANT_AUTO);
	case OPTION_VFIO_VARIANT:
		return read_variant(options, optarg);
	case OPTION_MATCH:
		return read_match(options, optarg);
	case OPTION_TIMEOUT:
		if (util_parse_seconds(optarg, &options->timeout_ms) == 0)
			return -1;
		message_error("invalid timeout '%s': seconds, from 1 to 86400",
			message_quote(optarg, quoted));
		return EXIT_USAGE;
	default:
		return -1;
	}
}

/* A file that is opened later must not become standard output: descriptors 0 to 2 are all open from
 * here on. One that was closed is opened so that its use fails. */
static void open_standard_descriptors(void)
{
	for (int fd = 0; fd < 3; fd++) {
		int flags = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags) != fd)
			_exit(EXIT_FAILED);
	}
}

int options_read(struct options *options, int argc, char **argv, int *ret_n)
{
	struct option long_options[ARRAY_SIZE(words) + 1] = { 0 };
	const char *no_color = getenv("NO_COLOR");
	int option, code, n = 0;

	open_standard_descriptors();
	/* libkmod's complaints about modprobe.d must not reach our callers' standard error. */
	setenv("KMOD_LOG", "0", 0);
	opterr = 0;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		long_options[i] = (struct option){ .name = words[i].word,
			.has_arg = words[i].value ? required_argument : no_argument,
			.val = LONG((int)words[i].option) };
	}
	options->terminal_out = isatty(STDOUT_FILENO);
	options->terminal_err = isatty(STDERR_FILENO);
	/* Source: https://no-color.org */
	options->color = options->terminal_out && (!no_color || !*no_color);
	/* '-' returns the arguments in order, even with POSIXLY_CORRECT; ':' reports a missing
	 * value. */
	while ((option = getopt_long(argc, argv, "-:b:vhV", long_options, NULL)) != -1) {
		if (option == 1) {
			argv[n++] = optarg;
			continue;
		}
		code = read_option(options, option, argv);
		if (code >= 0)
			return code;
	}
	while (optind < argc)
		argv[n++] = argv[optind++];
	*ret_n = n;
	return -1;
}

const char *options_class(const char *word)
{
	const char *code = pci_class_code(word);
	char names[512];

	if (code)
		return code;
	pci_class_words(names, sizeof(names));
	message_error("device type must be one of:%s", names);
	return NULL;
}

int options_complete(struct options *options, bool lenient)
{
	const char *subsystem = getenv("SUBSYSTEM"), *why = "";
	char text[128];
	int err, line;

	options->devpath = getenv("DEVPATH");
	options->ssh_connection = getenv("SSH_CONNECTION");
	if (!options->bus)
		options->bus = subsystem && *subsystem ? subsystem : "pci";
	if (!bus_valid(options->bus)) {
		char quoted[80];

		message_error("invalid bus name '%s'", message_quote(options->bus, quoted));
		return EXIT_USAGE;
	}
	err = config_read(CONFIG_FILE, &options->config, &line, &why);
	if (err < 0 && line)
		util_format(text, sizeof(text), CONFIG_FILE ":%d: %s", line, why);
	else if (err < 0)
		util_format(text, sizeof(text), CONFIG_FILE ": %s", strerror(-err));
	/* In a list, an error in the configuration must not look as if there were no overrides:
	 * callers take exit code 1 for that. At boot, it must not keep them from being applied. */
	if (err < 0 && !lenient) {
		message_error("%s", text);
		return EXIT_FAILED;
	}
	if (err < 0) {
		message_warn(options, LOG_ERR, "%s; going on with the defaults", text);
		config_free(&options->config);
		options->config = (struct config)CONFIG_DEFAULTS;
	}
	if (!options->timeout_ms)
		options->timeout_ms = options->config.timeout_ms;
	options->deadline_ms = util_now_ms() + options->timeout_ms;
	return -1;
}
