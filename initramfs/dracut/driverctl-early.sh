#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# dracut: sets the overrides before udev loads the first driver. A failure here is reported
# on the real root, and is no reason not to boot. (Sourced by dracut: it must not exit.)
/usr/sbin/driverctl load-override --all --early || :
