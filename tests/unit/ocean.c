/* unit/ocean.c - a bad network, and the two ends of links through it. */
#include "ocean.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct tunnel tunnels[TUNNELS];
struct pipe pipes[PIPES];
int now_at;
uint64_t now;
struct noise_pair keys[2];
uint8_t psk[NOISE_KEY];
struct ocean_figures figures;

static const uint8_t *
find_psk(void *ctx, const uint8_t key[NOISE_KEY])
{
	(void)ctx;
	return memcmp(key, keys[DEVICE].public, NOISE_KEY) == 0 ? psk : NULL;
}

static void
fly(struct tunnel *t, int to, const void *data, size_t len)
{
	if (!t->lost[to])
		buf_append(&t->fly[to], data, len);
}

struct pipe *
pipe_new(int end, int tunnel, uint32_t channel, struct line *l)
{
	for (int i = 0; i < PIPES; i++)
		if (!pipes[i].used) {
			pipes[i] = (struct pipe){ .used = true,
						  .end = end,
						  .tunnel = tunnel,
						  .channel = channel,
						  .line = l,
						  .serial = l->serial };
			return &pipes[i];
		}
	return NULL;
}

void
pipe_free(struct pipe *p)
{
	buf_release(&p->in);
	*p = (struct pipe){ 0 };
}

static struct pipe *
pipe_of(int end, int tunnel, uint32_t channel)
{
	for (int i = 0; i < PIPES; i++)
		if (pipes[i].used && !pipes[i].over && pipes[i].end == end &&
		    pipes[i].tunnel == tunnel && pipes[i].channel == channel)
			return &pipes[i];
	return NULL;
}

bool
is_its(const struct pipe *p)
{
	return p->line->serial == p->serial;
}

void
shut(int tunnel, int end)
{
	struct tunnel *t = &tunnels[tunnel];
	struct port *p = &t->port[end];

	if (p->phase == CLOSED)
		return;
	greet_wipe(&p->greet);
	chan_free(p->chan);
	link_wipe(&p->link);
	buf_release(&p->in);
	*p = (struct port){ 0 };
	t->eof[1 - end] = true;
	if (one_in(3)) /* a reset */
		buf_clear(&t->fly[1 - end]);
	for (int i = 0; i < PIPES; i++)
		if (pipes[i].used && pipes[i].tunnel == tunnel &&
		    pipes[i].end == end)
			pipes[i].over = true;
	if (end == DEVICE && now_at == tunnel)
		now_at = -1;
}

void
dial(void)
{
	int i = 0;
	uint8_t out[GREET_OUT];

	while (i < TUNNELS && (tunnels[i].port[DEVICE].phase != CLOSED ||
			       tunnels[i].port[HOST].phase != CLOSED))
		i++;
	if (i == TUNNELS)
		return;
	struct tunnel *t = &tunnels[i];
	for (int end = 0; end < 2; end++) {
		struct port *p = &t->port[end];

		buf_clear(&t->fly[end]);
		t->eof[end] = t->lost[end] = t->bad = false;
		*p = (struct port){ .phase = MEETING, .since = now };
		greet_init(&p->greet,
			   &(struct greet_options){ .host = end == HOST,
						    .self = &keys[end],
						    .type = GREET_SESSION,
						    .remote = keys[HOST].public,
						    .psk = psk,
						    .find_psk = find_psk });
	}
	int n = greet_start(&t->port[DEVICE].greet, out);
	assert_true(n > 0);
	fly(t, HOST, out, (size_t)n);
	figures.handshakes++;
}

/* --- what arrives ------------------------------------------------------- */

static void
on_open(int tunnel, struct port *p, const struct chan_event *ev)
{
	unsigned line, serial;
	char target[64];

	assert_true(ev->len < sizeof target);
	memcpy(target, ev->data, ev->len);
	target[ev->len] = '\0';
	assert_int_equal(sscanf(target, "%u.%u", &line, &serial), 2);
	assert_true(line < LINES);
	struct line *l = &w.lines[line];
	if (l->serial != serial || !l->open ||
	    !pipe_new(HOST, tunnel, ev->channel, l))
		chan_refuse(p->chan, ev->channel, 3, "no");
	else
		chan_accept(p->chan, ev->channel);
}

static void
on_event(int tunnel, int end, const struct chan_event *ev)
{
	struct port *p = &tunnels[tunnel].port[end];
	struct pipe *pipe = pipe_of(end, tunnel, ev->channel);

	switch (ev->type) {
	case CHAN_EV_OPEN:
		on_open(tunnel, p, ev);
		break;
	case CHAN_EV_DATA:
		if (pipe)
			buf_append(&pipe->in, ev->data, ev->len);
		else
			chan_took(p->chan, ev->channel, ev->len);
		break;
	case CHAN_EV_REFUSED:
	case CHAN_EV_CLOSED:
		if (pipe)
			pipe->over = true;
		break;
	default:
		break;
	}
}

static ssize_t
greets(int tunnel, int end)
{
	struct tunnel *t = &tunnels[tunnel];
	struct port *p = &t->port[end];
	struct noise_cipher send, receive;
	uint8_t out[GREET_OUT];
	size_t len;
	ssize_t n = greet_feed(&p->greet, p->in.data, p->in.len, out, &len);

	if (n < 0)
		return n;
	fly(t, 1 - end, out, len);
	if (!greet_done(&p->greet))
		return n;
	greet_split(&p->greet, &send, &receive);
	greet_wipe(&p->greet);
	link_init(&p->link, &send, &receive, now);
	p->chan = chan_new(&p->link, end == HOST, now);
	p->phase = LINKED;
	if (end == DEVICE) /* the newest is the one to use */
		now_at = tunnel;
	return n;
}

static void
take_in(int tunnel, int end)
{
	struct port *p = &tunnels[tunnel].port[end];
	struct chan_event ev;
	ssize_t n = 1;

	while (n > 0 && p->phase != CLOSED) {
		if (p->in.len == 0)
			return;
		if (p->phase == MEETING) {
			n = greets(tunnel, end);
		} else {
			n = chan_read(p->chan, p->in.data, p->in.len, now, &ev);
			if (n > 0)
				on_event(tunnel, end, &ev);
		}
		if (n > 0)
			buf_drop(&p->in, (size_t)n);
	}
	if (n < 0) {
		/* Without a fault there is nothing to be found. */
		assert_true(tunnels[tunnel].bad);
		figures.caught++;
		shut(tunnel, end);
	}
}

void
arrive(int tunnel, int end)
{
	struct tunnel *t = &tunnels[tunnel];
	struct port *p = &t->port[end];
	size_t n = dice(one_in(3) ? 50 : 2000);

	if (n > t->fly[end].len)
		n = t->fly[end].len;
	if (p->phase != CLOSED && n > 0) {
		buf_append(&p->in, t->fly[end].data, n);
		buf_drop(&t->fly[end], n);
		take_in(tunnel, end);
	}
	if (t->eof[end] && t->fly[end].len == 0)
		shut(tunnel, end);
}

/* --- what goes ---------------------------------------------------------- */

void
speak(int tunnel, int end)
{
	static uint8_t out[LINK_ROOM];
	struct tunnel *t = &tunnels[tunnel];
	struct port *p = &t->port[end];
	ssize_t n = 1;

	if (p->phase != LINKED)
		return;
	if (one_in(50)) {
		p->link.under = LINK_REKEY_BYTES;
		figures.rekeys++;
	}
	for (unsigned i = dice(4); i > 0 && n > 0; i--) {
		if (t->fly[1 - end].len > FLY)
			return;
		n = chan_write(p->chan, now, out);
		assert_true(n >= 0);
		fly(t, 1 - end, out, (size_t)n);
	}
}

void
impatient(int tunnel, int end)
{
	struct port *p = &tunnels[tunnel].port[end];

	if (p->phase == MEETING && now - p->since > DIAL_MS)
		shut(tunnel, end);
	if (p->phase != LINKED)
		return;
	if (end == DEVICE && chan_unanswered(p->chan, now) > GIVE_UP_MS) {
		figures.silences++;
		shut(tunnel, end);
	} else if (end == HOST && chan_silent(p->chan, now) > SILENT_MS) {
		shut(tunnel, end);
	}
}

/* --- faults ------------------------------------------------------------- */

void
network_fault(void)
{
	int i = (int)dice(TUNNELS), end = (int)dice(2);
	struct tunnel *t = &tunnels[i];

	unsigned how = dice(6);

	t->bad |= how > 0;
	switch (how) {
	case 0: /* an end hangs up, or its process is killed */
		figures.cuts += t->port[end].phase != CLOSED;
		shut(i, end);
		break;
	case 1: /* a bit flips */
	case 2:
		if (t->fly[end].len == 0)
			break;
		t->fly[end].data[dice((unsigned)t->fly[end].len)] ^=
			(uint8_t)(1 << dice(8));
		figures.flips++;
		break;
	case 3: /* one direction, or both, are dead */
		t->lost[end] = true;
		t->lost[1 - end] |= one_in(2);
		break;
	case 4: /* something comes again */
		if (t->fly[end].len > 0) {
			struct buf again = { 0 };

			buf_append(&again, t->fly[end].data,
				   1 + dice((unsigned)t->fly[end].len));
			buf_append(&t->fly[end], again.data, again.len);
			buf_release(&again);
		}
		break;
	default: /* something is missing */
		buf_drop(&t->fly[end], dice((unsigned)t->fly[end].len + 1));
	}
}
