/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which store an initramfs was built from. An initramfs has a copy of the store, and beside it the
 * mark STORE_DIR/image: one line with a number that stands for the saved overrides, their policies
 * and the rules. At boot the early step copies the mark to /run/driverctl/image, which goes from
 * the initramfs to the real root. There the store may have changed since.
 *
 * The number is compared with itself only, and protects from no forgery.
 */
#pragma once

#include <stdbool.h>

enum image_age {
	IMAGE_UNKNOWN, /* no marked initramfs was booted or built */
	IMAGE_CURRENT,
	IMAGE_OLDER, /* the store has changed since the initramfs was built */
};

/**
 * image_make_store - create the store's directory in an initramfs that is being built
 * @root: the directory that becomes the initramfs
 * @ret_dir_fd: owned by the caller, also after an error; -1 for none
 *
 * Return: 0; -EEXIST if @root is the host's own root; otherwise -errno of open(2) or mkdir(2).
 */
int image_make_store(const char *root, int *ret_dir_fd);

/**
 * image_mark - mark an initramfs that is being built with the store as it is now
 * @root: the directory that becomes the initramfs
 *
 * It becomes the known one, too, although it is only booted later: whoever has rebuilt the
 * initramfs need not be told to do so. This part may fail.
 *
 * Return: 0; -EEXIST if @root is the host's own root; otherwise -errno of reading the store, or of
 * writing.
 */
int image_mark(const char *root);

/**
 * image_record - in an initramfs, make its mark known to the real root
 * @ret_is_image: whether this is an initramfs with a mark
 *
 * Return: 0; otherwise -errno of reading or writing.
 */
int image_record(bool *ret_is_image);

/**
 * image_age - compare the initramfs that was booted, or was built since, with the store
 *
 * Return: IMAGE_UNKNOWN also if the store cannot be read.
 */
enum image_age image_age(void);
