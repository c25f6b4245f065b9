/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * show DEV...: one device in full. A bounded child reads it, as an attribute may block its reader,
 * and sends the finished text; no value costs an unprivileged reader anything, but what he cannot
 * see is said.
 */
#include "show.h"

#include "message.h"
#include "kernel/lookup.h"
#include "kernel/model.h"
#include "kernel/module.h"
#include "kernel/net.h"
#include "output.h"

#include <errno.h>

struct reading {
	const struct options *options;
	struct device dev;
	int error;  /* what came from the child: -errno, and */
	char *text; /* the text so far */
	size_t size;
};

/* --- in the child --- */

static void read_names(struct show *s)
{
	CLEANUP(model_close) struct model_database *models = model_open();
	const struct device *dev = &s->dev;
	char path[PATH_MAX];

	device_identity(dev, s->modalias, path);
	sysfs_read_text(dev->path, "class", s->class_id, sizeof(s->class_id));
	sysfs_read_text(dev->path, "vendor", s->vendor_id, sizeof(s->vendor_id));
	sysfs_read_text(dev->path, "device", s->device_id, sizeof(s->device_id));
	if (!models)
		return;
	model_name(models, s->modalias, "ID_PCI_SUBCLASS_FROM_DATABASE", s->class_name,
		sizeof(s->class_name));
	if (!s->class_name[0])
		model_name(models, s->modalias, "ID_PCI_CLASS_FROM_DATABASE", s->class_name,
			sizeof(s->class_name));
	model_name(models, s->modalias, "ID_VENDOR_FROM_DATABASE", s->vendor_name,
		sizeof(s->vendor_name));
	model_name(models, s->modalias, "ID_MODEL_FROM_DATABASE", s->device_name,
		sizeof(s->device_name));
}

static void read_functions(struct show *s)
{
	sysfs_read_text(s->dev.path, "sriov_totalvfs", s->vfs_total, sizeof(s->vfs_total));
	sysfs_read_text(s->dev.path, "sriov_numvfs", s->vfs_enabled, sizeof(s->vfs_enabled));
	sysfs_read_text(s->dev.path, "sriov_drivers_autoprobe", s->autoprobe, sizeof(s->autoprobe));
	device_physfn(&s->dev, s->physfn);
}

static int read_all(const struct options *options, struct bounded *b, struct show *s)
{
	const struct config *config = &options->config;
	int err;

	bounded_step(b, 0, OVERRIDE_READ_STATE, "");
	err = device_read_state(&s->dev, &s->state);
	if (err < 0 && (err != -ENOENT || !sysfs_has(s->dev.path, ".")))
		return err;
	s->overridable = err == 0;
	bounded_step(b, 0, OVERRIDE_READ_STORE, "");
	read_names(s);
	s->saved_error = saved_read(&s->dev, s->saved, &s->policy);
	bounded_step(b, 0, OVERRIDE_RANK, "");
	s->rank_error = table_rank_device(&s->dev, config->deny, config->n_deny, &s->ranking);
	if (s->modalias[0])
		module_candidates(s->modalias, &s->native);
	bounded_step(b, 0, OVERRIDE_CHECK, "");
	iommu_read(&s->dev, &s->group);
	read_functions(s);
	mdev_read(&s->dev, &s->mdev);
	net_list(&s->dev, &s->interfaces);
	s->use_error = use_find(&s->dev, true, &s->holder);
	return 0;
}

static void send(struct bounded *b, const char *text)
{
	for (size_t left = strlen(text), n; left > 0; text += n, left -= n) {
		n = left < BOUNDED_RECORD_MAX ? left : BOUNDED_RECORD_MAX;
		bounded_send(b, text, n);
	}
}

static void work(struct bounded *b, void *arg)
{
	const struct reading *r = arg;
	CLEANUP(show_free) struct show *s = calloc(1, sizeof(*s));
	CLEANUP_FREE char *text = NULL;
	int err;

	if (!s)
		return;
	s->dev = r->dev;
	err = read_all(r->options, b, s);
	bounded_send(b, &err, sizeof(err));
	if (err == 0)
		text = options_have(r->options, OPTION_JSON) ? show_json(s)
							     : show_text(r->options, s);
	if (text)
		send(b, text);
}

/* --- in the parent --- */

static void on_record(const void *data, size_t size, void *userdata)
{
	struct reading *r = userdata;
	char *grown;

	if (r->error > 0) {
		memcpy(&r->error, data, sizeof(r->error));
		return;
	}
	grown = realloc(r->text, r->size + size + 1);
	if (!grown)
		return;
	r->text = grown;
	memcpy(r->text + r->size, data, size);
	r->size += size;
	r->text[r->size] = '\0';
}

static int show_device(
	const struct options *options, const struct device *dev, struct output *output, bool first)
{
	struct reading r = { .options = options, .dev = *dev, .error = 1 };
	struct bounded_limits limits = { .deadline_ms = options->deadline_ms };
	struct bounded_watch watch = { .record = on_record, .userdata = &r };
	struct bounded_end end;
	int err = bounded_run(work, &r, &limits, &watch, &end), code = EXIT_DONE;

	if (err == -ETIMEDOUT) {
		char doing[512];

		message_error("%s: %s not finished after %u s", dev->name,
			message_step(end.at.step, end.at.subject, doing, sizeof(doing)),
			options->timeout_ms / 1000);
		code = EXIT_UNFINISHED;
	} else if (err < 0) {
		message_error(
			"%s: the process that reads it failed: %s", dev->name, strerror(-err));
		code = EXIT_FAILED;
	} else if (r.error == -ENOENT || r.error == -ENODEV) {
		message_error("%s: no such device", dev->name);
		code = EXIT_NO_DEVICE;
	} else if (!r.text) {
		message_error("%s: cannot read it: %s", dev->name,
			strerror(r.error < 0 ? -r.error : ENOMEM));
		code = EXIT_FAILED;
	} else if (output->list) {
		output_object(output, json_tokener_parse(r.text));
	} else {
		printf("%s%s", first ? "" : "\n", r.text);
	}
	free(r.text);
	return code;
}

int cmd_show(const struct options *options, char **args, int n_args)
{
	const char *devpath = n_args == 1 ? options->devpath : NULL;
	struct output output;
	bool first = true;
	int result = 0;

	output_begin(&output, options);
	for (int i = 0; i < n_args; i++) {
		struct device dev;
		int err = lookup_device(args[i], options->bus, devpath, &dev);
		int code = err < 0 ? message_lookup(args[i], &dev, err)
				   : show_device(options, &dev, &output, first);

		first = first && code != 0;
		if (result == 0)
			result = code;
	}
	return output_end(&output, result);
}
