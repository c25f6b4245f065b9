/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the store is. saved.h and rules.h say what is in it. */
#pragma once

#define STORE_DIR SYSCONFDIR "/driverctl.d"
#define STORE_POLICY_DIR STORE_DIR "/policy"
