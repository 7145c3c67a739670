/* unit/survivors.c - a custodian, its program, and people who type. */
#include "survivors.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct world w;

uint64_t seed;

unsigned
dice(unsigned sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 32) % sides);
}

bool
one_in(unsigned n)
{
	return dice(n) == 0;
}

struct message *
push(struct queue *q, enum kind kind)
{
	assert_true(q->n < QUEUE);
	struct message *m = &q->m[(q->first + q->n++) % QUEUE];
	*m = (struct message){ .kind = kind };
	return m;
}

struct message *
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

void
start_custodian(void)
{
	w.taker = (struct resume_taker){
		.rows = w.rows,
		.more = w.more,
		.uses = &w.uses,
	};
	resume_taker_init(&w.taker);
}

static struct queue *
down(struct line *l)
{
	return w.far ? &l->far_down : &l->down;
}

/* What it had sent still comes; the rest of its world is gone. */
void
kill_custodian(void)
{
	resume_taker_release(&w.taker);
	for (unsigned i = 0; i < LINES; i++)
		w.lines[i].open = false;
	start_custodian();
}

void
close_line(struct line *l)
{
	if (l->attached)
		resume_leave(&w.taker, l->row);
	l->attached = false;
	l->open = false;
}

/* Writes to the program; may be killed on the way: then it says false. */
bool
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
on_attach(struct line *l, const struct message *m)
{
	uint8_t id[16];

	name(l->who, id);
	l->row = resume_enter(&w.taker, id);
	l->attached = true;
	for (unsigned i = 0; i < LINES; i++)
		if (&w.lines[i] != l && w.lines[i].open &&
		    w.lines[i].who == l->who)
			close_line(&w.lines[i]); /* one holder */

	struct resume_place now = { w.end, w.resizes };
	struct message *g = push(down(l), GREETING);
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
	push(down(l), SNAPSHOT)->place = now;
}

void
custodian_reads(struct line *l)
{
	struct message *m = l->open ? pop(w.far ? &l->far_up : &l->up) : NULL;

	if (!m)
		return;
	if (m->kind == ATTACH)
		on_attach(l, m);
	else if (resume_typed(&w.taker, l->row, m->from, m->bytes, m->len) < 0)
		fail_msg("a gap in what was typed");
}

void
custodian_sends(struct line *l)
{
	struct message *m;

	if (!l->open || !l->attached || down(l)->n > QUEUE / 2)
		return;
	if (one_in(3)) {
		m = push(down(l), TAKEN);
		m->from = w.rows[l->row].taken;
	} else if (l->at < ring_first()) { /* too slow */
		m = push(down(l), SNAPSHOT);
		m->place = (struct resume_place){ w.end, w.resizes };
		m->missed = w.end - l->at;
		l->at = w.end;
	} else if (l->at < w.end) {
		m = push(down(l), OUTPUT);
		m->from = l->at;
		l->at += 1 + dice((unsigned)(w.end - l->at));
		m->place.at = l->at;
	}
}

void
resize(void)
{
	w.resizes++;
	for (unsigned i = 0; i < LINES; i++) {
		struct line *l = &w.lines[i];

		if (!l->open || !l->attached || down(l)->n > QUEUE / 2) {
			if (l->open)
				close_line(l);
			continue;
		}
		push(down(l), SIZE)->place.resizes = w.resizes;
		struct message *m = push(down(l), SNAPSHOT);
		m->place = (struct resume_place){ w.end, w.resizes };
		m->missed = l->at < w.end ? w.end - l->at : 0;
		l->at = w.end;
	}
}

/* So many others that whoever is not attached falls out. */
void
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

void
type(struct person *p, unsigned who)
{
	uint8_t byte;

	if (p->sender.bytes.len >= FLIGHT)
		return;
	byte = (uint8_t)(who * SYMBOLS + p->typed++ % SYMBOLS);
	resume_add(&p->sender, &byte, 1);
	resume_open(&p->sender);
}

void
send_some(struct person *p)
{
	const uint8_t *data;
	uint64_t offset;
	size_t len;

	if (!p->line || !p->greeted || p->line->up.n > QUEUE / 2)
		return;
	len = resume_send(&p->sender, 1 + dice(FLIGHT), &offset, &data);
	if (len == 0)
		return;
	struct message *m = push(&p->line->up, INPUT);
	m->from = offset;
	m->len = len;
	memcpy(m->bytes, data, len);
}

void
attach(struct person *p, unsigned who)
{
	struct line *l = NULL;

	/* One that the custodian does not read any more. */
	for (unsigned i = 0; i < LINES && !l; i++)
		if (!w.lines[i].open && w.lines[i].cut)
			l = &w.lines[i];
	if (!l)
		return;
	*l = (struct line){ .open = true, .who = who, .serial = ++w.serials };
	p->line = l;
	p->greeted = false;
	struct message *m = push(&l->up, ATTACH);
	m->claims = p->held;
	m->place = p->place;
}

void
give_up(struct person *p)
{
	p->line->cut = true;
	p->line = NULL;
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

void
person_reads(struct person *p)
{
	struct message *m = p->line ? pop(&p->line->down) : NULL;

	if (p->line && !m && (w.far ? p->line->ended : !p->line->open))
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

/* --- in the end ---------------------------------------------------------- */

bool
settled(void)
{
	for (unsigned i = 0; i < PEOPLE; i++) {
		const struct person *p = &w.people[i];

		if (p->sender.bytes.len > 0 || p->place.at != w.end)
			return false;
	}
	return w.taker.bytes.len == 0;
}

unsigned
lost(unsigned who)
{
	return w.people[who].typed - w.recorder.came[who];
}

void
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
