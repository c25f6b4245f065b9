/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/policy.h"
#include "test.h"

#include <errno.h>

static void repeat(char *to, size_t n, char c)
{
	memset(to, c, n);
	to[n] = '\0';
}

static void round_trip(const char *name, const struct policy *policy)
{
	CLEANUP_FREE char *text = NULL;
	struct policy again;
	int err = policy_format(policy, &text);

	ok(err == 0 && policy_parse(text, &again) == 0 && streq(again.driver, policy->driver) &&
			streq(again.module, policy->module) &&
			streq(again.modalias, policy->modalias) && streq(again.path, policy->path),
		"policy, %s: written and read again", name);
}

static void policies(void)
{
	struct policy policy = { .driver = "e1000e-vfio-pci",
		.module = "e1000e_vfio_pci",
		.choose = "fixed",
		.modalias = "pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00",
		.path = "pci0000:00/1c.4/00.0" };
	CLEANUP_FREE char *text = NULL;
	struct policy other;

	round_trip("all fields", &policy);
	policy_format(&policy, &text);
	same(text,
		"[override]\ndriver = e1000e-vfio-pci\nmodule = e1000e_vfio_pci\nchoose = fixed\n"
		"modalias = pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00\n"
		"path = pci0000:00/1c.4/00.0\n",
		"policy: its form");
	other = policy;
	repeat(other.modalias, 3000, 'm');
	round_trip("a modalias of 3000 bytes", &other);
	other = policy;
	other.module[0] = other.path[0] = other.modalias[0] = '\0';
	round_trip("a driver alone", &other);
	util_format(other.modalias, 64, "of:N ;T");
	ok(policy_format(&other, &text) == -EINVAL,
		"policy: what would read as a comment is refused");

	ok(policy_parse("[override]\nmodule = x\n", &other) == -EBADMSG, "policy: no driver");
	ok(policy_parse("[override]\ndriver = a/b\n", &other) == -EBADMSG, "policy: a bad driver");
	ok(policy_parse("garbage\n", &other) == -EBADMSG, "policy: garbage");
	ok(policy_parse("[override]\ndriver = x\nlater = y\n[new]\nz = 1\n", &other) == 0,
		"policy: what a later version adds is ignored");
}

static void matching(void)
{
	struct policy policy = { .driver = "x", .modalias = "pci:a", .path = "pci0000:00/00.0" };

	ok(policy_matches(&policy, "pci:a", "pci0000:00/00.0"), "identity: the same");
	ok(!policy_matches(&policy, "pci:b", "pci0000:00/00.0"), "identity: other ids");
	ok(!policy_matches(&policy, "pci:a", "pci0000:00/01.0"), "identity: another place");
	policy.path[0] = '\0';
	ok(policy_matches(&policy, "pci:a", "pci0000:00/01.0"), "identity: no place was noted");
	policy.modalias[0] = '\0';
	ok(policy_matches(&policy, "pci:b", ""), "identity: nor were ids");
}

int main(void)
{
	policies();
	matching();
	return test_end();
}
