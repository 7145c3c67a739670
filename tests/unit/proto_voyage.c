/* unit/proto_voyage.c - greet, link, chan and resume over a bad network. */
#include "proto/chan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/buf.h"
#include "proto/greet.h"
#include "survivors.h"

/* --- cheap keys --------------------------------------------------------- */

/*
 * The hashes and the seals are real, but the group is one of small numbers:
 * what is tried here is who says what when, and a handshake is to cost little.
 */
static const uint64_t prime = (UINT64_C(1) << 31) - 1;

int __wrap_crypto_scalarmult_curve25519(unsigned char *q,
					const unsigned char *n,
					const unsigned char *p);
int __wrap_crypto_scalarmult_curve25519_base(unsigned char *q,
					     const unsigned char *n);
void __wrap_randombytes_buf(void *buf, size_t len);

int
__wrap_crypto_scalarmult_curve25519(unsigned char *q, const unsigned char *n,
				    const unsigned char *p)
{
	uint64_t a, b;

	memcpy(&a, n, sizeof a);
	memcpy(&b, p, sizeof b);
	a = (a % prime) * (b % prime) % prime;
	memset(q, 0, 32);
	memcpy(q, &a, sizeof a);
	return a == 0 ? -1 : 0;
}

int
__wrap_crypto_scalarmult_curve25519_base(unsigned char *q,
					 const unsigned char *n)
{
	const unsigned char three[32] = { 3 };

	return __wrap_crypto_scalarmult_curve25519(q, n, three);
}

/* From the same dice as all else, so that a seed tells everything. */
void
__wrap_randombytes_buf(void *buf, size_t len)
{
	uint8_t *p = buf;

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(1 + dice(255));
}

/* --- tunnels ------------------------------------------------------------ */

enum { DEVICE, HOST };
enum { TUNNELS = 4, PIPES = 24, FLY = 4096, DIAL_MS = 5000 };
enum { GIVE_UP_MS = 12000, SILENT_MS = 30000 };

enum phase { CLOSED, MEETING, LINKED };

/* One end of a connection through the network. */
struct port {
	enum phase phase;
	uint64_t since; /* ms */
	struct greet greet;
	struct link link;
	struct chan *chan;
	struct buf in; /* has arrived */
};

struct tunnel {
	struct port port[2];
	struct buf fly[2]; /* on its way to that end */
	bool eof[2]; /* nothing more is coming to it */
	bool lost[2]; /* what is sent to it disappears */
	bool bad; /* its bytes are not what was sent */
};

/* One end of a channel: of a client's line, or of its custodian's. */
struct pipe {
	bool used;
	bool over; /* the channel is; what has come may still be taken */
	int end, tunnel;
	uint32_t channel;
	struct line *line;
	unsigned serial; /* of the line */
	struct buf in;
};

static struct tunnel tunnels[TUNNELS];
static struct pipe pipes[PIPES];
static int now_at; /* the tunnel for new channels; -1: none */
static uint64_t now; /* ms */
static struct noise_pair keys[2];
static uint8_t psk[NOISE_KEY];
static uint64_t number_now;

static struct {
	uint64_t handshakes, cuts, flips, caught, rekeys, kills, silences;
} f;

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

static struct pipe *
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

static void
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

/* Whether its line is still the one that it was made for. */
static bool
is_its(const struct pipe *p)
{
	return p->line->serial == p->serial;
}

static void
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

static void
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
	f.handshakes++;
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
		f.caught++;
		shut(tunnel, end);
	}
}

static void
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

static void
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
		f.rekeys++;
	}
	for (unsigned i = dice(4); i > 0 && n > 0; i--) {
		if (t->fly[1 - end].len > FLY)
			return;
		n = chan_write(p->chan, now, out);
		assert_true(n >= 0);
		fly(t, 1 - end, out, (size_t)n);
	}
}

static void
impatient(int tunnel, int end)
{
	struct port *p = &tunnels[tunnel].port[end];

	if (p->phase == MEETING && now - p->since > DIAL_MS)
		shut(tunnel, end);
	if (p->phase != LINKED)
		return;
	if (end == DEVICE && chan_unanswered(p->chan, now) > GIVE_UP_MS) {
		f.silences++;
		shut(tunnel, end);
	} else if (end == HOST && chan_silent(p->chan, now) > SILENT_MS) {
		shut(tunnel, end);
	}
}

/* --- from queues of messages to channels, and back ---------------------- */

static void
put_in(struct pipe *p, struct queue *to)
{
	struct chan *chan = tunnels[p->tunnel].port[p->end].chan;

	while (p->in.len >= sizeof(struct message) && to->n < QUEUE / 2) {
		struct message m;

		memcpy(&m, p->in.data, sizeof m);
		*push(to, m.kind) = m;
		buf_drop(&p->in, sizeof m);
		if (!p->over)
			chan_took(chan, p->channel, sizeof m);
	}
}

static void
put_out(struct pipe *p, struct queue *from)
{
	struct chan *chan = tunnels[p->tunnel].port[p->end].chan;

	while (from->n > 0 &&
	       chan_room(chan, p->channel) >= sizeof(struct message))
		chan_send(chan, p->channel, pop(from), sizeof(struct message));
}

static void
client_end(struct pipe *p)
{
	struct line *l = p->line;

	if (!is_its(p) || l->cut) { /* nobody is interested any more */
		if (!p->over)
			chan_close(tunnels[p->tunnel].port[DEVICE].chan,
				   p->channel);
		pipe_free(p);
		return;
	}
	put_in(p, &l->down);
	if (!p->over) {
		put_out(p, &l->up);
	} else if (p->in.len < sizeof(struct message)) {
		l->ended = true;
		pipe_free(p);
	}
}

static void
custodian_end(struct pipe *p)
{
	struct line *l = p->line;

	if (is_its(p) && l->open)
		put_in(p, &l->far_up);
	if (!p->over && is_its(p))
		put_out(p, &l->far_down);
	if (!p->over && (!is_its(p) || (!l->open && l->far_down.n == 0))) {
		chan_close(tunnels[p->tunnel].port[HOST].chan, p->channel);
		p->over = true;
	}
	if (!p->over)
		return;
	/* The custodian reads what has come, and then the end; or not. */
	if (is_its(p) && l->open && !one_in(4) &&
	    (l->far_up.n > 0 || p->in.len >= sizeof(struct message)))
		return;
	if (is_its(p) && l->open)
		close_line(l);
	pipe_free(p);
}

/* Whose line has no channel yet gets one. */
static void
open_lines(void)
{
	for (int i = 0; i < PEOPLE; i++) {
		struct line *l = w.people[i].line;
		char target[32];
		bool has = false;

		for (int k = 0; k < PIPES && l; k++)
			has |= pipes[k].used && pipes[k].end == DEVICE &&
			       pipes[k].line == l && is_its(&pipes[k]);
		if (!l || has || l->ended || now_at < 0)
			continue;
		snprintf(target, sizeof target, "%d.%u", (int)(l - w.lines),
			 l->serial);
		struct chan *chan = tunnels[now_at].port[DEVICE].chan;
		int64_t n = chan_open(chan, target);
		if (n > 0 && !pipe_new(DEVICE, now_at, (uint32_t)n, l))
			chan_close(chan, (uint32_t)n);
	}
}

/* A line that never got to the host is none of the custodian's. */
static void
close_orphans(void)
{
	for (int i = 0; i < LINES; i++) {
		struct line *l = &w.lines[i];
		bool has = false;

		for (int k = 0; k < PIPES; k++)
			has |= pipes[k].used && pipes[k].line == l &&
			       is_its(&pipes[k]);
		if (!has && l->open && l->cut)
			close_line(l);
	}
}

/* --- faults ------------------------------------------------------------- */

static void
network_fault(void)
{
	int i = (int)dice(TUNNELS), end = (int)dice(2);
	struct tunnel *t = &tunnels[i];

	unsigned how = dice(6);

	t->bad |= how > 0;
	switch (how) {
	case 0: /* an end hangs up, or its process is killed */
		f.cuts += t->port[end].phase != CLOSED;
		shut(i, end);
		break;
	case 1: /* a bit flips */
	case 2:
		if (t->fly[end].len == 0)
			break;
		t->fly[end].data[dice((unsigned)t->fly[end].len)] ^=
			(uint8_t)(1 << dice(8));
		f.flips++;
		break;
	case 3: /* one direction, or both, are dead */
		t->lost[end] = true;
		t->lost[1 - end] |= one_in(2);
		break;
	case 4: /* something comes again */
		if (t->fly[end].len > 0)
			buf_append(&t->fly[end], t->fly[end].data,
				   1 + dice((unsigned)t->fly[end].len));
		break;
	default: /* something is missing */
		buf_drop(&t->fly[end], dice((unsigned)t->fly[end].len + 1));
	}
}

static void
fault(void)
{
	if (one_in(4)) {
		f.kills++;
		kill_custodian();
	} else if (one_in(6)) {
		resize();
	} else if (one_in(40)) {
		crowd();
	} else {
		network_fault();
	}
}

/* --- a session ---------------------------------------------------------- */

static void
carry(void)
{
	for (int i = 0; i < TUNNELS; i++)
		for (int end = 0; end < 2; end++) {
			speak(i, end);
			if (!one_in(3))
				arrive(i, end);
			impatient(i, end);
		}
	for (int i = 0; i < PIPES; i++)
		if (pipes[i].used)
			(pipes[i].end == DEVICE ? client_end
						: custodian_end)(&pipes[i]);
	if (now_at < 0 || (!w.calm && one_in(60)))
		dial();
	open_lines();
	close_orphans();
}

static void
step(void)
{
	unsigned who = dice(PEOPLE);
	struct person *p = &w.people[who];

	now += dice(one_in(10) ? 2000 : 100);
	if (!w.calm && one_in(12))
		fault();
	if (!w.calm && one_in(2))
		type(p, who);
	if (!w.calm && one_in(3))
		w.end += dice(one_in(10) ? 2 * RING : 20);
	if (!p->line)
		attach(p, who);
	send_some(p);
	carry();
	for (int i = 0; i < LINES; i++) {
		custodian_reads(&w.lines[i]);
		if (one_in(3))
			custodian_sends(&w.lines[i]);
	}
	for (int i = 0; i < PEOPLE; i++)
		person_reads(&w.people[i]);
	write_some();
}

struct figures {
	uint64_t typed, unsure, lost;
};

static void
end_world(struct figures *g)
{
	for (unsigned i = 0; i < PEOPLE; i++) {
		judge(i);
		g->typed += w.people[i].typed;
		g->unsure += w.people[i].unsure;
		g->lost += lost(i);
		resume_release(&w.people[i].sender);
	}
	resume_taker_release(&w.taker);
	for (int i = 0; i < TUNNELS; i++)
		for (int end = 0; end < 2; end++) {
			shut(i, end);
			buf_release(&tunnels[i].fly[end]);
		}
	for (int i = 0; i < PIPES; i++)
		pipe_free(&pipes[i]);
}

static void
session(uint64_t number, struct figures *g)
{
	memset(&w, 0, sizeof w);
	memset(tunnels, 0, sizeof tunnels);
	number_now = number;
	seed = number * 0x9e3779b97f4a7c15 + 1;
	now = 1000;
	now_at = -1;
	w.far = true;
	for (unsigned i = 0; i < LINES; i++)
		w.lines[i].cut = true;
	for (int i = 0; i < 2; i++)
		noise_pair_make(&keys[i]);
	randombytes_buf(psk, sizeof psk);
	start_custodian();
	for (unsigned i = 0; i < STEPS; i++)
		step();
	w.calm = true;
	for (int i = 0; i < TUNNELS; i++)
		tunnels[i].lost[0] = tunnels[i].lost[1] = false;
	for (unsigned i = 0; !settled(); i++) {
		if (i > 20000)
			fail_msg("it does not settle");
		step();
	}
	end_world(g);
}

/* CDO_SESSIONS says how many; CDO_SEED runs one alone. */
static void
nothing_is_lost_or_doubled_on_any_voyage(void **state)
{
	const char *want = getenv("CDO_SESSIONS"), *one = getenv("CDO_SEED");
	uint64_t n = want ? strtoull(want, NULL, 10) : 15000;
	uint64_t first = one ? strtoull(one, NULL, 10) : 1;
	struct figures g = { 0 };

	(void)state;
	for (uint64_t i = first; i < first + (one ? 1 : n); i++)
		session(i, &g);
	number_now = 0;
	print_message("# %llu sessions: %llu bytes typed, %llu in doubt, of "
		      "which %llu did not arrive\n",
		      (unsigned long long)n, (unsigned long long)g.typed,
		      (unsigned long long)g.unsure, (unsigned long long)g.lost);
	print_message(
		"# %llu handshakes, %llu ends cut off, %llu bits "
		"flipped, %llu links given up for what came, %llu for "
		"silence, %llu keys renewed, %llu custodians killed\n",
		(unsigned long long)f.handshakes, (unsigned long long)f.cuts,
		(unsigned long long)f.flips, (unsigned long long)f.caught,
		(unsigned long long)f.silences, (unsigned long long)f.rekeys,
		(unsigned long long)f.kills);
}

static int
tell_seed(void **state)
{
	(void)state;
	if (number_now)
		print_message("# CDO_SEED=%llu\n",
			      (unsigned long long)number_now);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_or_doubled_on_any_voyage),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, tell_seed);
}
