/* client/probe.h - ask the terminal once what only it knows. */
#ifndef CDO_CLIENT_PROBE_H
#define CDO_CLIENT_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vt/screen.h"

struct buf;

enum { PROBE_MS = 500 }; /* how long input waits for the answers */

struct probe {
	bool done; /* everything that will be answered was */
	bool answers; /* the terminal answers at all */
	bool sync; /* it knows synchronized output (2026) */
	bool themes; /* it knows dark and light (996, 2031) */
	bool told_light; /* by itself, not by its colours */
	struct profile profile;
};

/*
 * Appends the questions that this kind of terminal takes without showing
 * them; false if there are none, and then none was asked.
 */
bool probe_ask(struct buf *out);

/* The colours once more, after the theme has changed. */
void probe_again(struct probe *, struct buf *out);

/* Appends MSG_PROFILE. */
void probe_report(const struct probe *, struct buf *out);
/* Whether the terminal is a screen of this session, or in one that is. */
bool probe_inside(const struct probe *, const char *id);

enum probe_news {
	PROBE_NOTHING,
	PROBE_OVER, /* that was the last answer */
	PROBE_THEME, /* dark became light, or light dark */
};

/* Takes one whole reply (input.h), asked for or not. */
enum probe_news probe_take(struct probe *, const uint8_t *data, size_t len);

#endif
