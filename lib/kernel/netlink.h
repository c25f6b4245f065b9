/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions to the kernel about the caller's network namespace, over rtnetlink. Nothing is changed.
 *
 * An answer is complete or an error. The kernel answers at once, unless another process holds its
 * lock for the network: call these functions in a child with a deadline (base/supervise.h).
 */
#pragma once

#include "base/util.h"

#include <libmnl/libmnl.h>

struct netlink {
	struct mnl_socket *socket;
	uint32_t seq;
};

/**
 * netlink_open - open a socket that gets messages of the kernel alone
 * @ret: { 0 } before; closed by netlink_close(), also after a failure
 *
 * Return: 0; -ENOMEM; -errno of socket(2): -EAFNOSUPPORT or -EPERM if a service may not use
 * netlink.
 * Source: netlink_getsockbyportid() in Linux net/netlink/af_netlink.c refuses what other processes
 * send to a connected socket.
 */
int netlink_open(struct netlink *ret);

/** netlink_close - for use as a cleanup function */
void netlink_close(struct netlink *netlink);

/** An answer that is under way, or has ended. */
struct netlink_answer {
	/**
	 * fn - called for each message of the answer
	 * @message: of the type that answers the request; its own length is valid, nothing else of
	 *           it has been checked
	 *
	 * Return: 0; -errno, which ends the question.
	 */
	int (*fn)(const struct nlmsghdr *message, void *arg);
	void *arg;
	const struct nlmsghdr *request;
	bool interrupted; /* a dump, and something has changed meanwhile */
	bool ended;
	int error; /* 0; otherwise the kernel's answer is this -errno */
};

/**
 * netlink_ask - ask a question
 * @request: one of the types RTM_GET...; without NLM_F_DUMP, one message is the answer. Its number
 *           is set here.
 * @answer: fn and arg are given; the other members are set
 *
 * Return: 0 if the kernel has answered, also with an error; -EBADMSG; -errno of the socket or of
 * @answer->fn.
 */
int netlink_ask(struct netlink *netlink, struct nlmsghdr *request, struct netlink_answer *answer);

/**
 * netlink_dump - ask for everything of one kind
 * @type: RTM_GETLINK, RTM_GETADDR or RTM_GETROUTE
 * @size: of the structure that messages of this type begin with
 * @family: AF_UNSPEC; for routes, AF_INET or AF_INET6
 * @fn: as in struct netlink_answer. If something changes while the kernel lists it, it is asked
 *      again, and @fn sees messages again.
 *
 * Routes are those of all tables.
 *
 * Return: 0; -EAGAIN if it has changed each of ten times; -EBADMSG; -errno of the socket, of the
 * kernel or of @fn.
 * Source: inet_dump_fib() in Linux net/ipv4/fib_frontend.c, inet6_dump_fib() in net/ipv6/ip6_fib.c;
 * NLM_F_DUMP_INTR: nl_dump_check_consistent() in include/net/netlink.h.
 */
int netlink_dump(struct netlink *netlink, uint16_t type, size_t size, int family,
	int (*fn)(const struct nlmsghdr *message, void *arg), void *arg);

/**
 * netlink_take - take what was received at once into an answer
 *
 * Messages that do not answer the request, which are left over from an earlier one, are dropped.
 *
 * Return: 0; -EBADMSG for a message that is cut short, or of a type that answers something else;
 * -errno of answer->fn.
 */
int netlink_take(const void *data, size_t size, struct netlink_answer *answer);

/**
 * netlink_attributes - find the attributes of a message
 * @size: of the structure that it begins with, a multiple of four bytes
 * @ret: for each type below @n, the last attribute of this type, or NULL. The length of an
 * attribute is within the message; whether its value has the size that its type needs is the
 * caller's to check.
 *
 * Return: 0; -EBADMSG if the message or one of its attributes is cut short.
 */
int netlink_attributes(
	const struct nlmsghdr *message, size_t size, const struct nlattr **ret, size_t n);

/** netlink_nested - as netlink_attributes(), for the attributes that an attribute consists of */
int netlink_nested(const struct nlattr *attribute, const struct nlattr **ret, size_t n);

/**
 * netlink_number - read an attribute of 32 bits
 * @attribute: NULL stands for 0
 *
 * Return: 0, or -EBADMSG.
 */
int netlink_number(const struct nlattr *attribute, uint32_t *ret);
