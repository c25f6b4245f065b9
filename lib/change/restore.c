/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way back after a failure: the driver, then driver_override. The store is transaction.c's. */
#include "change/restore.h"

#include "kernel/binding.h"

#include <errno.h>

/* A driver is taken away only if nothing uses the device, not even with --force: nobody has been
 * asked about what has begun since. */
static int unbind_unused(struct transaction *t, const char *driver)
{
	CLEANUP(use_release) struct use_claim claim = { 0 };
	CLEANUP(uses_free) struct uses uses = { 0 };
	int err = use_claim(t->dev, transaction_caller(t), &uses, &claim);

	if (err < 0)
		return err;
	if (!use_is_free(&uses))
		return -EBUSY;
	return binding_unbind(t->dev, driver);
}

/* If the device is where it was, or is in use where it is now, only driver_override is put back. */
static int restore_driver(struct transaction *t)
{
	const char *driver = t->before.driver;
	char now[SYSFS_NAME_MAX];
	int err = device_driver(t->dev, now);

	if (err < 0 || streq(now, driver))
		return err;
	/* Another driver has come since: that is somebody's decision. */
	if (now[0] && !streq(now, t->bound))
		return -EBUSY;
	if (now[0]) {
		err = unbind_unused(t, now);
		if (err < 0)
			return err;
	}
	if (!driver[0])
		return 0;
	/* Only the driver that driver_override names is sure to match. */
	err = binding_write_override(t->dev, driver);
	if (err < 0)
		return err;
	err = binding_bind(t->dev, driver);
	return binding_is(t->dev, driver) ? 0 : err;
}

static int restore(struct transaction *t)
{
	int err = restore_driver(t);
	int override_err = binding_write_override(t->dev, t->before.override);

	if (err == 0)
		err = override_err;
	/* The override that is back may be that of another rule, or of an older form of this one.
	 */
	if (err == 0 && t->noted)
		(void)journal_write(t->dev, &t->entry);
	return err;
}

void restore_put_back(struct transaction *t)
{
	struct override_end *end = t->end;

	if (end->outcome == OVERRIDE_UNKNOWN) {
		supervise_step(t->call->s, t->index, OVERRIDE_RESTORE, t->before.driver);
		end->restore_error = restore(t);
		end->outcome = end->restore_error ? OVERRIDE_NOT_RESTORED : OVERRIDE_RESTORED;
	}
	if (end->store_error)
		end->outcome = OVERRIDE_NOT_RESTORED;
}
