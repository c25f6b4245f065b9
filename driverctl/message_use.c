/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words what uses a device. Finds nothing. */
#include "message.h"

/* The words for a connection that a network interface carries. The user follows. */
static const char *const carried[] = {
	[USE_ROUTE] = "the default route",
	[USE_SSH] = "the ssh connection from ",
	[USE_NET_MOUNT] = "the file system mounted at ",
	[USE_NFS] = "the connection to the NFS server ",
	[USE_ISCSI] = "the session with the iSCSI target ",
	[USE_NVME] = "the connection to the NVMe target ",
};

/* The names of mount points, mapped devices and interfaces are other people's. */
const char *message_use(const struct use *h, char *ret, size_t size)
{
	const char *several = streq(h->user, "1") ? " is" : "s are";
	char text[8192] = "", word[80] = "";

	switch (h->kind) {
	case USE_MOUNT:
		util_format(text, sizeof(text), "in use: %s is mounted at %s", h->node, h->user);
		break;
	case USE_SWAP:
		util_format(text, sizeof(text), "in use: %s is swap", h->node);
		break;
	case USE_DEVICE:
		util_format(text, sizeof(text), "in use: %s is part of %s", h->node, h->user);
		break;
	case USE_PROCESS:
		message_quote(h->user, word);
		if (h->pid)
			util_format(text, sizeof(text), "in use: %s is open in %s (pid %ld)",
				h->node, word, (long)h->pid);
		else
			util_format(text, sizeof(text),
				"in use: %s is open in a process that /proc does not show",
				h->node);
		break;
	case USE_FUNCTIONS:
		util_format(text, sizeof(text), "in use: %s virtual function%s enabled on it",
			h->user, several);
		break;
	case USE_MDEVS:
		util_format(text, sizeof(text), "in use: %s mediated device%s active on it",
			h->user, several);
		break;
	case USE_ROUTE:
	case USE_SSH:
	case USE_NET_MOUNT:
	case USE_NFS:
	case USE_ISCSI:
	case USE_NVME:
		if (h->through[0])
			util_format(word, sizeof(word), ", through %s,", h->through);
		util_format(text, sizeof(text), "in use: %s%s carries %s%s", h->node, word,
			carried[h->kind], h->user);
		break;
	case USE_NAMESPACE:
		util_format(text, sizeof(text),
			"in use: its network interface%s%s is in another network namespace",
			h->node[0] ? " " : "", h->node);
		break;
	case USE_NONE:
	case USE_CLAIMED:
		util_format(text, sizeof(text),
			"in use: %s is in use by the kernel: mounted elsewhere, or part of a "
			"volume",
			h->node);
		break;
	case USE_UNKNOWN:
		util_format(text, sizeof(text), "cannot tell whether %s is in use: %s", h->node,
			strerror(-h->error));
		break;
	case USE_HIDDEN:
		util_format(text, sizeof(text),
			"cannot tell whether %s is in use: /proc does not show the processes of "
			"the host",
			h->node);
		break;
	}
	message_escape(text, size - sizeof("\\xNN"), ret, size);
	return ret;
}

const char *message_uses(const struct override_failure *failure, char *ret, size_t size)
{
	size_t more = failure->n_more_uses, unseen = failure->unseen, length;

	if (failure->use.kind == USE_NONE) {
		util_format(ret, size,
			"cannot tell whether it is in use: %zu process%s cannot be looked into",
			unseen, unseen == 1 ? "" : "es");
		return ret;
	}
	message_use(&failure->use, ret, size);
	length = strlen(ret);
	if (more > 0)
		util_format(ret + length, size - length, " (and %zu more use%s)", more,
			more == 1 ? "" : "s");
	return ret;
}
