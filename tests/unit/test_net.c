/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/net.h"
#include "test.h"

static const struct {
	const char *line;
	bool session; /* on eth0 */
} lines[] = {
	{ "00000001 52:54:00:12:34:56     eth0\n", true },
	{ "0000ABCD 52:54:00:12:34:56 eth0", true },
	{ "00000001 52:54:00:12:34:56 eth0.5\n", false },
	{ "00000001 52:54:00:12:34:56 eth\n", false },
	{ "00000001 52:54:00:12:34:56 eth0 x\n", false },
	{ "Id       Address              Device\n", false },
	{ "Id Address eth0\n", false },
	{ "eth0", false },
	{ "", false },
};

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		ok(net_is_pppoe_line(lines[i].line, "eth0") == lines[i].session,
			"line %zu of pppoe", i);
	return test_end();
}
