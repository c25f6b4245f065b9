/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns what a default route is, and how nexthop objects lead to interfaces. */
#include "kernel/route.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

/* A nexthop object has a device, or it is a group of other objects: then there is one for each. */
struct hop {
	uint32_t id;
	uint32_t device; /* 0 for none */
	uint32_t member; /* the id of an object of the group; 0 for none */
};

struct hops {
	struct hop *items;
	size_t n;
};

struct search {
	struct route_devices *devices;
	struct route_numbers objects; /* the ids of nexthop objects that have to be resolved */
	const struct address *local;
};

/* --- numbers --- */

static bool contains(const struct route_numbers *numbers, uint32_t number)
{
	for (size_t i = 0; i < numbers->n; i++)
		if (numbers->items[i] == number)
			return true;
	return false;
}

/* 0 is no index and no id. */
static int add(struct route_numbers *numbers, uint32_t number)
{
	int err;

	if (number == 0 || contains(numbers, number))
		return 0;
	err = util_grow(&numbers->items, numbers->n, sizeof(*numbers->items));
	if (err < 0)
		return err;
	numbers->items[numbers->n++] = number;
	return 0;
}

static void free_numbers(struct route_numbers *numbers)
{
	free(numbers->items);
	*numbers = (struct route_numbers){ 0 };
}

void route_free(struct route_devices *devices)
{
	free_numbers(&devices->indexes);
}

/* --- nexthop objects --- */

static int add_hop(struct hops *hops, const struct hop *hop)
{
	int err = util_grow(&hops->items, hops->n, sizeof(*hops->items));

	if (err < 0)
		return err;
	hops->items[hops->n++] = *hop;
	return 0;
}

static int take_hop(const struct rtmessage *message, void *arg)
{
	struct hops *hops = arg;
	struct rtnexthop_object object;
	struct hop hop = { 0 };
	size_t at = 0;
	int err = rtmessage_nexthop(message, &object);

	if (err < 0)
		return err;
	hop.id = object.id;
	hop.device = object.device;
	if (hop.device)
		return add_hop(hops, &hop);
	while (rtmessage_next_member(&object, &at, &hop.member)) {
		err = add_hop(hops, &hop);
		if (err < 0)
			return err;
	}
	return 0;
}

/* A group has no groups in it; the list of objects grows by the members of each all the same. */
static int resolve_objects(
	const struct hops *hops, struct route_numbers *objects, struct route_numbers *devices)
{
	for (size_t i = 0; i < objects->n; i++)
		for (size_t j = 0; j < hops->n; j++) {
			const struct hop *hop = &hops->items[j];
			int err;

			if (hop->id != objects->items[i])
				continue;
			err = add(devices, hop->device);
			if (err < 0)
				return err;
			err = add(objects, hop->member);
			if (err < 0)
				return err;
		}
	return 0;
}

static void free_hops(struct hops *hops)
{
	free(hops->items);
}

static int find_objects(struct rtnetlink *netlink, struct search *s)
{
	CLEANUP(free_hops) struct hops hops = { 0 };
	int err;

	if (s->objects.n == 0)
		return 0;
	err = rtnetlink_dump(netlink, RTM_GETNEXTHOP, AF_UNSPEC, take_hop, &hops);
	if (err < 0)
		return err;
	return resolve_objects(&hops, &s->objects, &s->devices->indexes);
}

static void free_search(struct search *s)
{
	free_numbers(&s->objects);
}

/* --- routes --- */

static bool is_all_of_internet(const struct rtroute *route)
{
	return route->family == AF_INET6 && route->prefix == 3 && route->to.bytes[0] == 0x20;
}

bool route_is_default(const struct rtroute *route)
{
	if (route->family != AF_INET && route->family != AF_INET6)
		return false;
	if (route->type != RTN_UNICAST || route->cached)
		return false;
	return route->prefix <= 1 || is_all_of_internet(route);
}

/* Linux shows the device of a nexthop object as well, unless nexthop_compat_mode is off. */
static int add_route(struct search *s, const struct rtroute *route)
{
	uint32_t device;
	size_t at = 0;
	int err;

	err = add(&s->devices->indexes, route->device);
	if (err < 0)
		return err;
	while (rtmessage_next_hop(route, &at, &device)) {
		err = add(&s->devices->indexes, device);
		if (err < 0)
			return err;
	}
	return add(&s->objects, route->nexthop);
}

static int take_default(const struct rtmessage *message, void *arg)
{
	struct rtroute route;
	int err = rtmessage_route(message, &route);

	if (err < 0)
		return err;
	return route_is_default(&route) ? add_route(arg, &route) : 0;
}

int route_find_default(struct rtnetlink *netlink, struct route_devices *ret)
{
	static const int families[] = { AF_INET, AF_INET6 };
	CLEANUP(free_search) struct search s = { .devices = ret };

	*ret = (struct route_devices){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		int err = rtnetlink_dump(netlink, RTM_GETROUTE, families[i], take_default, &s);

		if (err < 0)
			return err;
	}
	return find_objects(netlink, &s);
}

static int take_found(const struct rtmessage *message, void *arg)
{
	struct search *s = arg;
	struct rtroute route;
	int err = rtmessage_route(message, &route);

	if (err < 0)
		return err;
	if (route.type == RTN_LOCAL)
		s->devices->to_host = true;
	return route.type == RTN_UNICAST ? add_route(s, &route) : 0;
}

int route_find(struct rtnetlink *netlink, const struct address *to, const struct address *from,
	uint32_t device, struct route_devices *ret)
{
	CLEANUP(free_search) struct search s = { .devices = ret };
	int err;

	*ret = (struct route_devices){ 0 };
	err = rtnetlink_find_route(netlink, to, from, device, take_found, &s);
	return err < 0 ? err : find_objects(netlink, &s);
}

static int take_address(const struct rtmessage *message, void *arg)
{
	struct search *s = arg;
	struct rtaddress address;
	int err = rtmessage_address(message, &address);

	if (err < 0)
		return err;
	if (!address_equal(&address.address, s->local))
		return 0;
	return add(&s->devices->indexes, address.index);
}

int route_find_local(
	struct rtnetlink *netlink, const struct address *local, struct route_devices *ret)
{
	struct search s = { .devices = ret, .local = local };

	*ret = (struct route_devices){ 0 };
	return rtnetlink_dump(netlink, RTM_GETADDR, AF_UNSPEC, take_address, &s);
}
