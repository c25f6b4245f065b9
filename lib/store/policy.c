/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a policy file. Must not know where policies are kept. */
#include "store/policy.h"

#include "base/util.h"
#include "store/keyfile.h"

#include <errno.h>
#include <stddef.h>

#define FIELD(name) offsetof(struct policy, name), sizeof(((struct policy *)NULL)->name)

static const struct field {
	const char *key;
	size_t offset, size;
	enum { NAME, TEXT, LONG_TEXT } type; /* LONG_TEXT: it may have several lines */
} fields[] = {
	{ "driver", FIELD(driver), NAME },
	{ "module", FIELD(module), NAME },
	{ "choose", FIELD(choose), TEXT },
	{ "modalias", FIELD(modalias), LONG_TEXT },
	{ "path", FIELD(path), LONG_TEXT },
};

static const char *value_of(const struct policy *policy, const struct field *field)
{
	return (const char *)policy + field->offset;
}

/* A keyfile_fn. Each line of a long value is a call of its own. */
static const char *take_value(
	const char *section, const char *key, const char *value, void *userdata)
{
	if (!streq(section, "override"))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *field = &fields[i];
		char *buf = (char *)userdata + field->offset;
		size_t used = field->type == LONG_TEXT ? strlen(buf) : 0;

		if (!streq(key, field->key))
			continue;
		if (field->type == NAME && !util_name_valid(value))
			return "not a name";
		if (util_format(buf + used, field->size - used, "%s", value) < 0)
			return "value too long";
		break;
	}
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

int policy_format(const struct policy *policy, char **ret_text)
{
	CLEANUP_FREE char *text = NULL;
	struct policy again;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return -ENOMEM;
	fputs("[override]\n", f);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		keyfile_write(f, fields[i].key, value_of(policy, &fields[i]));
	if (fclose(f) != 0)
		return -ENOMEM;
	if (policy_parse(text, &again) < 0)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (!streq(value_of(&again, &fields[i]), value_of(policy, &fields[i])))
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
