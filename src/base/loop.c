/* base/loop.c - the event loop: descriptors, timers, signals (libuv). */
#include "base/loop.h"

#include <assert.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/mem.h"

struct loop {
	uv_loop_t uv;
};

/*
 * libuv lets go of a handle only at the end of a turn.  So each watch begins
 * with its handle, and is freed by it.
 */
struct loop_fd {
	uv_poll_t uv;
	void (*ready)(void *ctx, unsigned events);
	void *ctx;
	unsigned want;
};

struct loop_timer {
	uv_timer_t uv;
	void (*fired)(void *ctx);
	void *ctx;
};

struct loop_signal {
	uv_signal_t uv;
	void (*caught)(void *ctx, int signum);
	void *ctx;
};

static void
closed(uv_handle_t *h)
{
	free(h);
}

/* Without its first resources a process of ours cannot do anything. */
static void
must(int r)
{
	if (r < 0)
		abort();
}

struct loop *
loop_new(void)
{
	struct loop *l = mem_zero(1, sizeof *l);

	must(uv_loop_init(&l->uv));
	return l;
}

void
loop_free(struct loop *l)
{
	if (!l)
		return;
	/* What was freed is closed; a loop_stop may still stand before that. */
	uv_run(&l->uv, UV_RUN_NOWAIT);
	uv_run(&l->uv, UV_RUN_NOWAIT);
	int r = uv_loop_close(&l->uv);
	assert(r == 0);
	(void)r;
	free(l);
}

void
loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

void
loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

uint64_t
loop_now(const struct loop *l)
{
	return uv_now(&l->uv);
}

static void on_poll(uv_poll_t *h, int status, int events);

static void
poll_again(struct loop_fd *f)
{
	int events = 0;

	if (f->want & LOOP_READ)
		events |= UV_READABLE;
	if (f->want & LOOP_WRITE)
		events |= UV_WRITABLE;
	if (f->want & LOOP_HUP)
		events |= UV_DISCONNECT;
	if (f->want & LOOP_URGENT)
		events |= UV_PRIORITIZED;
	if (events)
		must(uv_poll_start(&f->uv, events, on_poll));
	else
		uv_poll_stop(&f->uv);
}

static void
on_poll(uv_poll_t *h, int status, int events)
{
	struct loop_fd *f = (struct loop_fd *)h;
	unsigned got = 0;

	if (status < 0) {
		/* libuv stopped the watch: POLLERR, which a read explains. */
		f->ready(f->ctx, LOOP_READ);
		if (!uv_is_closing((uv_handle_t *)h))
			poll_again(f);
		return;
	}
	if (events & UV_READABLE)
		got |= LOOP_READ;
	if (events & UV_WRITABLE)
		got |= LOOP_WRITE;
	if (events & UV_DISCONNECT)
		got |= LOOP_HUP;
	if (events & UV_PRIORITIZED)
		got |= LOOP_URGENT;
	f->ready(f->ctx, got);
}

struct loop_fd *
loop_fd_new(struct loop *l, int fd, unsigned events,
	    void (*ready)(void *ctx, unsigned events), void *ctx)
{
	struct loop_fd *f = mem_zero(1, sizeof *f);

	if (uv_poll_init(&l->uv, &f->uv, fd) < 0) {
		free(f);
		return NULL;
	}
	f->ready = ready;
	f->ctx = ctx;
	loop_fd_want(f, events);
	return f;
}

void
loop_fd_want(struct loop_fd *f, unsigned events)
{
	if (events == f->want)
		return;
	f->want = events;
	poll_again(f);
}

void
loop_fd_free(struct loop_fd *f)
{
	if (f)
		uv_close((uv_handle_t *)&f->uv, closed);
}

static void
on_timer(uv_timer_t *h)
{
	struct loop_timer *t = (struct loop_timer *)h;

	t->fired(t->ctx);
}

struct loop_timer *
loop_timer_new(struct loop *l, void (*fired)(void *ctx), void *ctx)
{
	struct loop_timer *t = mem_zero(1, sizeof *t);

	must(uv_timer_init(&l->uv, &t->uv));
	t->fired = fired;
	t->ctx = ctx;
	return t;
}

void
loop_timer_start(struct loop_timer *t, uint64_t ms)
{
	/* A turn may have been long: count from now. */
	uv_update_time(t->uv.loop);
	must(uv_timer_start(&t->uv, on_timer, ms, 0));
}

void
loop_timer_stop(struct loop_timer *t)
{
	uv_timer_stop(&t->uv);
}

bool
loop_timer_running(const struct loop_timer *t)
{
	return uv_is_active((const uv_handle_t *)&t->uv);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t)
		uv_close((uv_handle_t *)&t->uv, closed);
}

static void
on_signal(uv_signal_t *h, int signum)
{
	struct loop_signal *s = (struct loop_signal *)h;

	s->caught(s->ctx, signum);
}

struct loop_signal *
loop_signal_new(struct loop *l, int signum,
		void (*caught)(void *ctx, int signum), void *ctx)
{
	struct loop_signal *s = mem_zero(1, sizeof *s);

	must(uv_signal_init(&l->uv, &s->uv));
	s->caught = caught;
	s->ctx = ctx;
	must(uv_signal_start(&s->uv, on_signal, signum));
	return s;
}

void
loop_signal_free(struct loop_signal *s)
{
	if (s)
		uv_close((uv_handle_t *)&s->uv, closed);
}

struct loop_resolve {
	uv_getaddrinfo_t uv;
	void (*done)(void *ctx, const struct addrinfo *); /* NULL: freed */
	void *ctx;
};

static void
on_resolved(uv_getaddrinfo_t *h, int status, struct addrinfo *list)
{
	struct loop_resolve *r = (struct loop_resolve *)h;

	if (r->done != NULL)
		r->done(r->ctx, status == 0 ? list : NULL);
	uv_freeaddrinfo(list);
	free(r);
}

struct loop_resolve *
loop_resolve_new(struct loop *l, const char *host, const char *port,
		 void (*done)(void *ctx, const struct addrinfo *), void *ctx)
{
	static const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct loop_resolve *r = mem_zero(1, sizeof *r);

	r->done = done;
	r->ctx = ctx;
	if (uv_getaddrinfo(&l->uv, &r->uv, on_resolved, host, port, &hints) ==
	    0)
		return r;
	free(r);
	return NULL;
}

void
loop_resolve_free(struct loop_resolve *r)
{
	if (r == NULL)
		return;
	r->done = NULL;
	/* If it cannot be taken back, its callback frees it. */
	uv_cancel((uv_req_t *)&r->uv);
}
