/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses of the Internet protocol, as text has them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* An IPv6 address in full, '%' and the name of an interface. */
#define ADDRESS_TEXT_MAX 64

struct address {
	int family;        /* AF_INET or AF_INET6; 0 for none */
	uint8_t bytes[16]; /* in network byte order; IPv4 has four, the others are 0 */
	char scope[16];    /* the name or number of an interface, behind '%'; "" for none */
};

/**
 * address_parse - read an IPv4 or IPv6 address
 * @text: only an address, for example 192.0.2.1, 2001:db8::1 or fe80::1%eth0
 * @ret: set; family 0 if @text is something else. An IPv4 address that is mapped into IPv6
 *       (::ffff:192.0.2.1) is IPv4.
 *
 * Return: whether @text is an address.
 */
bool address_parse(const char *text, struct address *ret);

/**
 * address_parse_hex - read an address that is written as 8 or 32 hexadecimal digits
 *
 * Source: rpc_peeraddr2str() of RPC_DISPLAY_HEX_ADDR: xs_format_common_peer_addresses() in Linux
 * net/sunrpc/xprtsock.c.
 *
 * Return: whether @text is an address.
 */
bool address_parse_hex(const char *text, struct address *ret);

/** address_print - write an address as address_parse() reads it */
void address_print(const struct address *address, char ret[ADDRESS_TEXT_MAX]);

/** address_equal - whether two addresses are the same, apart from their scopes */
bool address_equal(const struct address *a, const struct address *b);
