/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages of rtnetlink, as the kernel sends them: interfaces, addresses and routes. Nothing here
 * reads or sends one; see kernel/rtnetlink.h.
 *
 * A message that is cut short or contradicts itself is an error, never a message without the part.
 * Source: rtnetlink(7); include/uapi/linux/{netlink,rtnetlink,if_link,if_addr,nexthop}.h.
 */
#pragma once

#include "base/address.h"

/* As IFNAMSIZ. */
#define RTMESSAGE_NAME_MAX 16

/** Bytes of a message that others own. */
struct rtbytes {
	const uint8_t *data;
	size_t size;
};

struct rtmessage {
	uint16_t type;  /* RTM_NEWROUTE, NLMSG_DONE ... */
	uint16_t flags; /* NLM_F_DUMP_INTR ... */
	uint32_t seq;
	struct rtbytes payload;
};

struct rtlink {
	uint32_t index;
	char name[RTMESSAGE_NAME_MAX];
	char kind[RTMESSAGE_NAME_MAX]; /* of a virtual interface: "bridge", "openvswitch"; or "" */
};

struct rtaddress {
	uint32_t index; /* of the interface that has the address */
	struct address address;
};

struct rtroute {
	int family;
	unsigned int prefix; /* length in bits; 0 for a default route */
	struct address to;   /* the destination; all zeros for a default route */
	unsigned int type;   /* RTN_UNICAST ... */
	bool cached;         /* a copy that the kernel has made of a route for one address */
	uint32_t device;     /* the index of the interface; 0 for none or several */
	uint32_t nexthop;    /* the id of a nexthop object; 0 for none */
	struct rtbytes hops; /* for rtmessage_next_hop() */
};

/** A nexthop object, which is a device or a group of other objects. */
struct rtnexthop_object {
	uint32_t id;
	uint32_t device;      /* the index of the interface; 0 for none */
	struct rtbytes group; /* for rtmessage_next_member() */
};

/**
 * rtmessage_next - the next message of those that were received together
 * @at: where it begins; 0 at first; updated
 * @ret: points into @bytes
 *
 * Return: 1; 0 behind the last message; -EBADMSG.
 */
int rtmessage_next(const struct rtbytes *bytes, size_t *at, struct rtmessage *ret);

/*
 * Read a message of each type. @ret points into the message.
 *
 * Return: 0; -EBADMSG, also for a message of another type.
 */
int rtmessage_link(const struct rtmessage *message, struct rtlink *ret);
int rtmessage_address(const struct rtmessage *message, struct rtaddress *ret);
int rtmessage_route(const struct rtmessage *message, struct rtroute *ret);
int rtmessage_nexthop(const struct rtmessage *message, struct rtnexthop_object *ret);

/**
 * rtmessage_error - what NLMSG_ERROR, or NLMSG_DONE at the end of a dump, says
 * @ret_error: 0 or -errno
 *
 * Return: 0; -EBADMSG, also for a message of another type.
 */
int rtmessage_error(const struct rtmessage *message, int *ret_error);

/**
 * rtmessage_next_hop - the next interface of a route that has several
 * @at: 0 at first; updated
 * @ret_device: its index; 0 if this hop has none
 *
 * Return: whether there is another one.
 */
bool rtmessage_next_hop(const struct rtroute *route, size_t *at, uint32_t *ret_device);

/** rtmessage_next_member - as rtmessage_next_hop(), for the ids of a group of nexthop objects */
bool rtmessage_next_member(const struct rtnexthop_object *object, size_t *at, uint32_t *ret_id);
