/* unit/proto_survival.c - proto/resume.h through cuts, kills and late data. */
#include "proto/resume.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- dice --------------------------------------------------------------- */

static uint64_t seed, number_now;

static unsigned
dice(unsigned sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 32) % sides);
}

static bool
one_in(unsigned n)
{
	return dice(n) == 0;
}

/* --- a small world ------------------------------------------------------ */

enum {
	PEOPLE = 2,
	FLIGHT = 24, /* bytes that a person has under way, at most */
	SYMBOLS = 128, /* a byte is who typed it, and a number modulo this */
	RING = 200, /* bytes of output that a custodian has */
	QUEUE = 64, /* messages on their way */
	STEPS = 80,
};

enum kind { ATTACH, INPUT, GREETING, TAKEN, OUTPUT, SNAPSHOT, SIZE };

struct message {
	enum kind kind;
	struct resume_greeting greeting;
	struct resume_place place; /* claimed, of a greeting, of output's end */
	bool claims; /* the place: in ATTACH, in GREETING */
	uint64_t from; /* of INPUT, OUTPUT, TAKEN */
	uint64_t missed;
	uint8_t bytes[FLIGHT];
	size_t len;
};

struct queue {
	struct message m[QUEUE];
	unsigned first, n;
};

/* A connection; what the client has sent may come late, or never. */
struct link {
	bool open; /* for the custodian */
	bool cut; /* the client has given it up, or was cut off */
	bool attached;
	unsigned who, row;
	uint64_t at; /* output that was sent */
	struct queue up, down;
};

enum { LINKS = 6 };

struct person {
	struct resume_sender sender;
	struct link *link; /* NULL between two */
	bool greeted, ever, held, was_forgotten;
	struct resume_place place;
	uint64_t resizes; /* of the session, as told */
	unsigned typed; /* symbols */
	uint64_t unsure, missed;
};

struct recorder { /* the program */
	unsigned next[PEOPLE]; /* the symbol that is due */
	unsigned came[PEOPLE]; /* how many did */
};

static struct world {
	/* Outlives custodians. */
	struct resume_row rows[RESUME_CLIENTS];
	struct resume_more more[RESUME_CLIENTS];
	uint64_t uses;
	uint64_t end, resizes; /* of the output; it has all from end - RING */
	struct recorder recorder;

	struct resume_taker taker;
	struct link links[LINKS];
	struct person people[PEOPLE];
	unsigned in_doubt; /* bytes whose write no custodian has noted */
	bool calm; /* no more faults */
	uint64_t strangers;
} w;

static struct message *
push(struct queue *q, enum kind kind)
{
	assert_true(q->n < QUEUE);
	struct message *m = &q->m[(q->first + q->n++) % QUEUE];
	*m = (struct message){ .kind = kind };
	return m;
}

static struct message *
pop(struct queue *q)
{
	if (q->n == 0)
		return NULL;
	struct message *m = &q->m[q->first];
	q->first = (q->first + 1) % QUEUE;
	q->n--;
	return m;
}

static void
name(unsigned who, uint8_t id[16])
{
	memset(id, 0, 16);
	id[0] = 1;
	id[1] = (uint8_t)who;
}

/* --- the program -------------------------------------------------------- */

/* Each symbol comes in its turn, though some may be left out. */
static void
record(uint8_t byte)
{
	unsigned who = byte / SYMBOLS, symbol = byte % SYMBOLS;
	struct recorder *r = &w.recorder;
	unsigned gap = (symbol + SYMBOLS - r->next[who]) % SYMBOLS;

	/* Several losses in a row are far less than a whole round. */
	if (gap >= SYMBOLS - FLIGHT)
		fail_msg("a byte came twice, or out of its order");
	r->came[who]++;
	r->next[who] = (symbol + 1) % SYMBOLS;
}

/* --- the custodian ------------------------------------------------------ */

static void
start_custodian(void)
{
	w.taker = (struct resume_taker){
		.rows = w.rows,
		.more = w.more,
		.uses = &w.uses,
	};
	resume_taker_init(&w.taker);
}

/* What it had sent still comes; the rest of its world is gone. */
static void
kill_custodian(void)
{
	resume_taker_release(&w.taker);
	for (unsigned i = 0; i < LINKS; i++)
		w.links[i].open = false;
	start_custodian();
}

static void
close_link(struct link *l)
{
	if (l->attached)
		resume_leave(&w.taker, l->row);
	l->attached = false;
	l->open = false;
}

/* Writes to the program; may be killed on the way: then it says false. */
static bool
write_some(void)
{
	const uint8_t *data;
	size_t len = resume_write(&w.taker, &data);

	if (len == 0)
		return true;
	size_t n = dice((unsigned)len + 1);
	bool killed = !w.calm && one_in(20);
	if (killed && one_in(2))
		n = 0;
	for (size_t i = 0; i < n; i++)
		record(data[i]);
	if (killed) {
		w.in_doubt += (unsigned)len;
		kill_custodian();
		return false;
	}
	resume_wrote(&w.taker, n);
	return true;
}

static uint64_t
ring_first(void)
{
	return w.end > RING ? w.end - RING : 0;
}

static void
on_attach(struct link *l, const struct message *m)
{
	uint8_t id[16];

	name(l->who, id);
	l->row = resume_enter(&w.taker, id);
	l->attached = true;
	for (unsigned i = 0; i < LINKS; i++)
		if (&w.links[i] != l && w.links[i].open &&
		    w.links[i].who == l->who)
			close_link(&w.links[i]); /* one holder */

	struct resume_place now = { w.end, w.resizes };
	struct message *g = push(&l->down, GREETING);
	g->greeting = (struct resume_greeting){
		.same = true,
		.taken = w.rows[l->row].taken,
		.doubted = w.more[l->row].doubted,
		.since = w.more[l->row].since,
	};
	g->claims = m->claims &&
		    resume_joins(&m->place, &now, ring_first(), &g->missed);
	g->place = now;
	if (g->claims) {
		l->at = m->place.at;
		assert_true(l->at >= ring_first());
		return;
	}
	l->at = w.end;
	push(&l->down, SNAPSHOT)->place = now;
}

static void
custodian_reads(struct link *l)
{
	struct message *m = l->open ? pop(&l->up) : NULL;

	if (!m)
		return;
	if (m->kind == ATTACH)
		on_attach(l, m);
	else if (resume_typed(&w.taker, l->row, m->from, m->bytes, m->len) < 0)
		fail_msg("a gap in what was typed");
}

static void
custodian_sends(struct link *l)
{
	struct message *m;

	if (!l->open || !l->attached || l->down.n > QUEUE / 2)
		return;
	if (one_in(3)) {
		m = push(&l->down, TAKEN);
		m->from = w.rows[l->row].taken;
	} else if (l->at < ring_first()) { /* too slow */
		m = push(&l->down, SNAPSHOT);
		m->place = (struct resume_place){ w.end, w.resizes };
		m->missed = w.end - l->at;
		l->at = w.end;
	} else if (l->at < w.end) {
		m = push(&l->down, OUTPUT);
		m->from = l->at;
		l->at += 1 + dice((unsigned)(w.end - l->at));
		m->place.at = l->at;
	}
}

static void
resize(void)
{
	w.resizes++;
	for (unsigned i = 0; i < LINKS; i++) {
		struct link *l = &w.links[i];

		if (!l->open || !l->attached || l->down.n > QUEUE / 2) {
			if (l->open)
				close_link(l);
			continue;
		}
		push(&l->down, SIZE)->place.resizes = w.resizes;
		struct message *m = push(&l->down, SNAPSHOT);
		m->place = (struct resume_place){ w.end, w.resizes };
		m->missed = l->at < w.end ? w.end - l->at : 0;
		l->at = w.end;
	}
}

/* So many others that whoever is not attached falls out. */
static void
crowd(void)
{
	for (unsigned i = 0; i < RESUME_CLIENTS; i++) {
		uint8_t id[16] = { 2 };

		w.strangers++;
		memcpy(id + 8, &w.strangers, 8);
		resume_leave(&w.taker, resume_enter(&w.taker, id));
	}
}

/* --- people ------------------------------------------------------------- */

static void
type(struct person *p, unsigned who)
{
	uint8_t byte;

	if (p->sender.bytes.len >= FLIGHT)
		return;
	byte = (uint8_t)(who * SYMBOLS + p->typed++ % SYMBOLS);
	resume_add(&p->sender, &byte, 1);
	resume_open(&p->sender);
}

static void
send_some(struct person *p)
{
	const uint8_t *data;
	uint64_t offset;
	size_t len;

	if (!p->link || !p->greeted || p->link->up.n > QUEUE / 2)
		return;
	len = resume_send(&p->sender, 1 + dice(FLIGHT), &offset, &data);
	if (len == 0)
		return;
	struct message *m = push(&p->link->up, INPUT);
	m->from = offset;
	m->len = len;
	memcpy(m->bytes, data, len);
}

static void
attach(struct person *p, unsigned who)
{
	struct link *l = NULL;

	/* One that the custodian does not read any more. */
	for (unsigned i = 0; i < LINKS && !l; i++)
		if (!w.links[i].open && w.links[i].cut)
			l = &w.links[i];
	if (!l)
		return;
	*l = (struct link){ .open = true, .who = who };
	p->link = l;
	p->greeted = false;
	struct message *m = push(&l->up, ATTACH);
	m->claims = p->held;
	m->place = p->place;
}

static void
give_up(struct person *p)
{
	p->link->cut = true;
	p->link = NULL;
}

static void
on_greeting(struct person *p, const struct message *m)
{
	if (p->ever && m->greeting.since != p->sender.since)
		p->was_forgotten = true;
	p->unsure += resume_again(&p->sender, &m->greeting).unsure;
	p->greeted = p->ever = true;
	p->resizes = m->place.resizes;
	p->missed = m->missed;
	if (m->claims)
		assert_true(p->held);
	else
		p->held = false;
}

static void
on_shown(struct person *p, const struct message *m)
{
	/* Nothing is gone but what was told, and what another size hides. */
	uint64_t missed = m->missed ? m->missed : p->missed;

	if (p->held && m->place.at > p->place.at)
		assert_true(missed == m->place.at - p->place.at);
	p->missed = 0;
	p->place = m->place;
	p->held = true;
}

static void
person_reads(struct person *p)
{
	struct message *m = p->link ? pop(&p->link->down) : NULL;

	if (p->link && !m && !p->link->open)
		give_up(p);
	if (!m)
		return;
	switch (m->kind) {
	case GREETING:
		on_greeting(p, m);
		break;
	case TAKEN:
		resume_took(&p->sender, m->from);
		break;
	case OUTPUT:
		assert_true(p->held);
		assert_true(m->from == p->place.at);
		assert_true(p->place.resizes == p->resizes);
		p->place.at = m->place.at;
		break;
	case SIZE:
		p->resizes = m->place.resizes;
		break;
	default:
		on_shown(p, m);
	}
}

/* --- a session ---------------------------------------------------------- */

static void
fault(void)
{
	struct person *p = &w.people[dice(PEOPLE)];

	if (one_in(3))
		kill_custodian();
	else if (p->link)
		give_up(p);
	if (one_in(40))
		crowd();
	if (one_in(10))
		resize();
}

static void
step(void)
{
	unsigned who = dice(PEOPLE);
	struct person *p = &w.people[who];
	struct link *l = &w.links[dice(LINKS)];

	if (!w.calm && one_in(12))
		fault();
	if (!w.calm && one_in(2))
		type(p, who);
	if (!w.calm && one_in(3))
		w.end += dice(one_in(10) ? 2 * RING : 20);
	if (!p->link)
		attach(p, who);
	send_some(p);
	custodian_reads(l);
	custodian_sends(l);
	person_reads(p);
	write_some();
	/* The end of a cut link reaches the custodian late. */
	if (l->open && l->cut && (l->up.n == 0 || one_in(4)))
		close_link(l);
}

static bool
settled(void)
{
	for (unsigned i = 0; i < PEOPLE; i++) {
		const struct person *p = &w.people[i];

		if (p->sender.bytes.len > 0 || p->place.at != w.end)
			return false;
	}
	return w.taker.bytes.len == 0;
}

static unsigned
lost(unsigned who)
{
	return w.people[who].typed - w.recorder.came[who];
}

static void
judge(unsigned who)
{
	const struct person *p = &w.people[who];

	if (lost(who) > p->unsure)
		fail_msg("%u bytes lost, %u told", lost(who),
			 (unsigned)p->unsure);
	if (!p->was_forgotten && p->unsure > w.in_doubt)
		fail_msg("%u bytes told, %u in doubt", (unsigned)p->unsure,
			 w.in_doubt);
}

struct figures {
	uint64_t typed, unsure, lost;
};

static void
session(uint64_t number, struct figures *f)
{
	memset(&w, 0, sizeof w);
	number_now = number;
	seed = number * 0x9e3779b97f4a7c15 + 1;
	for (unsigned i = 0; i < LINKS; i++)
		w.links[i].cut = true;
	start_custodian();
	for (unsigned i = 0; i < STEPS; i++)
		step();
	w.calm = true;
	for (unsigned i = 0; !settled(); i++) {
		if (i > 100000)
			fail_msg("it does not settle");
		step();
	}
	for (unsigned i = 0; i < PEOPLE; i++) {
		judge(i);
		f->typed += w.people[i].typed;
		f->unsure += w.people[i].unsure;
		f->lost += lost(i);
		resume_release(&w.people[i].sender);
	}
	resume_taker_release(&w.taker);
}

/* CDO_SESSIONS says how many; CDO_SEED runs one alone. */
static void
input_is_exact_but_for_what_is_told_in_any_session(void **state)
{
	const char *want = getenv("CDO_SESSIONS"), *one = getenv("CDO_SEED");
	uint64_t n = want ? strtoull(want, NULL, 10) : 100000;
	uint64_t first = one ? strtoull(one, NULL, 10) : 1;
	struct figures f = { 0 };

	(void)state;
	for (uint64_t i = first; i < first + (one ? 1 : n); i++)
		session(i, &f);
	number_now = 0;
	print_message("# %llu sessions: %llu bytes typed, %llu in doubt, of "
		      "which %llu did not arrive\n",
		      (unsigned long long)n, (unsigned long long)f.typed,
		      (unsigned long long)f.unsure, (unsigned long long)f.lost);
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
		cmocka_unit_test(
			input_is_exact_but_for_what_is_told_in_any_session),
	};

	return cmocka_run_group_tests(tests, NULL, tell_seed);
}
