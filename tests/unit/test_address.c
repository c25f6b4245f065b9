/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/address.h"
#include "test.h"

static const struct {
	const char *text, *printed; /* NULL for no address */
} addresses[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "2001:DB8::1", "2001:db8::1" },
	{ "::", "::" },
	{ "fe80::1%eth0", "fe80::1%eth0" },
	{ "fe80::1%2", "fe80::1%2" },
	{ "fe80:0000:0000:0000:0000:0000:0000:0001", "fe80::1" },
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "::ffff:192.0.2.1%eth0", "192.0.2.1" },
	{ "", NULL },
	{ "192.0.2", NULL },
	{ "192.0.2.1 ", NULL },
	{ "192.0.2.1/24", NULL },
	{ "192.0.2.256", NULL },
	{ "192.0.2.1%eth0", NULL },
	{ "0xc0000201", NULL },
	{ "[2001:db8::1]", NULL },
	{ "2001:db8::1::2", NULL },
	{ "fe80::1%", NULL },
	{ "fe80::1%a/b", NULL },
	{ "fe80::1%an-interface-name", NULL },
	{ "1111111111111111111111111111111111111111111111", NULL },
	{ "UNKNOWN", NULL },
};

static const struct {
	const char *text, *printed;
} digits[] = {
	{ "c0000201", "192.0.2.1" },
	{ "C000020A", "192.0.2.10" },
	{ "20010db8000000000000000000000001", "2001:db8::1" },
	{ "00000000000000000000ffffc0000201", "192.0.2.1" },
	{ "c000020", NULL },
	{ "c00002011", NULL },
	{ "c000020g", NULL },
	{ " c000020", NULL },
	{ "", NULL },
};

static void check(bool found, const struct address *address, const char *text, const char *printed)
{
	char got[ADDRESS_TEXT_MAX];

	address_print(address, got);
	ok(found == (printed != NULL) && streq(got, printed ? printed : ""), "'%s': '%s'", text,
		got);
}

int main(void)
{
	struct address a, b;

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		bool found = address_parse(addresses[i].text, &a);

		check(found, &a, addresses[i].text, addresses[i].printed);
	}
	for (size_t i = 0; i < ARRAY_SIZE(digits); i++) {
		bool found = address_parse_hex(digits[i].text, &a);

		check(found, &a, digits[i].text, digits[i].printed);
	}
	address_parse("fe80::1%eth0", &a);
	address_parse("fe80::1%eth1", &b);
	ok(address_equal(&a, &b), "a scope does not count");
	address_parse("::1", &b);
	ok(!address_equal(&a, &b), "two addresses");
	return test_end();
}
