/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the list of interfaces. Knows no routes. */
#include "kernel/link.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

static struct rtlink *find_index(const struct links *links, uint32_t index)
{
	for (size_t i = 0; i < links->n; i++)
		if (links->items[i].index == index)
			return &links->items[i];
	return NULL;
}

/* An interface is listed again if another one has changed meanwhile. */
static int take_link(const struct rtmessage *message, void *arg)
{
	struct links *links = arg;
	struct rtlink link, *known;
	int err = rtmessage_link(message, &link);

	if (err < 0)
		return err;
	known = find_index(links, link.index);
	if (known) {
		*known = link;
		return 0;
	}
	err = util_grow(&links->items, links->n, sizeof(*links->items));
	if (err < 0)
		return err;
	links->items[links->n++] = link;
	return 0;
}

int link_list(struct rtnetlink *netlink, struct links *ret)
{
	*ret = (struct links){ 0 };
	return rtnetlink_dump(netlink, RTM_GETLINK, AF_UNSPEC, take_link, ret);
}

void link_free(struct links *links)
{
	free(links->items);
	*links = (struct links){ 0 };
}

const struct rtlink *link_by_name(const struct links *links, const char *name)
{
	for (size_t i = 0; i < links->n; i++)
		if (streq(links->items[i].name, name))
			return &links->items[i];
	return NULL;
}

const struct rtlink *link_by_index(const struct links *links, uint32_t index)
{
	return find_index(links, index);
}
