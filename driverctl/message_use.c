/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words what uses a device. Finds nothing. */
#include "message.h"

/* What a network interface carries. The user follows. */
static const char *const carried[] = {
	[USE_ROUTE] = "the default route",
	[USE_SSH] = "the ssh connection from ",
	[USE_NET_MOUNT] = "the file system mounted at ",
	[USE_NFS] = "the connection to the NFS server ",
	[USE_ISCSI] = "the session with the iSCSI target ",
	[USE_NVME] = "the connection to the NVMe target ",
};

static void word_network(const struct use *h, char *ret, size_t size)
{
	char through[64] = "";

	if (h->through[0])
		util_format(through, sizeof(through), ", through %s,", h->through);
	util_format(ret, size, "in use: %s%s carries %s%s", h->node, through, carried[h->kind],
		h->user);
}

static void word_namespace(const struct use *h, char *ret, size_t size)
{
	util_format(ret, size, "in use: its network interface%s%s is in another network namespace",
		h->node[0] ? " " : "", h->node);
}

static void word_process(const struct use *h, char *ret, size_t size)
{
	char program[80];

	message_quote(h->user, program);
	if (h->pid)
		util_format(ret, size, "in use: %s is open in %s (pid %ld)", h->node, program,
			(long)h->pid);
	else
		util_format(ret, size, "in use: %s is open in a process that /proc does not show",
			h->node);
}

static void word_holder(const struct use *h, char *ret, size_t size)
{
	switch (h->kind) {
	case USE_MOUNT:
		util_format(ret, size, "in use: %s is mounted at %s", h->node, h->user);
		break;
	case USE_SWAP:
		util_format(ret, size, "in use: %s is swap", h->node);
		break;
	case USE_DEVICE:
		util_format(ret, size, "in use: %s is part of %s", h->node, h->user);
		break;
	case USE_PROCESS:
		word_process(h, ret, size);
		break;
	case USE_FUNCTIONS:
		util_format(ret, size, "in use: %s virtual function%s enabled on it", h->user,
			streq(h->user, "1") ? " is" : "s are");
		break;
	case USE_MDEVS:
		util_format(ret, size, "in use: %s mediated device%s active on it", h->user,
			streq(h->user, "1") ? " is" : "s are");
		break;
	case USE_ROUTE:
	case USE_SSH:
	case USE_NET_MOUNT:
	case USE_NFS:
	case USE_ISCSI:
	case USE_NVME:
		word_network(h, ret, size);
		break;
	case USE_NAMESPACE:
		word_namespace(h, ret, size);
		break;
	case USE_HIDDEN:
		util_format(ret, size,
			"cannot tell whether %s is in use: /proc does not show the processes of "
			"the host",
			h->node);
		break;
	case USE_UNKNOWN:
		util_format(ret, size, "cannot tell whether %s is in use: %s", h->node,
			strerror(-h->error));
		break;
	default:
		util_format(ret, size, "in use: %s is claimed", h->node);
	}
}

/* The names of mount points, mapped devices and interfaces are other people's. */
const char *message_use(const struct use *h, char *ret, size_t size)
{
	char text[8192];

	word_holder(h, text, sizeof(text));
	message_escape(text, size - sizeof("\\xNN"), ret, size);
	return ret;
}

static void word_unseen(size_t n, char *ret, size_t size)
{
	util_format(ret, size,
		"cannot tell whether it is in use: %zu process%s cannot be looked into", n,
		n == 1 ? "" : "es");
}

const char *message_uses(const struct override_failure *failure, char *ret, size_t size)
{
	size_t more = failure->n_more_uses, length;

	if (failure->use.kind == USE_NONE) {
		word_unseen(failure->unseen, ret, size);
		return ret;
	}
	message_use(&failure->use, ret, size);
	length = strlen(ret);
	if (more > 0)
		util_format(ret + length, size - length, " (and %zu more use%s)", more,
			more == 1 ? "" : "s");
	return ret;
}
