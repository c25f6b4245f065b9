/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns what is looked at to find the uses of a device. Changes nothing. */
#include "use/use.h"

#include "kernel/mdev.h"
#include "use/block.h"
#include "use/network.h"
#include "use/process.h"

#include <errno.h>

static int add(struct uses *uses, enum use_kind kind, const char *node, const char *user)
{
	CLEANUP_FREE struct use *use = calloc(1, sizeof(*use));

	if (!use)
		return -ENOMEM;
	use->kind = kind;
	util_format(use->node, sizeof(use->node), "%s", node);
	util_format(use->user, sizeof(use->user), "%s", user);
	return uses_add(uses, use);
}

static int add_number(struct uses *uses, enum use_kind kind, size_t n)
{
	char user[32];

	util_format(user, sizeof(user), "%zu", n);
	return n ? add(uses, kind, "", user) : 0;
}

static int find_functions(const struct device *dev, struct uses *uses)
{
	unsigned long n;
	int err = device_count_vfs(dev, &n);

	return err < 0 ? err : add_number(uses, USE_FUNCTIONS, n);
}

static int find_mdevs(const struct device *dev, struct uses *uses)
{
	CLEANUP(mdev_free) struct mdev_parent parent = { 0 };
	int err = mdev_read(dev, &parent);

	return err < 0 ? err : add_number(uses, USE_MDEVS, parent.n_children);
}

int use_find_disks(const struct device *dev, struct uses *ret)
{
	*ret = (struct uses){ 0 };
	return block_find_uses(dev, ret);
}

/* A later failure does not hide the first one. */
static void note(int *err, int result)
{
	if (*err == 0)
		*err = result;
}

/* All but processes and disks. Return: @err, or the first -errno. */
static int find_others(
	const struct device *dev, const struct use_caller *by_hand, struct uses *uses, int err)
{
	note(&err, find_functions(dev, uses));
	note(&err, find_mdevs(dev, uses));
	if (by_hand)
		note(&err, network_find_uses(dev, by_hand, uses));
	return err;
}

int use_find(const struct device *dev, const struct use_caller *by_hand, struct uses *ret)
{
	int err;

	*ret = (struct uses){ 0 };
	err = process_find(dev, by_hand != NULL, ret);
	err = find_others(dev, by_hand, ret, err);
	note(&err, block_find_uses(dev, ret));
	return err;
}

int use_find_named(const struct device *dev, const struct use_caller *by_hand, struct uses *ret)
{
	int err;

	*ret = (struct uses){ 0 };
	err = process_find_named(dev, ret);
	err = find_others(dev, by_hand, ret, err);
	note(&err, block_find_named(dev, ret));
	return err;
}

bool use_is_free(const struct uses *uses)
{
	return uses->n == 0 && uses->unseen == 0;
}

int use_claim(const struct device *dev, const struct use_caller *by_hand, struct uses *ret,
	struct use_claim *ret_claim)
{
	int err = use_find(dev, by_hand, ret);

	if (err < 0 || !use_is_free(ret))
		return err;
	err = block_hold(dev, &ret_claim->fds, &ret_claim->n);
	if (err != -EBUSY)
		return err;
	/* A disk has come into use since: name what uses it. */
	use_release(ret_claim);
	err = block_find_uses(dev, ret);
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
