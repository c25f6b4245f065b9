/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ssh connection by which the caller has come. */
#pragma once

#include "use/uses.h"

/**
 * session_parse - read the value of SSH_CONNECTION
 * @text: "192.0.2.2 50000 192.0.2.1 22": address and port of the client, and of the host
 * @ret: set; family 0 if @text is something else
 *
 * Return: whether @text is such a value.
 * Source: ssh(1), ENVIRONMENT.
 */
bool session_parse(const char *text, struct use_caller *ret);

/**
 * session_find - find the ssh connection of the caller
 * @value: of SSH_CONNECTION in the environment, or NULL
 * @ret: set; family 0 if there is none
 *
 * sudo and su drop the variable. Then that of the nearest process above this one counts which may
 * be looked into and has it.
 */
void session_find(const char *value, struct use_caller *ret);
