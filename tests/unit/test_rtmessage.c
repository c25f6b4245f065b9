/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages are built here as the kernel builds them, and then damaged. */
#include "kernel/rtmessage.h"
#include "kernel/route.h"
#include "test.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

static uint8_t buffer[1024];
static size_t used;

static void *append(size_t size)
{
	void *at = buffer + used;

	memset(at, 0, NLMSG_ALIGN(size));
	used += NLMSG_ALIGN(size);
	return at;
}

/* Begins the only message. Return: its header. */
static void *begin(uint16_t type, size_t size)
{
	struct nlmsghdr *header;

	used = 0;
	header = append(sizeof(*header));
	header->nlmsg_type = type;
	return append(size);
}

static struct rtattr *attribute(unsigned short type, const void *value, size_t size)
{
	struct rtattr *attr = append(RTA_LENGTH(size));

	attr->rta_type = type;
	attr->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attr), value, size);
	return attr;
}

static void number(unsigned short type, uint32_t value)
{
	attribute(type, &value, sizeof(value));
}

static void text(unsigned short type, const char *value)
{
	attribute(type, value, strlen(value) + 1);
}

/* Ends it, and reads it as a message. @cut: bytes that are missing from its payload */
static struct rtmessage message(size_t cut)
{
	struct nlmsghdr *header = (struct nlmsghdr *)buffer;
	struct rtbytes bytes = { buffer, used - cut };
	struct rtmessage ret = { 0 };
	size_t at = 0;

	header->nlmsg_len = (uint32_t)(used - cut);
	ok(rtmessage_next(&bytes, &at, &ret) == 1 && at == bytes.size &&
			rtmessage_next(&bytes, &at, &ret) == 0,
		"one message of %zu bytes", bytes.size);
	return ret;
}

/* --- links and addresses --- */

static void begin_link(void)
{
	struct ifinfomsg *link = begin(RTM_NEWLINK, sizeof(*link));

	link->ifi_index = 3;
}

static void test_links(void)
{
	struct rtmessage m;
	struct rtattr *info;
	struct rtlink link;

	begin_link();
	text(IFLA_IFNAME, "br-ex");
	number(IFLA_MTU, 1500);
	info = attribute(IFLA_LINKINFO | NLA_F_NESTED, NULL, 0);
	text(IFLA_INFO_KIND, "openvswitch");
	info->rta_len = (unsigned short)(info->rta_len + RTA_SPACE(sizeof("openvswitch")));
	m = message(0);
	ok(rtmessage_link(&m, &link) == 0 && link.index == 3 && streq(link.name, "br-ex") &&
			streq(link.kind, "openvswitch"),
		"an interface of a kind");
	m = message(4);
	ok(rtmessage_link(&m, &link) == -EBADMSG, "cut short");

	begin_link();
	text(IFLA_IFNAME, "enp1s0");
	m = message(0);
	ok(rtmessage_link(&m, &link) == 0 && !link.kind[0], "an interface of no kind");
	m.type = RTM_DELLINK;
	ok(rtmessage_link(&m, &link) == -EBADMSG, "another type");

	begin_link();
	m = message(0);
	ok(rtmessage_link(&m, &link) == -EBADMSG, "no name");
	text(IFLA_IFNAME, "a-name-of-16-byt");
	m = message(0);
	ok(rtmessage_link(&m, &link) == -EBADMSG, "a name that is too long");
}

static void test_addresses(void)
{
	static const uint8_t other[] = { 192, 0, 2, 2 }, own[] = { 192, 0, 2, 1 };
	struct rtaddress address;
	struct ifaddrmsg *header;
	struct rtmessage m;
	char got[ADDRESS_TEXT_MAX];

	for (int first = 0; first < 2; first++) {
		header = begin(RTM_NEWADDR, sizeof(*header));
		header->ifa_family = AF_INET;
		header->ifa_index = 4;
		if (first)
			attribute(IFA_LOCAL, own, sizeof(own));
		attribute(IFA_ADDRESS, other, sizeof(other));
		if (!first)
			attribute(IFA_LOCAL, own, sizeof(own));
		m = message(0);
		ok(rtmessage_address(&m, &address) == 0 && address.index == 4, "an address");
		address_print(&address.address, got);
		same(got, "192.0.2.1", "the host's own, not that of the other end");
	}
	header->ifa_family = AF_INET6;
	m = message(0);
	ok(rtmessage_address(&m, &address) == -EBADMSG, "too short for its family");
}

/* --- routes --- */

static struct rtmsg *begin_route(unsigned char family, unsigned char length)
{
	struct rtmsg *route = begin(RTM_NEWROUTE, sizeof(*route));

	route->rtm_family = family;
	route->rtm_dst_len = length;
	route->rtm_type = RTN_UNICAST;
	return route;
}

static bool is_default(void)
{
	struct rtmessage m = message(0);
	struct rtroute route;

	return rtmessage_route(&m, &route) == 0 && route_is_default(&route);
}

static void test_defaults(void)
{
	static const uint8_t internet[16] = { 0x20 }, other[16] = { 0x40 };

	begin_route(AF_INET, 0);
	ok(is_default(), "0.0.0.0/0");
	begin_route(AF_INET6, 1);
	ok(is_default(), "::/1");
	begin_route(AF_INET, 2);
	ok(!is_default(), "0.0.0.0/2");
	begin_route(AF_INET6, 3);
	attribute(RTA_DST, internet, sizeof(internet));
	ok(is_default(), "2000::/3");
	begin_route(AF_INET6, 3);
	attribute(RTA_DST, other, sizeof(other));
	ok(!is_default(), "4000::/3");
	begin_route(AF_INET, 0)->rtm_type = RTN_UNREACHABLE;
	ok(!is_default(), "unreachable");
	begin_route(AF_INET, 0)->rtm_type = RTN_LOCAL;
	ok(!is_default(), "local");
	begin_route(AF_INET, 0)->rtm_flags = RTM_F_CLONED;
	ok(!is_default(), "cached");
	begin_route(AF_MPLS, 0);
	ok(!is_default(), "MPLS");
	begin_route(RTNL_FAMILY_IPMR, 0);
	attribute(RTA_DST, other, sizeof(other));
	ok(!is_default(), "multicast, whose attributes are not read");
}

static void append_hop(int device, unsigned short length, struct rtattr *hops)
{
	struct rtnexthop *hop = append(sizeof(*hop));

	hop->rtnh_len = length;
	hop->rtnh_ifindex = device;
	hops->rta_len = (unsigned short)(hops->rta_len + sizeof(*hop));
}

static void test_hops(void)
{
	struct rtroute route;
	struct rtattr *hops;
	struct rtmessage m;
	uint32_t device;
	size_t at = 0;

	begin_route(AF_INET, 0);
	number(RTA_OIF, 2);
	number(RTA_NH_ID, 7);
	m = message(0);
	ok(rtmessage_route(&m, &route) == 0 && route.device == 2 && route.nexthop == 7 &&
			!rtmessage_next_hop(&route, &at, &device),
		"a device, and a nexthop object");

	begin_route(AF_INET, 0);
	hops = attribute(RTA_MULTIPATH, NULL, 0);
	append_hop(5, 16, hops);
	number(RTA_GATEWAY, 1); /* within the first hop */
	hops->rta_len += 8;
	append_hop(6, 8, hops);
	m = message(0);
	ok(rtmessage_route(&m, &route) == 0 && rtmessage_next_hop(&route, &at, &device) &&
			device == 5 && rtmessage_next_hop(&route, &at, &device) && device == 6 &&
			!rtmessage_next_hop(&route, &at, &device),
		"several hops");

	for (unsigned short length = 0; length < 20; length = (unsigned short)(length + 19)) {
		begin_route(AF_INET, 0);
		hops = attribute(RTA_MULTIPATH, NULL, 0);
		append_hop(5, length, hops);
		m = message(0);
		ok(rtmessage_route(&m, &route) == -EBADMSG, "a hop of %d bytes", length);
	}
}

static void test_nexthops(void)
{
	static const struct nexthop_grp members[] = { { .id = 1 }, { .id = 2 } };
	struct rtnexthop_object object;
	struct rtmessage m;
	size_t at = 0;
	uint32_t id;

	begin(RTM_NEWNEXTHOP, sizeof(struct nhmsg));
	number(NHA_ID, 9);
	attribute(NHA_GROUP, members, sizeof(members));
	m = message(0);
	ok(rtmessage_nexthop(&m, &object) == 0 && object.id == 9 && object.device == 0 &&
			rtmessage_next_member(&object, &at, &id) && id == 1 &&
			rtmessage_next_member(&object, &at, &id) && id == 2 &&
			!rtmessage_next_member(&object, &at, &id),
		"a group");
	begin(RTM_NEWNEXTHOP, sizeof(struct nhmsg));
	number(NHA_OIF, 3);
	m = message(0);
	ok(rtmessage_nexthop(&m, &object) == -EBADMSG, "no id");
	number(NHA_ID, 9);
	attribute(NHA_GROUP, members, sizeof(members) - 4);
	m = message(0);
	ok(rtmessage_nexthop(&m, &object) == -EBADMSG, "half a member");
}

/* --- what is cut short --- */

static void test_frames(void)
{
	struct nlmsghdr *header = (struct nlmsghdr *)buffer;
	struct rtbytes bytes = { buffer, sizeof(*header) };
	struct rtmessage m;
	struct rtroute route;
	size_t at = 0;
	int error = -1;

	begin(NLMSG_DONE, 0);
	ok(rtmessage_next(&bytes, &at, &m) == -EBADMSG, "a message of 0 bytes");
	header->nlmsg_len = sizeof(*header) + 1;
	ok(rtmessage_next(&bytes, &at, &m) == -EBADMSG, "a message longer than what was received");
	bytes.size--;
	ok(rtmessage_next(&bytes, &at, &m) == -EBADMSG, "half a header");

	*(int *)begin(NLMSG_ERROR, sizeof(int)) = -EPERM;
	m = message(0);
	ok(rtmessage_error(&m, &error) == 0 && error == -EPERM, "an error");
	*(int *)begin(NLMSG_ERROR, sizeof(int)) = 1;
	m = message(0);
	ok(rtmessage_error(&m, &error) == -EBADMSG, "an error above 0");
	begin(NLMSG_DONE, 0);
	m = message(0);
	ok(rtmessage_error(&m, &error) == -EBADMSG, "an end without a result");

	for (unsigned short length = 0; length < 16; length = (unsigned short)(length + 3)) {
		begin_route(AF_INET, 0);
		attribute(RTA_OIF, &error, sizeof(error))->rta_len = length;
		m = message(0);
		ok(rtmessage_route(&m, &route) == -EBADMSG, "an attribute of %d bytes", length);
	}
	begin_route(AF_INET, 0);
	m = message(4);
	ok(rtmessage_route(&m, &route) == -EBADMSG, "half a header of a route");
}

int main(void)
{
	test_links();
	test_addresses();
	test_defaults();
	test_hops();
	test_nexthops();
	test_frames();
	return test_end();
}
