/* custodian/request.c - what guests ask for. */
#include "custodian/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "custodian/activity.h"
#include "custodian/ending.h"
#include "custodian/flow.h"
#include "custodian/guest.h"
#include "custodian/input.h"
#include "custodian/pace.h"
#include "custodian/permit.h"
#include "custodian/report.h"
#include "custodian/size.h"
#include "custodian/state.h"
#include "custodian/stop.h"
#include "custodian/summon.h"
#include "custodian/upgrade.h"
#include "custodian/view.h"
#include "keeper/memory.h"
#include "proto/berth.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "proto/resume.h"
#include "vt/capture.h"
#include "vt/snapshot.h"

enum {
	TEXT_MAX = 256,
	DATA = 256 << 10, /* in one MSG_DATA */
	ACK = 100, /* ms: nothing came back from the program to go along with */
};

static void
answer_error(struct guest *g, enum msg_error error, const char *text)
{
	struct msg_writer w;

	msg_begin(&w, local_out(g->conn), MSG_ERROR, 2);
	msg_uint(&w, error);
	msg_str(&w, text);
	msg_end(&w);
	local_flush(g->conn);
}

static void
answer_ok(struct guest *g)
{
	struct msg_writer w;

	msg_begin(&w, local_out(g->conn), MSG_OK, 1);
	msg_map(&w, 0);
	msg_end(&w);
	local_flush(g->conn);
}

/* --- attaching -------------------------------------------------------- */

static char *
text_of(const struct msg_value *map, const char *key)
{
	size_t len;
	const char *s = msg_to_str(msg_get(map, key), &len);

	return s ? str_safe(s, len, TEXT_MAX) : NULL;
}

static unsigned
side(const struct msg_value *v, unsigned max)
{
	uint64_t n = msg_to_uint(v, 0);

	return n < max ? (unsigned)n : max;
}

static void
take_over(struct guest *g)
{
	for (struct guest *other = g->c->guests, *next; other; other = next) {
		next = other->next;
		if (other != g && !other->read_only)
			guest_dismiss(other, MSG_GONE_TAKEN,
				      g->tty ? g->tty : "another terminal");
	}
}

static void
pair_uint(struct msg_writer *w, const char *key, uint64_t value)
{
	msg_str(w, key);
	msg_uint(w, value);
}

/* What a client says of itself, and what it is to be told. */
struct coming {
	bool back; /* it was attached to this session before */
	bool was; /* ... and can say what it was shown last */
	bool joins; /* ... from where its output goes on */
	struct resume_place place;
	uint64_t missed; /* bytes of output that it cannot be given */
};

static void
write_attached(struct guest *g, const struct coming *k)
{
	const struct custodian *c = g->c;
	struct msg_writer w;

	g->acked = g->read_only ? 0 : input_taken(c->input, g->row);
	g->told_cols = screen_cols(c->screen);
	g->told_rows = screen_rows(c->screen);
	msg_begin(&w, local_out(g->conn), MSG_ATTACHED, 1);
	msg_map(&w, 12 + k->joins);
	msg_str(&w, "id");
	msg_str(&w, c->o.id);
	msg_str(&w, "name");
	msg_str(&w, c->head->name);
	msg_str(&w, "epoch");
	msg_bin(&w, c->head->epoch, sizeof c->head->epoch);
	pair_uint(&w, "client", g->number);
	pair_uint(&w, "cols", g->told_cols);
	pair_uint(&w, "rows", g->told_rows);
	pair_uint(&w, "taken", g->acked);
	pair_uint(&w, "doubted",
		  g->read_only ? 0 : input_doubted(c->input, g->row));
	pair_uint(&w, "since",
		  g->read_only ? 0 : input_since(c->input, g->row));
	pair_uint(&w, "resizes", c->head->resizes);
	pair_uint(&w, "missed", k->missed);
	msg_str(&w, "read_only");
	msg_bool(&w, g->read_only);
	if (k->joins)
		pair_uint(&w, "at", k->place.at);
	msg_end(&w);
}

static void
read_coming(const struct guest *g, const struct msg_value *map,
	    struct coming *k)
{
	const uint8_t *mine = g->c->head->epoch;
	size_t len;
	const uint8_t *epoch = msg_to_bin(msg_get(map, "epoch"), &len);

	k->back = epoch && len == 16 && memcmp(epoch, mine, 16) == 0;
	k->was = k->back && !msg_is_nil(msg_get(map, "at"));
	k->place.at = msg_to_uint(msg_get(map, "at"), 0);
	k->place.resizes = msg_to_uint(msg_get(map, "resizes"), 0);
}

static int
on_attach(struct guest *g, const struct msg *m)
{
	struct custodian *c = g->c;
	const struct msg_value *map = msg_field(m, 0);
	size_t len;
	const uint8_t *id = msg_to_bin(msg_get(map, "client"), &len);

	struct coming k = { 0 };

	if (g->attached || !id || len != 16)
		return -EPROTO;
	permit_id(g, id);
	g->number = ++c->numbers;
	g->read_only = msg_to_bool(msg_get(map, "read_only"), false) ||
		       !permit_typing(g);
	g->cols = side(msg_get(map, "cols"), SCREEN_COLS_MAX);
	g->rows = side(msg_get(map, "rows"), SCREEN_ROWS_MAX);
	g->tty = text_of(map, "tty");
	g->term = text_of(map, "term");
	g->host = g->device ? mem_str(g->device) : text_of(map, "host");
	g->since = custodian_clock();
	if (msg_to_bool(msg_get(map, "paced"), false))
		g->paced = pace_new(g);

	if (!g->read_only)
		g->row = input_enter(c->input, id);
	guest_replace(g);

	/* Another machine numbers its terminals for itself. */
	uint64_t rdev = msg_to_uint(msg_get(map, "rdev"), 0);
	if (!g->device && rdev != 0 && rdev == c->rdev) {
		g->attached = true;
		guest_dismiss(g, MSG_GONE_NESTED, c->head->name);
		return 0;
	}
	if (!g->read_only && msg_to_bool(msg_get(map, "exclusive"), false))
		take_over(g);
	/* Who is first to come back after a crash is not the one who typed. */
	read_coming(g, map, &k);
	if (!k.back)
		size_attach(c, g);
	g->attached = true;
	view_note_undo(c);
	k.joins = k.was && view_joins(c, &k.place, &k.missed);
	write_attached(g, &k);
	uint64_t asked = msg_to_uint(msg_get(map, "history"), 0);
	uint32_t history = asked < UINT32_MAX ? (uint32_t)asked : UINT32_MAX;
	if (k.joins)
		view_join(g, k.place.at, history);
	else
		view_first(g, history);
	c->head->last_attach = g->since;
	report_guests(c);
	if (c->ending)
		ending_tell(c, g);
	return 0;
}

static int
on_detach(struct guest *g, const struct msg *m)
{
	(void)m;
	guest_dismiss(g, MSG_GONE_DETACHED, "");
	return 0;
}

static int
on_resync(struct guest *g, const struct msg *m)
{
	uint64_t history = msg_to_uint(msg_field(m, 0), 0);

	if (g->attached)
		view_again(g, history < UINT32_MAX ? (uint32_t)history
						   : UINT32_MAX);
	return 0;
}

static int
on_shown(struct guest *g, const struct msg *m)
{
	if (!g->attached || !g->paced)
		return 0;
	return pace_shown(g, msg_to_uint(msg_field(m, 0), 0));
}

static int
on_resize(struct guest *g, const struct msg *m)
{
	if (!g->attached)
		return 0;
	g->cols = side(msg_field(m, 0), SCREEN_COLS_MAX);
	g->rows = side(msg_field(m, 1), SCREEN_ROWS_MAX);
	size_wish(g->c, g);
	return 0;
}

static int
on_profile(struct guest *g, const struct msg *m)
{
	const struct msg_value *map = msg_field(m, 0);
	struct profile *p = &g->profile;
	size_t len;
	const char *inside = msg_to_str(msg_get(map, "inside"), &len);

	uint32_t fg = (uint32_t)msg_to_uint(msg_get(map, "fg"), 0);
	uint32_t bg = (uint32_t)msg_to_uint(msg_get(map, "bg"), 0);
	bool light = msg_to_bool(msg_get(map, "light"), false);

	guest_profile_default(p, light || (fg == bg && g->c->light));
	if (fg != bg) { /* else it has not told them */
		p->fg = fg;
		p->bg = bg;
		p->cursor = (uint32_t)msg_to_uint(msg_get(map, "cursor"), fg);
	}
	p->known = true;
	p->cell_w = (uint16_t)msg_to_uint(msg_get(map, "cell_w"), 0);
	p->cell_h = (uint16_t)msg_to_uint(msg_get(map, "cell_h"), 0);
	p->sixel = msg_to_bool(msg_get(map, "sixel"), false);
	p->kitty_graphics = msg_to_bool(msg_get(map, "kitty_graphics"), false);
	if (inside && len < sizeof p->inside)
		memcpy(p->inside, inside, len);
	if (g->attached) {
		guest_profiles(g->c, g->read_only ? NULL : g);
		flow_type(g->c); /* a program may have been told */
	}
	return 0;
}

static int
on_input(struct guest *g, const struct msg *m)
{
	struct custodian *c = g->c;
	size_t len;
	const uint8_t *data = msg_to_bin(msg_field(m, 1), &len);

	if (!g->attached || g->read_only || !data)
		return -EPROTO;
	int r = input_typed(c->input, g->row, msg_to_uint(msg_field(m, 0), 0),
			    data, len);
	if (r < 0)
		return r;
	if (c->active != g->number && g->profile.known)
		guest_profiles(c, g);
	flow_type(c);
	if (input_queued(c->input) >= INPUT_MAX) {
		g->paused = true;
		local_pause(g->conn, true);
	}
	size_typed(c, g, data, len);
	c->head->last_input = custodian_clock();
	activity_input(c);
	report_output(c);
	if (!loop_timer_running(c->ack))
		loop_timer_start(c->ack, ACK);
	return 0;
}

/* --- asking ----------------------------------------------------------- */

static void
send_data(struct guest *g, const struct buf *all)
{
	struct msg_writer w;

	for (size_t done = 0, len; done < all->len; done += len) {
		len = all->len - done < DATA ? all->len - done : DATA;
		msg_begin(&w, local_out(g->conn), MSG_DATA, 1);
		msg_bin(&w, all->data + done, len);
		msg_end(&w);
	}
	msg_begin(&w, local_out(g->conn), MSG_END, 0);
	msg_end(&w);
	local_flush(g->conn);
}

static int
on_capture(struct guest *g, const struct msg *m)
{
	static const struct {
		const char *name;
		void (*make)(const struct screen *, uint32_t, struct buf *);
	} formats[] = {
		{ "text", capture_text },
		{ "ansi", capture_ansi },
		{ "json", capture_json },
	};
	const struct msg_value *map = msg_field(m, 0);
	const struct screen *s = g->c->screen;
	char *format = msg_dup_str(msg_get(map, "format"), TEXT_MAX);
	uint64_t lines = msg_to_uint(msg_get(map, "history"), 0);
	struct buf all = { 0 };
	bool known = false;

	if (!permit_answer(g)) {
		free(format);
		return -EPROTO;
	}
	if (lines > screen_history(s))
		lines = screen_history(s);
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (str_eq(format, formats[i].name)) {
			formats[i].make(s, (uint32_t)lines, &all);
			known = true;
		}
	if (str_eq(format, "vt")) {
		snapshot_make(s, (uint32_t)lines, NULL, &all);
		known = true;
	}
	if (known)
		send_data(g, &all);
	else
		answer_error(g, MSG_E_USAGE, "no such format");
	buf_release(&all);
	free(format);
	return 0;
}

static void
write_client(struct msg_writer *w, const struct guest *g)
{
	msg_map(w, 8);
	msg_str(w, "client");
	msg_uint(w, g->number);
	msg_str(w, "tty");
	msg_str(w, g->tty);
	msg_str(w, "term");
	msg_str(w, g->term);
	msg_str(w, "host");
	msg_str(w, g->host);
	msg_str(w, "cols");
	msg_uint(w, g->cols);
	msg_str(w, "rows");
	msg_uint(w, g->rows);
	msg_str(w, "read_only");
	msg_bool(w, g->read_only);
	msg_str(w, "attached");
	msg_uint(w, g->since);
}

static int
on_info(struct guest *g, const struct msg *m)
{
	struct custodian *c = g->c;
	struct msg_writer w;

	(void)m;
	if (!permit_answer(g))
		return -EPROTO;
	msg_begin(&w, local_out(g->conn), MSG_OK, 1);
	msg_map(&w, 2);
	msg_str(&w, "protocol");
	msg_uint(&w, MSG_VERSION);
	msg_str(&w, "clients");
	msg_array(&w, guest_clients(c));
	for (const struct guest *o = c->guests; o; o = o->next)
		if (o->attached && !o->leaving)
			write_client(&w, o);
	msg_end(&w);
	local_flush(g->conn);
	return 0;
}

static int
on_stop(struct guest *g, const struct msg *m)
{
	uint64_t sig = msg_to_uint(msg_field(m, 0), 0);

	if (sig > 64) {
		answer_error(g, MSG_E_USAGE, "no such signal");
		return 0;
	}
	if (g->c->head->finished) {
		answer_ok(g);
		return 0;
	}
	g->waits = true;
	stop_begin(g->c, (int)sig, msg_to_uint(msg_field(m, 1), 5000));
	return 0;
}

/* The client that typed last, else one that may type; 0 if there is none. */
static unsigned
at_work(const struct custodian *c)
{
	unsigned number = 0;

	for (const struct guest *g = c->guests; g; g = g->next) {
		if (!g->attached || g->read_only)
			continue;
		number = g->number;
		if (number == c->active)
			break;
	}
	return number;
}

static int
on_kick(struct guest *g, const struct msg *m)
{
	uint64_t number = msg_to_uint(msg_field(m, 0), 0);
	char *text = msg_dup_str(msg_field(m, 1), TEXT_MAX);
	char *to = msg_dup_str(msg_field(m, 2), TEXT_MAX);
	bool found = number == 0 && !to;

	if (number == 0 && to)
		number = at_work(g->c);
	for (struct guest *o = g->c->guests, *next; o; o = next) {
		next = o->next;
		if (o == g || !o->attached ||
		    ((number != 0 || to) && o->number != number))
			continue;
		if (to)
			guest_dismiss(o, MSG_GONE_SWITCHED, to);
		else
			guest_dismiss(o, MSG_GONE_DETACHED, text ? text : "");
		found = true;
	}
	free(to);
	free(text);
	if (found)
		answer_ok(g);
	else
		answer_error(g, MSG_E_FAILED, "no such client");
	return 0;
}

/* --- the server ------------------------------------------------------- */

static int
on_watch(struct guest *g, const struct msg *m)
{
	(void)m;
	/* One at a time: the newest. */
	for (struct guest *o = g->c->guests; o; o = o->next)
		o->server = false;
	g->server = true;
	/* It may have had to look for us. */
	berth_check(g->c->berth);
	report_all(g->c);
	return 0;
}

static int
on_named(struct guest *g, const struct msg *m)
{
	struct memory_head *h = g->c->head;
	char *name = msg_dup_str(msg_field(m, 0), sizeof h->name - 1);

	if (g->server && name && str_is_name(name))
		memcpy(h->name, name, strlen(name) + 1);
	free(name);
	return 0;
}

static int
on_leave(struct guest *g, const struct msg *m)
{
	(void)m;
	if (g->server)
		summon_left(g->c);
	g->server = false;
	return 0;
}

static int
on_upgrade(struct guest *g, const struct msg *m)
{
	(void)m;
	if (g->server)
		upgrade_begin(g->c);
	return 0;
}

static int
refuse(struct guest *g)
{
	if (++g->refused >= RIGHTS_REFUSALS)
		return -EPERM;
	answer_error(g, MSG_E_NOT_ALLOWED,
		     g->role == ROLE_VIEW ? "this device may only watch"
					  : "this device may not do that");
	return 0;
}

static const struct {
	enum msg_type type;
	int (*run)(struct guest *, const struct msg *);
} requests[] = {
	{ MSG_WATCH, on_watch },   { MSG_NAMED, on_named },
	{ MSG_LEAVE, on_leave },   { MSG_ATTACH, on_attach },
	{ MSG_INPUT, on_input },   { MSG_RESIZE, on_resize },
	{ MSG_DETACH, on_detach }, { MSG_PROFILE, on_profile },
	{ MSG_RESYNC, on_resync }, { MSG_CAPTURE, on_capture },
	{ MSG_INFO, on_info },	   { MSG_STOP, on_stop },
	{ MSG_KICK, on_kick },	   { MSG_UPGRADE, on_upgrade },
	{ MSG_SHOWN, on_shown },
};

int
request_run(struct guest *g, const struct msg *m)
{
	int r = g->greeted ? 0 : permit_greet(g, m);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
		if (requests[i].type == (enum msg_type)m->type) {
			if (g->role < rights_needed(m->type))
				return refuse(g);
			g->spoke = true;
			return requests[i].run(g, m);
		}
	return 0;
}

void
request_answer_waiting(struct custodian *c)
{
	for (struct guest *g = c->guests; g; g = g->next)
		if (g->waits) {
			g->waits = false;
			answer_ok(g);
		}
}
