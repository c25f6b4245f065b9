/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transaction. In this order, and each for a reason:
 *
 *   lock            two callers on one device would undo each other's half-done work
 *   read the state  what to go back to
 *   check           nothing is touched yet where the answer is no
 *   find the driver loads its module: the slowest step, and the likeliest to fail
 *   prepare store   a full or read-only /etc is found while nothing has changed
 *   driver_override before the unbind, so that no other driver can take the device in between
 *   unbind
 *   bind            by the driver's own file, which returns the probe's errno; drivers_probe
 *                   reports success for a probe that failed, so it serves only where the driver is
 *                   not known: for the native one
 *   verify          that the wanted driver has the device, not just any
 *   commit store    last: what is saved has worked once
 *
 * What fails before the commit puts back the override, then the driver. A blocked write cannot be
 * interrupted; when it returns after the deadline, the next step finds the time expired and the old
 * state is restored.
 */
#include "override.h"

#include "module.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>

#define VFIO_PCI "vfio-pci"
#define REMOVE_ID_MAX 32

struct transaction {
	const struct override_request *request;
	const struct device *dev;
	struct bounded *b;
	struct override_result *result;
	struct device_state before;
	struct store_pending store;
	int lock_fd;
};

static struct transaction transaction_new(
	const struct override_request *request, struct bounded *b, struct override_result *result)
{
	*result = (struct override_result){ 0 };
	return (struct transaction){ .request = request,
		.dev = &request->dev,
		.b = b,
		.result = result,
		.store = STORE_PENDING_NONE,
		.lock_fd = -1 };
}

/* Every failure is told by the step it happened in. Return: @error, below 0. */
static int fail(struct transaction *t, enum override_outcome outcome, enum override_reason reason,
	int error)
{
	t->result->outcome = outcome;
	t->result->reason = reason;
	t->result->error = error;
	return error;
}

static int fail_errno(struct transaction *t, int error)
{
	return fail(t, OVERRIDE_FAILED, OVERRIDE_BY_ERRNO, error);
}

/* Begin a step; fails where the time is up, which turns the transaction back. */
static int step(struct transaction *t, enum override_step step, const char *subject)
{
	t->result->step = step;
	util_format(t->result->subject, sizeof(t->result->subject), "%s", subject);
	bounded_step(t->b, step, subject);
	if (bounded_expired(t->b))
		return fail(t, OVERRIDE_UNFINISHED, OVERRIDE_EXPIRED, -ETIMEDOUT);
	return 0;
}

/* --- the device's files --- */

static int write_file(const char *value, const char *folder, const char *file)
{
	char path[PATH_MAX];
	int err = util_format(path, sizeof(path), "%s/%s", folder, file);

	return err < 0 ? err : sysfs_write(path, value);
}

/* A newline clears driver_override: a write of no bytes does not reach the kernel. */
static int write_override(const struct device *dev, const char *override)
{
	return write_file(override[0] ? override : "\n", dev->path, "driver_override");
}

static int write_driver_file(const struct device *dev, const char *driver, const char *file)
{
	char folder[PATH_MAX];

	util_format(folder, sizeof(folder), "/sys/bus/%s/drivers/%s", dev->bus, driver);
	return write_file(dev->name, folder, file);
}

static bool bound_to(const struct device *dev, const char *driver)
{
	char link[PATH_MAX], name[SYSFS_NAME_MAX];

	return util_format(link, sizeof(link), "%s/driver", dev->path) == 0 &&
	       (sysfs_link_name(AT_FDCWD, link, name) == 0 ? streq(name, driver) : !driver[0]);
}

/* --- steps --- */

static void lock_held_by(pid_t pid, void *userdata)
{
	struct transaction *t = userdata;

	util_format(t->result->subject, sizeof(t->result->subject), "%ld", (long)pid);
	bounded_step(t->b, OVERRIDE_LOCK, t->result->subject);
}

static int take_lock(struct transaction *t)
{
	int err = step(t, OVERRIDE_LOCK, "");

	if (err < 0)
		return err;
	t->lock_fd =
		store_lock(t->dev->bus, t->dev->name, t->request->deadline_ms, lock_held_by, t);
	if (t->lock_fd == -ETIMEDOUT)
		return fail(t, OVERRIDE_UNFINISHED, OVERRIDE_EXPIRED, -ETIMEDOUT);
	return t->lock_fd < 0 ? fail_errno(t, t->lock_fd) : 0;
}

static int read_state(struct transaction *t)
{
	int err = step(t, OVERRIDE_READ_STATE, "");

	if (err < 0)
		return err;
	err = device_read_state(AT_FDCWD, t->dev->path, &t->before);
	if (err == -ENOENT && sysfs_exists(t->dev->path))
		return fail(t, OVERRIDE_FAILED, OVERRIDE_NOT_OVERRIDABLE, err);
	if (err == -ENOENT || err == -ENODEV)
		return fail(t, OVERRIDE_NO_DEVICE, OVERRIDE_ABSENT, err);
	return err < 0 ? fail_errno(t, err) : 0;
}

static int begin(struct transaction *t)
{
	int err;

	if (!t->dev->path[0])
		return fail(t, OVERRIDE_NO_DEVICE, OVERRIDE_ABSENT, -ENODEV);
	err = take_lock(t);
	return err < 0 ? err : read_state(t);
}

/* Whether the driver may be taken away. */
static int check_use(struct transaction *t)
{
	int err = step(t, OVERRIDE_CHECK, "");

	if (err < 0 || t->request->force)
		return err;
	err = holder_find(t->dev, &t->result->holder);
	if (err < 0)
		return fail_errno(t, err);
	if (t->result->holder.kind != HOLDER_NONE)
		return fail(t, OVERRIDE_REFUSED, OVERRIDE_IN_USE, -EBUSY);
	return 0;
}

static int find_driver(
	struct transaction *t, const char *given, const char *module, struct driver *ret)
{
	int err = step(t, OVERRIDE_FIND_DRIVER, given);

	*ret = (struct driver){ 0 };
	if (err < 0)
		return err;
	if (streq(given, OVERRIDE_NONE)) {
		util_format(ret->name, sizeof(ret->name), "%s", OVERRIDE_NONE);
		return 0;
	}
	err = driver_find(t->dev, given, module, ret, &t->result->driver_problem, t->result->names,
		sizeof(t->result->names));
	if (err == 0)
		return 0;
	return fail(t, OVERRIDE_FAILED,
		t->result->driver_problem == DRIVER_OK ? OVERRIDE_BY_ERRNO : OVERRIDE_DRIVER, err);
}

static int prepare_store(struct transaction *t, const struct driver *driver)
{
	CLEANUP_FREE struct policy *policy = calloc(1, sizeof(*policy));
	CLEANUP_FREE char *text = NULL;
	int err = step(t, OVERRIDE_PREPARE_STORE, "");

	if (err < 0)
		return err;
	if (!policy)
		return fail_errno(t, -ENOMEM);
	memcpy(policy->driver, driver->name, sizeof(policy->driver));
	memcpy(policy->module, driver->module, sizeof(policy->module));
	util_format(policy->choose, sizeof(policy->choose), "fixed");
	err = device_identity(t->dev, policy->modalias, policy->path);
	if (err == 0)
		err = policy_format(policy, &text);
	if (err == -EINVAL) {
		/* A modalias that the format cannot hold: the place alone identifies the device. */
		policy->modalias[0] = '\0';
		err = policy_format(policy, &text);
	}
	if (err == 0)
		err = store_prepare(&t->store, t->dev->bus, t->dev->name, driver->name, text);
	return err < 0 ? fail_errno(t, err) : 0;
}

static int prepare_removal(struct transaction *t)
{
	int err = step(t, OVERRIDE_PREPARE_STORE, "");

	if (err < 0)
		return err;
	err = store_prepare_removal(&t->store, t->dev->bus, t->dev->name);
	return err < 0 && err != -ENOENT ? fail_errno(t, err) : 0;
}

/* driver_override, then the unbind of a driver that is not to stay: @driver, "" for none. */
static int change(struct transaction *t, const char *override, const char *driver)
{
	const char *bound = t->before.driver;
	int err;

	if (!streq(t->before.override, override)) {
		err = step(t, OVERRIDE_WRITE, override);
		if (err < 0)
			return err;
		t->result->touched = true;
		err = write_override(t->dev, override);
		if (err < 0)
			return fail_errno(t, err);
	}
	if (!bound[0] || streq(bound, driver))
		return 0;
	err = step(t, OVERRIDE_UNBIND, bound);
	if (err < 0)
		return err;
	t->result->touched = true;
	err = write_driver_file(t->dev, bound, "unbind");
	/* What has left its driver by itself meanwhile is where it should be. */
	if (err < 0 && !bound_to(t->dev, ""))
		return fail_errno(t, err);
	return 0;
}

/* Asks every driver of the bus. Reports success for a probe that failed. */
static int probe(const struct device *dev)
{
	char path[PATH_MAX];

	util_format(path, sizeof(path), "/sys/bus/%s/drivers_probe", dev->bus);
	return sysfs_write(path, dev->name);
}

static int bind_driver(struct transaction *t, const char *driver)
{
	int err;

	if (bound_to(t->dev, driver))
		return 0;
	err = step(t, OVERRIDE_BIND, driver);
	if (err < 0)
		return err;
	t->result->touched = true;
	err = write_driver_file(t->dev, driver, "bind");
	/* A driver may have no such file (suppress_bind_attrs); only the wanted one matches now. */
	if (err == -ENOENT)
		err = probe(t->dev);
	/* Another writer, udev's own probe, say, may have been first. */
	if (err < 0 && !bound_to(t->dev, driver))
		return fail(t, OVERRIDE_NOT_BOUND, OVERRIDE_BY_ERRNO, err);
	return 0;
}

static int verify(struct transaction *t, const char *driver)
{
	int err = step(t, OVERRIDE_VERIFY, driver);

	if (err < 0)
		return err;
	if (!bound_to(t->dev, driver))
		return fail(t, OVERRIDE_NOT_BOUND, OVERRIDE_WRONG_DRIVER, -ENODEV);
	return 0;
}

/* Write, unbind, bind and verify, as far as --noprobe lets it. */
static int apply(struct transaction *t, const struct driver *driver)
{
	bool none = streq(driver->name, OVERRIDE_NONE);
	int err = change(t, driver->name, none ? "" : driver->name);

	if (err == 0 && t->request->probe && !none)
		err = bind_driver(t, driver->name);
	if (err == 0 && (t->request->probe || none))
		err = verify(t, none ? "" : driver->name);
	return err;
}

static int finish(struct transaction *t)
{
	int err = step(t, OVERRIDE_SAVE, "");

	if (err < 0)
		return err;
	if (!bounded_finish(t->b))
		return fail(t, OVERRIDE_UNFINISHED, OVERRIDE_EXPIRED, -ETIMEDOUT);
	err = store_commit(&t->store);
	return err < 0 ? fail_errno(t, err) : 0;
}

/* What a driver registers for itself by new_id would take the device again at once. */
static void forget_vfio_id(const struct device *dev)
{
	char path[PATH_MAX], vendor[16], device[16], ids[40];

	util_format(path, sizeof(path), "%s/vendor", dev->path);
	if (sysfs_read(AT_FDCWD, path, vendor, sizeof(vendor)) < 0)
		return;
	util_format(path, sizeof(path), "%s/device", dev->path);
	if (sysfs_read(AT_FDCWD, path, device, sizeof(device)) < 0)
		return;
	util_format(ids, sizeof(ids), "%s %s", vendor, device);
	/* The same ids may be there more than once; the write fails when none is left. */
	for (int i = 0; i < REMOVE_ID_MAX; i++)
		if (sysfs_write("/sys/bus/pci/drivers/" VFIO_PCI "/remove_id", ids) < 0)
			return;
}

/* That no driver takes the device is no error, so nothing here is. */
static void probe_native(const struct device *dev)
{
	char modalias[SYSFS_VALUE_MAX], path[PATH_MAX];

	if (device_identity(dev, modalias, path) == 0 && modalias[0])
		module_load(modalias, MODULE_BY_ALIAS);
	probe(dev);
}

/* --- the end --- */

/* Puts back the override and the driver. Return: 0, or the first -errno; goes on all the same. */
static int restore(struct transaction *t)
{
	const struct device_state *before = &t->before;
	const char *first = before->override;
	struct device_state now;
	int err, result;

	bounded_step(t->b, OVERRIDE_RESTORE, before->driver);
	result = device_read_state(AT_FDCWD, t->dev->path, &now);
	if (result < 0)
		return result;
	/* An override for another driver than the one bound would keep that one from binding. */
	if (before->driver[0] && before->override[0])
		first = before->driver;
	result = write_override(t->dev, first);
	if (now.driver[0] && !streq(now.driver, before->driver)) {
		err = write_driver_file(t->dev, now.driver, "unbind");
		result = result < 0 ? result : err;
	}
	if (before->driver[0] && !streq(now.driver, before->driver)) {
		err = write_driver_file(t->dev, before->driver, "bind");
		if (bound_to(t->dev, before->driver))
			err = 0;
		result = result < 0 ? result : err;
	}
	if (!streq(first, before->override)) {
		err = write_override(t->dev, before->override);
		result = result < 0 ? result : err;
	}
	return result;
}

static void end(struct transaction *t, int err)
{
	struct override_result *result = t->result;

	if (err < 0 && result->touched && !result->kept)
		result->restore_error = restore(t);
	store_discard(&t->store);
	if (t->dev->path[0])
		result->state_known =
			device_read_state(AT_FDCWD, t->dev->path, &result->state) == 0;
	util_closep(&t->lock_fd);
}

/* --- set --- */

static int set(struct transaction *t)
{
	const char *given = t->request->driver, *bound = t->before.driver;
	struct driver driver;
	int err = begin(t);
	bool stays;

	if (err < 0)
		return err;
	/* A driver that is bound already stays bound. A device without one may be in use all the
	 * same: its group, or it is just being unbound. */
	stays = bound[0] && !streq(given, OVERRIDE_NONE) && driver_is(t->dev->bus, bound, given);
	if (!stays)
		err = check_use(t);
	if (err == 0)
		err = find_driver(t, given, NULL, &driver);
	/* The name may mean another driver after all: one driver is called as the other's module.
	 */
	if (err == 0 && stays && !streq(bound, driver.name))
		err = check_use(t);
	if (err == 0 && t->request->save)
		err = prepare_store(t, &driver);
	if (err == 0)
		err = apply(t, &driver);
	return err < 0 ? err : finish(t);
}

void override_set(
	const struct override_request *request, struct bounded *b, struct override_result *ret)
{
	struct transaction t = transaction_new(request, b, ret);

	end(&t, set(&t));
}

/* --- unset --- */

static int unset_absent(struct transaction *t)
{
	int err = prepare_removal(t);

	if (err < 0)
		return err;
	if (t->store.kind != STORE_REMOVE)
		return fail(t, OVERRIDE_NO_DEVICE, OVERRIDE_ABSENT, -ENODEV);
	err = take_lock(t);
	return err < 0 ? err : finish(t);
}

static int unset(struct transaction *t)
{
	bool held;
	int err;

	if (!t->dev->path[0] && t->request->save)
		return unset_absent(t);
	err = begin(t);
	if (err < 0)
		return err;
	/* A native driver that is bound in spite of an override is not taken away. */
	held = t->before.driver[0] && streq(t->before.driver, t->before.override);
	if (held || !t->before.driver[0])
		err = check_use(t);
	if (err == 0 && t->request->save)
		err = prepare_removal(t);
	if (err == 0)
		err = change(t, "", held ? "" : t->before.driver);
	if (err < 0)
		return err;
	if (streq(t->before.override, VFIO_PCI) && streq(t->dev->bus, "pci"))
		forget_vfio_id(t->dev);
	if (t->request->probe && bound_to(t->dev, "")) {
		err = step(t, OVERRIDE_PROBE, "");
		if (err < 0)
			return err;
		t->result->touched = true;
		probe_native(t->dev);
	}
	return finish(t);
}

void override_unset(
	const struct override_request *request, struct bounded *b, struct override_result *ret)
{
	struct transaction t = transaction_new(request, b, ret);

	end(&t, unset(&t));
}

/* --- load --- */

int override_saved_identity(
	const struct device *dev, char ret_driver[SYSFS_NAME_MAX], struct policy *ret_policy)
{
	char modalias[SYSFS_VALUE_MAX], path[PATH_MAX];
	CLEANUP_FREE char *text = NULL;
	int err;

	*ret_policy = (struct policy){ 0 };
	err = store_read(dev->bus, dev->name, ret_driver);
	if (err < 0)
		return err;
	/* Without a policy for this very driver the store's file is taken as it stands. */
	if (store_read_policy(dev->bus, dev->name, &text) < 0 ||
		policy_parse(text, ret_policy) < 0 || !streq(ret_policy->driver, ret_driver)) {
		*ret_policy = (struct policy){ 0 };
		return 0;
	}
	if (!dev->path[0])
		return 0;
	err = device_identity(dev, modalias, path);
	if (err < 0)
		return err;
	return policy_matches(ret_policy, modalias, path) ? 0 : -ESTALE;
}

/* The driver is not to be had: the native one is better than none. */
static void load_native(struct transaction *t, const char *saved)
{
	if (!util_same_name(t->before.override, saved))
		return;
	t->result->touched = true;
	t->result->kept = true;
	if (write_override(t->dev, "") == 0 && bound_to(t->dev, ""))
		probe_native(t->dev);
}

static int load(struct transaction *t)
{
	CLEANUP_FREE struct policy *policy = malloc(sizeof(*policy));
	char saved[SYSFS_NAME_MAX];
	struct driver driver;
	int err = begin(t);

	if (err < 0)
		return err;
	if (!policy)
		return fail_errno(t, -ENOMEM);
	err = step(t, OVERRIDE_READ_STORE, "");
	if (err < 0)
		return err;
	err = override_saved_identity(t->dev, saved, policy);
	if (err == -ENOENT)
		return fail(t, OVERRIDE_FAILED, OVERRIDE_NOTHING_SAVED, err);
	if (err == -EBADMSG)
		return fail(t, OVERRIDE_FAILED, OVERRIDE_BAD_STORE, err);
	if (err == -ESTALE && t->request->identity && !t->request->force)
		return fail(t, OVERRIDE_REFUSED, OVERRIDE_OTHER_DEVICE, err);
	if (err < 0 && err != -ESTALE)
		return fail_errno(t, err);
	err = find_driver(t, saved, policy->module[0] ? policy->module : NULL, &driver);
	if (err < 0) {
		if (t->result->reason != OVERRIDE_EXPIRED)
			load_native(t, saved);
		return err;
	}
	if (!streq(t->before.driver, driver.name))
		err = check_use(t);
	if (err == 0)
		err = apply(t, &driver);
	/* A driver that refuses the device leaves it to no other. */
	t->result->kept = err < 0 && t->result->outcome == OVERRIDE_NOT_BOUND;
	return err < 0 ? err : finish(t);
}

void override_load(
	const struct override_request *request, struct bounded *b, struct override_result *ret)
{
	struct transaction t = transaction_new(request, b, ret);

	end(&t, load(&t));
}
