/* e2e/couple.c - two machines of one user: worlds that reach each other. */
#include "e2e/couple.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "proto/address.h"
#include "e2e/proxy.h"
#include "e2e/term.h"
#include "e2e/world.h"

int
couple_setup(void **state)
{
	static unsigned n;
	struct couple *c = mem_zero(1, sizeof *c);
	unsigned pid = (unsigned)getpid();
	void *host, *device;

	if (world_setup(&host) != 0 || world_setup(&device) != 0)
		return -1;
	c->host = host;
	c->device = device;
	/* All of 127/8 is this machine: each test has an address alone. */
	snprintf(c->address, sizeof c->address, "127.%u.%u.%u",
		 1 + (pid >> 8) % 250, pid % 256, 1 + n++ % 250);
	memcpy(c->dialed, c->address, sizeof c->address);
	*state = c;
	return 0;
}

int
couple_teardown(void **state)
{
	struct couple *c = *state;
	void *host = c->host, *device = c->device;

	world_teardown(&device);
	world_teardown(&host);
	proxy_free(c->way);
	free(c);
	return 0;
}

struct proxy *
couple_between(struct couple *c)
{
	snprintf(c->dialed, sizeof c->dialed, "%s:%d", c->address, PROXY_PORT);
	c->way = proxy_new(c->address, ADDRESS_PORT);
	return c->way;
}

struct shown {
	struct couple *couple;
	struct term *term;
	const char *text;
	bool (*test)(void *ctx);
	void *ctx;
};

static bool
with_both(void *ctx)
{
	struct shown *s = ctx;

	world_pump(s->couple->device, 0);
	return s->test(s->ctx);
}

void
couple_until(struct couple *c, const char *what, bool (*test)(void *ctx),
	     void *ctx)
{
	struct shown s = { .couple = c, .test = test, .ctx = ctx };

	world_until(c->host, what, with_both, &s);
}

static bool
is_shown(void *ctx)
{
	struct shown *s = ctx;

	return strstr(term_screen(s->term), s->text) != NULL;
}

void
couple_until_text(struct couple *c, struct term *t, const char *text)
{
	struct shown s = { .couple = c, .term = t, .text = text };

	couple_until(c, text, is_shown, &s);
}

struct term *
couple_open(struct couple *c, const char *option, const char *value)
{
	struct term *t = option != NULL
				 ? term_cdo(c->host, 80, 24, "pair", "--listen",
					    c->address, option, value, NULL)
				 : term_cdo(c->host, 80, 24, "pair", "--listen",
					    c->address, NULL);

	term_until_text(t, "left");
	return t;
}

char *
couple_code(struct couple *c, struct term *t)
{
	static const char before[] = "code there: ";
	const char *s = strstr(term_screen(t), before);

	assert_non_null(s);
	return world_text(c->host, "%.9s", s + sizeof before - 1);
}

int
couple_try(struct couple *c, const char *code)
{
	struct term *t = term_cdo(c->device, 80, 24, "pair", c->dialed,
				  "--name", "desk", NULL);

	term_until_text(t, "shows:");
	term_type(t, world_text(c->device, "%s\r", code));
	int status = term_end(t);
	world_forget(c->device, t);
	return status;
}

void
couple_pair(struct couple *c, const char *role)
{
	struct term *t = couple_open(c, role != NULL ? "--role" : NULL, role);

	assert_int_equal(couple_try(c, couple_code(c, t)), 0);
	term_until_text(t, "paired with");
	assert_int_equal(term_end(t), 0);
	world_forget(c->host, t);
}
