/* e2e/couple.h - two machines of one user: worlds that reach each other. */
#ifndef CDO_E2E_COUPLE_H
#define CDO_E2E_COUPLE_H

#include <stdbool.h>

struct proxy;
struct term;
struct world;

/* The host of sessions, and the device that attaches from afar. */
struct couple {
	struct world *host, *device;
	char address[32]; /* of the host, nobody else's in this machine */
	char dialed[40]; /* what the device takes for it */
	struct proxy *way; /* between them; see couple_between */
};

/* For cmocka: *state becomes a struct couple. */
int couple_setup(void **state);
int couple_teardown(void **state);
#define couple_test(f) \
	cmocka_unit_test_setup_teardown(f, couple_setup, couple_teardown)

/*
 * Puts something between them, through which the device goes that is paired
 * from now on.  It is the couple's.
 */
struct proxy *couple_between(struct couple *);
/* `cdo pair` with these options on the host, in a window, until it waits. */
struct term *couple_open(struct couple *, const char *option,
			 const char *value);
/* The code that it shows; lives as long as the host's world. */
char *couple_code(struct couple *, struct term *);
/* `cdo pair ADDRESS --name desk` on the device with this code: its status. */
int couple_try(struct couple *, const char *code);
/* Pairs them; the device knows the host as "desk".  role NULL: full. */
void couple_pair(struct couple *, const char *role);
/* Serves the windows of both until test(ctx) is true. */
void couple_until(struct couple *, const char *what, bool (*test)(void *ctx),
		  void *ctx);
/* Until the text stands in a window, whosever it is. */
void couple_until_text(struct couple *, struct term *, const char *text);

#endif
