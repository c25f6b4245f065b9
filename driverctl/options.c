/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options, environment and configuration of a call. The only reader of the environment. */
#include "options.h"

#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/syslog.h>

#define CONFIG_FILE SYSCONFDIR "/driverctl.conf"

static const char help[] =
	"Usage: driverctl [OPTION...] COMMAND [ARGUMENT...]\n"
	"\n"
	"Choose the kernel driver of a device, now and after every reboot.\n"
	"\n"
	"Commands:\n"
	"  best-vfio DEVICE...            print the module of the best VFIO driver\n"
	"  set-override DEVICE... DRIVER  bind to DRIVER (a driver or module; none: no driver)\n"
	"  unset-override DEVICE...       give back to the native driver\n"
	"  load-override DEVICE...        apply the saved override\n"
	"  show DEVICE...                 show a device in full\n"
	"  list-devices [CLASS]           list devices and their drivers; [*]: overridden\n"
	"  list-overrides [CLASS]         list overridden devices and their drivers\n"
	"  list-persisted                 list saved overrides\n"
	"  export-store DIRECTORY         copy the saved overrides for an initramfs\n"
	"\n"
	"Options:\n"
	"  -b, --bus=BUS           the devices' bus (default: pci)\n"
	"  -v, --verbose, --debug  say what is done; list the devices' models too\n"
	"      --noprobe           set, unset or load without binding a driver\n"
	"      --nosave            set or unset for now only\n"
	"      --best-vfio         set the best VFIO driver, ranked again at every load;\n"
	"                          without DRIVER\n"
	"      --vfio-variant=NAME set, or print, the VFIO driver of that name, or module; auto:\n"
	"                          the best; generic: the bus's plain one; without DRIVER\n"
	"      --iommu-group       set or unset: every device of the IOMMU group, or none\n"
	"      --all               load every saved override whose device is there\n"
	"      --early             ... and only set driver_override, before udev has started\n"
	"      --json              print JSON (lists, show, best-vfio)\n"
	"      --force             go on where the device is in use or not the one meant\n"
	"      --timeout=SECONDS   give up waiting after this time (default: 30)\n"
	"  -h, --help              print this help\n"
	"      --version           print the version\n"
	"\n"
	"CLASS: all, storage, network, display, multimedia, memory, bridge, communication,\n"
	"system, input, docking, processor, serial, wireless, encryption, signal, accelerator.\n"
	"Exit status: 0 done, 1 failed, 2 usage, 3 no such device, 4 refused, 5 driver did not\n"
	"bind, 6 not finished in time.\n";

/* What getopt_long() returns for an option without a letter. */
#define LONG(option) (256 + (option))

static const struct option long_options[] = {
	{ "bus", required_argument, NULL, 'b' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "debug", no_argument, NULL, 'v' },
	{ "noprobe", no_argument, NULL, LONG(OPTION_NOPROBE) },
	{ "nosave", no_argument, NULL, LONG(OPTION_NOSAVE) },
	{ "best-vfio", no_argument, NULL, LONG(OPTION_BEST_VFIO) },
	{ "vfio-variant", required_argument, NULL, LONG(OPTION_VFIO_VARIANT) },
	{ "json", no_argument, NULL, LONG(OPTION_JSON) },
	{ "all", no_argument, NULL, LONG(OPTION_ALL) },
	{ "early", no_argument, NULL, LONG(OPTION_EARLY) },
	{ "force", no_argument, NULL, LONG(OPTION_FORCE) },
	{ "iommu-group", no_argument, NULL, LONG(OPTION_IOMMU_GROUP) },
	{ "timeout", required_argument, NULL, LONG(OPTION_TIMEOUT) },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, LONG(OPTION_VERSION) },
	{ 0 },
};

static int print(const char *text)
{
	fputs(text, stdout);
	if (fflush(stdout) == 0)
		return 0;
	message_error("cannot write to standard output: %s", strerror(errno));
	return EXIT_FAILED;
}

/* Return: the name of the option, or -1 for something else. */
static int option_name(int option)
{
	switch (option) {
	case 'b':
		return OPTION_BUS;
	case 'v':
		return OPTION_VERBOSE;
	case 'h':
		return OPTION_HELP;
	default:
		return option - LONG(0);
	}
}

static void print_name(int option, char *ret, size_t size)
{
	for (const struct option *o = long_options; o->name; o++)
		if (o->val == option) {
			util_format(ret, size, "--%s", o->name);
			return;
		}
}

bool options_excess(const struct options *options, unsigned int taken, char ret_name[32])
{
	unsigned int excess = options->given & ~taken;

	for (int option = OPTION_BEST_VFIO; option <= OPTION_IOMMU_GROUP; option++)
		if (excess & OPTION_BIT(option)) {
			print_name(LONG(option), ret_name, 32);
			return true;
		}
	return false;
}

/* Return: -1 to go on, or the exit code, as for each function that reads a part of the options. */
static int read_variant(struct options *options, const char *name)
{
	if (!util_name_valid(name) || streq(name, OVERRIDE_NONE)) {
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

static int read_timeout(struct options *options, const char *value)
{
	char quoted[80];

	if (util_parse_seconds(value, &options->timeout_ms) == 0)
		return -1;
	message_error(
		"invalid timeout '%s': seconds, from 1 to 86400", message_quote(value, quoted));
	return EXIT_USAGE;
}

/* A short option may be any letter of its word. */
static int report_unknown(const char *word)
{
	bool is_short = optopt > 0 && optopt < LONG(0) && !util_after_prefix(word, "--");
	char quoted[80];

	if (is_short)
		util_format(quoted, sizeof(quoted), "-%c", optopt);
	else
		message_quote(word, quoted);
	message_error("unknown option '%s'" SEE_HELP, quoted);
	return EXIT_USAGE;
}

static int report_no_value(const char *word)
{
	char quoted[80];

	message_error("option '%s' needs a value" SEE_HELP, message_quote(word, quoted));
	return EXIT_USAGE;
}

static int read_option(struct options *options, int option, char **argv)
{
	int name = option_name(option);

	if (option == ':')
		return report_no_value(argv[optind - 1]);
	if (option == '?')
		return report_unknown(argv[optind - 1]);
	options->given |= OPTION_BIT(name);
	switch (name) {
	case OPTION_BUS:
		options->bus = optarg;
		return -1;
	case OPTION_BEST_VFIO:
		return read_variant(options, VFIO_VARIANT_AUTO);
	case OPTION_VFIO_VARIANT:
		return read_variant(options, optarg);
	case OPTION_TIMEOUT:
		return read_timeout(options, optarg);
	case OPTION_HELP:
		return print(help);
	case OPTION_VERSION:
		return print("driverctl " VERSION "\n");
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
	int option, code, n = 0;

	open_standard_descriptors();
	/* libkmod's complaints about modprobe.d must not reach our callers' standard error. */
	setenv("KMOD_LOG", "0", 0);
	opterr = 0;
	/* '-' returns the arguments in order, even with POSIXLY_CORRECT; ':' reports a missing
	 * value. */
	while ((option = getopt_long(argc, argv, "-:b:vh", long_options, NULL)) != -1) {
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

static int read_environment(struct options *options)
{
	const char *subsystem = getenv("SUBSYSTEM");
	char quoted[80];

	options->devpath = getenv("DEVPATH");
	options->ssh_connection = getenv("SSH_CONNECTION");
	if (!options->bus)
		options->bus = subsystem && *subsystem ? subsystem : "pci";
	if (bus_valid(options->bus))
		return -1;
	message_error("invalid bus name '%s'", message_quote(options->bus, quoted));
	return EXIT_USAGE;
}

static void word_config_error(int err, int line, const char *why, char *ret, size_t size)
{
	if (line)
		util_format(ret, size, CONFIG_FILE ":%d: %s", line, why);
	else
		util_format(ret, size, CONFIG_FILE ": %s", strerror(-err));
}

/*
 * At boot, an error in the configuration must not keep the overrides from being applied. In a list,
 * it must not look as if there were no overrides: callers take exit code 1 for that.
 */
static int read_config(struct options *options, bool lenient)
{
	const char *why = "";
	char text[128];
	int line;
	int err = config_read(CONFIG_FILE, &options->config, &line, &why);

	if (err == 0)
		return -1;
	word_config_error(err, line, why, text, sizeof(text));
	if (!lenient) {
		message_error("%s", text);
		return EXIT_FAILED;
	}
	if (options_have(options, OPTION_VERBOSE))
		message_error("%s; going on with the defaults", text);
	message_log(LOG_ERR, "%s; going on with the defaults", text);
	config_free(&options->config);
	options->config = (struct config)CONFIG_DEFAULTS;
	return -1;
}

int options_complete(struct options *options, bool lenient)
{
	int code = read_environment(options);

	if (code >= 0)
		return code;
	code = read_config(options, lenient);
	if (code >= 0)
		return code;
	if (!options->timeout_ms)
		options->timeout_ms = options->config.timeout_ms;
	options->deadline_ms = util_now_ms() + options->timeout_ms;
	return -1;
}
