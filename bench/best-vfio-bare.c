/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Linked with driverctl's libraries: what such a process costs before it does anything. */
int main(void)
{
	return 0;
}
