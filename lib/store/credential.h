/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules in credentials that systemd was passed for the system, driverctl.rules.NAME. systemd hides
 * all credentials from services that have mounts of their own, among them udev, whose rule is to
 * apply them. So the early step makes them rules of /run, which goes from an initramfs to the real
 * root.
 */
#pragma once

/**
 * credential_copy - copy each to /run/driverctl.d/rules/NAME.rule, unless there is such a file
 *
 * driverctl-early.service binds the directory of the credentials to /run/driverctl/credentials.
 *
 * Return: 0; otherwise the first -errno of reading or writing, after the others were copied.
 */
int credential_copy(void);
