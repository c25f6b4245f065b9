/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Policy files. The whole input is the text of a file. Its parts are also the values of a policy:
 * driver, module, choose, modalias, path. A policy that is written must read back as it was.
 */
#include "fuzz.h"
#include "store/policy.h"

#include <errno.h>

static void round_trip(const struct policy *policy)
{
	CLEANUP_FREE char *text = NULL;
	static struct policy again;
	int err = policy_format(policy, &text);

	fuzz_promise(err == 0 || err == -EINVAL);
	fuzz_promise((err == 0) == (text != NULL));
	if (err < 0)
		return;
	fuzz_promise(policy_parse(text, &again) == 0);
	fuzz_promise(streq(again.driver, policy->driver) && streq(again.module, policy->module));
	fuzz_promise(streq(again.choose, policy->choose) &&
		     streq(again.modalias, policy->modalias) && streq(again.path, policy->path));
	fuzz_promise(policy_matches(&again, policy->modalias, policy->path));
}

static void take(struct fuzz_input *input, char *field, size_t size)
{
	CLEANUP_FREE char *part = fuzz_part(input, NULL);

	util_format(field, size, "%s", part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input whole = { data, size }, parts = { data, size };
	CLEANUP_FREE char *text = fuzz_part(&whole, NULL);
	static struct policy policy;
	int err = policy_parse(text, &policy);

	fuzz_promise(err == 0 || err == -EBADMSG);
	if (err == 0) {
		fuzz_promise(util_name_valid(policy.driver));
		fuzz_promise(!policy.module[0] || util_name_valid(policy.module));
		round_trip(&policy);
	}
	policy = (struct policy){ 0 };
	take(&parts, policy.driver, sizeof(policy.driver));
	take(&parts, policy.module, sizeof(policy.module));
	take(&parts, policy.choose, sizeof(policy.choose));
	take(&parts, policy.modalias, sizeof(policy.modalias));
	take(&parts, policy.path, sizeof(policy.path));
	round_trip(&policy);
	return 0;
}
