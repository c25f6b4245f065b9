/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * show DEVICE...: shows each device in full. It works without root, and the text says how many
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
#include "kernel/pci.h"
#include "store/image.h"
#include "session.h"
#include "store/target.h"
#include "store/config.h"
#include "base/supervise.h"
#include "use/use.h"

#include <errno.h>

static void read_names(struct show *s)
{
	CLEANUP(model_close) struct model_database *models = model_open();
	const struct device *dev = &s->dev;
	char path[PATH_MAX];

	pci_identity(dev, s->modalias, path);
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
	pci_physfn(&s->dev, s->physfn);
}

struct reading {
	const struct options *options;
	const struct device *dev;
};

static int print_device(struct supervise *s, void *arg)
{
	const struct reading *r = arg;
	const struct options *options = r->options;
	const struct config *config = &options->config;
	CLEANUP(target_free) struct target_sources sources = { 0 };
	struct show show = { .dev = *r->dev };
	struct use_caller caller;
	int err;

	supervise_step(s, 0, OVERRIDE_READ_STATE, "");
	err = device_read_state(&show.dev, &show.state);
	if ((err == -ENOENT && !sysfs_has(show.dev.path, ".")) || err == -ENODEV) {
		message_error("%s: no such device", show.dev.name);
		return EXIT_NO_DEVICE;
	}
	if (err < 0 && err != -ENOENT) {
		message_error("%s: cannot read it: %s", show.dev.name, strerror(-err));
		return EXIT_FAILED;
	}
	show.overridable = err == 0;
	supervise_step(s, 0, OVERRIDE_READ_STORE, "");
	read_names(&show);
	show.saved_error = saved_get(&show.dev, &show.saved);
	show.target_error = target_of(&show.dev, &sources, &show.wanted);
	show.old_image = image_age() == IMAGE_OLDER;
	supervise_step(s, 0, OVERRIDE_RANK, "");
	if (pci_leads_to_devices(&show.dev))
		show.rank_error = -ENODATA;
	else
		show.rank_error =
			table_rank_device(&show.dev, config->deny, config->n_deny, &show.ranking);
	if (show.modalias[0])
		module_candidates(show.modalias, &show.native);
	supervise_step(s, 0, OVERRIDE_CHECK, "");
	iommu_read(&show.dev, &show.group);
	read_functions(&show);
	mdev_read(&show.dev, &show.mdev);
	net_list(&show.dev, &show.interfaces);
	session_find(options->ssh_connection, &caller);
	show.use_error = use_gather(&show.dev, 1, &caller, USE_FIND_NAMED, &show.uses);
	if (options_have(options, OPTION_JSON))
		show_json(&show);
	else
		show_text(options, &show);
	show_free(&show);
	return EXIT_DONE;
}

static int show_device(const struct options *options, const struct device *dev, void *arg)
{
	struct reading r = { options, dev };

	(void)arg;
	return child_read(options, print_device, &r, dev->name, NULL);
}

int cmd_show(const struct options *options, char **args, int n_args)
{
	output_begin(options);
	output_paragraphs();
	return output_end(each_device(options, args, n_args, EACH_PRESENT, show_device, NULL));
}
