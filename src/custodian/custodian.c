/* custodian/custodian.c - the process that owns a session. */
#include "custodian/custodian.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/cgroup.h"
#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/path.h"
#include "custodian/above.h"
#include "custodian/activity.h"
#include "custodian/ending.h"
#include "custodian/flow.h"
#include "custodian/guest.h"
#include "custodian/input.h"
#include "custodian/orphan.h"
#include "custodian/recall.h"
#include "custodian/recording.h"
#include "custodian/report.h"
#include "custodian/ring.h"
#include "custodian/size.h"
#include "custodian/state.h"
#include "custodian/stop.h"
#include "custodian/summon.h"
#include "custodian/view.h"
#include "keeper/memory.h"
#include "proto/berth.h"

uint64_t
custodian_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
on_reply(void *ctx, const void *data, size_t len)
{
	struct custodian *c = ctx;

	input_reply(c->input, data, len);
}

static void
on_cut(void *ctx, uint64_t from, uint64_t to, const void *instead, size_t len)
{
	struct custodian *c = ctx;

	ring_cut(c->ring, from, to, instead, len);
}

static void
on_listener(void *ctx, unsigned events)
{
	(void)events;
	guest_accept(ctx);
}

/* The socket moves to another place. */
static void
on_berth(void *ctx, bool now)
{
	struct custodian *c = ctx;

	if (!now)
		guest_accept(c); /* who came to the old one */
	loop_fd_free(c->listener);
	c->listener = now ? loop_fd_new(c->loop, MEMORY_FD_LISTENER, LOOP_READ,
					on_listener, c)
			  : NULL;
	io_nonblock(MEMORY_FD_LISTENER, true);
}

static void
on_ack(void *ctx)
{
	struct custodian *c = ctx;

	for (struct guest *g = c->guests; g; g = g->next)
		view_push(g);
}

void
custodian_ended(struct custodian *c)
{
	if (!c->head->ended)
		return;
	stop_ended(c);
	ending_begin(c);
}

static void
on_control(void *ctx, unsigned events)
{
	struct custodian *c = ctx;
	struct memory_note note;
	ssize_t n = io_read(MEMORY_FD_CONTROL, &note, sizeof note);

	(void)events;
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		loop_fd_free(c->control);
		c->control = NULL;
		if (!c->head->ended)
			orphan_adopt(c);
	}
	custodian_ended(c);
}

static int
open_memory(struct custodian *c)
{
	for (int fd = MEMORY_FD_CONTROL; fd < MEMORY_FD_COUNT; fd++)
		io_cloexec(fd, true);
	c->head = memory_map(MEMORY_FD_MEMORY);
	if (!c->head)
		return -EINVAL;
	c->ring = ring_new(c->head, MEMORY_FD_MEMORY);
	if (!c->ring)
		return -ENOMEM;
	if (c->head->name[0] == 0)
		strncpy(c->head->name, c->o.name, sizeof c->head->name - 1);

	struct stat st;
	if (fstat(MEMORY_FD_SLAVE, &st) == 0)
		c->rdev = st.st_rdev;
	return 0;
}

static void
open_screen(struct custodian *c)
{
	struct screen_events events = { .reply = on_reply, .cut = on_cut };
	struct screen_options options = {
		.cols = c->head->cols,
		.rows = c->head->rows,
		.history_lines = c->o.history_lines,
		.history_bytes = c->o.history_bytes,
		.events = &events,
		.ctx = c,
		.session = c->o.id,
		.term_program = c->o.term_program,
	};

	activity_events(&events);
	recall_screen(c, &options);
	c->light = c->o.theme && strcmp(c->o.theme, "light") == 0;
	guest_profile_default(&c->profile, c->light);
	screen_profile(c->screen, &c->profile);
	c->head->answered = ring_end(c->ring);
	c->last_output = c->head->started;
	view_note_undo(c);
}

static void
start(struct custodian *c)
{
	c->loop = loop_new();
	size_start(c);
	report_start(c);
	activity_start(c);
	c->input = input_new(c->head, MEMORY_FD_PTY);
	bool again = c->o.above && recall_fresh(c);
	open_screen(c);
	recording_start(c);
	if (again) {
		above_line(c);
		recall_keep(c);
		view_note_undo(c);
	}
	c->ack = loop_timer_new(c->loop, on_ack, c);
	c->spare = io_open("/dev/null", O_RDONLY, 0);

	io_nonblock(MEMORY_FD_PTY, true);
	io_nonblock(MEMORY_FD_CONTROL, true);
	flow_start(c);
	orphan_start(c);
	c->listener = loop_fd_new(c->loop, MEMORY_FD_LISTENER, LOOP_READ,
				  on_listener, c);
	c->berth = berth_new(c->loop, c->o.socket, MEMORY_FD_LISTENER, on_berth,
			     c);
	c->control = loop_fd_new(c->loop, MEMORY_FD_CONTROL, LOOP_READ,
				 on_control, c);
	flow_type(c);
	summon_start(c);
	custodian_ended(c);
}

static void
open_log(const struct custodian *c)
{
	char *path = path_join(c->o.dir, "log");

	log_open(path, "custodian");
	free(path);
}

/* For the successor to know: a fault, and nobody's kill. */
static struct memory_head *head;

static void
on_fault(int signum)
{
	head->crashed = 1;
	raise(signum); /* as by default now */
}

static void
watch_faults(struct memory_head *h)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE,
				      SIGILL };
	struct sigaction sa = { .sa_handler = on_fault,
				.sa_flags = (int)SA_RESETHAND };

	head = h;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		sigaction(faults[i], &sa, NULL);
}

/* Where systemd has put us decides what a logout may take. */
static void
check_scope(const struct custodian *c)
{
	char *path = c->o.scoped ? cgroup_path(0) : NULL;

	if (path && !strstr(path, c->o.scoped))
		log_warn("not in %s but in %s", c->o.scoped, path);
	free(path);
}

int
custodian_main(int argc, char **argv)
{
	static struct custodian c;
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM,
				       SIGPIPE };

	(void)argc;
	if (options_read(&c.o, argv) < 0)
		return 2;
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
#ifdef __GLIBC__
	mallopt(M_TRIM_THRESHOLD, 64 << 10);
	mallopt(M_MMAP_THRESHOLD, 64 << 10);
#endif
	if (chdir("/") < 0)
		log_warn("cannot leave the directory");
	open_log(&c);
	check_scope(&c);
	int r = open_memory(&c);
	if (r < 0) {
		log_warn("cannot read the session memory: %s", io_error(r));
		return 1;
	}
	watch_faults(c.head);
	start(&c);
	loop_run(c.loop);
	recording_stop(&c);
	guest_free_all(&c);
	return 0;
}
