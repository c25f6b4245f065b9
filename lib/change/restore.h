/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Putting a device back; private to lib/change. */
#pragma once

#include "change/transaction.h"

/** restore_put_back - after a failure, undo what was changed; sets the outcome of the end */
void restore_put_back(struct transaction *t);
