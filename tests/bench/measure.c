/* bench/measure.c - the measurements. */
#include "bench/measure.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/far.h"
#include "bench/inner.h"
#include "bench/outer.h"
#include "bench/payload.h"
#include "bench/procs.h"
#include "bench/report.h"

enum {
	PATIENCE = 120, /* seconds; then it counts as failed */
	SETTLE = 8, /* longer than what is put off may take */
};

static const double none[MUXES] = { (double)NAN, (double)NAN, (double)NAN,
				    (double)NAN, (double)NAN };

/* The program inside: itself, with a payload and lines of history. */
struct inside {
	char self[512], payload[512], lines[16];
	char *argv[5];
};

static void
inside_init(struct inside *in, const struct plan *p, unsigned lines)
{
	static char word[] = "--inner";

	snprintf(in->self, sizeof in->self, "%s", p->self);
	snprintf(in->payload, sizeof in->payload, "%s/payload", p->dir);
	snprintf(in->lines, sizeof in->lines, "%u", lines);
	in->argv[0] = in->self;
	in->argv[1] = word;
	in->argv[2] = in->payload;
	in->argv[3] = in->lines;
	in->argv[4] = NULL;
}

/* The i-th to have its turn in this round; NULL if it is not wanted. */
static struct mux *
turn(struct plan *p, unsigned round, unsigned i)
{
	struct mux *m = &p->mux[(round + i) % MUXES];

	return m->used ? m : NULL;
}

static void
give_up(struct mux *m, const char *what)
{
	report_note("%s: %s failed; left out from here on", m->name, what);
	m->used = false;
}

static bool
open_attached(struct outer *o, const struct mux *m, unsigned n,
	      struct inside *in)
{
	char *argv[MUX_WORDS];

	mux_attach(m, n, in->argv, argv);
	return outer_open(o, argv, mux_environment(m)) == 0;
}

/*
 * Attaches to session n; the program has answered before it returns.  Tried
 * again for a while, as `screen -d -m` returns before it has a socket.
 */
static bool
enter(struct outer *o, const struct mux *m, unsigned n, struct inside *in)
{
	for (int tries = 0; tries < 50; tries++) {
		if (!open_attached(o, m, n, in))
			return false;
		if (outer_call(o, "h", INNER_HELLO, 10) > 0) {
			outer_drain(o);
			return true;
		}
		outer_close(o);
		usleep(20000);
	}
	return false;
}

static bool
payload_wanted(const struct plan *p, enum payload what)
{
	return p->payload == NULL ||
	       strncmp(payload_name(what), p->payload, strlen(p->payload)) == 0;
}

/* Seconds, NAN if it failed, -1 if bytes were left out on the way. */
static double
flood(struct plan *p, const struct mux *m, uint64_t through)
{
	struct inside in;
	struct outer o;
	double took = (double)NAN;

	inside_init(&in, p, 0);
	if (mux_start(m, 0, in.argv) < 0)
		return took;
	if (enter(&o, m, 0, &in)) {
		uint64_t before = o.bytes;
		double start = bench_now();

		o.deaf = true;
		outer_type(&o, "g");
		double end = outer_until(&o, INNER_DONE, PATIENCE);
		if (end > 0)
			took = end - start;
		/* Those hand on cells, not bytes, or screens of a flood. */
		if (end > 0 && m->id != MUX_TMUX && m->id != MUX_SCREEN &&
		    m->far == NULL && o.bytes - before < through)
			took = -1;
		outer_close(&o);
	}
	mux_clear(m);
	return took;
}

static void
flood_one(struct plan *p, struct report *r, enum payload what, const char *path)
{
	static struct samples got[MUXES];
	unsigned voids[MUXES] = { 0 };
	double rate[MUXES], seconds[MUXES];
	char name[64];
	uint64_t through;

	memset(got, 0, sizeof got);
	memcpy(seconds, none, sizeof none);
	memcpy(rate, none, sizeof none);
	if (payload_make(what, path, p->size, &through) < 0) {
		report_note("cannot write %s", path);
		return;
	}
	for (unsigned round = 0; round < p->rounds; round++) {
		for (unsigned i = 0; i < MUXES; i++) {
			struct mux *m = turn(p, round, i);
			if (m == NULL)
				continue;
			double s = flood(p, m, through);
			if (s > 0)
				samples_add(&got[m->id], s);
			else if (s < 0)
				voids[m->id]++;
			else
				report_note("%s: no end of the payload",
					    m->name);
		}
	}
	unlink(path);
	for (int i = 0; i < MUXES; i++) {
		seconds[i] = samples_at(&got[i], 0.5);
		rate[i] = (double)p->size / 1e6 / seconds[i];
		if (voids[i] > 0)
			report_note("%s: %u runs void, bytes were left out",
				    p->mux[i].name, voids[i]);
	}
	report_row(r, payload_name(what), "MB/s", rate);
	snprintf(name, sizeof name, "%s, time", payload_name(what));
	report_row(r, name, "s", seconds);
}

static void
flood_all(struct plan *p, struct report *r)
{
	struct inside in;

	inside_init(&in, p, 0);
	for (enum payload what = 0; what < PAYLOADS; what++)
		if (payload_wanted(p, what))
			flood_one(p, r, what, in.payload);
}

void
measure_flood(struct plan *p, struct report *r)
{
	report_section(r, "throughput");
	flood_all(p, r);
}

static void
configure(const struct mux *m, const char *line)
{
	char path[512];

	snprintf(path, sizeof path, "%s/cdo.conf", m->dir);
	FILE *f = fopen(path, "we");
	if (f == NULL)
		return;
	fputs(line, f);
	fclose(f);
}

/* How much of cdo's throughput is left when it records. */
static void
record_one(struct plan *p, struct report *r, enum payload what,
	   const char *path)
{
	static const char *const lines[] = { "record = off\n",
					     "record = on\n" };
	static struct samples got[2];
	struct mux *m = &p->mux[MUX_CDO];
	double ratio[MUXES];
	char name[64];
	uint64_t through;

	memset(got, 0, sizeof got);
	memcpy(ratio, none, sizeof none);
	if (payload_make(what, path, p->size, &through) < 0)
		return;
	for (unsigned i = 0; i < 2 * p->rounds; i++) {
		unsigned on = (i + i / 2) % 2; /* each is first in its turn */

		configure(m, lines[on]);
		double s = flood(p, m, through);
		if (s > 0)
			samples_add(&got[on], s);
	}
	unlink(path);
	/* The fastest: what else the machine does only makes them slower. */
	ratio[MUX_CDO] = samples_at(&got[0], 0) / samples_at(&got[1], 0);
	snprintf(name, sizeof name, "%s, on against off", payload_name(what));
	report_row(r, name, "", ratio);
}

void
measure_record(struct plan *p, struct report *r)
{
	struct inside in;

	if (!p->mux[MUX_CDO].used)
		return;
	inside_init(&in, p, 0);
	report_section(r, "throughput while recording");
	for (enum payload what = 0; what < PAYLOADS; what++)
		if (payload_wanted(p, what))
			record_one(p, r, what, in.payload);
}

static void
echo_all(struct plan *p, struct report *r)
{
	static const struct {
		const char *name;
		double q;
	} rows[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 } };
	/* Characters that occur in no control sequence that is sent. */
	static const char keys[][2] = { "+", ",", "^", "|" };
	static struct samples got[MUXES];
	struct outer o[MUXES] = { 0 };
	struct inside in;

	memset(got, 0, sizeof got);
	inside_init(&in, p, 0);
	for (int i = 0; i < MUXES; i++) {
		struct mux *m = &p->mux[i];
		if (!m->used)
			continue;
		if (mux_start(m, 0, in.argv) < 0 || !enter(&o[i], m, 0, &in)) {
			give_up(m, "attach");
			continue;
		}
		outer_type(&o[i], "e");
	}
	for (unsigned n = 0; n < p->keys; n++) {
		for (unsigned i = 0; i < MUXES; i++) {
			struct mux *m = turn(p, n, i);
			if (m == NULL)
				continue;
			usleep(500); /* nobody types at once */
			outer_drain(&o[m->id]);
			double start = bench_now();
			outer_type(&o[m->id], keys[n % 4]);
			double end = outer_until(&o[m->id], keys[n % 4], 5);
			if (end > 0)
				samples_add(&got[m->id], (end - start) * 1e6);
			else
				give_up(m, "echo");
		}
	}
	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
		double value[MUXES];

		for (int i = 0; i < MUXES; i++)
			value[i] = samples_at(&got[i], rows[k].q);
		report_row(r, rows[k].name, "us", value);
	}
	for (int i = 0; i < MUXES; i++) {
		outer_close(&o[i]);
		mux_clear(&p->mux[i]);
	}
}

void
measure_echo(struct plan *p, struct report *r)
{
	report_section(r, "echo of a key");
	echo_all(p, r);
}

void
measure_remote(struct plan *p, struct report *r)
{
	struct plan there = *p;
	struct far far;

	if (far_init(&far, p->dir) < 0) {
		report_note("no OpenSSH here, nothing to compare with");
		far_release(&far);
		return;
	}
	for (int i = 0; i < MUXES; i++) {
		there.mux[i].used &= i == MUX_TMUX || i == MUX_CDO;
		there.mux[i].far = &far;
	}
	report_section(r, "echo of a key, from another machine");
	echo_all(&there, r);
	report_section(r, "throughput, to another machine");
	flood_all(&there, r);
	far_release(&far);
}

/* Opens session 0 of each with `lines` above a full screen, and leaves. */
static void
paint_all(struct plan *p, struct inside *in)
{
	for (int i = 0; i < MUXES; i++) {
		struct mux *m = &p->mux[i];
		struct outer o;

		if (!m->used || i == MUX_BARE)
			continue;
		if (mux_start(m, 0, in->argv) < 0 || !enter(&o, m, 0, in)) {
			give_up(m, "attach");
			continue;
		}
		outer_type(&o, "p");
		if (outer_until(&o, INNER_PAINTED, PATIENCE) < 0)
			give_up(m, "painting");
		outer_close(&o);
	}
}

/* Milliseconds that a bare PTY takes for the bytes in the payload file. */
static double
bare_time(struct plan *p, struct inside *in)
{
	static struct samples got;
	struct outer o;

	got.n = 0;
	for (unsigned i = 0; i < p->attaches; i++) {
		if (!enter(&o, &p->mux[MUX_BARE], 0, in))
			break;
		double start = bench_now();
		outer_type(&o, "g");
		double end = outer_until(&o, INNER_DONE, PATIENCE);
		if (end > 0)
			samples_add(&got, (end - start) * 1e3);
		outer_close(&o);
	}
	return samples_at(&got, 0.5);
}

static void
attach_with(struct plan *p, struct report *r, unsigned lines)
{
	static struct samples got[MUXES];
	double value[MUXES], bytes[MUXES];
	struct inside in;
	char name[64];

	memset(got, 0, sizeof got);
	memcpy(bytes, none, sizeof none);
	inside_init(&in, p, lines);
	paint_all(p, &in);
	for (unsigned n = 0; n < p->attaches; n++) {
		for (unsigned i = 0; i < MUXES; i++) {
			struct mux *m = turn(p, n, i);
			struct outer o;

			if (m == NULL || m->id == MUX_BARE ||
			    (lines > 0 && !mux_remembers(m)))
				continue;
			if (!open_attached(&o, m, 0, &in))
				continue;
			if (m->id == MUX_CDO)
				o.keep = fopen(in.payload, "we");
			double end = outer_until(&o, INNER_PAINTED, 10);
			if (end > 0)
				samples_add(&got[m->id],
					    (end - o.started) * 1e3);
			else
				give_up(m, "attach");
			bytes[m->id] = (double)o.bytes / 1e3;
			if (o.keep != NULL)
				fclose(o.keep);
			o.keep = NULL;
			outer_close(&o);
		}
	}
	for (int i = 0; i < MUXES; i++)
		value[i] = samples_at(&got[i], 0.5);
	snprintf(name, sizeof name, "%u lines of history", lines);
	report_row(r, name, "ms", value);
	snprintf(name, sizeof name, "%u lines, sent", lines);
	report_row(r, name, "kB", bytes);
	if (p->mux[MUX_CDO].used) {
		memcpy(value, none, sizeof none);
		value[MUX_BARE] = bare_time(p, &in);
		snprintf(name, sizeof name, "%u lines, cdo's bytes alone",
			 lines);
		report_row(r, name, "ms", value);
	}
	unlink(in.payload);
	for (int i = 0; i < MUXES; i++)
		mux_clear(&p->mux[i]);
}

void
measure_attach(struct plan *p, struct report *r)
{
	report_section(r, "attach to the first screen");
	attach_with(p, r, 0);
	attach_with(p, r, 1000);
}

/* Sums up what is not the program inside: bytes, and times it woke up. */
struct weight {
	double all, session; /* MB; session: without cdo's server */
	uint64_t switches;
};

static struct weight
weigh(const struct mux *m)
{
	struct proc procs[16];
	struct weight w = { 0 };
	size_t n = procs_find(m->mark, procs, 16);

	for (size_t i = 0; i < n; i++) {
		if (procs[i].inner)
			continue;
		double mb = (double)procs[i].pss / 1e6;
		w.all += mb;
		if (m->id != MUX_CDO || strcmp(procs[i].role, "server") != 0)
			w.session += mb;
		w.switches += procs[i].switches;
	}
	return w;
}

/* Attaches to session 0 of each and leaves again, `keys` typed, if any. */
static void
visit_all(struct plan *p, struct inside *in, const char *keys)
{
	for (int i = MUX_DTACH; i < MUXES; i++) {
		struct mux *m = &p->mux[i];
		struct outer o;

		if (!m->used)
			continue;
		if (!enter(&o, m, 0, in)) {
			give_up(m, "attach");
			continue;
		}
		if (keys != NULL) {
			outer_type(&o, keys);
			outer_until(&o, INNER_PAINTED, PATIENCE);
		}
		outer_close(&o);
	}
	sleep(SETTLE);
}

void
measure_memory(struct plan *p, struct report *r)
{
	double all[MUXES], session[MUXES], grown[MUXES], woken[MUXES];
	struct weight rest[MUXES] = { 0 };
	struct inside in;

	report_section(r, "one idle session");
	inside_init(&in, p, 10000);
	memcpy(all, none, sizeof none);
	memcpy(session, none, sizeof none);
	memcpy(grown, none, sizeof none);
	memcpy(woken, none, sizeof none);
	for (int i = MUX_DTACH; i < MUXES; i++)
		if (p->mux[i].used && mux_start(&p->mux[i], 0, in.argv) < 0)
			give_up(&p->mux[i], "start");
	visit_all(p, &in, NULL);
	for (int i = MUX_DTACH; i < MUXES; i++)
		if (p->mux[i].used)
			rest[i] = weigh(&p->mux[i]);
	sleep(p->idle);
	for (int i = MUX_DTACH; i < MUXES; i++) {
		if (!p->mux[i].used)
			continue;
		woken[i] =
			(double)(weigh(&p->mux[i]).switches - rest[i].switches);
		all[i] = rest[i].all;
		session[i] = rest[i].session;
	}
	visit_all(p, &in, "p");
	for (int i = MUX_DTACH; i < MUXES; i++)
		if (p->mux[i].used && mux_remembers(&p->mux[i]))
			grown[i] = weigh(&p->mux[i]).all - rest[i].all;
	report_row(r, "memory of all processes (PSS)", "MB", all);
	report_row(r, "without the server of cdo", "MB", session);
	report_row(r, "growth by 10,000 lines", "MB", grown);
	report_row(r, "wake-ups while idle", "", woken);
	for (int i = 0; i < MUXES; i++)
		mux_clear(&p->mux[i]);
}

void
measure_many(struct plan *p, struct report *r)
{
	static struct samples listing[MUXES];
	double spent[MUXES] = { 0 }, list[MUXES];
	struct inside in;

	report_section(r, "many sessions");
	inside_init(&in, p, 0);
	for (unsigned n = 0; n < p->sessions; n++) {
		for (unsigned i = 0; i < MUXES; i++) {
			struct mux *m = turn(p, n, i);
			if (m == NULL || m->id == MUX_BARE)
				continue;
			double start = bench_now();
			if (mux_start(m, n, in.argv) < 0)
				give_up(m, "start");
			spent[m->id] += bench_now() - start;
		}
	}
	for (unsigned n = 0; n < 20; n++) {
		for (unsigned i = 0; i < MUXES; i++) {
			struct mux *m = turn(p, n, i);
			double start = bench_now();
			if (m != NULL && mux_list(m) == 0)
				samples_add(&listing[m->id],
					    (bench_now() - start) * 1e3);
		}
	}
	for (int i = 0; i < MUXES; i++) {
		list[i] = samples_at(&listing[i], 0.5);
		if (!p->mux[i].used || i == MUX_BARE)
			spent[i] = (double)NAN;
	}
	report_row(r, "start of all", "s", spent);
	report_row(r, "ls", "ms", list);
	for (int i = 0; i < MUXES; i++)
		mux_clear(&p->mux[i]);
}
