/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words for an initramfs that is older than the store. */
#include "change/initramfs.h"
#include "message.h"

const char *message_old_image(char *ret, size_t size)
{
	const char *command = initramfs_command();

	if (command)
		util_format(ret, size, "the initramfs is older than the store; '%s' rebuilds it",
			command);
	else
		util_format(ret, size, "the initramfs is older than the store");
	return ret;
}
