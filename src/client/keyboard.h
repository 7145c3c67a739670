/* client/keyboard.h - what the user's terminal sends, sorted. */
#ifndef CDO_CLIENT_KEYBOARD_H
#define CDO_CLIENT_KEYBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/bindings.h"
#include "client/input.h"
#include "client/probe.h"

struct buf;
struct loop;
struct loop_timer;
struct tty;

struct keyboard_events {
	/* Bytes for the program, as they came. */
	void (*typed)(void *ctx, const void *data, size_t len);
	/* A mouse report in SGR form. */
	void (*mouse)(void *ctx, const uint8_t *data, size_t len);
	/* Everything that one read brought was handed on. */
	void (*rest)(void *ctx);
	void (*action)(void *ctx, enum bindings_verdict);
	/* The probe is over, or the terminal's colours have changed. */
	void (*probed)(void *ctx);
};

struct keyboard {
	const struct keyboard_events *events;
	void *ctx;
	struct tty *tty;
	struct input input;
	struct bindings bindings;
	struct probe probe;
	bool probing; /* answers are awaited; typed bytes wait for them */
	bool any_key; /* the next key is BINDINGS_HELP once more */
	bool draining;
	uint64_t asked; /* when, in ms */
	unsigned answer_ms; /* how long the terminal took; 0 unknown */
	struct loop *loop;
	struct loop_timer *late, *limit;
};

/* All-zero before.  0, or -EINVAL if the keys are no keys. */
int keyboard_init(struct keyboard *, const char *prefix,
		  const char *detach_keys);
void keyboard_start(struct keyboard *, struct loop *, struct tty *,
		    const struct keyboard_events *, void *ctx);
void keyboard_stop(struct keyboard *);

/* Appends the questions to the terminal; from now on answers are awaited. */
void keyboard_probe(struct keyboard *, struct buf *out);
/* The terminal is readable.  0, or -errno if it is gone (-EPIPE: its end). */
int keyboard_read(struct keyboard *);
/*
 * What the terminal still sends of its own is waited for and thrown away, so
 * that the shell does not get it; `reports` if it was made to send any.
 */
void keyboard_drain(struct keyboard *, bool reports);

#endif
