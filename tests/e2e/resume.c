/* e2e/resume.c - what a person sees when the custodian is killed. */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"
#include "keeper/memory.h"

/* Each snapshot begins with it. */
static const char snapshot[] = "\033[?2026h";

static bool
has_since(struct term *t, size_t from, const char *text)
{
	size_t len;
	const char *raw = term_raw(t, &len);

	return memmem(raw + from, len - from, text, strlen(text)) != NULL;
}

static void
output_goes_on_where_it_was(void **state)
{
	struct world *w = *state;
	size_t from;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_type(t, "printf '\\033[1mbold\\033[m\\n'; seq 50\r");
	term_until_row(t, 22, "50");
	term_until_last(t, "ready$");
	term_raw(t, &from);
	for (int i = 0; i < 3; i++) {
		pid_t old = world_only(w, "custodian");

		kill(old, SIGKILL);
		world_until_gone(w, old);
		term_type(t, world_text(w, "echo round $((%d+1))\r", i));
		term_until_text(t, world_text(w, "\nround %d\n", i + 1));
	}
	assert_false(has_since(t, from, snapshot));
	/* And it is what the session has. */
	struct term *b = term_attach(w, "work");
	term_until_same(b, t);
}

static void
a_question_is_not_asked_again(void **state)
{
	struct world *w = *state;
	size_t from;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_raw(t, &from);
	/* It is cut out of what clients get, also by a successor. */
	term_type(t, "printf 'a\\033[5nb\\n'; read -s -d n x; echo done\r");
	term_until_text(t, "done\nready$");
	pid_t old = world_only(w, "custodian");
	kill(old, SIGSTOP);
	kill(old, SIGKILL);
	world_until_gone(w, old);
	term_type(t, "printf 'c\\033[5nd\\n'; read -s -d n x; echo again\r");
	term_until_text(t, "again\nready$");
	term_until_last(t, "ready$");
	assert_false(has_since(t, from, "\033[5n"));
	assert_false(has_since(t, from, snapshot));
}

enum { DOUBT = 300 }; /* bytes: no message is as long as that */

/* What a process has read so far. */
static uint64_t
bytes_read(struct world *w, pid_t pid)
{
	struct buf b = { 0 };
	uint64_t n = 0;

	if (io_slurp(world_text(w, "/proc/%d/io", (int)pid), 4096, &b) == 0) {
		buf_byte(&b, 0);
		sscanf((char *)b.data, "rchar: %" SCNu64, &n);
	}
	buf_release(&b);
	return n;
}

/* The client has read what was typed, and again waits for something to do. */
struct reading {
	struct term *t;
	uint64_t before;
};

static bool
is_stopped(void *ctx)
{
	return procs_stopped(*(pid_t *)ctx);
}

static bool
sleeps(void *ctx)
{
	return procs_sleeps(term_pid(ctx));
}

static bool
has_read(void *ctx)
{
	const struct reading *r = ctx;
	struct world *w = term_world(r->t);
	pid_t pid = term_pid(r->t);

	return bytes_read(w, pid) >= r->before + DOUBT && procs_sleeps(pid);
}

/* As if the custodian were about to write so many bytes of what was typed. */
static void
intend(struct world *w, pid_t pid, uint64_t bytes)
{
	int fd = io_open(
		world_text(w, "/proc/%d/fd/%d", (int)pid, MEMORY_FD_MEMORY),
		O_RDWR, 0);
	struct memory_head *h = memory_map(fd);
	struct memory_client *c = NULL;

	assert_non_null(h);
	for (int i = 0; i < MEMORY_CLIENTS; i++)
		if (h->clients[i].used > 0)
			c = &h->clients[i];
	assert_non_null(c);
	c->intent = c->taken + bytes;
	memory_unmap(h);
	io_close(fd);
}

static const char note[] = "[work: 300 bytes typed may have arrived, or not]";

/* Until a note stands in front of the session "work". */
static void
until_in_doubt(struct world *w, struct term *t)
{
	char typed[DOUBT + 1] = { 0 };

	term_until_last(t, "ready$");
	term_type(t, "echo abc\r");
	term_until_text(t, "\nabc\nready$");
	pid_t old = world_only(w, "custodian");
	kill(old, SIGSTOP);
	/* From here on the client reads nothing but keys. */
	world_until(w, "the custodian to stop", is_stopped, &old);
	world_until(w, "the client to read the rest", sleeps, t);
	memset(typed, 'x', DOUBT);
	struct reading r = { t, bytes_read(w, term_pid(t)) };
	term_type(t, typed);
	world_until(w, "the client to send", has_read, &r);
	intend(w, old, DOUBT);
	kill(old, SIGKILL);
	world_until_gone(w, old);
	term_until_text(t, note);
}

static void
what_is_in_doubt_is_said(void **state)
{
	struct world *w = *state;
	size_t from;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	until_in_doubt(w, t);
	/* It goes, and what was below is there again. */
	term_until_no_text(t, note);
	struct term *b = term_attach(w, "work");
	term_until_same(b, t);
	term_close(b);
	/* What is typed now arrives; those were not sent again. */
	term_type(t, "echo on\r");
	term_until_text(t, "\nready$ echo on\non\n");
	term_raw(t, &from);
	term_type(t, TERM_DETACH);
	assert_int_equal(term_end(t), 0);
	assert_true(has_since(t, from, note));
}

static bool
is_over(void *ctx)
{
	return world_now() >= *(long *)ctx;
}

/* Its time is over while the client waits for the next custodian's answer. */
static void
a_note_goes_also_while_nobody_answers(void **state)
{
	struct world *w = *state;
	long end = 4000; /* ms: a note stands for three seconds */

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	until_in_doubt(w, t);
	pid_t keeper = world_only(w, "keeper");
	kill(keeper, SIGSTOP);
	world_until(w, "the keeper to stop", is_stopped, &keeper);
	kill(world_only(w, "custodian"), SIGKILL);
	end += world_now();
	world_until(w, "the note's time to be over", is_over, &end);
	kill(keeper, SIGCONT);
	term_until_no_text(t, note);
	term_type(t, "echo on\r");
	term_until_text(t, "\nready$ echo on\non\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(output_goes_on_where_it_was),
		world_test(a_question_is_not_asked_again),
		world_test(what_is_in_doubt_is_said),
		world_test(a_note_goes_also_while_nobody_answers),
	};

	return world_run(tests);
}
