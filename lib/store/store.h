/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the store is, and the state since the host was started. saved.h, rules.h and journal.h say
 * what is in them. */
#pragma once

#define STORE_DIR SYSCONFDIR "/driverctl.d"
#define STORE_POLICY_DIR STORE_DIR "/policy"

/** /run goes from the initramfs to the real root. */
#define STORE_RUN_DIR RUNDIR "/driverctl"
