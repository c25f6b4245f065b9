/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages are built here as the kernel builds them, and then damaged. */
#include "kernel/link.h"
#include "kernel/route.h"
#include "test.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

static _Alignas(struct nlmsghdr) uint8_t buffer[1024];
static struct nlmsghdr *const message = (struct nlmsghdr *)buffer;

/* Begins the only message. Return: its structure. */
static void *begin(uint16_t type, size_t size)
{
	memset(buffer, 0, sizeof(buffer));
	mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = type;
	return mnl_nlmsg_put_extra_header(message, size);
}

static void test_links(void)
{
	struct nlattr *info;
	struct link link;
	struct ifinfomsg *header = begin(RTM_NEWLINK, sizeof(*header));

	header->ifi_index = 3;
	ok(link_read(message, &link) == -EBADMSG, "no name");
	mnl_attr_put_strz(message, IFLA_IFNAME, "br-ex");
	mnl_attr_put_u32(message, IFLA_MTU, 1500);
	ok(link_read(message, &link) == 0 && !link.kind[0], "an interface of no kind");
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "openvswitch");
	mnl_attr_nest_end(message, info);
	ok(link_read(message, &link) == 0 && link.index == 3 && streq(link.name, "br-ex") &&
			streq(link.kind, "openvswitch"),
		"an interface of a kind");
	header->ifi_index = 0;
	ok(link_read(message, &link) == -EBADMSG, "no index");
	header->ifi_index = 3;
	message->nlmsg_len -= 4;
	ok(link_read(message, &link) == -EBADMSG, "cut short");
	info->nla_len = (uint16_t)(info->nla_len - 4);
	ok(link_read(message, &link) == -EBADMSG, "a kind that is cut short");

	((struct ifinfomsg *)begin(RTM_NEWLINK, sizeof(*header)))->ifi_index = 3;
	mnl_attr_put_strz(message, IFLA_IFNAME, "a-name-of-16-byt");
	ok(link_read(message, &link) == -EBADMSG, "a name that is too long");
	((struct ifinfomsg *)begin(RTM_NEWLINK, sizeof(*header)))->ifi_index = 3;
	mnl_attr_put_str(message, IFLA_IFNAME, "eth0");
	ok(link_read(message, &link) == -EBADMSG, "a name without an end");
}

static void test_addresses(void)
{
	static const uint8_t other[] = { 192, 0, 2, 2 }, own[] = { 192, 0, 2, 1 };
	struct ifaddrmsg *header = NULL;
	struct address address;
	char got[ADDRESS_TEXT_MAX];
	uint32_t index;

	for (int first = 0; first < 2; first++) {
		header = begin(RTM_NEWADDR, sizeof(*header));
		header->ifa_family = AF_INET;
		header->ifa_index = 4;
		if (first)
			mnl_attr_put(message, IFA_LOCAL, sizeof(own), own);
		mnl_attr_put(message, IFA_ADDRESS, sizeof(other), other);
		if (!first)
			mnl_attr_put(message, IFA_LOCAL, sizeof(own), own);
		ok(route_read_address(message, &index, &address) == 0 && index == 4, "an address");
		address_print(&address, got);
		same(got, "192.0.2.1", "the host's own, not that of the other end");
	}
	header->ifa_family = AF_INET6;
	ok(route_read_address(message, &index, &address) == -EBADMSG, "too short for its family");
	header->ifa_family = AF_MPLS;
	ok(route_read_address(message, &index, &address) == 0 && !address.family, "of no family");
}

/* Gives the message to a function. Return: "to the host", the devices, '/' and the objects; or "?"
 */
static const char *take(int (*fn)(const struct nlmsghdr *message, void *devices))
{
	CLEANUP(route_free) struct route_devices devices = { 0 };
	static char text[256];
	size_t n;

	if (fn(message, &devices) < 0)
		return "?";
	util_format(text, sizeof(text), "%s", devices.to_host ? "to the host" : "");
	for (size_t i = 0; i < devices.indexes.n; i++) {
		n = strlen(text);
		util_format(text + n, sizeof(text) - n, "%u ", devices.indexes.items[i]);
	}
	for (size_t i = 0; i < devices.objects.n; i++) {
		n = strlen(text);
		util_format(text + n, sizeof(text) - n, "/%u ", devices.objects.items[i]);
	}
	return text;
}

static struct rtmsg *begin_route(int family, int length, int type)
{
	struct rtmsg *route = begin(RTM_NEWROUTE, sizeof(*route));

	route->rtm_family = (unsigned char)family;
	route->rtm_dst_len = (unsigned char)length;
	route->rtm_type = (unsigned char)type;
	return route;
}

static void test_defaults(void)
{
	static const struct {
		const char *name;
		int family, length, type;
		unsigned int flags, first; /* the first byte of the destination */
		const char *expected;
	} rows[] = {
		{ "0.0.0.0/0", AF_INET, 0, RTN_UNICAST, 0, 0, "2 " },
		{ "::/1", AF_INET6, 1, RTN_UNICAST, 0, 0, "2 " },
		{ "0.0.0.0/2", AF_INET, 2, RTN_UNICAST, 0, 0, "" },
		{ "2000::/3", AF_INET6, 3, RTN_UNICAST, 0, 0x20, "2 " },
		{ "4000::/3", AF_INET6, 3, RTN_UNICAST, 0, 0x40, "" },
		{ "32.0.0.0/3", AF_INET, 3, RTN_UNICAST, 0, 0x20, "" },
		{ "unreachable", AF_INET, 0, RTN_UNREACHABLE, 0, 0, "" },
		{ "local", AF_INET, 0, RTN_LOCAL, 0, 0, "" },
		{ "cached", AF_INET, 0, RTN_UNICAST, RTM_F_CLONED, 0, "" },
		{ "MPLS", AF_MPLS, 0, RTN_UNICAST, 0, 0, "" },
		{ "multicast", RTNL_FAMILY_IPMR, 0, RTN_UNICAST, 0, 0, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint8_t to[16] = { (uint8_t)rows[i].first };

		begin_route(rows[i].family, rows[i].length, rows[i].type)->rtm_flags =
			rows[i].flags;
		mnl_attr_put(message, RTA_DST, rows[i].family == AF_INET ? 4 : 16, to);
		mnl_attr_put_u32(message, RTA_OIF, 2);
		same(take(route_take_default), rows[i].expected, rows[i].name);
	}
	begin_route(AF_INET6, 3, RTN_UNICAST);
	same(take(route_take_default), "?", "::/3 without a destination");
	begin_route(AF_INET, 32, RTN_LOCAL);
	same(take(route_take_found), "to the host", "the route to an address of the host");
}

static void add_hop(int device, size_t length)
{
	struct rtnexthop *hop = mnl_nlmsg_get_payload_tail(message);

	hop->rtnh_len = (unsigned short)length;
	hop->rtnh_ifindex = device;
	message->nlmsg_len += sizeof(*hop);
}

static void test_hops(void)
{
	static const size_t broken[] = { 0, 7, 9 };
	struct nlattr *hops;

	begin_route(AF_INET, 0, RTN_UNICAST);
	mnl_attr_put_u32(message, RTA_OIF, 2);
	mnl_attr_put_u32(message, RTA_NH_ID, 7);
	same(take(route_take_found), "2 /7 ", "a device, and a nexthop object");

	begin_route(AF_INET, 0, RTN_UNICAST);
	hops = mnl_attr_nest_start(message, RTA_MULTIPATH);
	add_hop(5, 16);
	mnl_attr_put_u32(message, RTA_GATEWAY, 1); /* within the first hop */
	add_hop(6, 8);
	add_hop(5, 8);
	mnl_attr_nest_end(message, hops);
	same(take(route_take_default), "5 6 ", "several hops");
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		begin_route(AF_INET, 0, RTN_UNICAST);
		hops = mnl_attr_nest_start(message, RTA_MULTIPATH);
		add_hop(5, broken[i]);
		mnl_attr_nest_end(message, hops);
		same(take(route_take_default), "?", "a hop with a wrong length");
	}
	hops->nla_len = (uint16_t)(hops->nla_len - 4);
	same(take(route_take_default), "?", "half a hop");
}

static void test_nexthops(void)
{
	static const struct nexthop_grp members[] = { { .id = 1 }, { .id = 2 } };

	begin(RTM_NEWNEXTHOP, sizeof(struct nhmsg));
	mnl_attr_put_u32(message, NHA_ID, 9);
	mnl_attr_put_u32(message, NHA_OIF, 3);
	same(take(route_take_nexthop), "3 ", "a nexthop object");
	begin(RTM_NEWNEXTHOP, sizeof(struct nhmsg));
	mnl_attr_put(message, NHA_GROUP, sizeof(members), members);
	same(take(route_take_nexthop), "/1 /2 ", "a group");
	begin(RTM_NEWNEXTHOP, sizeof(struct nhmsg));
	mnl_attr_put(message, NHA_GROUP, sizeof(members) - 4, members);
	same(take(route_take_nexthop), "?", "half a member");
}

/* --- answers --- */

static int count(const struct nlmsghdr *got, void *n)
{
	(void)got;
	++*(int *)n;
	return 0;
}

static void test_answers(void)
{
	static const struct {
		const char *name;
		int type, flags, seq, value, size; /* @size: of the value */
		int cut;                           /* what is added to the length */
		const char *expected;
	} rows[] = {
		{ "a message of a dump", RTM_NEWLINK, 0, 1, 0, 4, 0, "1 message" },
		{ "of another type", RTM_DELLINK, 0, 1, 0, 4, 0, "?" },
		{ "of an earlier dump", RTM_DELLINK, NLM_F_DUMP_INTR, 0, 0, 4, 0, "" },
		{ "something has changed", RTM_NEWLINK, NLM_F_DUMP_INTR, 1, 0, 4, 0,
			"1 message interrupted" },
		{ "an overrun", NLMSG_OVERRUN, 0, 1, 0, 4, 0, "?" },
		{ "nothing", NLMSG_NOOP, 0, 1, 0, 0, 0, "" },
		{ "the end", NLMSG_DONE, 0, 1, 0, 4, 0, "ended 0" },
		{ "a dump that failed on its way", NLMSG_DONE, 0, 1, -EMSGSIZE, 4, 0, "ended -90" },
		{ "an error", NLMSG_ERROR, 0, 1, -EPERM, 4, 0, "ended -1" },
		{ "an error above 0", NLMSG_ERROR, 0, 1, 1, 4, 0, "?" },
		{ "an end without a result", NLMSG_DONE, 0, 1, 0, 0, 0, "?" },
		{ "longer than what was received", NLMSG_DONE, 0, 1, 0, 4, 1, "?" },
		{ "of two gigabytes and more", NLMSG_DONE, 0, 1, 0, 4, INT32_MIN, "?" },
		{ "less than a header", NLMSG_DONE, 0, 1, 0, 4, -12, "?" },
		{ "half a message behind it", RTM_NEWLINK, 0, 1, 0, 8, -4, "?" },
	};
	const struct nlmsghdr request = {
		.nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_DUMP, .nlmsg_seq = 1
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int n = 0;
		struct netlink_answer answer = { .fn = count, .arg = &n, .request = &request };
		size_t size = sizeof(*message) + (size_t)rows[i].size;
		char got[64] = "?";

		*(int *)begin((uint16_t)rows[i].type, (size_t)rows[i].size) = rows[i].value;
		message->nlmsg_flags = (uint16_t)rows[i].flags;
		message->nlmsg_seq = (uint32_t)rows[i].seq;
		message->nlmsg_len += (uint32_t)rows[i].cut;
		if (netlink_take(buffer, size, &answer) == 0) {
			char end[16] = "";

			if (answer.ended)
				util_format(end, sizeof(end), "ended %d", answer.error);
			util_format(got, sizeof(got), "%s%s%s", n ? "1 message" : "",
				answer.interrupted ? " interrupted" : "", end);
		}
		same(got, rows[i].expected, rows[i].name);
	}
}

static void test_attributes(void)
{
	static const uint16_t broken[] = { 0, 3, 5, 7, 9, 12 };

	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		struct nlattr *attribute;

		begin_route(AF_INET, 0, RTN_UNICAST);
		attribute = mnl_nlmsg_get_payload_tail(message);
		mnl_attr_put_u32(message, RTA_OIF, 2);
		attribute->nla_len = broken[i];
		same(take(route_take_default), "?", "a number with a wrong length");
	}
	begin_route(AF_INET, 0, RTN_UNICAST);
	message->nlmsg_len -= 4;
	same(take(route_take_default), "?", "half a structure of a route");
}

int main(void)
{
	test_links();
	test_addresses();
	test_defaults();
	test_hops();
	test_nexthops();
	test_answers();
	test_attributes();
	return test_end();
}
