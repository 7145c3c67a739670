/* unit/proto_voyage.c - greet, link, chan and resume over a bad network. */
#include "proto/chan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/buf.h"
#include "ocean.h"
#include "survivors.h"

static uint64_t number_now;

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

/* --- a session ---------------------------------------------------------- */

static void
fault(void)
{
	if (one_in(4)) {
		figures.kills++;
		kill_custodian();
	} else if (one_in(6)) {
		resize();
	} else if (one_in(40)) {
		crowd();
	} else {
		network_fault();
	}
}

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

struct typed {
	uint64_t typed, unsure, lost;
};

static void
end_world(struct typed *g)
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
session(uint64_t number, struct typed *g)
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
	struct typed g = { 0 };

	(void)state;
	for (uint64_t i = first; i < first + (one ? 1 : n); i++)
		session(i, &g);
	number_now = 0;
	print_message("# %llu sessions: %llu bytes typed, %llu in doubt, of "
		      "which %llu did not arrive\n",
		      (unsigned long long)n, (unsigned long long)g.typed,
		      (unsigned long long)g.unsure, (unsigned long long)g.lost);
	print_message("# %llu handshakes, %llu ends cut off, %llu bits "
		      "flipped, %llu links given up for what came, %llu for "
		      "silence, %llu keys renewed, %llu custodians killed\n",
		      (unsigned long long)figures.handshakes,
		      (unsigned long long)figures.cuts,
		      (unsigned long long)figures.flips,
		      (unsigned long long)figures.caught,
		      (unsigned long long)figures.silences,
		      (unsigned long long)figures.rekeys,
		      (unsigned long long)figures.kills);
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
