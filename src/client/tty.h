/* client/tty.h - the user's terminal: raw mode, size, terminfo, writing. */
#ifndef CDO_CLIENT_TTY_H
#define CDO_CLIENT_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

#include "base/buf.h"

struct tty {
	int fd; /* non-blocking while raw; -1: not open */
	int blocking; /* the same for patience.h; -1: not open */
	bool shared; /* it is stdin's own, whose flags are put back */
	bool raw;
	bool broken; /* a write failed: nobody is there any more */
	struct termios was;
	char *path; /* of its device, "" if unknown */
	uint64_t rdev; /* its device number, 0 if unknown */
	struct buf out; /* what the terminal has not taken yet */
};

/*
 * Opens the terminal that is stdin and stdout once more, so that making it
 * non-blocking disturbs nobody who shares it.  0 or -errno; -ENOTTY if stdin
 * or stdout is none.  tty_close gives it back as it was.
 */
int tty_open(struct tty *);
void tty_close(struct tty *);

/* What the tty was when it was opened stands again after tty_cooked. */
int tty_raw(struct tty *);
void tty_cooked(struct tty *);

/* Never 0 x 0: what the terminal does not know is 80 x 24. */
int tty_size(int fd, unsigned *cols, unsigned *rows);

/* Writes at once what the terminal takes; the rest is queued. */
void tty_write(struct tty *, const void *data, size_t len);
/* Queues only: for what goes out together with the next tty_write. */
void tty_queue(struct tty *, const void *data, size_t len);
/* Tries the queue again.  True: it is empty. */
bool tty_flush(struct tty *);
/*
 * Waits until the queue is empty, or the terminal has taken nothing of it for
 * ms, or little for ten times as long; what is left is dropped.
 */
void tty_finish(struct tty *, int ms);
/* Waits for input, at most ms; false if none came. */
bool tty_readable(const struct tty *, int ms);

/*
 * Terminfo, looked up at the first use; a terminal that it does not know is
 * taken for a plain xterm.
 */
enum tty_cap {
	TTY_CUP, /* row, column */
	TTY_CLEAR,
	TTY_EL,
	TTY_SGR0,
	TTY_BOLD,
	TTY_DIM,
	TTY_ITALIC,
	TTY_BLINK,
	TTY_REVERSE,
	TTY_INVISIBLE,
	TTY_STRIKE,
	TTY_UNDERLINE,
	TTY_SETAF, /* colour */
	TTY_SETAB, /* colour */
	TTY_SMCUP,
	TTY_RMCUP,
	TTY_CIVIS,
	TTY_CNORM,
	TTY_SS, /* cursor's style, as DECSCUSR */
};
void tty_cap(struct buf *out, enum tty_cap, int a, int b);

struct tty_colors {
	unsigned indexed; /* 0, 8, 16, 88, 256 */
	bool direct; /* 38;2;r;g;b */
	bool last_cell; /* writing it does not scroll */
	bool styled_underline; /* 4:3 and 58 */
};
void tty_colors(struct tty_colors *);

#endif
