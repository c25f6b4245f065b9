/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing a device's driver: set, unset and load of an override, each a transaction that ends
 * with the new state or puts the old one back. To be run in a bounded child (bounded.h).
 */
#pragma once

#include "change/transaction.h"

/**
 * Each of these is one transaction over @n devices, which all are changed, or none; mostly it is
 * one. @results: one for each device, filled; nothing else is returned. Where one device failed,
 * the others have its outcome with OVERRIDE_BY_MEMBER. Locks are taken in the order of @requests:
 * by name, so that two calls do not wait for each other.
 */

/** override_set - bind a device to a driver, keep it so, save it */
void override_set(const struct override_request *requests, size_t n, struct bounded *b,
	struct override_result *results);

/** override_unset - give a device back to its native driver, forget what is saved */
void override_unset(const struct override_request *requests, size_t n, struct bounded *b,
	struct override_result *results);

/**
 * override_load - apply the saved override
 *
 * With request.early only driver_override is written, and recorded (early_note()): before
 * udev has started this keeps every other driver from the device.
 *
 * Where the saved driver refuses the device the override stays and the device has no driver; where
 * the kernel knows no such driver the override is cleared and the native driver probed.
 */
void override_load(const struct override_request *requests, size_t n, struct bounded *b,
	struct override_result *results);

/**
 * override_take_back - unset an override that was recorded, where the store no longer has it
 *
 * That happens where an initramfs holds an older store. What is still saved for this very device
 * stays, and so does an override that is no longer the recorded one. The store is not changed:
 * request.save is to be false.
 */
void override_take_back(const struct override_request *requests, size_t n, struct bounded *b,
	struct override_result *results);
