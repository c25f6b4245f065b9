/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns what a default route is. Reads /proc/net and changes nothing. */
#include "use/route.h"

#include "kernel/net.h"

/* For example a VLAN on a bridge on a bond. */
#define STACK_DEPTH_MAX 8
#define FIELDS_MAX 16
#define ROUTE_UP 0x1ul
#define ROUTE_REJECT 0x200ul

static size_t split(char *line, char *fields[FIELDS_MAX])
{
	char *save = NULL;
	size_t n = 0;

	for (char *s = strtok_r(line, " \t\n", &save); s && n < FIELDS_MAX;
		s = strtok_r(NULL, " \t\n", &save))
		fields[n++] = s;
	return n;
}

/* The fields are interface, destination, gateway, flags, and as the eighth the mask. */
static const char *default_ipv4(char **fields, size_t n)
{
	if (n < 8)
		return NULL;
	if (strtoul(fields[1], NULL, 16) != 0 || strtoul(fields[7], NULL, 16) != 0)
		return NULL;
	if (!(strtoul(fields[3], NULL, 16) & ROUTE_UP))
		return NULL;
	return fields[0];
}

/* The fields are destination, its length, and as the last two the flags and the interface. */
static const char *default_ipv6(char **fields, size_t n)
{
	unsigned long flags;

	if (n < 10)
		return NULL;
	if (strspn(fields[0], "0") != strlen(fields[0]) || strtoul(fields[1], NULL, 16) != 0)
		return NULL;
	flags = strtoul(fields[8], NULL, 16);
	/* If there is no default route, the kernel shows one to lo that rejects. */
	if (!(flags & ROUTE_UP) || (flags & ROUTE_REJECT))
		return NULL;
	return fields[9];
}

static void read_routes(const char *file, const char *(*parse)(char **fields, size_t n),
	char ***names, size_t *n_names)
{
	CLEANUP_FREE char *line = NULL;
	FILE *f = fopen(file, "re");
	size_t size = 0;

	if (!f)
		return;
	while (getline(&line, &size, f) > 0) {
		char *fields[FIELDS_MAX];
		const char *name = parse(fields, split(line, fields));

		if (name)
			util_strv_add(names, n_names, name);
	}
	fclose(f);
}

static bool contains(char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (streq(*names, name))
			return true;
	return false;
}

/* Return: 1 if a default route goes through the interface or one above it, 0, or -errno. */
/* NOLINTNEXTLINE(misc-no-recursion): no further than STACK_DEPTH_MAX */
static int leads_to(const char *interface, char *const *defaults, int depth, char *ret_upper)
{
	CLEANUP_STRV char **uppers = NULL;
	int err;

	if (contains(defaults, interface)) {
		util_format(ret_upper, SYSFS_NAME_MAX, "%s", depth ? interface : "");
		return 1;
	}
	if (depth == STACK_DEPTH_MAX)
		return 0;
	err = net_uppers(interface, &uppers);
	if (err < 0)
		return err;
	for (char **upper = uppers; upper && *upper; upper++) {
		int found = leads_to(*upper, defaults, depth + 1, ret_upper);

		if (found != 0)
			return found;
	}
	return 0;
}

int route_find_default(const struct device *dev, struct route *ret)
{
	CLEANUP_STRV char **defaults = NULL, **interfaces = NULL;
	size_t n = 0;
	int err;

	*ret = (struct route){ 0 };
	read_routes("/proc/net/route", default_ipv4, &defaults, &n);
	read_routes("/proc/net/ipv6_route", default_ipv6, &defaults, &n);
	if (!defaults)
		return 0;
	err = net_list(dev, &interfaces);
	for (char **name = interfaces; name && *name; name++) {
		int found = leads_to(*name, defaults, 0, ret->upper);

		if (found < 0)
			return found;
		if (found == 0)
			continue;
		util_format(ret->interface, sizeof(ret->interface), "%s", *name);
		return 0;
	}
	return err;
}
