/* custodian/view.h - what an attached client is sent. */
#ifndef CDO_CUSTODIAN_VIEW_H
#define CDO_CUSTODIAN_VIEW_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct custodian;
struct guest;
struct resume_place;

/* MSG_UNDO and a first snapshot with that many lines of history. */
void view_first(struct guest *, uint32_t history);
/*
 * A client that was shown the session up to a place before: whether it can be
 * sent what follows, and then that it is.  See resume_joins.
 */
bool view_joins(const struct custodian *, const struct resume_place *,
		uint64_t *missed);
void view_join(struct guest *, uint64_t at, uint32_t history);
/*
 * Sends what the client has not got, if its socket has taken everything up to
 * here; to be called again when it has.
 */
void view_push(struct guest *);
/* Another snapshot, with that many lines of history, as soon as possible. */
void view_again(struct guest *, uint32_t history);
/*
 * Brings a client up to date before it is told to go, if need be with a
 * snapshot behind all that is queued.
 */
void view_last(struct guest *);

/* Messages that go before output, if there is news; see also pace.h. */
void view_write_undo(struct guest *, uint32_t number);
void view_write_taken(struct guest *);
void view_write_size(struct guest *);
/*
 * The number of what undoes a terminal that was sent output behind `at`, up to
 * *to, which is brought nearer if need be; or of the oldest there is.
 */
uint32_t view_undo_at(struct custodian *, uint64_t at, uint64_t *to);
/* Only then it shows the session direct, and has a use for history. */
bool view_fits(const struct guest *);

/* To be called whenever the screen was fed. */
void view_push_all(struct custodian *);
/* Tells the ring what nobody waits for any more. */
void view_forget(struct custodian *);
/* Whether somebody still has to be given what was read last. */
bool view_behind(const struct custodian *);
/* The session has another size: MSG_SIZE and a snapshot for everybody. */
void view_resized(struct custodian *);
/* Brings what undoes the screen up to date; to be called before the next. */
void view_note_undo(struct custodian *);
const struct buf *view_undo(struct custodian *);

#endif
