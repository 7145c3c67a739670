/* e2e/sieve.h - what libvterm is not to see, answered and remembered. */
#ifndef CDO_E2E_SIEVE_H
#define CDO_E2E_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * libvterm stands for a real terminal, but some sequences crash it and many
 * it does not know (terminal.md, 5).  The sieve hands on what it can take,
 * answers what a terminal is asked, and remembers the modes.  It knows the
 * colours of a dark terminal and calls itself "e2e".
 */
enum { SIEVE_MODES = 4096 };

struct sieve {
	/* Where bytes for libvterm and for the program are appended. */
	struct buf *pass, *reply;
	/* Asked for the answer to CSI 6n; 0-based. */
	void (*cursor)(void *ctx, unsigned *row, unsigned *col);
	void *ctx;

	uint8_t dec[SIEVE_MODES]; /* 0: never set; 'h' or 'l' */
	bool insert, newline, keypad, margins, shifted, graphics, pen;
	int kitty[2]; /* depth of the stacks: primary, alternate */
	unsigned modify_keys, cursor_style;
	int titles; /* on the stack */
	bool colors; /* OSC 4, 10, 11, 12 set something */
	bool progress; /* OSC 9;4 */
	unsigned resets; /* RIS, which cdo never sends */
	unsigned unsynced; /* frames of 2026 that are open: 0 or 1 */
	unsigned queries; /* that came */
	char title[256];

	int state;
	struct buf seq; /* the sequence so far */
};

/* Any bytes, cut anywhere. */
void sieve_feed(struct sieve *, const void *data, size_t len);
void sieve_release(struct sieve *);

/* Is this mode on now?  Modes 7 and 25 are on from the start. */
bool sieve_mode(const struct sieve *, unsigned mode);
/*
 * NULL if every mode is as a terminal has it that nobody touched; otherwise
 * a word for the first that is not.
 */
const char *sieve_left_over(const struct sieve *);

#endif
