/* relay/report.h - what a dialer tells its client. */
#ifndef CDO_RELAY_REPORT_H
#define CDO_RELAY_REPORT_H

#include <stdint.h>

#include "proto/dialer.h"

struct pass;

/* To a client that has gone (NULL) nothing is told. */
void report(struct pass *, enum dialer_type);
void report_trouble(struct pass *, const char *text);
void report_silent(struct pass *, uint64_t ms);
void report_refused(struct pass *, uint32_t number, unsigned error,
		    const char *text);
void report_ended(struct pass *, unsigned error, const char *text);

#endif
