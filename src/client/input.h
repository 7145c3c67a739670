/* client/input.h - what the terminal sends: keys, replies, pastes. */
#ifndef CDO_CLIENT_INPUT_H
#define CDO_CLIENT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stroke;

enum { INPUT_TOKEN_MAX = 4096 };

/* What a part of what is typed is. */
enum input_kind {
	INPUT_KEYS, /* text, and whole keys */
	INPUT_PASTED, /* a piece of a paste, with what begins and ends it */
	INPUT_REPORT, /* of the mouse or the focus: nobody's finger */
};

enum input_verdict {
	INPUT_TYPE, /* it is for the program */
	INPUT_KEEP, /* keep it aside until a later verdict */
	INPUT_DROP, /* forget it, and what was kept */
	INPUT_LITERAL, /* forget what was kept, and type it */
	INPUT_AGAIN, /* type what was kept, and ask again */
};

struct input_events {
	/* A key, outside of pastes. */
	enum input_verdict (*key)(void *ctx, const struct stroke *);
	/* May a printable character be more than that? */
	bool (*busy)(void *ctx);
	/* Bytes for the program, as they came. */
	void (*typed)(void *ctx, const void *data, size_t len);
	/* A mouse report in SGR form, whole; NULL: typed takes them. */
	void (*mouse)(void *ctx, const uint8_t *data, size_t len);
	/* A whole reply of the terminal to a query; never typed. */
	void (*reply)(void *ctx, const uint8_t *data, size_t len);
};

/* All-zero, then input_init. */
struct input {
	const struct input_events *events;
	void *ctx;
	bool focus; /* focus reports are wanted (1004) */
	enum input_kind kind; /* of what is being handed to `typed` */
	int state;
	uint8_t tok[INPUT_TOKEN_MAX];
	size_t len;
	size_t sent; /* bytes of the token that were typed already */
	unsigned raw; /* bytes of an old mouse report still to come */
	unsigned paste; /* 0, or 1 + how much of its end was seen */
	uint8_t kept[256]; /* whole keys kept aside */
	size_t kept_len;
};

void input_init(struct input *, const struct input_events *, void *ctx);

/* Any bytes, cut anywhere. */
void input_feed(struct input *, const void *data, size_t len);

/*
 * How long, in ms, the rest of what is unfinished may take; 0: nothing is.
 * Without more bytes until then, input_late: a lone ESC was the Escape key.
 */
unsigned input_patience(const struct input *);
void input_late(struct input *);

/* True if the whole sequence is a terminal's answer (terminal.md, 2, R4). */
bool input_is_reply(const uint8_t *data, size_t len);

#endif
