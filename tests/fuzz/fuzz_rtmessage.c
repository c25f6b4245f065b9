/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is received from a netlink socket at once. It has one part. */
#include "kernel/route.h"
#include "fuzz.h"

#include <errno.h>

static bool is_within(const struct rtbytes *part, const struct rtbytes *whole)
{
	if (part->size == 0)
		return true;
	return part->data >= whole->data && part->size <= whole->size &&
	       (size_t)(part->data - whole->data) <= whole->size - part->size;
}

static bool is_result(int err)
{
	return err == 0 || err == -EBADMSG;
}

static void check_link(const struct rtmessage *message)
{
	struct rtlink link;
	int err = rtmessage_link(message, &link);

	fuzz_promise(is_result(err));
	fuzz_promise(strnlen(link.name, sizeof(link.name)) < sizeof(link.name));
	fuzz_promise(strnlen(link.kind, sizeof(link.kind)) < sizeof(link.kind));
	fuzz_promise(err < 0 || (link.index && link.name[0]));
}

static void check_address(const struct rtmessage *message)
{
	struct rtaddress address;
	char text[ADDRESS_TEXT_MAX];

	fuzz_promise(is_result(rtmessage_address(message, &address)));
	address_print(&address.address, text);
}

static void check_route(const struct rtmessage *message)
{
	struct rtroute route;
	uint32_t device;
	size_t at = 0, before = 0;
	int err = rtmessage_route(message, &route);

	fuzz_promise(is_result(err));
	if (err < 0)
		return;
	route_is_default(&route);
	fuzz_promise(is_within(&route.hops, &message->payload));
	for (; rtmessage_next_hop(&route, &at, &device); before = at)
		fuzz_promise(at > before && at <= route.hops.size);
	fuzz_promise(at == route.hops.size);
}

static void check_nexthop(const struct rtmessage *message)
{
	struct rtnexthop_object object;
	size_t at = 0, before = 0;
	uint32_t id;
	int err = rtmessage_nexthop(message, &object);

	fuzz_promise(is_result(err));
	if (err < 0)
		return;
	fuzz_promise(object.id && is_within(&object.group, &message->payload));
	for (; rtmessage_next_member(&object, &at, &id); before = at)
		fuzz_promise(at > before && at <= object.group.size);
	fuzz_promise(at == object.group.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtbytes bytes = { data, size };
	struct rtmessage message;
	size_t at = 0, before = 0;
	int n, error;

	for (; (n = rtmessage_next(&bytes, &at, &message)) > 0; before = at) {
		fuzz_promise(at > before && at <= size);
		fuzz_promise(is_within(&message.payload, &bytes));
		check_link(&message);
		check_address(&message);
		check_route(&message);
		check_nexthop(&message);
		if (rtmessage_error(&message, &error) == 0)
			fuzz_promise(error <= 0);
	}
	fuzz_promise(n == -EBADMSG || (n == 0 && at == size));
	return 0;
}
