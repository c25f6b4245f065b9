/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serves the functions of one card from one process, see functions.h. */
#include "functions.h"

#include "apply.h"
#include "kernel/driver.h"
#include "kernel/pci.h"
#include "store/lock.h"
#include "store/target.h"

#include <errno.h>
#include <sys/resource.h>

/* How long the process of another function waits for its turn. */
#define TURN_MS 1000
/* How long one function may take, how long all of them, and how long to wait for the next one. */
#define FUNCTION_MS 1000
#define FUNCTIONS_MS 10000
#define QUIET_MS 500
#define POLL_MS 10
/* Ahead of what udev does at the same time with the functions that are there. */
#define PRIORITY (-20)

void functions_take_turn(const struct device *dev, int *ret_fd)
{
	char physical[SYSFS_NAME_MAX], key[DEVICE_KEY_MAX];

	*ret_fd = -1;
	if (pci_physfn(dev, physical) < 0 || !physical[0])
		return;
	setpriority(PRIO_PROCESS, 0, PRIORITY);
	util_format(key, sizeof(key), "functions-%s", physical);
	lock_take(key, util_now_ms() + TURN_MS, NULL, NULL, ret_fd);
}

bool functions_is_waiting(const struct device *dev, struct target_sources *sources)
{
	char bound[SYSFS_NAME_MAX];
	struct target wanted;
	int err = target_of(dev, sources, &wanted);

	if (err < 0 && err != -ESTALE)
		return false;
	if (device_driver(dev, bound) < 0)
		return true;
	/* Where no driver is wanted, only driver_override tells, and the load reads that. */
	return !bound[0] || !target_in_effect(&wanted, dev, bound, NULL);
}

/* When no function has come for a while, the process of the next one goes on. */
void functions_load_others(
	const struct options *options, const struct device *dev, struct target_sources *sources)
{
	int64_t end_ms = util_now_ms() + FUNCTIONS_MS;
	int64_t quiet_ms = util_now_ms() + QUIET_MS;
	unsigned int number = 0;

	while (util_now_ms() < end_ms && util_now_ms() < quiet_ms) {
		struct options own = *options;
		struct override_request request;
		struct device function;

		if (pci_virtfn(dev, number, &function) < 0) {
			util_nap(POLL_MS);
			continue;
		}
		number++;
		/* Tried once: what counts is the call that udev makes for the function itself. */
		if (functions_is_waiting(&function, sources)) {
			own.timeout_ms = FUNCTION_MS;
			own.deadline_ms = util_now_ms() + FUNCTION_MS;
			request = apply_request(&own, OVERRIDE_LOAD_ADDED);
			request.sources = sources;
			apply_device(&own, &function, &request);
		}
		quiet_ms = util_now_ms() + QUIET_MS;
	}
}
