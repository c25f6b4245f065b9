/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * show DEVICE...: shows each device in full. An attribute may block its reader, so a bounded child
 * reads all of them and sends the finished text. It works without root, and the text says how many
 * processes could not be looked into.
 */
#include "show.h"

#include "child.h"
#include "each.h"
#include "message.h"
#include "kernel/model.h"
#include "kernel/module.h"
#include "kernel/net.h"
#include "output.h"
#include "store/image.h"
#include "session.h"

#include <errno.h>

struct reading {
	const struct options *options;
	const struct device *dev;
	int error; /* -errno, or 0 */
	FILE *text;
};

/* The child sends a failure, or the text in pieces. */
struct piece {
	int error; /* -errno, or 0 */
	char text[4096];
};

_Static_assert(sizeof(struct piece) <= BOUNDED_RECORD_MAX, "a piece is one record");

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
	CLEANUP(wanted_free) struct wanted_sources sources = { 0 };
	const struct config *config = &options->config;
	struct use_caller caller;
	int err;

	bounded_step(b, 0, OVERRIDE_READ_STATE, "");
	err = device_read_state(&s->dev, &s->state);
	if (err < 0 && (err != -ENOENT || !sysfs_has(s->dev.path, ".")))
		return err;
	s->overridable = err == 0;
	bounded_step(b, 0, OVERRIDE_READ_STORE, "");
	read_names(s);
	s->saved_error = saved_get(&s->dev, &s->saved);
	s->wanted_error = wanted_read(&s->dev, &sources, &s->wanted);
	s->old_image = image_age() == IMAGE_OLDER;
	bounded_step(b, 0, OVERRIDE_RANK, "");
	if (device_is_pci_bridge(&s->dev))
		s->rank_error = -ENODATA;
	else
		s->rank_error =
			table_rank_device(&s->dev, config->deny, config->n_deny, &s->ranking);
	if (s->modalias[0])
		module_candidates(s->modalias, &s->native);
	bounded_step(b, 0, OVERRIDE_CHECK, "");
	iommu_read(&s->dev, &s->group);
	read_functions(s);
	mdev_read(&s->dev, &s->mdev);
	net_list(&s->dev, &s->interfaces);
	session_find(options->ssh_connection, &caller);
	s->use_error = use_find_named(&s->dev, &caller, &s->uses);
	return 0;
}

static void send_text(struct bounded *b, const char *text)
{
	while (*text) {
		struct piece piece = { 0 };

		util_format(piece.text, sizeof(piece.text), "%s", text);
		bounded_send(b, &piece, sizeof(piece));
		text += strlen(piece.text);
	}
}

static char *describe(const struct options *options, const struct show *s)
{
	return options_have(options, OPTION_JSON) ? show_json(s) : show_text(options, s);
}

static void work(struct bounded *b, void *arg)
{
	const struct reading *r = arg;
	CLEANUP(show_free) struct show *s = calloc(1, sizeof(*s));
	CLEANUP_FREE char *text = NULL;
	struct piece failure = { 0 };

	if (!s)
		return;
	s->dev = *r->dev;
	failure.error = read_all(r->options, b, s);
	if (failure.error < 0) {
		bounded_send(b, &failure, sizeof(failure));
		return;
	}
	text = describe(r->options, s);
	if (text)
		send_text(b, text);
}

/* --- in the parent --- */

static void on_record(const void *data, void *arg)
{
	const struct piece *piece = data;
	struct reading *r = arg;

	r->error = piece->error;
	fputs(piece->text, r->text);
}

/* @ret_text: the caller frees it. Return: 0 or the exit code, after a message. */
static int read_device(const struct options *options, const struct device *dev, char **ret_text)
{
	/* A child without memory sends nothing. */
	struct reading r = { .options = options, .dev = dev, .error = -ENOMEM };
	struct child child = {
		.work = work,
		.record = on_record,
		.record_size = sizeof(struct piece),
		.arg = &r,
		.device = dev->name,
	};
	size_t size;
	int err = 0;

	r.text = open_memstream(ret_text, &size);
	if (r.text) {
		err = child_run(options, &child);
		if (fclose(r.text) != 0)
			r.error = -ENOMEM;
	}
	if (err < 0)
		return child_report(options, &child, err);
	if (r.error == 0)
		return EXIT_DONE;
	if (r.error == -ENOENT || r.error == -ENODEV) {
		message_error("%s: no such device", dev->name);
		return EXIT_NO_DEVICE;
	}
	message_error("%s: cannot read it: %s", dev->name, strerror(-r.error));
	return EXIT_FAILED;
}

struct printing {
	struct output *output;
};

static int show_device(const struct options *options, const struct device *dev, const void *arg)
{
	const struct printing *printing = arg;
	CLEANUP_FREE char *text = NULL;
	int code = read_device(options, dev, &text);

	if (code != EXIT_DONE)
		return code;
	if (options_have(options, OPTION_JSON))
		output_object(printing->output, json_tokener_parse(text));
	else
		output_paragraph(printing->output, text);
	return EXIT_DONE;
}

int cmd_show(const struct options *options, char **args, int n_args)
{
	struct output output;
	const struct printing printing = { .output = &output };
	int code;

	output_begin(&output, options);
	code = each_device(options, args, n_args, EACH_PRESENT, show_device, &printing);
	return output_end(&output, code);
}
