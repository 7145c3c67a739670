/* bench/inner.h - the program inside of what is measured. */
#ifndef CDO_BENCH_INNER_H
#define CDO_BENCH_INNER_H

/* What it prints for bench to see. */
#define INNER_HELLO "<<hello>>"
#define INNER_DONE "<<the payload is through>>"
#define INNER_PAINTED "<<the last row>>"

/*
 * Obeys keys: `h` prints INNER_HELLO; `g` writes the file at `payload` and
 * INNER_DONE; `p` prints `lines` lines that scroll away and then fills the
 * screen, with INNER_PAINTED on the last row, as it does from then on when
 * it gets SIGWINCH; `e` makes it echo every key that follows.  Returns an
 * exit status.
 */
int inner_main(const char *payload, unsigned lines);

#endif
