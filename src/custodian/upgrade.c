/* custodian/upgrade.c - give way to a custodian of another release. */
#include "custodian/upgrade.h"

#include <stdbool.h>

#include "base/log.h"
#include "base/loop.h"
#include "custodian/guest.h"
#include "custodian/input.h"
#include "custodian/recall.h"
#include "custodian/state.h"
#include "custodian/stop.h"
#include "keeper/memory.h"

enum {
	LOOK = 20, /* ms; until the program has taken its answers */
	LOOKS = 100, /* or does not read at all */
};

static void
leave(struct custodian *c)
{
	log_info("giving way to another release");
	/* None of these was lost. */
	for (struct guest *g = c->guests; g; g = g->next)
		g->server = false;
	recall_keep(c);
	c->head->upgraded = 1;
	loop_stop(c->loop);
}

static void
look(void *ctx)
{
	struct custodian *c = ctx;

	/* Who stops or ends the session is nearly through with it. */
	if (c->ending || !stop_over(c) || !c->control)
		return;
	if (input_queued(c->input) > 0 && c->upgrade_looks++ < LOOKS)
		loop_timer_start(c->upgrade, LOOK);
	else
		leave(c);
}

void
upgrade_begin(struct custodian *c)
{
	if (!c->control) {
		log_warn("without a keeper there would be no other one");
		return;
	}
	if (!c->upgrade)
		c->upgrade = loop_timer_new(c->loop, look, c);
	c->upgrade_looks = 0;
	look(c);
}
