/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Owns the layout of rtnetlink's messages. Each length is checked before what it covers is read,
 * and each value is copied: nothing relies on its alignment.
 */
#include "kernel/rtmessage.h"

#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

struct attribute {
	unsigned int type;
	struct rtbytes value;
};

/* --- bytes --- */

static size_t aligned(size_t size)
{
	return (size + NLMSG_ALIGNTO - 1) & ~(size_t)(NLMSG_ALIGNTO - 1);
}

static struct rtbytes rest(const struct rtbytes *bytes, size_t at)
{
	/* Without bytes, there may be no pointer to add to. */
	if (at == bytes->size)
		return (struct rtbytes){ NULL, 0 };
	return (struct rtbytes){ bytes->data + at, bytes->size - at };
}

/* Copies a header. Return: false if there is less. */
static bool copy(const struct rtbytes *bytes, void *ret, size_t size)
{
	if (bytes->size < size)
		return false;
	memcpy(ret, bytes->data, size);
	return true;
}

/* Steps over @size bytes and their padding, which the last one may not have. */
static void step(const struct rtbytes *bytes, size_t *at, size_t size)
{
	size_t left = bytes->size - *at;

	*at += aligned(size) < left ? aligned(size) : left;
}

/* Return: 1; 0 behind the last attribute; -EBADMSG. */
static int next_attribute(const struct rtbytes *bytes, size_t *at, struct attribute *ret)
{
	struct rtbytes left = rest(bytes, *at);
	struct rtattr header;

	if (left.size == 0)
		return 0;
	if (!copy(&left, &header, sizeof(header)))
		return -EBADMSG;
	if (header.rta_len < sizeof(header) || header.rta_len > left.size)
		return -EBADMSG;
	ret->type = (unsigned int)header.rta_type & (unsigned int)NLA_TYPE_MASK;
	ret->value.data = left.data + sizeof(header);
	ret->value.size = header.rta_len - sizeof(header);
	step(bytes, at, header.rta_len);
	return 1;
}

/* --- values of attributes --- */

static int read_number(const struct rtbytes *value, uint32_t *ret)
{
	return value->size == sizeof(*ret) && copy(value, ret, sizeof(*ret)) ? 0 : -EBADMSG;
}

static int read_text(const struct rtbytes *value, char ret[RTMESSAGE_NAME_MAX])
{
	size_t n = value->size ? strnlen((const char *)value->data, value->size) : 0;

	if (n >= RTMESSAGE_NAME_MAX)
		return -EBADMSG;
	if (n)
		memcpy(ret, value->data, n);
	ret[n] = '\0';
	return 0;
}

static int read_address(const struct rtbytes *value, int family, struct address *ret)
{
	size_t size = family == AF_INET ? 4 : sizeof(ret->bytes);

	*ret = (struct address){ .family = family };
	return value->size == size && copy(value, ret->bytes, size) ? 0 : -EBADMSG;
}

/* --- messages --- */

int rtmessage_next(const struct rtbytes *bytes, size_t *at, struct rtmessage *ret)
{
	struct rtbytes left = rest(bytes, *at);
	struct nlmsghdr header;

	if (left.size == 0)
		return 0;
	if (!copy(&left, &header, sizeof(header)))
		return -EBADMSG;
	if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > left.size)
		return -EBADMSG;
	*ret = (struct rtmessage){
		.type = header.nlmsg_type,
		.flags = header.nlmsg_flags,
		.seq = header.nlmsg_seq,
		.payload = { left.data + sizeof(header), header.nlmsg_len - sizeof(header) },
	};
	step(bytes, at, header.nlmsg_len);
	return 1;
}

/* Reads the header that a message of this type begins with. @ret_at: behind it */
static int read_header(
	const struct rtmessage *message, unsigned int type, void *ret, size_t size, size_t *ret_at)
{
	*ret_at = 0;
	if (message->type != type || !copy(&message->payload, ret, size))
		return -EBADMSG;
	step(&message->payload, ret_at, size);
	return 0;
}

int rtmessage_error(const struct rtmessage *message, int *ret_error)
{
	if (message->type != NLMSG_ERROR && message->type != NLMSG_DONE)
		return -EBADMSG;
	if (!copy(&message->payload, ret_error, sizeof(*ret_error)))
		return -EBADMSG;
	return *ret_error <= 0 ? 0 : -EBADMSG;
}

static int read_kind(const struct rtbytes *info, char ret[RTMESSAGE_NAME_MAX])
{
	struct attribute attribute;
	size_t at = 0;
	int n;

	while ((n = next_attribute(info, &at, &attribute)) > 0) {
		if (attribute.type != IFLA_INFO_KIND)
			continue;
		if (read_text(&attribute.value, ret) < 0)
			return -EBADMSG;
	}
	return n;
}

static int read_link(const struct attribute *attribute, struct rtlink *ret)
{
	switch (attribute->type) {
	case IFLA_IFNAME:
		return read_text(&attribute->value, ret->name);
	case IFLA_LINKINFO:
		return read_kind(&attribute->value, ret->kind);
	default:
		return 0;
	}
}

int rtmessage_link(const struct rtmessage *message, struct rtlink *ret)
{
	struct attribute attribute;
	struct ifinfomsg header;
	size_t at;
	int n;

	*ret = (struct rtlink){ 0 };
	if (read_header(message, RTM_NEWLINK, &header, sizeof(header), &at) < 0)
		return -EBADMSG;
	ret->index = (uint32_t)header.ifi_index;
	while ((n = next_attribute(&message->payload, &at, &attribute)) > 0)
		if (read_link(&attribute, ret) < 0)
			return -EBADMSG;
	if (n < 0)
		return n;
	return header.ifi_index > 0 && ret->name[0] ? 0 : -EBADMSG;
}

static bool is_internet(int family)
{
	return family == AF_INET || family == AF_INET6;
}

int rtmessage_address(const struct rtmessage *message, struct rtaddress *ret)
{
	struct attribute attribute;
	struct ifaddrmsg header;
	bool local = false;
	size_t at;
	int n;

	*ret = (struct rtaddress){ 0 };
	if (read_header(message, RTM_NEWADDR, &header, sizeof(header), &at) < 0)
		return -EBADMSG;
	ret->index = header.ifa_index;
	if (!is_internet(header.ifa_family))
		return 0;
	while ((n = next_attribute(&message->payload, &at, &attribute)) > 0) {
		/* On a link of two ends, IFA_ADDRESS is the other one's. */
		if (attribute.type != IFA_LOCAL && (attribute.type != IFA_ADDRESS || local))
			continue;
		local = local || attribute.type == IFA_LOCAL;
		if (read_address(&attribute.value, header.ifa_family, &ret->address) < 0)
			return -EBADMSG;
	}
	return n;
}

/* --- routes --- */

/* Return: 1; 0 behind the last hop; -EBADMSG. */
static int next_hop(const struct rtbytes *hops, size_t *at, uint32_t *ret_device)
{
	struct rtbytes left = rest(hops, *at);
	struct rtnexthop header;

	if (left.size == 0)
		return 0;
	if (!copy(&left, &header, sizeof(header)))
		return -EBADMSG;
	if (header.rtnh_len < sizeof(header) || header.rtnh_len > left.size)
		return -EBADMSG;
	if (header.rtnh_ifindex < 0)
		return -EBADMSG;
	*ret_device = (uint32_t)header.rtnh_ifindex;
	step(hops, at, header.rtnh_len);
	return 1;
}

bool rtmessage_next_hop(const struct rtroute *route, size_t *at, uint32_t *ret_device)
{
	return next_hop(&route->hops, at, ret_device) > 0;
}

static int read_hops(const struct rtbytes *value, struct rtbytes *ret)
{
	uint32_t device;
	size_t at = 0;
	int n;

	*ret = *value;
	while ((n = next_hop(value, &at, &device)) > 0)
		;
	return n;
}

static int read_route(const struct attribute *attribute, struct rtroute *ret)
{
	switch (attribute->type) {
	case RTA_DST:
		return read_address(&attribute->value, ret->family, &ret->to);
	case RTA_OIF:
		return read_number(&attribute->value, &ret->device);
	case RTA_NH_ID:
		return read_number(&attribute->value, &ret->nexthop);
	case RTA_MULTIPATH:
		return read_hops(&attribute->value, &ret->hops);
	default:
		return 0;
	}
}

int rtmessage_route(const struct rtmessage *message, struct rtroute *ret)
{
	struct attribute attribute;
	struct rtmsg header;
	size_t at;
	int n;

	*ret = (struct rtroute){ 0 };
	if (read_header(message, RTM_NEWROUTE, &header, sizeof(header), &at) < 0)
		return -EBADMSG;
	ret->family = header.rtm_family;
	ret->prefix = header.rtm_dst_len;
	ret->type = header.rtm_type;
	ret->cached = header.rtm_flags & RTM_F_CLONED;
	/* The attributes of multicast routes and of MPLS mean other things. */
	if (!is_internet(ret->family))
		return 0;
	ret->to.family = ret->family;
	while ((n = next_attribute(&message->payload, &at, &attribute)) > 0)
		if (read_route(&attribute, ret) < 0)
			return -EBADMSG;
	return n;
}

bool rtmessage_next_member(const struct rtnexthop_object *object, size_t *at, uint32_t *ret_id)
{
	struct rtbytes left = rest(&object->group, *at);
	struct nexthop_grp member;

	if (!copy(&left, &member, sizeof(member)))
		return false;
	*ret_id = member.id;
	*at += sizeof(member);
	return true;
}

static int read_nexthop(const struct attribute *attribute, struct rtnexthop_object *ret)
{
	switch (attribute->type) {
	case NHA_ID:
		return read_number(&attribute->value, &ret->id);
	case NHA_OIF:
		return read_number(&attribute->value, &ret->device);
	case NHA_GROUP:
		ret->group = attribute->value;
		return ret->group.size % sizeof(struct nexthop_grp) == 0 ? 0 : -EBADMSG;
	default:
		return 0;
	}
}

int rtmessage_nexthop(const struct rtmessage *message, struct rtnexthop_object *ret)
{
	struct attribute attribute;
	struct nhmsg header;
	size_t at;
	int n;

	*ret = (struct rtnexthop_object){ 0 };
	if (read_header(message, RTM_NEWNEXTHOP, &header, sizeof(header), &at) < 0)
		return -EBADMSG;
	while ((n = next_attribute(&message->payload, &at, &attribute)) > 0)
		if (read_nexthop(&attribute, ret) < 0)
			return -EBADMSG;
	if (n < 0)
		return n;
	return ret->id ? 0 : -EBADMSG;
}
