/* e2e/judge.c - somebody types, something prints: is it all there, once? */
#include "e2e/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/str.h"
#include "e2e/term.h"
#include "e2e/world.h"

enum {
	LINES = 200000, /* in one flood */
	PAUSE = 3, /* ms between two keys */
	TOKEN = 8, /* bytes of a key's number */
	SLACK = 8 * TOKEN, /* so many bytes in a row are no accident */
	TYPED_MAX = 16 << 20,
};

unsigned
judge_dice(unsigned sides)
{
	static uint64_t seed;

	if (seed == 0) {
		const char *s = getenv("CDO_SEED");
		seed = s != NULL ? strtoull(s, NULL, 10) : 1;
	}
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (unsigned)((seed >> 33) % sides);
}

/* --- somebody types ----------------------------------------------------- */

void
typist_key(struct typist *y)
{
	char token[TOKEN + 1];

	snprintf(token, sizeof token, "k%06u,", y->next++ % 1000000);
	buf_str(&y->all, token);
	term_type(y->t, token);
}

/* The recorder also prints what it gets. */
void
typist_start(struct typist *y, struct world *host, struct world *w,
	     const char *prefix)
{
	*y = (struct typist){ .host = host, .w = w };
	cdo_ok(host, "new", "-d", "-n", "keys", "--", "sh", "-c",
	       world_text(host, "stty raw -echo; echo ready; exec tee %s/typed",
			  host->dir),
	       NULL);
	y->t = term_attach(w, world_text(w, "%skeys", prefix));
	term_until_text(y->t, "ready");
}

void
typist_for(struct typist *y, unsigned ms)
{
	long end = world_now() + ms;

	while (world_now() < end) {
		typist_key(y);
		world_pump(y->w, PAUSE);
	}
}

/* Whether what came behind `from` has the text. */
struct awaited {
	struct term *t;
	size_t from;
	const char *text;
};

static bool
has_come(void *ctx)
{
	const struct awaited *a = ctx;
	size_t len;
	const char *raw = term_raw(a->t, &len);

	return memmem(raw + a->from, len - a->from, a->text, strlen(a->text)) !=
	       NULL;
}

static size_t
raw_length(struct term *t)
{
	size_t len;

	term_raw(t, &len);
	return len;
}

long
typist_back(struct typist *y)
{
	long since = world_now();
	struct awaited a = { y->t, raw_length(y->t), "," };

	typist_key(y);
	world_until(y->w, "the client to be back", has_come, &a);
	return world_now() - since;
}

/* Whether it stands on the screen, though it may go over the edge. */
static bool
is_on_screen(struct term *t, const void *token, size_t len)
{
	char *all = term_screen(t);
	size_t n = 0;

	for (const char *p = all; *p != '\0'; p++)
		if (*p != '\n')
			all[n++] = *p;
	return memmem(all, n, token, len) != NULL;
}

static bool
all_has_come(void *ctx)
{
	const struct typist *y = ctx;

	return is_on_screen(y->t, y->all.data + y->all.len - TOKEN, TOKEN);
}

void
typist_all_back(const struct typist *y)
{
	const char *what =
		world_text(y->w, "all that was typed, '%.*s' too", TOKEN,
			   (const char *)y->all.data + y->all.len - TOKEN);

	world_until(y->w, what, all_has_come, (void *)(uintptr_t)y);
}

/*
 * What has arrived is what was typed, in order, each byte once, but for what
 * is left out: how much that is.
 */
static unsigned long
left_out(const struct buf *typed, const struct buf *got)
{
	unsigned long lost = 0;
	size_t i = 0, j = 0;

	while (j < got->len) {
		size_t left = got->len - j, n = left < SLACK ? left : SLACK;

		if (i < typed->len && typed->data[i] == got->data[j]) {
			i++;
			j++;
			continue;
		}
		const uint8_t *p = memmem(typed->data + i, typed->len - i,
					  got->data + j, n);
		if (p == NULL)
			fail_msg("'%.*s' was not typed here", (int)n,
				 (char *)got->data + j);
		lost += (unsigned long)(p - typed->data) - i;
		i = (size_t)(p - typed->data);
	}
	return lost + (typed->len - i);
}

/* The lines before the last tell what is in doubt. */
static unsigned long
told_at_the_end(struct term *t, size_t from)
{
	static const char mark[] = "[keys: ";
	unsigned long told = 0;
	size_t len;
	const char *p = term_raw(t, &len) + from;

	while ((p = strstr(p, mark)) != NULL) {
		p += strlen(mark);
		if (strstr(p, "may have arrived") != NULL)
			told += strtoul(p, NULL, 10);
	}
	return told;
}

static int
slurp_typed(const struct typist *y, struct buf *got)
{
	char *path = str_printf("%s/typed", y->host->dir);
	int r = io_slurp(path, TYPED_MAX, got);

	free(path);
	return r;
}

static bool
is_written(void *ctx)
{
	struct buf got = { 0 };

	slurp_typed(ctx, &got);
	bool yes = got.len >= 3 &&
		   memcmp(got.data + got.len - 3, "END", 3) == 0;
	buf_release(&got);
	return yes;
}

struct count
typist_stop(struct typist *y)
{
	struct awaited end = { y->t, raw_length(y->t), "END" };
	struct buf got = { 0 };

	buf_str(&y->all, "END");
	term_type(y->t, "END");
	world_until(y->w, "the last key", has_come, &end);
	size_t from = raw_length(y->t);
	term_type(y->t, TERM_DETACH);
	assert_int_equal(term_end(y->t), 0);
	/* It is written down after it is printed. */
	world_until(y->w, "the last key to be written down", is_written, y);
	assert_int_equal(slurp_typed(y, &got), 0);
	struct count c = {
		.typed = y->all.len,
		.lost = left_out(&y->all, &got),
		.told = told_at_the_end(y->t, from),
	};
	buf_release(&got);
	buf_release(&y->all);
	cdo_ok(y->host, "stop", "keys", NULL);
	return c;
}

/* --- something prints --------------------------------------------------- */

static void
watch_flood(struct flood *f)
{
	f->t = term_attach(f->w, world_text(f->w, "%sflood", f->prefix));
}

void
flood_prepare(struct world *host)
{
	world_file(host, "cdo.conf",
		   "history-limit = 300000\nhistory-bytes = 64M\n");
}

void
flood_start(struct flood *f, struct world *host, struct world *w,
	    const char *prefix)
{
	*f = (struct flood){ .host = host, .w = w, .prefix = prefix };
	flood_prepare(host);
	cdo_ok(host, "new", "-d", "-n", "flood", "--", "sh", "-c",
	       "stty -echo; echo ready; "
	       "while read -r a b; do seq $a $b; echo over $b; done",
	       NULL);
	watch_flood(f);
	term_until_text(f->t, "ready");
}

static bool
is_flooded(void *ctx)
{
	struct awaited *a = ctx;

	return raw_length(a->t) > a->from;
}

void
flood_begin(struct flood *f)
{
	f->from = f->to + 1;
	f->to = f->from + LINES - 1;
	struct awaited a = { f->t, raw_length(f->t), NULL };
	term_type(f->t, world_text(f->w, "%ld %ld\r", f->from, f->to));
	world_until(f->w, "the flood", is_flooded, &a);
}

unsigned long
flood_missing(struct flood *f)
{
	term_until_text(f->t, world_text(f->w, "over %ld", f->to));
	struct result r = cdo(f->host, "capture", "flood", "--history", NULL);
	unsigned long missing = 0;
	long due = f->from;

	assert_int_equal(r.status, 0);
	for (const char *l = r.out; l != NULL && *l != '\0';
	     l = strchr(l, '\n'), l += l != NULL) {
		long n = strtol(l, NULL, 10);

		if (n < f->from)
			continue;
		if (n < due)
			fail_msg("line %ld stands where %ld is due", n, due);
		missing += (unsigned long)(n - due);
		due = n + 1;
	}
	missing += (unsigned long)(f->to + 1 - due);
	if (missing > 0)
		print_message("# lines %ld to %ld: %lu missing\n", f->from,
			      f->to, missing);
	/* Another window: what this one has seen is not needed any more. */
	world_forget(f->w, f->t);
	watch_flood(f);
	term_until_text(f->t, world_text(f->w, "over %ld", f->to));
	return missing;
}
