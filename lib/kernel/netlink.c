/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libmnl's socket and messages; how an answer ends, and what of it is not complete. */
#include "kernel/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>

/* The kernel fills up to 32 KiB at once; a message of an interface has some KiB. */
#define BUFFER_SIZE 65536
#define DUMP_TRIES 10

int netlink_open(struct netlink *ret)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	ret->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!ret->socket)
		return -errno;
	if (connect(mnl_socket_get_fd(ret->socket), (const struct sockaddr *)&kernel,
		    sizeof(kernel)) < 0)
		return -errno;
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	*netlink = (struct netlink){ 0 };
}

/* mnl_cb_run() takes any NLMSG_DONE for success, and stops in silence at what is cut short. */
int netlink_take(const void *data, size_t size, struct netlink_answer *answer)
{
	const struct nlmsghdr *message = data;
	int left = (int)size, err;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		/* The function of libmnl 1.0.4 takes it for a negative one. */
		if (message->nlmsg_len > (unsigned int)left)
			return -EBADMSG;
		if (message->nlmsg_seq != answer->request->nlmsg_seq)
			continue;
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			answer->interrupted = true;
		switch (message->nlmsg_type) {
		case NLMSG_NOOP:
			continue;
		case NLMSG_ERROR:
		case NLMSG_DONE:
			/* Both begin with it. */
			if (mnl_nlmsg_get_payload_len(message) < sizeof(answer->error))
				return -EBADMSG;
			memcpy(&answer->error, mnl_nlmsg_get_payload(message),
				sizeof(answer->error));
			if (answer->error > 0)
				return -EBADMSG;
			answer->ended = true;
			break;
		default:
			/* RTM_NEWROUTE answers RTM_GETROUTE, and so on. */
			if (message->nlmsg_type != answer->request->nlmsg_type - 2)
				return -EBADMSG;
			err = answer->fn(message, answer->arg);
			if (err < 0)
				return err;
			if (!(answer->request->nlmsg_flags & NLM_F_DUMP))
				answer->ended = true;
		}
	}
	return left > 0 ? -EBADMSG : 0;
}

int netlink_ask(struct netlink *netlink, struct nlmsghdr *request, struct netlink_answer *answer)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[BUFFER_SIZE];

	request->nlmsg_seq = ++netlink->seq;
	*answer =
		(struct netlink_answer){ .fn = answer->fn, .arg = answer->arg, .request = request };
	if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
		return -errno;
	while (!answer->ended) {
		ssize_t n = mnl_socket_recvfrom(netlink->socket, buffer, sizeof(buffer));
		int err;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		/* The kernel never sends an empty datagram. */
		err = n ? netlink_take(buffer, (size_t)n, answer) : -EBADMSG;
		if (err < 0)
			return err;
	}
	return 0;
}

int netlink_dump(struct netlink *netlink, uint16_t type, size_t size, int family,
	int (*fn)(const struct nlmsghdr *message, void *arg), void *arg)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtgenmsg *header = mnl_nlmsg_put_extra_header(request, size);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	/* The structure of each type begins with the family. */
	header->rtgen_family = (unsigned char)family;
	for (int tries = 0; tries < DUMP_TRIES; tries++) {
		struct netlink_answer answer = { .fn = fn, .arg = arg };
		int err = netlink_ask(netlink, request, &answer);

		if (err < 0)
			return err;
		if (answer.error < 0)
			return answer.error;
		if (!answer.interrupted)
			return 0;
	}
	return -EAGAIN;
}

/* mnl_attr_parse() stops in silence at an attribute that is cut short. */
static int find_attributes(const void *data, size_t size, const struct nlattr **ret, size_t n)
{
	const struct nlattr *attribute = data;
	const char *end = (const char *)data + size;

	for (size_t i = 0; i < n; i++)
		ret[i] = NULL;
	for (; mnl_attr_ok(attribute, (int)(end - (const char *)attribute));
		attribute = mnl_attr_next(attribute))
		if (mnl_attr_get_type(attribute) < n)
			ret[mnl_attr_get_type(attribute)] = attribute;
	return (const char *)attribute < end ? -EBADMSG : 0;
}

int netlink_attributes(
	const struct nlmsghdr *message, size_t size, const struct nlattr **ret, size_t n)
{
	size_t length = mnl_nlmsg_get_payload_len(message);

	if (length < size)
		return -EBADMSG;
	return find_attributes(mnl_nlmsg_get_payload_offset(message, size), length - size, ret, n);
}

int netlink_nested(const struct nlattr *attribute, const struct nlattr **ret, size_t n)
{
	return find_attributes(
		mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute), ret, n);
}

int netlink_number(const struct nlattr *attribute, uint32_t *ret)
{
	*ret = 0;
	if (!attribute)
		return 0;
	if (mnl_attr_validate(attribute, MNL_TYPE_U32) < 0)
		return -EBADMSG;
	*ret = mnl_attr_get_u32(attribute);
	return 0;
}
