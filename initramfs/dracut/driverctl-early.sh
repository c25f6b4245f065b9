#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# dracut: sets the overrides before udev loads the first driver. What cannot be set here is reported
# on the real root, and no reason not to boot. (Sourced by dracut: it must not exit.)
/usr/sbin/driverctl load-override --all --early || :
