/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the socket of rtnetlink, and how an answer ends. rtmessage.c reads the messages. */
#include "kernel/rtnetlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

/* The kernel fills up to 32 KiB at once; a message of an interface has some KiB. */
#define BUFFER_SIZE 65536
#define DUMP_TRIES 10

#ifndef RTM_F_FIB_MATCH
#define RTM_F_FIB_MATCH 0x2000
#endif

struct request {
	struct nlmsghdr header;
	union {
		/* Each begins with the family. */
		struct rtgenmsg any;
		struct ifinfomsg link;
		struct ifaddrmsg address;
		struct rtmsg route;
		struct nhmsg nexthop;
	};
	uint8_t attributes[64];
};

/* An answer is under way. */
struct answer {
	rtnetlink_fn fn;
	void *arg;
	bool dump;        /* it ends with NLMSG_DONE, not after the first message */
	bool interrupted; /* something has changed meanwhile */
	bool ended;
	int error; /* of the kernel: -errno */
};

int rtnetlink_open(struct rtnetlink *ret)
{
	ret->buffer = malloc(BUFFER_SIZE);
	if (!ret->buffer)
		return -ENOMEM;
	ret->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return ret->fd < 0 ? -errno : 0;
}

void rtnetlink_close(struct rtnetlink *netlink)
{
	util_closep(&netlink->fd);
	free(netlink->buffer);
	*netlink = (struct rtnetlink)RTNETLINK_NONE;
}

static int send_request(struct rtnetlink *netlink, struct request *request)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n;

	request->header.nlmsg_seq = ++netlink->seq;
	n = sendto(netlink->fd, request, request->header.nlmsg_len, 0, (struct sockaddr *)&kernel,
		sizeof(kernel));
	if (n < 0)
		return -errno;
	return n == (ssize_t)request->header.nlmsg_len ? 0 : -EIO;
}

/* Other processes can send to the socket, too: what is not the kernel's is dropped. */
static int receive(struct rtnetlink *netlink, struct rtbytes *ret)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = netlink->buffer, .iov_len = BUFFER_SIZE };
	struct msghdr header = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	ssize_t n;

	do {
		n = recvmsg(netlink->fd, &header, 0);
		if (n < 0 && errno != EINTR)
			return -errno;
	} while (n < 0 || from.nl_pid != 0);
	if (header.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	/* The kernel never sends an empty datagram. */
	if (n == 0)
		return -EBADMSG;
	*ret = (struct rtbytes){ netlink->buffer, (size_t)n };
	return 0;
}

static int take_message(const struct rtmessage *message, struct answer *answer)
{
	if (message->flags & NLM_F_DUMP_INTR)
		answer->interrupted = true;
	switch (message->type) {
	case NLMSG_NOOP:
		return 0;
	case NLMSG_ERROR:
	case NLMSG_DONE:
		answer->ended = true;
		return rtmessage_error(message, &answer->error);
	default:
		answer->ended = !answer->dump;
		return answer->fn(message, answer->arg);
	}
}

static int take_messages(
	const struct rtnetlink *netlink, const struct rtbytes *bytes, struct answer *answer)
{
	struct rtmessage message;
	size_t at = 0;
	int n, err;

	while ((n = rtmessage_next(bytes, &at, &message)) > 0) {
		/* Left over from a question that was given up. */
		if (message.seq != netlink->seq)
			continue;
		err = take_message(&message, answer);
		if (err < 0)
			return err;
	}
	return n;
}

/* Return: 0 if the answer has ended, with answer.error; -errno. */
static int ask(struct rtnetlink *netlink, struct request *request, struct answer *answer)
{
	struct rtbytes bytes;
	int err;

	err = send_request(netlink, request);
	if (err < 0)
		return err;
	while (!answer->ended) {
		err = receive(netlink, &bytes);
		if (err < 0)
			return err;
		err = take_messages(netlink, &bytes, answer);
		if (err < 0)
			return err;
	}
	return 0;
}

/* The kernel wants the header of the type, and for nexthops nothing behind it. */
static size_t header_size(uint16_t type)
{
	switch (type) {
	case RTM_GETLINK:
		return sizeof(struct ifinfomsg);
	case RTM_GETADDR:
		return sizeof(struct ifaddrmsg);
	case RTM_GETROUTE:
		return sizeof(struct rtmsg);
	default:
		return sizeof(struct nhmsg);
	}
}

int rtnetlink_dump(struct rtnetlink *netlink, uint16_t type, int family, rtnetlink_fn fn, void *arg)
{
	struct request request = {
		.header = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(header_size(type)),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.any = { .rtgen_family = (unsigned char)family },
	};

	for (int tries = 0; tries < DUMP_TRIES; tries++) {
		struct answer answer = { .fn = fn, .arg = arg, .dump = true };
		int err = ask(netlink, &request, &answer);

		if (err < 0)
			return err;
		if (answer.error < 0)
			return answer.error;
		if (!answer.interrupted)
			return 0;
	}
	return -EAGAIN;
}

/* --- one route --- */

static void add_attribute(
	struct request *request, unsigned short type, const void *value, size_t size)
{
	struct rtattr *attribute = (void *)((uint8_t *)request + request->header.nlmsg_len);

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(RTA_DATA(attribute), value, size);
	request->header.nlmsg_len += (uint32_t)RTA_SPACE(size);
}

static void add_address(struct request *request, unsigned short type, const struct address *address)
{
	add_attribute(request, type, address->bytes, address->family == AF_INET ? 4 : 16);
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

int rtnetlink_find_route(struct rtnetlink *netlink, const struct address *to,
	const struct address *from, uint32_t device, rtnetlink_fn fn, void *arg)
{
	struct request request = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(request.route)),
			.nlmsg_type = RTM_GETROUTE,
			.nlmsg_flags = NLM_F_REQUEST },
		.route = { .rtm_family = (unsigned char)to->family,
			.rtm_dst_len = to->family == AF_INET ? 32 : 128,
			.rtm_flags = RTM_F_FIB_MATCH },
	};
	struct answer answer = { .fn = fn, .arg = arg };
	int err;

	add_address(&request, RTA_DST, to);
	if (from->family == to->family) {
		request.route.rtm_src_len = request.route.rtm_dst_len;
		add_address(&request, RTA_SRC, from);
	}
	if (device)
		add_attribute(&request, RTA_OIF, &device, sizeof(device));
	err = ask(netlink, &request, &answer);
	if (err < 0)
		return err;
	return answer.error == 0 || is_no_route(answer.error) ? 0 : answer.error;
}
