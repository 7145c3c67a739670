/* client/far.c - connections to another machine, through a dialer. */
#include "client/far.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/str.h"
#include "proto/dialer.h"
#include "proto/msg.h"
#include "proto/pass.h"

enum { TEXT_MAX = 512 };

struct far {
	char *host;
	int sock; /* to the dialer, blocking; -1: there is none */
	bool spoke; /* it did: it is one that can */
	struct buf in;
	struct msg msg;
	uint32_t numbers;
	enum far_state state;
	uint64_t silence;
	unsigned error;
	char *text;
	uint32_t refused; /* the last connection that was */
	unsigned refusal;
	char *refused_text;
	struct loop *loop;
	struct loop_fd *watch;
	void (*changed)(void *ctx);
	void *ctx;
};

/* --- the dialer --------------------------------------------------------- */

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int
start(struct far *f, bool ask)
{
	char *const argv[] = { (char[]){ "cdo" },
			       (char[]){ "relay" },
			       (char[]){ "--dial" },
			       f->host,
			       ask ? (char[]){ "--ask" } : NULL,
			       NULL };
	int both[2], r = io_socketpair(both);

	if (r < 0)
		return r;
	pid_t pid = spawn_near(argv, &both[1], 1);
	io_close(both[1]);
	if (pid < 0) {
		io_close(both[0]);
		return (int)pid;
	}
	f->sock = both[0];
	f->spoke = false;
	f->state = FAR_DIALING;
	return 0;
}

int
far_open(const char *host, bool ask, struct far **out)
{
	struct far *f = mem_zero(1, sizeof *f);

	f->host = mem_str(host);
	int r = start(f, ask);
	if (r < 0) {
		free(f->host);
		free(f);
		f = NULL;
	}
	*out = f;
	return r;
}

void
far_close(struct far *f)
{
	if (f == NULL)
		return;
	far_unwatch(f);
	/* It sends what it has, and ends; init has it then, or our parent. */
	if (f->sock >= 0)
		io_close(f->sock);
	msg_release(&f->msg);
	buf_release(&f->in);
	free(f->host);
	free(f->text);
	free(f->refused_text);
	free(f);
}

const char *
far_host(const struct far *f)
{
	return f->host;
}

static int
tell(struct far *f, struct buf *frame, int fd)
{
	int r = f->sock < 0 ? -EPIPE : pass_put(f->sock, frame, fd);

	buf_release(frame);
	return r;
}

void
far_quiet(struct far *f)
{
	struct buf frame = { 0 };
	struct msg_writer w;

	msg_begin(&w, &frame, (enum msg_type)DIALER_QUIET, 0);
	msg_end(&w);
	tell(f, &frame, -1);
}

int
far_connect(struct far *f, const char *target, uint32_t *number)
{
	struct buf frame = { 0 };
	struct msg_writer w;
	int both[2], r = io_socketpair(both);

	if (r < 0)
		return r;
	*number = ++f->numbers;
	msg_begin(&w, &frame, (enum msg_type)DIALER_OPEN, 2);
	msg_uint(&w, *number);
	msg_str(&w, target);
	msg_end(&w);
	r = tell(f, &frame, both[1]);
	io_close(both[1]);
	if (r == 0)
		r = io_nonblock(both[0], true);
	if (r < 0)
		io_close(both[0]);
	return r < 0 ? r : both[0];
}

/* --- what it says ------------------------------------------------------- */

static void
say(struct far *f, const struct msg_value *text)
{
	size_t len = 0;
	const char *s = msg_to_str(text, &len);

	free(f->text);
	f->text = s == NULL ? NULL : str_safe(s, len, TEXT_MAX);
}

static void
ended(struct far *f, unsigned error)
{
	f->state = FAR_ENDED;
	f->error = error;
	far_unwatch(f);
	io_close(f->sock);
	f->sock = -1;
}

static void
hear(struct far *f, const struct msg *m)
{
	size_t len = 0;
	const char *s;

	switch ((enum dialer_type)m->type) {
	case DIALER_UP:
	case DIALER_HEARD:
		f->state = FAR_UP;
		break;
	case DIALER_TROUBLE:
		say(f, msg_field(m, 0));
		break;
	case DIALER_SILENT:
		f->state = FAR_SILENT;
		f->silence = msg_to_uint(msg_field(m, 0), 0);
		break;
	case DIALER_DOWN:
		f->state = FAR_DIALING;
		break;
	case DIALER_REFUSED:
		f->refused = (uint32_t)msg_to_uint(msg_field(m, 0), 0);
		f->refusal = (unsigned)msg_to_uint(msg_field(m, 1), 1);
		s = msg_to_str(msg_field(m, 2), &len);
		free(f->refused_text);
		f->refused_text = str_safe(s != NULL ? s : "", len, TEXT_MAX);
		break;
	case DIALER_ENDED:
		say(f, msg_field(m, 1));
		ended(f, (unsigned)msg_to_uint(msg_field(m, 0),
					       MSG_E_UNREACHABLE));
		break;
	default:
		break;
	}
}

/* The dialer was killed: another one goes on.  False: it cannot. */
static bool
revive(struct far *f)
{
	struct loop *loop = f->watch != NULL ? f->loop : NULL;
	bool good = f->spoke;

	ended(f, MSG_E_UNREACHABLE);
	buf_clear(&f->in);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	if (!good || start(f, false) < 0)
		return false;
	if (loop != NULL)
		far_watch(f, loop, f->changed, f->ctx);
	return true;
}

/* One message, waiting at most ms; 0, -ETIMEDOUT, or -EPIPE. */
static int
next(struct far *f, int ms)
{
	int fd = -1;

	if (f->sock < 0)
		return -EPIPE;
	int r = pass_get(f->sock, ms, &f->in, &f->msg, &fd);
	if (fd >= 0)
		io_close(fd);
	if (r == 0) {
		f->spoke = true;
		hear(f, &f->msg);
	} else if (r != -ETIMEDOUT)
		r = revive(f) ? -ETIMEDOUT : -EPIPE;
	return r == 0 || r == -ETIMEDOUT ? r : -EPIPE;
}

int
far_wait(struct far *f, int ms)
{
	uint64_t until = now_ms() + (uint64_t)ms;

	while (f->state == FAR_DIALING) {
		uint64_t now = now_ms();

		if (now >= until)
			return -ETIMEDOUT;
		next(f, (int)(until - now));
	}
	return f->state == FAR_ENDED ? -ENOTCONN : 0;
}

/* All that it has said so far. */
static void
listen_on(struct far *f)
{
	while (next(f, 0) == 0)
		continue;
}

enum far_state
far_state(const struct far *f)
{
	return f->state;
}

uint64_t
far_silence(const struct far *f)
{
	return f->silence;
}

unsigned
far_error(const struct far *f)
{
	return f->error;
}

const char *
far_text(const struct far *f)
{
	return f->text;
}

bool
far_refused(struct far *f, uint32_t number, unsigned *error, const char **text)
{
	/* What it says comes before the connection's end. */
	listen_on(f);
	if (number == 0 || f->refused != number)
		return false;
	*error = f->refusal;
	*text = f->refused_text;
	return true;
}

/* --- in a loop ---------------------------------------------------------- */

static void
readable(void *ctx, unsigned events)
{
	struct far *f = ctx;

	(void)events;
	listen_on(f);
	f->changed(f->ctx);
}

void
far_watch(struct far *f, struct loop *loop, void (*changed)(void *ctx),
	  void *ctx)
{
	f->loop = loop;
	f->changed = changed;
	f->ctx = ctx;
	if (f->sock >= 0)
		f->watch = loop_fd_new(loop, f->sock, LOOP_READ, readable, f);
}

void
far_unwatch(struct far *f)
{
	loop_fd_free(f->watch);
	f->watch = NULL;
}
