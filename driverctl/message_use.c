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

static void word_mount(const struct use *h, char *ret, size_t size)
{
	util_format(ret, size, "in use: %s is mounted at %s", h->node, h->user);
}

static void word_swap(const struct use *h, char *ret, size_t size)
{
	util_format(ret, size, "in use: %s is swap", h->node);
}

static void word_part(const struct use *h, char *ret, size_t size)
{
	util_format(ret, size, "in use: %s is part of %s", h->node, h->user);
}

static void word_functions(const struct use *h, char *ret, size_t size)
{
	util_format(ret, size, "in use: %s virtual function%s enabled on it", h->user,
		streq(h->user, "1") ? " is" : "s are");
}

static void word_mdevs(const struct use *h, char *ret, size_t size)
{
	util_format(ret, size, "in use: %s mediated device%s active on it", h->user,
		streq(h->user, "1") ? " is" : "s are");
}

static void word_claimed(const struct use *h, char *ret, size_t size)
{
	util_format(ret, size,
		"in use: %s is in use by the kernel: mounted elsewhere, or part of a volume",
		h->node);
}

static void word_hidden(const struct use *h, char *ret, size_t size)
{
	util_format(ret, size,
		"cannot tell whether %s is in use: /proc does not show the processes of the host",
		h->node);
}

static void word_unknown(const struct use *h, char *ret, size_t size)
{
	util_format(
		ret, size, "cannot tell whether %s is in use: %s", h->node, strerror(-h->error));
}

static void (*const words[])(const struct use *h, char *ret, size_t size) = {
	[USE_NONE] = word_claimed,
	[USE_MOUNT] = word_mount,
	[USE_SWAP] = word_swap,
	[USE_DEVICE] = word_part,
	[USE_PROCESS] = word_process,
	[USE_FUNCTIONS] = word_functions,
	[USE_MDEVS] = word_mdevs,
	[USE_ROUTE] = word_network,
	[USE_SSH] = word_network,
	[USE_NET_MOUNT] = word_network,
	[USE_NFS] = word_network,
	[USE_ISCSI] = word_network,
	[USE_NVME] = word_network,
	[USE_NAMESPACE] = word_namespace,
	[USE_CLAIMED] = word_claimed,
	[USE_UNKNOWN] = word_unknown,
	[USE_HIDDEN] = word_hidden,
};

/* The names of mount points, mapped devices and interfaces are other people's. */
const char *message_use(const struct use *h, char *ret, size_t size)
{
	char text[8192] = "";

	words[h->kind](h, text, sizeof(text));
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
