/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The overrides on a kernel's command line. */
#include "kernel/cmdline.h"
#include "test.h"

/* "DEVICE DRIVER;" for each override, and "!VALUE;" for each that is wrong. */
static void format(const struct cmdline_overrides *overrides, char *ret, size_t size)
{
	ret[0] = '\0';
	for (size_t i = 0; i < overrides->n; i++) {
		const struct cmdline_override *o = &overrides->list[i];
		size_t used = strlen(ret);

		if (o->why)
			util_format(ret + used, size - used, "!%s;", o->value);
		else
			util_format(ret + used, size - used, "%s %s;", o->device, o->driver);
	}
}

static void lines(void)
{
	static const struct {
		const char *line, *got;
	} cases[] = {
		{ "", "" },
		{ "\n", "" },
		{ "quiet root=/dev/vda rw\n", "" },
		{ "driverctl.override=0000:01:00.0=vfio-pci", "0000:01:00.0 vfio-pci;" },
		{ "quiet driverctl.override=01:00.0=best-vfio rw\n", "01:00.0 best-vfio;" },
		{ "driverctl.override=pci/0000:01:00.0=none", "pci/0000:01:00.0 none;" },
		{ "driverctl.override=pci-0000:01:00.0=none", "pci-0000:01:00.0 none;" },
		{ "driverctl.override=a=b driverctl.override=c=d", "a b;c d;" },
		{ "driverctl.override=a=b\tdriverctl.override=c=d\n", "a b;c d;" },
		{ "driverctl.override=a=b=c", "a=b c;" },

		/* Quotes */
		{ "driverctl.override=\"platform/a b=c\"", "platform/a b c;" },
		{ "\"driverctl.override=platform/a b=c\" quiet", "platform/a b c;" },
		{ "driverctl.override=\"a=b\" quiet", "a b;" },
		{ "x=\"driverctl.override=a=b\"", "" },
		{ "x=\"y driverctl.override=a=b z\" driverctl.override=c=d", "c d;" },
		{ "driverctl.override=\"a=b", "a b;" },
		{ "driverctl.override=\"", "!;" },
		{ "\"driverctl.override=\"", "!;" },
		{ "\"", "" },
		{ "\"\" \" \"", "" },

		/* Another parameter */
		{ "driverctl.overrides=a=b driverctl.overrid=a=b xdriverctl.override=a=b", "" },
		{ "driverctl_override=a=b override=a=b driverctl=off", "" },

		/* Wrong */
		{ "driverctl.override", "!;" },
		{ "driverctl.override=", "!;" },
		{ "driverctl.override==", "!=;" },
		{ "driverctl.override=01:00.0", "!01:00.0;" },
		{ "driverctl.override=01:00.0=", "!01:00.0=;" },
		{ "driverctl.override==vfio-pci", "!=vfio-pci;" },
		{ "driverctl.override=01:00.0=a/b", "!01:00.0=a/b;" },
		{ "driverctl.override=01:00.0=..", "!01:00.0=..;" },
		{ "driverctl.override=pci/=b", "!pci/=b;" },
		{ "driverctl.override=/01:00.0=b", "!/01:00.0=b;" },
		{ "driverctl.override=/sys/bus/pci/devices/0000:01:00.0=b",
			"!/sys/bus/pci/devices/0000:01:00.0=b;" },
		{ "driverctl.override=..=b driverctl.override=a=b", "!..=b;a b;" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cmdline_free) struct cmdline_overrides overrides;
		char got[512];

		ok(cmdline_parse(cases[i].line, &overrides) == 0, "%zu is read", i);
		format(&overrides, got, sizeof(got));
		same(got, cases[i].got, "its overrides");
	}
}

static void reasons(void)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "driverctl.override=a", "not DEVICE=DRIVER" },
		{ "driverctl.override==b", "not the name of a device" },
		{ "driverctl.override=a=", "not the name of a driver or module" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cmdline_free) struct cmdline_overrides overrides;

		cmdline_parse(cases[i].line, &overrides);
		same(overrides.n == 1 ? overrides.list[0].why : "", cases[i].why, cases[i].line);
	}
}

static void too_long(void)
{
	CLEANUP(cmdline_free) struct cmdline_overrides overrides;
	char line[1024];

	util_format(line, sizeof(line), "driverctl.override=%0*d=b", 256, 0);
	cmdline_parse(line, &overrides);
	ok(overrides.n == 1 && overrides.list[0].why, "the name of a device is too long");
	cmdline_free(&overrides);
	util_format(line, sizeof(line), "driverctl.override=a=%0*d", 256, 0);
	cmdline_parse(line, &overrides);
	ok(overrides.n == 1 && overrides.list[0].why, "the name of a driver is too long");
}

static void finding(void)
{
	struct cmdline_override list[] = {
		{ .bus = "pci", .name = "0000:01:00.0", .driver = "first" },
		{ .bus = "pci", .name = "0000:02:00.0", .driver = "other" },
		{ .bus = "pci", .name = "0000:01:00.0", .driver = "last" },
		{ .bus = "pci", .name = "0000:01:00.0", .driver = "wrong", .why = "wrong" },
	};
	const struct cmdline_overrides overrides = { list, ARRAY_SIZE(list) };

	ok(cmdline_find(&overrides, "pci", "0000:01:00.0") == &list[2],
		"the last override of a device counts");
	ok(!cmdline_find(&overrides, "platform", "0000:01:00.0"), "the bus counts");
	ok(!cmdline_find(&overrides, "pci", "0000:03:00.0"), "another device has none");
}

int main(void)
{
	lines();
	reasons();
	too_long();
	finding();
	return test_end();
}
