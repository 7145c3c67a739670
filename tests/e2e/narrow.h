/* e2e/narrow.h - a way through which only so many bytes go in a second. */
#ifndef CDO_E2E_NARROW_H
#define CDO_E2E_NARROW_H

#include <stddef.h>

/*
 * Listens at `address` and carries what comes to `to`, both with port 7433,
 * in each direction `rate` bytes a second.  It lives in a thread of its own
 * until the process ends or narrow_free.
 */
struct narrow;
struct narrow *narrow_new(const char *address, const char *to, unsigned rate);
void narrow_free(struct narrow *);
/* Bytes that have gone towards who connects. */
size_t narrow_down(const struct narrow *);

#endif
