/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns what an address looks like. Knows no interfaces, and resolves no names. */
#include "base/address.h"

#include "base/util.h"

#include <arpa/inet.h>

#define IPV4_BYTES 4
#define IPV6_BYTES 16

/* ::ffff:0:0/96 */
static const uint8_t mapped[IPV6_BYTES - IPV4_BYTES] = { [10] = 0xff, [11] = 0xff };

/* A socket of IPv6 shows a peer of IPv4 so. */
static void unmap(struct address *address)
{
	uint8_t ipv4[IPV4_BYTES];

	if (address->family != AF_INET6 || memcmp(address->bytes, mapped, sizeof(mapped)) != 0)
		return;
	memcpy(ipv4, address->bytes + sizeof(mapped), sizeof(ipv4));
	*address = (struct address){ .family = AF_INET };
	memcpy(address->bytes, ipv4, sizeof(ipv4));
}

/* @scope: what stands behind '%' */
static bool parse_scope(const char *scope, struct address *ret)
{
	if (ret->family != AF_INET6 || !util_name_valid(scope))
		return false;
	return util_format(ret->scope, sizeof(ret->scope), "%s", scope) == 0;
}

static bool parse(const char *text, struct address *ret)
{
	const char *percent = strchr(text, '%');
	size_t length = percent ? (size_t)(percent - text) : strlen(text);
	char digits[INET6_ADDRSTRLEN];

	if (length >= sizeof(digits))
		return false;
	memcpy(digits, text, length);
	digits[length] = '\0';
	ret->family = strchr(digits, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(ret->family, digits, ret->bytes) != 1)
		return false;
	return !percent || parse_scope(percent + 1, ret);
}

bool address_parse(const char *text, struct address *ret)
{
	*ret = (struct address){ 0 };
	if (!parse(text, ret)) {
		*ret = (struct address){ 0 };
		return false;
	}
	unmap(ret);
	return true;
}

static uint8_t hex_value(char digit)
{
	if (digit <= '9')
		return (uint8_t)(digit - '0');
	return (uint8_t)((digit | 0x20) - 'a' + 10);
}

bool address_parse_hex(const char *text, struct address *ret)
{
	size_t n = strlen(text);

	*ret = (struct address){ 0 };
	if (n != strspn(text, "0123456789abcdefABCDEF"))
		return false;
	if (n != 2 * IPV4_BYTES && n != 2 * IPV6_BYTES)
		return false;
	ret->family = n == 2 * IPV4_BYTES ? AF_INET : AF_INET6;
	for (size_t i = 0; i < n / 2; i++)
		ret->bytes[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
	unmap(ret);
	return true;
}

void address_print(const struct address *address, char ret[ADDRESS_TEXT_MAX])
{
	char digits[INET6_ADDRSTRLEN];

	ret[0] = '\0';
	if (!inet_ntop(address->family, address->bytes, digits, sizeof(digits)))
		return;
	util_format(ret, ADDRESS_TEXT_MAX, "%s%s%s", digits, address->scope[0] ? "%" : "",
		address->scope);
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
