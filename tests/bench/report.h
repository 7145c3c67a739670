/* bench/report.h - what was measured, as a table and as JSON. */
#ifndef CDO_BENCH_REPORT_H
#define CDO_BENCH_REPORT_H

#include <stddef.h>
#include <stdio.h>

#include "bench/mux.h"

enum { SAMPLES_MAX = 4096 };

/* All-zero is empty; what is past SAMPLES_MAX is left out. */
struct samples {
	double v[SAMPLES_MAX];
	size_t n;
};
void samples_add(struct samples *, double v);
/* q of 0.5 is the median; NAN if there are none. */
double samples_at(struct samples *, double q);

/* json may be NULL; borrowed.  End with report_close. */
struct report {
	FILE *json;
	int sections, rows;
};
void report_open(struct report *, FILE *json);
void report_section(struct report *, const char *title);
/*
 * A line: a value for each, NAN for none, and cdo's as a share of dtach's
 * and of tmux's.
 */
void report_row(struct report *, const char *what, const char *unit,
		const double value[MUXES]);
/* A remark under a table, for people only. */
void report_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void report_close(struct report *);

#endif
