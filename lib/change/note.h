/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a call writes into the journal; private to lib/change.
 */
#pragma once

struct transaction;

/**
 * note_begin - before driver_override is written, note who wants it: if the call is killed, the
 * next one knows
 *
 * Only a rule, and the early step, set an override that is to be taken back.
 *
 * Return: 0, or -errno after transaction_fail().
 */
int note_begin(struct transaction *t);

/** note_forget - drop the entry of a device that was given back. Return: as note_begin(). */
int note_forget(struct transaction *t);

/** note_end - before the end of a call that has succeeded, note what was done. What cannot be
 * written is missed only by events and loads that follow. */
void note_end(const struct transaction *t);
