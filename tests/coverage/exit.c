/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For `make coverage`, linked with --wrap=_exit: a child that ends so writes its counters, too. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl*): the names are not ours. */
void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl*) */
