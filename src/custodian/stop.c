/* custodian/stop.c - end the program and what belongs to it. */
#include "custodian/stop.h"

#include <signal.h>

#include "base/loop.h"
#include "base/mem.h"
#include "custodian/ending.h"
#include "custodian/procs.h"
#include "custodian/state.h"
#include "keeper/memory.h"

enum {
	LOOK = 50, /* ms between looks at those who stayed behind */
	LAST_LOOKS = 20, /* after KILL: then they hang in the kernel */
};

struct stop {
	struct loop_timer *timer;
	uint64_t deadline; /* loop_now(): KILL */
	uint64_t ended; /* procs_clock() of the program's end, 0 before */
	unsigned looks; /* since KILL */
};

static unsigned
send_all(struct custodian *c, int signum)
{
	return procs_signal(c->head->program, signum, c->stop->ended);
}

/* When to look again: at the deadline, or sooner if it may be over. */
static void
wait_on(struct custodian *c)
{
	struct stop *s = c->stop;
	uint64_t now = loop_now(c->loop), ms = LOOK;

	if (!s->ended && !s->looks)
		ms = s->deadline > now ? s->deadline - now : 0;
	loop_timer_start(s->timer, ms);
}

static void
look(void *ctx)
{
	struct custodian *c = ctx;
	struct stop *s = c->stop;

	if (loop_now(c->loop) >= s->deadline) {
		s->looks++;
		send_all(c, SIGKILL); /* also what was forked meanwhile */
	}
	ending_check(c);
	if (s->looks <= LAST_LOOKS)
		wait_on(c);
}

void
stop_begin(struct custodian *c, int signum, uint64_t grace)
{
	struct stop *s = c->stop;
	uint64_t deadline = loop_now(c->loop) + grace;

	if (!c->head->ended)
		c->head->stopped = 1;
	if (!s) {
		s = c->stop = mem_zero(1, sizeof *s);
		s->timer = loop_timer_new(c->loop, look, c);
		s->deadline = deadline;
		s->ended = c->head->ended ? procs_clock() : 0;
	}
	if (deadline < s->deadline)
		s->deadline = deadline;
	if (signum) {
		send_all(c, signum);
	} else {
		/* HUP first: a shell passes it on to its jobs. */
		send_all(c, SIGHUP);
		send_all(c, SIGTERM);
	}
	send_all(c, SIGCONT);
	wait_on(c);
}

void
stop_ended(struct custodian *c)
{
	struct stop *s = c->stop;

	if (!s)
		return;
	s->ended = procs_clock();
	wait_on(c);
}

bool
stop_over(struct custodian *c)
{
	const struct stop *s = c->stop;

	return !s || s->looks > LAST_LOOKS || send_all(c, 0) == 0;
}
