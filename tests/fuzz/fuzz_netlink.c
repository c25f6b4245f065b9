/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is received from a netlink socket at once. It has one part. */
#include "kernel/link.h"
#include "kernel/route.h"
#include "fuzz.h"

#include <errno.h>
#include <linux/rtnetlink.h>

static bool is_result(int err)
{
	return err == 0 || err == -EBADMSG || err == -ENOMEM;
}

/* Gives the message to every function that reads one. */
static int take(const struct nlmsghdr *message, void *arg)
{
	CLEANUP(route_free) struct route_devices devices = { 0 };
	const size_t *size = arg;
	char text[ADDRESS_TEXT_MAX];
	struct address address;
	struct link link;
	uint32_t index;
	int err = link_read(message, &link);

	fuzz_promise(message->nlmsg_len <= *size);
	fuzz_promise(is_result(err));
	fuzz_promise(strnlen(link.name, sizeof(link.name)) < sizeof(link.name));
	fuzz_promise(strnlen(link.kind, sizeof(link.kind)) < sizeof(link.kind));
	fuzz_promise(err < 0 || (link.index && link.name[0]));
	fuzz_promise(is_result(route_read_address(message, &index, &address)));
	address_print(&address, text);
	fuzz_promise(is_result(route_take_default(message, &devices)));
	fuzz_promise(is_result(route_take_found(message, &devices)));
	fuzz_promise(is_result(route_take_nexthop(message, &devices)));
	for (size_t i = 0; i < devices.indexes.n; i++)
		fuzz_promise(devices.indexes.items[i] != 0);
	return 0;
}

/* The first message says what was asked for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr first = { 0 };
	struct netlink_answer answer = { .fn = take, .arg = &size, .request = &first };
	int err;

	if (size >= sizeof(first))
		memcpy(&first, data, sizeof(first));

	first.nlmsg_type = (uint16_t)(first.nlmsg_type + 2);
	first.nlmsg_flags = NLM_F_DUMP;
	err = netlink_take(data, size, &answer);
	fuzz_promise(is_result(err));
	fuzz_promise(answer.error <= 0 || err < 0);
	return 0;
}
