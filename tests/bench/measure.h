/* bench/measure.h - the measurements. */
#ifndef CDO_BENCH_MEASURE_H
#define CDO_BENCH_MEASURE_H

#include <stddef.h>

#include "bench/mux.h"

struct report;

struct plan {
	struct mux mux[MUXES];
	const char *dir; /* for files */
	const char *self; /* this program, to run inside */
	const char *payload; /* the one whose name begins so; NULL: all */
	size_t size; /* of a payload, bytes */
	unsigned rounds, keys, attaches, sessions, idle; /* idle: seconds */
};

/*
 * Each prints a section.  The multiplexers take turns within each round, so
 * that a slow moment of the machine hits all of them.
 */
void measure_flood(struct plan *, struct report *);
void measure_record(struct plan *, struct report *);
void measure_echo(struct plan *, struct report *);
/* From another machine: tmux through ssh, cdo over a link of its own. */
void measure_remote(struct plan *, struct report *);
void measure_attach(struct plan *, struct report *);
void measure_memory(struct plan *, struct report *);
void measure_many(struct plan *, struct report *);

#endif
