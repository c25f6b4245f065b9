/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words what uses a device. Finds nothing. */
#include "message.h"

static void word_route(const struct use *h, char *ret, size_t size)
{
	if (h->user[0])
		util_format(ret, size, "in use: %s, through %s, carries the default route", h->node,
			h->user);
	else
		util_format(ret, size, "in use: %s carries the default route", h->node);
}

static void word_process(const struct use *h, char *ret, size_t size)
{
	char program[80];

	if (h->pid)
		util_format(ret, size, "in use: %s is open in %s (pid %ld)", h->node,
			message_quote(h->user, program), (long)h->pid);
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
		word_route(h, ret, size);
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
