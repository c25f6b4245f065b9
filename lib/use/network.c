/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns what is above an interface of a device, and therefore carried by it. */
#include "use/network.h"

#include "kernel/net.h"
#include "use/carrier.h"

#include <errno.h>

/* A kind of interface, as netlink names it. */
#define OPEN_VSWITCH "openvswitch"

/* udev renames a new interface once, and one that goes is gone from the kernel's list first. */
#define TRIES_MAX 5
#define PAUSE_MS 20

/* The answers of /sys and of the kernel for one device. */
struct network {
	char **interfaces;
	struct links links;
	struct carriers carriers;
	int error;  /* of asking the kernel: -errno */
	int hidden; /* net_has_hidden() */
	struct uses *uses;
};

static void free_network(struct network *network)
{
	util_strv_freep(&network->interfaces);
	link_free(&network->links);
	carrier_free(&network->carriers);
}

/* --- uses --- */

static int add_use(struct network *network, enum use_kind kind, const char *node, int error)
{
	struct use use = { .kind = kind, .error = error };

	util_format(use.node, sizeof(use.node), "%s", node);
	return uses_add(network->uses, &use);
}

/* @upper: carries something; @interface itself, or above it */
static int add_carrier(struct network *network, const char *interface, const struct link *upper,
	const struct carrier *carrier)
{
	struct use use = { .kind = carrier->kind };

	util_format(use.node, sizeof(use.node), "%s", interface);
	util_format(use.user, sizeof(use.user), "%s", carrier->user);
	if (!streq(upper->name, interface))
		util_format(use.through, sizeof(use.through), "%s", upper->name);
	return uses_add(network->uses, &use);
}

/* --- what is above an interface --- */

/* Adds an interface, unless it is in the list. */
static int add_upper(const char *name, char ***stack, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		if (streq((*stack)[i], name))
			return 0;
	return util_strv_add(stack, n, name);
}

static int add_kind(const struct links *links, const char *kind, char ***stack, size_t *n)
{
	for (size_t i = 0; i < links->n; i++) {
		int err;

		if (!streq(links->items[i].kind, kind))
			continue;
		err = add_upper(links->items[i].name, stack, n);
		if (err < 0)
			return err;
	}
	return 0;
}

/* Adds those of which the kernel does not tell what is below them. */
static int add_unlinked(const struct links *links, const char *name, char ***stack, size_t *n)
{
	const struct link *link = link_by_name(links, name);

	return link && streq(link->kind, OPEN_VSWITCH) ? add_kind(links, OPEN_VSWITCH, stack, n)
						       : 0;
}

static int add_uppers(const struct links *links, const char *name, char ***stack, size_t *n)
{
	CLEANUP_STRV char **uppers = NULL;
	int err = net_uppers(name, &uppers);

	if (err < 0)
		return err;
	for (char **upper = uppers; upper && *upper; upper++) {
		err = add_upper(*upper, stack, n);
		if (err < 0)
			return err;
	}
	return add_unlinked(links, name, stack, n);
}

/* @ret_stack: the interface, and all that is above it */
static int list_stack(const struct links *links, const char *interface, char ***ret_stack)
{
	size_t n = 0;
	int err = util_strv_add(ret_stack, &n, interface);

	if (err < 0)
		return err;
	for (size_t i = 0; i < n; i++) {
		err = add_uppers(links, (*ret_stack)[i], ret_stack, &n);
		if (err < 0)
			return err;
	}
	return 0;
}

/* --- one interface --- */

static int find_carried(struct network *network, const char *interface, const char *upper)
{
	const struct link *link = link_by_name(&network->links, upper);

	for (size_t i = 0; link && i < network->carriers.n; i++) {
		int err;

		if (network->carriers.items[i].device != link->index)
			continue;
		err = add_carrier(network, interface, link, &network->carriers.items[i]);
		if (err < 0)
			return err;
	}
	return 0;
}

/* /sys shows the namespace that it was mounted in, and netlink the caller's. */
static bool is_here(const struct network *network, const char *interface)
{
	const struct link *link = link_by_name(&network->links, interface);
	uint32_t index = net_index(interface);

	return link && (index == 0 || index == link->index);
}

static int check_interface(struct network *network, const char *interface)
{
	CLEANUP_STRV char **stack = NULL;
	int err;

	if (!is_here(network, interface))
		return add_use(network, USE_NAMESPACE, interface, 0);
	err = list_stack(&network->links, interface, &stack);
	if (err < 0)
		return err;
	for (char **upper = stack; *upper; upper++) {
		err = find_carried(network, interface, *upper);
		if (err < 0)
			return err;
	}
	return 0;
}

/* --- all interfaces of a device --- */

static int ask_kernel(struct network *network, const struct use_caller *caller)
{
	CLEANUP(netlink_close) struct netlink netlink = { 0 };
	int err = netlink_open(&netlink);

	if (err < 0)
		return err;
	err = link_list(&netlink, &network->links);
	if (err < 0)
		return err;
	return carrier_list(&netlink, &network->links, caller, &network->carriers);
}

static int check_interfaces(struct network *network)
{
	for (char **interface = network->interfaces; interface && *interface; interface++) {
		int err;

		if (network->error < 0)
			err = add_use(network, USE_UNKNOWN, *interface, network->error);
		else
			err = check_interface(network, *interface);
		if (err < 0)
			return err;
	}
	return 0;
}

static bool are_all_here(const struct network *network)
{
	for (char **interface = network->interfaces; interface && *interface; interface++)
		if (!is_here(network, *interface))
			return false;
	return true;
}

/* Return: as net_list() */
static int read_network(
	const struct device *dev, const struct use_caller *caller, struct network *network)
{
	int err = net_list(dev, &network->interfaces);

	network->error = network->interfaces ? ask_kernel(network, caller) : 0;
	network->hidden = net_has_hidden(dev);
	return err;
}

static bool is_elsewhere(const struct network *network)
{
	return network->hidden > 0 || (network->error == 0 && !are_all_here(network));
}

/*
 * While an interface is renamed or removed, /sys and the kernel differ, as they do for one in
 * another namespace: read both again. Return: as net_list()
 */
static int read_settled(
	const struct device *dev, const struct use_caller *caller, struct network *network)
{
	int err = read_network(dev, caller, network);

	for (int i = 0; i < TRIES_MAX && is_elsewhere(network); i++) {
		util_nap(PAUSE_MS);
		free_network(network);
		*network = (struct network){ .uses = network->uses };
		err = read_network(dev, caller, network);
	}
	return err;
}

int network_find_uses(const struct device *dev, const struct use_caller *caller, struct uses *uses)
{
	CLEANUP(free_network) struct network network = { .uses = uses };
	int result = read_settled(dev, caller, &network);
	int err = check_interfaces(&network);

	if (err < 0)
		return err;
	err = network.hidden > 0 ? add_use(&network, USE_NAMESPACE, "", 0) : network.hidden;
	if (err < 0)
		return err;
	return result;
}
