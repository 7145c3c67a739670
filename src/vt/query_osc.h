/* vt/query_osc.h - the queries among the OSC strings. */
#ifndef CDO_VT_QUERY_OSC_H
#define CDO_VT_QUERY_OSC_H

#include <stdbool.h>

struct screen;
struct token;

/* As query_token, for an OSC. */
bool query_osc(struct screen *, const struct token *);

#endif
