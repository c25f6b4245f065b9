/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A durable change of one or two small files, all or none. It is prepared first: everything that
 * can fail for lack of space or permission fails then, and DIR/NAME exists as DIR/.NAME.new. The
 * commit is one rename(2), or one unlink(2), for each file.
 *
 * The files are prepared and committed in the order in which they were added, and put back and
 * discarded in the reverse order. This makes the change atomic, whenever the process is killed:
 *
 * - The change counts from the commit of the first file on.
 * - From then until the commit of the second file, savefile_read() reads that one under its
 *   temporary name. It does so if the first file has no temporary name: as the first to be created
 *   and the last to be discarded, it can only have been renamed.
 * - After a removal of the first file, the second must mean nothing alone.
 *
 * The temporary names are fixed. The caller has a lock (lock.h) for the files that it prepares,
 * commits or tidies.
 */
#pragma once

#include "base/util.h"

#include <limits.h>

#define SAVEFILE_MAX 2

/** One change. Zeroed at first; end it with savefile_discard(), also after a failure. */
struct savefile {
	enum { SAVEFILE_NOTHING, SAVEFILE_WRITE, SAVEFILE_REMOVE } kind; /* of the commit */
	bool changes;           /* the commit makes a difference; in a dry run, it would */
	bool temporary;         /* there may be files under temporary names */
	const char *remove_dir; /* removed in the end if it is empty; NULL for none */
	size_t n;
	struct savefile_file {
		const char *dir;
		char name[NAME_MAX + 1];
		char *old; /* the text to put back; NULL: there was no file, or it is no text */
	} files[SAVEFILE_MAX];
};

/**
 * savefile_add - add a file to a change that is not yet prepared
 * @dir: an absolute path; the pointer is kept
 *
 * Return: 0; -ENAMETOOLONG if the temporary name would be too long.
 */
int savefile_add(struct savefile *s, const char *dir, const char *name);

/**
 * savefile_prepare - write the files under their temporary names, durably
 * @texts: one for each file
 * @dry_run: write nothing, and leave nothing to commit: find out what the change would be
 *
 * Directories are created if they do not exist.
 *
 * Return: 0; in a dry run, -EROFS or -EACCES if the files cannot be written; otherwise -errno of
 * mkdir(2), open(2), read(2), write(2) (-ENOSPC) or fsync(2).
 */
int savefile_prepare(struct savefile *s, const char *const texts[], bool dry_run);

/**
 * savefile_prepare_removal - find out whether the files can be removed
 * @dry_run: leave nothing to commit
 *
 * Writes nothing, and needs no lock.
 *
 * Return: 0; -ENOENT if none of the files exists; -EROFS or -EACCES if they cannot be removed;
 * otherwise -errno of lstat(2).
 */
int savefile_prepare_removal(struct savefile *s, bool dry_run);

/**
 * savefile_commit - make a prepared change count, durably
 *
 * After a failure, the change may be half done: call savefile_revert().
 *
 * Return: 0, also if nothing is prepared; otherwise -errno of rename(2), unlink(2), open(2) or
 * fsync(2).
 */
int savefile_commit(struct savefile *s);

/**
 * savefile_revert - put back what counted before savefile_commit(), whether that failed or not
 *
 * Return: 0; otherwise -errno of the first call that failed: the files are not as they were.
 */
int savefile_revert(struct savefile *s);

/**
 * savefile_discard - remove the temporary files and free @s, which is then zeroed
 *
 * Also for use as a cleanup function. A committed change stays.
 */
void savefile_discard(struct savefile *s);

/**
 * savefile_tidy - end what a killed process has begun with the files of @s
 *
 * A change that counts already is completed; one that was only prepared is discarded.
 *
 * Return: 0, also if there is nothing to do; otherwise -errno of rename(2), unlink(2), open(2) or
 * fsync(2).
 */
int savefile_tidy(const struct savefile *s);

/**
 * savefile_read - read the text that counts of a file of @s, which need not be prepared
 * @i: 0 for the file that was added first
 * @ret_text: owned by the caller
 *
 * Return: as file_read_text().
 */
int savefile_read(const struct savefile *s, size_t i, char **ret_text);
