/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of interfaces, as the kernel's messages tell it. */
#include "kernel/link.h"

#include <errno.h>
#include <linux/rtnetlink.h>

static int read_text(const struct nlattr *attribute, char ret[IFNAMSIZ])
{
	if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0)
		return -EBADMSG;
	return util_format(ret, IFNAMSIZ, "%s", mnl_attr_get_str(attribute)) < 0 ? -EBADMSG : 0;
}

int link_read(const struct nlmsghdr *message, struct link *ret)
{
	const struct nlattr *attributes[IFLA_LINKINFO + 1], *info[IFLA_INFO_KIND + 1];
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);

	*ret = (struct link){ 0 };
	if (netlink_attributes(message, sizeof(*header), attributes, ARRAY_SIZE(attributes)) < 0)
		return -EBADMSG;
	if (header->ifi_index <= 0 || !attributes[IFLA_IFNAME])
		return -EBADMSG;
	ret->index = (uint32_t)header->ifi_index;
	if (read_text(attributes[IFLA_IFNAME], ret->name) < 0 || !ret->name[0])
		return -EBADMSG;
	if (!attributes[IFLA_LINKINFO])
		return 0;
	if (netlink_nested(attributes[IFLA_LINKINFO], info, ARRAY_SIZE(info)) < 0)
		return -EBADMSG;
	return info[IFLA_INFO_KIND] ? read_text(info[IFLA_INFO_KIND], ret->kind) : 0;
}

/* An interface is listed again if another one has changed meanwhile. */
static int take_link(const struct nlmsghdr *message, void *arg)
{
	struct links *links = arg;
	struct link link, *known;
	int err = link_read(message, &link);

	if (err < 0)
		return err;
	known = link_by_index(links, link.index);
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

int link_list(struct netlink *netlink, struct links *ret)
{
	*ret = (struct links){ 0 };
	return netlink_dump(
		netlink, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC, take_link, ret);
}

void link_free(struct links *links)
{
	free(links->items);
	*links = (struct links){ 0 };
}

struct link *link_by_name(const struct links *links, const char *name)
{
	for (size_t i = 0; i < links->n; i++)
		if (streq(links->items[i].name, name))
			return &links->items[i];
	return NULL;
}

struct link *link_by_index(const struct links *links, uint32_t index)
{
	for (size_t i = 0; i < links->n; i++)
		if (links->items[i].index == index)
			return &links->items[i];
	return NULL;
}
