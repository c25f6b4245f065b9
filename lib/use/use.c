/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/device.h"
#include "kernel/pci.h"
#include "use/use.h"

#include "kernel/mdev.h"
#include "use/block.h"
#include "use/network.h"
#include "use/process.h"

#include <errno.h>

bool use_is_free(const struct uses *uses)
{
	return uses->n == 0 && uses->unseen == 0;
}

/* The functions and mediated devices that a device has. */
static void find_children(const struct device *dev, struct uses *uses)
{
	CLEANUP(mdev_free) struct mdev_parent parent = { 0 };
	unsigned long n_functions = 0;
	char number[32];

	uses_note(uses, pci_count_vfs(dev, &n_functions));
	util_format(number, sizeof(number), "%lu", n_functions);
	if (n_functions)
		uses_add_new(uses, USE_FUNCTIONS, "", number, 0);
	uses_note(uses, mdev_read(dev, &parent));
	util_format(number, sizeof(number), "%zu", parent.n_children);
	if (parent.n_children)
		uses_add_new(uses, USE_MDEVS, "", number, 0);
}

int use_gather(const struct device *devices, size_t n, const struct use_caller *caller,
	unsigned int flags, struct uses *ret)
{
	CLEANUP(mounts_free) struct mounts mounts = { 0 };

	memset(ret, 0, n * sizeof(*ret));
	if (!(flags & USE_FIND_DISKS)) {
		process_find(devices, n, caller != NULL, flags, ret);
		for (size_t i = 0; i < n; i++)
			find_children(&devices[i], &ret[i]);
	}
	/* Before the network: what has just been mounted is in the list of mounts. */
	block_find(devices, n, flags, &mounts, ret);
	if (caller && !(flags & USE_FIND_DISKS))
		network_find(devices, n, caller, &mounts, ret);
	for (size_t i = 0; i < n; i++)
		if (ret[i].error < 0)
			return ret[i].error;
	return 0;
}

int use_claim(const struct device *dev, const struct use_caller *caller, struct uses *ret,
	struct use_claim *ret_claim)
{
	int err = use_gather(dev, 1, caller, 0, ret);

	if (err < 0 || !use_is_free(ret))
		return err;
	err = block_hold(dev, &ret_claim->fds, &ret_claim->n);
	if (err != -EBUSY)
		return err;
	/* A disk has come into use since: name what uses it. */
	use_release(ret_claim);
	err = use_gather(dev, 1, caller, USE_FIND_DISKS, ret);
	if (err < 0 || ret->n > 0)
		return err;
	return -EBUSY;
}

void use_release(struct use_claim *claim)
{
	for (size_t i = 0; i < claim->n; i++)
		close(claim->fds[i]);
	free(claim->fds);
	*claim = (struct use_claim){ 0 };
}
