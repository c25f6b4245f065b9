/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the keys of a policy file. Must not know where policies are kept. */
#include "store/policy.h"

#include "store/keyfile.h"

#include <errno.h>

static const char *set_text(char *field, size_t size, const char *value)
{
	return util_format(field, size, "%s", value) < 0 ? "value too long" : NULL;
}

static const char *set_name(char *field, const char *value)
{
	if (!util_name_valid(value))
		return "not a name";
	return set_text(field, SYSFS_NAME_MAX, value);
}

/* Each line of a long value is a call of its own. */
static const char *append_text(char *field, size_t size, const char *value)
{
	size_t used = strlen(field);

	return set_text(field + used, size - used, value);
}

static const char *take_value(
	const char *section, const char *key, const char *value, void *userdata)
{
	struct policy *policy = userdata;

	if (!streq(section, "override"))
		return NULL;
	if (streq(key, "driver"))
		return set_name(policy->driver, value);
	if (streq(key, "module"))
		return set_name(policy->module, value);
	if (streq(key, "choose"))
		return set_text(policy->choose, sizeof(policy->choose), value);
	if (streq(key, "modalias"))
		return append_text(policy->modalias, sizeof(policy->modalias), value);
	if (streq(key, "path"))
		return append_text(policy->path, sizeof(policy->path), value);
	return NULL;
}

int policy_parse(const char *text, struct policy *ret)
{
	const char *why;
	int line, err;

	*ret = (struct policy){ 0 };
	err = keyfile_parse(text, take_value, ret, &line, &why);
	if (err < 0)
		return err;
	return ret->driver[0] ? 0 : -EBADMSG;
}

static bool is_same(const struct policy *a, const struct policy *b)
{
	return streq(a->driver, b->driver) && streq(a->module, b->module) &&
	       streq(a->choose, b->choose) && streq(a->modalias, b->modalias) &&
	       streq(a->path, b->path);
}

int policy_format(const struct policy *policy, char **ret_text)
{
	CLEANUP_FREE char *text = NULL;
	struct policy again;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return -ENOMEM;
	fputs("[override]\n", f);
	keyfile_write(f, "driver", policy->driver);
	keyfile_write(f, "module", policy->module);
	keyfile_write(f, "choose", policy->choose);
	keyfile_write(f, "modalias", policy->modalias);
	keyfile_write(f, "path", policy->path);
	if (fclose(f) != 0)
		return -ENOMEM;
	if (policy_parse(text, &again) < 0 || !is_same(&again, policy))
		return -EINVAL;
	*ret_text = STEAL(text);
	return 0;
}

bool policy_matches(const struct policy *policy, const char *modalias, const char *path)
{
	if (policy->modalias[0] && !streq(policy->modalias, modalias))
		return false;
	return !policy->path[0] || streq(policy->path, path);
}
