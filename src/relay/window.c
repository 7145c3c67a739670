/* relay/window.c - a time in which a device may pair, and who tries. */
#include "relay/window.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "crypto/secret.h"
#include "proto/greet.h"
#include "proto/msg.h"
#include "proto/pass.h"
#include "proto/post.h"
#include "proto/wire.h"

enum { LINE = 512 }; /* bytes of what is told */

void
window_init(struct window *w, int server)
{
	*w = (struct window){ .fd = -1, .server = server };
}

/* --- telling ------------------------------------------------------------ */

static struct msg_writer
begin(const struct window *w, struct buf *out, enum post_type type,
      unsigned fields)
{
	struct msg_writer m;

	msg_begin(&m, out, (enum msg_type)type, fields);
	msg_uint(&m, w->number);
	return m;
}

static void
tell_tried(struct window *w)
{
	struct buf out = { 0 };
	struct msg_writer m = begin(w, &out, POST_TRIED, 3);

	msg_uint(&m, w->tries);
	msg_str(&m, w->address);
	msg_end(&m);
	pass_put(w->server, &out, -1);
	buf_release(&out);
}

static void
tell_wrong(struct window *w)
{
	struct buf out = { 0 };
	struct msg_writer m = begin(w, &out, POST_WRONG, 3);

	msg_uint(&m, WINDOW_TRIES - w->tries);
	msg_str(&m, w->address);
	msg_end(&m);
	pass_put(w->server, &out, -1);
	buf_release(&out);
}

static void
tell_proved(struct window *w)
{
	char name[PACT_NAME + 1], role[PACT_ROLE + 1];
	uint8_t psk[NOISE_KEY];
	struct buf out = { 0 };

	buf_room(&out, LINE); /* and no copies on the way */
	struct msg_writer m = begin(w, &out, POST_PROVED, 6);

	pact_peer_name(&w->pact, name);
	pact_peer_role(&w->pact, role);
	pact_psk(&w->pact, psk);
	msg_bin(&m, pact_key(&w->pact), NOISE_KEY);
	msg_bin(&m, psk, sizeof psk);
	msg_str(&m, name);
	msg_str(&m, role);
	msg_str(&m, w->address);
	msg_end(&m);
	secret_wipe(psk, sizeof psk);
	pass_put(w->server, &out, -1);
	buf_release(&out);
}

/* --- one that tries ----------------------------------------------------- */

static void
drop(struct window *w)
{
	if (w->fd < 0)
		return;
	bool wrong = w->counted && !w->proved;
	if (wrong)
		tell_wrong(w);
	pact_wipe(&w->pact);
	io_close(w->fd);
	free(w->address);
	w->fd = -1;
	w->address = NULL;
	w->counted = w->proved = false;
	if (wrong && w->tries >= WINDOW_TRIES)
		window_shut(w);
}

void
window_open(struct window *w, uint64_t number, const char *code,
	    const char *role, const char *name)
{
	window_shut(w);
	w->open = true;
	w->number = number;
	snprintf(w->code, sizeof w->code, "%s", code);
	snprintf(w->role, sizeof w->role, "%s", role);
	snprintf(w->name, sizeof w->name, "%s", name);
}

void
window_shut(struct window *w)
{
	w->open = false;
	drop(w);
	secret_wipe(w->code, sizeof w->code);
	w->tries = 0;
}

void
window_take(struct window *w, struct greet *g, int fd, char *address,
	    uint64_t now)
{
	w->fd = fd;
	w->address = address;
	w->until = now + WINDOW_SHARE_MS;
	w->counted = w->proved = false;
	if (pact_init(&w->pact, g, w->name, w->role) < 0)
		drop(w);
}

/* Sends what is due; a peer that does not even read that is none. */
static int
put(struct window *w, struct buf *out)
{
	while (out->len > 0) {
		ssize_t n = wire_send_buf(w->fd, out);

		if (n < 0)
			return (int)n;
	}
	return 0;
}

/*
 * What the peer learns from our answer is whether its guess was right; so it
 * is counted before, and no number of connections gives it more.
 */
static int
attempt(struct window *w, struct buf *out)
{
	if (w->tries >= WINDOW_TRIES)
		return -EACCES;
	w->tries++;
	w->counted = true;
	w->until += WINDOW_MS;
	tell_tried(w);
	return pact_answer(&w->pact, w->code, NULL, out);
}

static int
step(struct window *w, const uint8_t *data, size_t len, struct buf *out)
{
	for (size_t at = 0; at < len;) {
		size_t used = 0;
		int r = pact_feed(&w->pact, data + at, len - at, &used, out);

		at += used;
		if (r == PACT_ATTEMPT)
			r = attempt(w, out);
		else if (r == PACT_PROVED) {
			w->proved = true;
			tell_proved(w);
			return 0; /* the server writes it down first */
		}
		if (r < 0)
			return r;
		if (used == 0)
			return 0;
	}
	return 0;
}

/* By its own doing. */
static void
send_away(struct window *w)
{
	w->wasted = !w->counted;
	drop(w);
}

void
window_read(struct window *w)
{
	uint8_t data[PACT_FRAME];
	struct buf out = { 0 };
	ssize_t n = wire_receive(w->fd, data, sizeof data);

	if (n == -EAGAIN)
		return;
	int r = n <= 0 ? -EPIPE : step(w, data, (size_t)n, &out);
	if (r == 0)
		r = put(w, &out);
	buf_release(&out);
	/* One that has proved itself may hang up: it is in. */
	if (r < 0)
		send_away(w);
}

void
window_late(struct window *w, uint64_t now)
{
	if (w->fd >= 0 && now >= w->until)
		send_away(w);
}

bool
window_wasted(struct window *w)
{
	bool wasted = w->wasted;

	w->wasted = false;
	return wasted;
}

void
window_written(struct window *w, uint64_t number, bool done)
{
	struct buf out = { 0 };

	if (number != w->number)
		return;
	if (w->fd >= 0 && w->proved && done) {
		pact_paired(&w->pact, &out);
		put(w, &out);
		buf_release(&out);
	}
	window_shut(w);
}
