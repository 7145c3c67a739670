/* vt/run.h - one run through the transcripts. */
#ifndef CDO_TESTS_RUN_H
#define CDO_TESTS_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct screen;

struct run {
	struct screen *s;
	unsigned n_tests;
	bool failed; /* the test that runs */
	char name[200]; /* its name; "": none runs */
	const char *path;
	unsigned line;
	struct buf replies, client, events, fed;
	uint64_t shown; /* of what was fed, the client has up to here */
	uint64_t skip; /* and what comes before here was cut */
};

struct word {
	char *text; /* NUL-ended, and may have more */
	size_t len;
};

void run_fail(struct run *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A new screen; nothing was told yet. */
void run_screen(struct run *, unsigned cols, unsigned rows, uint32_t history);
/* The client gets what was fed up to `to`, but nothing that was cut. */
void run_show(struct run *, uint64_t to);
void run_verb(struct run *, const char *verb, const struct word *, unsigned n);
/* Ends the test that runs: the laws of same.h, and its line of TAP. */
void run_finish(struct run *);

#endif
