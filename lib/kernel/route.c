/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a default route is, and how hops and nexthop objects lead to interfaces. */
#include "kernel/route.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

#ifndef RTM_F_FIB_MATCH
#define RTM_F_FIB_MATCH 0x2000
#endif

/* 0 is no index and no id. */
static int add(struct route_numbers *numbers, uint32_t number)
{
	int err;

	if (number == 0)
		return 0;
	for (size_t i = 0; i < numbers->n; i++)
		if (numbers->items[i] == number)
			return 0;
	err = util_grow(&numbers->items, numbers->n, sizeof(*numbers->items));
	if (err < 0)
		return err;
	numbers->items[numbers->n++] = number;
	return 0;
}

void route_free(struct route_devices *devices)
{
	free(devices->indexes.items);
	free(devices->objects.items);
	*devices = (struct route_devices){ 0 };
}

/* Adds what a route of IPv4 or IPv6 leads through. */
static int add_route(const struct nlattr *attributes[RTA_NH_ID + 1], struct route_devices *devices)
{
	const struct nlattr *several = attributes[RTA_MULTIPATH];
	const struct rtnexthop *hop;
	uint32_t device, object;
	int err, left;

	/* Linux shows the device of a nexthop object as well, unless nexthop_compat_mode is off. */
	if (netlink_number(attributes[RTA_OIF], &device) < 0 ||
		netlink_number(attributes[RTA_NH_ID], &object) < 0)
		return -EBADMSG;
	err = add(&devices->indexes, device);
	if (err < 0)
		return err;
	err = add(&devices->objects, object);
	if (err < 0 || !several)
		return err;
	hop = mnl_attr_get_payload(several);
	left = mnl_attr_get_payload_len(several);
	for (; left > 0; left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		if (left < (int)sizeof(*hop) || !RTNH_OK(hop, left) || hop->rtnh_ifindex < 0)
			return -EBADMSG;
		err = add(&devices->indexes, (uint32_t)hop->rtnh_ifindex);
		if (err < 0)
			return err;
	}
	return 0;
}

int route_take_default(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *attributes[RTA_NH_ID + 1], *to;
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);

	if (netlink_attributes(message, sizeof(*header), attributes, ARRAY_SIZE(attributes)) < 0)
		return -EBADMSG;
	/* The attributes of multicast routes and of MPLS mean other things. */
	if (header->rtm_family != AF_INET && header->rtm_family != AF_INET6)
		return 0;
	/* A cached one is a copy that the kernel has made of a route for one address. */
	if (header->rtm_type != RTN_UNICAST || header->rtm_flags & RTM_F_CLONED)
		return 0;
	if (header->rtm_dst_len <= 1)
		return add_route(attributes, arg);
	if (header->rtm_family != AF_INET6 || header->rtm_dst_len != 3)
		return 0;
	to = attributes[RTA_DST];
	if (!to || mnl_attr_get_payload_len(to) != 16)
		return -EBADMSG;
	return mnl_attr_get_u8(to) == 0x20 ? add_route(attributes, arg) : 0;
}

int route_take_found(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *attributes[RTA_NH_ID + 1];
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct route_devices *devices = arg;

	if (netlink_attributes(message, sizeof(*header), attributes, ARRAY_SIZE(attributes)) < 0)
		return -EBADMSG;
	if (header->rtm_type == RTN_LOCAL)
		devices->to_host = true;
	return header->rtm_type == RTN_UNICAST ? add_route(attributes, devices) : 0;
}

/* Source: nh_fill_node() in Linux net/ipv4/nexthop.c. */
int route_take_nexthop(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *attributes[NHA_OIF + 1], *group;
	struct route_devices *devices = arg;
	const struct nexthop_grp *members;
	uint32_t device;
	size_t size;

	if (netlink_attributes(message, sizeof(struct nhmsg), attributes, ARRAY_SIZE(attributes)) <
		0)
		return -EBADMSG;
	if (netlink_number(attributes[NHA_OIF], &device) < 0)
		return -EBADMSG;
	group = attributes[NHA_GROUP];
	if (!group)
		return add(&devices->indexes, device);
	members = mnl_attr_get_payload(group);
	size = mnl_attr_get_payload_len(group);
	if (size % sizeof(*members) != 0)
		return -EBADMSG;
	for (size_t i = 0; i < size / sizeof(*members); i++) {
		int err = add(&devices->objects, members[i].id);
		if (err < 0)
			return err;
	}
	return 0;
}

/* A group has no groups in it; the list of objects grows by the members of each all the same. */
static int resolve_objects(struct netlink *netlink, struct route_devices *devices)
{
	for (size_t i = 0; i < devices->objects.n; i++) {
		_Alignas(struct nlmsghdr) uint8_t buffer[64];
		struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
		struct netlink_answer answer = { .fn = route_take_nexthop, .arg = devices };
		int err;

		request->nlmsg_type = RTM_GETNEXTHOP;
		request->nlmsg_flags = NLM_F_REQUEST;
		mnl_nlmsg_put_extra_header(request, sizeof(struct nhmsg));
		mnl_attr_put_u32(request, NHA_ID, devices->objects.items[i]);
		err = netlink_ask(netlink, request, &answer);
		if (err < 0)
			return err;
		/* It was removed, and its routes with it. */
		if (answer.error < 0 && answer.error != -ENOENT)
			return answer.error;
	}
	return 0;
}

int route_find_default(struct netlink *netlink, struct route_devices *ret)
{
	static const int families[] = { AF_INET, AF_INET6 };

	*ret = (struct route_devices){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		int err = netlink_dump(netlink, RTM_GETROUTE, sizeof(struct rtmsg), families[i],
			route_take_default, ret);

		if (err < 0)
			return err;
	}
	return resolve_objects(netlink, ret);
}

/* Whether the kernel's answer means that nothing leads to the address. */
static bool is_no_route(int error)
{
	switch (error) {
	case -ENETUNREACH:
	case -EHOSTUNREACH:
	case -EACCES:       /* a route of the type prohibit */
	case -EINVAL:       /* blackhole, or an address to send from that is not the host's */
	case -EAGAIN:       /* throw */
	case -ENODEV:       /* the interface was removed */
	case -EAFNOSUPPORT: /* the kernel has no IPv6 */
	case -EOPNOTSUPP:
	case -EADDRNOTAVAIL:
		return true;
	default:
		return false;
	}
}

int route_find(struct netlink *netlink, const struct address *to, const struct address *from,
	uint32_t device, struct route_devices *ret)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[128];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	struct netlink_answer answer = { .fn = route_take_found, .arg = ret };
	size_t size = to->family == AF_INET ? 4 : 16;
	int err;

	*ret = (struct route_devices){ 0 };
	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_REQUEST;
	header->rtm_family = (unsigned char)to->family;
	header->rtm_flags = RTM_F_FIB_MATCH;
	header->rtm_dst_len = (unsigned char)(8 * size);
	mnl_attr_put(request, RTA_DST, size, to->bytes);
	if (from->family == to->family) {
		header->rtm_src_len = header->rtm_dst_len;
		mnl_attr_put(request, RTA_SRC, size, from->bytes);
	}
	if (device)
		mnl_attr_put_u32(request, RTA_OIF, device);
	err = netlink_ask(netlink, request, &answer);
	if (err < 0)
		return err;
	if (answer.error < 0)
		return is_no_route(answer.error) ? 0 : answer.error;
	return resolve_objects(netlink, ret);
}

int route_read_address(const struct nlmsghdr *message, uint32_t *ret_index, struct address *ret)
{
	const struct nlattr *attributes[IFA_LOCAL + 1], *address;
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	size_t size;

	*ret = (struct address){ 0 };
	if (netlink_attributes(message, sizeof(*header), attributes, ARRAY_SIZE(attributes)) < 0)
		return -EBADMSG;
	*ret_index = header->ifa_index;
	if (header->ifa_family != AF_INET && header->ifa_family != AF_INET6)
		return 0;
	/* On a link of two ends, IFA_ADDRESS is the other one's. */
	address = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
	if (!address)
		return 0;
	size = mnl_attr_get_payload_len(address);
	if (size != (header->ifa_family == AF_INET ? 4 : sizeof(ret->bytes)))
		return -EBADMSG;
	ret->family = header->ifa_family;
	memcpy(ret->bytes, mnl_attr_get_payload(address), size);
	return 0;
}

struct local_search {
	const struct address *local;
	struct route_numbers *indexes;
};

static int take_address(const struct nlmsghdr *message, void *arg)
{
	struct local_search *search = arg;
	struct address address;
	uint32_t index;
	int err = route_read_address(message, &index, &address);

	if (err < 0)
		return err;
	return address_equal(&address, search->local) ? add(search->indexes, index) : 0;
}

int route_find_local(
	struct netlink *netlink, const struct address *local, struct route_devices *ret)
{
	struct local_search search = { .local = local, .indexes = &ret->indexes };

	*ret = (struct route_devices){ 0 };
	return netlink_dump(
		netlink, RTM_GETADDR, sizeof(struct ifaddrmsg), AF_UNSPEC, take_address, &search);
}
