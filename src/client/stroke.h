/* client/stroke.h - one key as typed: its name, and its many encodings. */
#ifndef CDO_CLIENT_STROKE_H
#define CDO_CLIENT_STROKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STROKE_SHIFT = 1 << 0,
	STROKE_ALT = 1 << 1,
	STROKE_CTRL = 1 << 2,
	STROKE_SUPER = 1 << 3, /* and hyper, meta: no key of ours has them */
};

enum stroke_event { STROKE_PRESS = 1, STROKE_REPEAT, STROKE_RELEASE };

/* Codes that are no characters. */
enum {
	STROKE_FINAL = 1 << 24, /* | a CSI or SS3 final byte: arrows, F1.. */
	STROKE_TILDE = 2 << 24, /* | the number of CSI number ~ */
};

struct stroke {
	uint32_t code; /* a character, as on the unshifted key, or the above */
	uint32_t shifted, base, text; /* what the terminal told besides, or 0 */
	uint8_t mods; /* without the locks */
	uint8_t event; /* enum stroke_event */
	int16_t byte; /* -1, or the one byte it is without any encoding */
};

/*
 * Reads a name: "C-b", "M-x", "C-M-a", "F5", "Up", "Space", "d"; also as
 * docker has it, "ctrl-p".  0 or -EINVAL.
 */
int stroke_parse(struct stroke *, const char *name, size_t len);

/*
 * What the whole sequence data[0..len) is: a character, ESC and a character,
 * or CSI or SS3.  False if it is no key (a mouse report, say).
 */
bool stroke_decode(struct stroke *, const uint8_t *data, size_t len);

/* Whether a decoded key is the one that was named, on any layout. */
bool stroke_is(const struct stroke *typed, const struct stroke *named);

/* Shift, a lock and the like, which some terminals report by themselves. */
bool stroke_is_modifier(const struct stroke *);

#endif
