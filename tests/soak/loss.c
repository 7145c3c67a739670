/* soak/loss.c - a real kernel's TCP between two machines over a bad link. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "e2e/couple.h"
#include "e2e/judge.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"
#include "soak/common.h"

/*
 * B1 to B3 of the fault table, for CDO_LOSSY seconds each.  CDO_LINKEM is a
 * program that is told two network namespaces, joins them by a link (10.99.0.1
 * is the first), and takes lines on its input: "loss P", "burst P P", "delay
 * MS JITTER", "reorder P", "dup P"; it answers each with one, at first too.
 */
enum { SECONDS = 20, PROCS = 64 };

struct scene {
	struct couple *c;
	char names[2][32]; /* of the namespaces */
	int in, out; /* of the link's program */
	pid_t pid;
	struct typist y;
};

static void
netns(const char *verb, const char *name)
{
	char line[128];

	snprintf(line, sizeof line, "ip netns %s %s", verb, name);
	if (system(line) != 0)
		fail_msg("'%s' failed", line);
}

/* Sends a line, if any, and waits for the answer. */
static void
tell(const struct scene *s, const char *line)
{
	char c = 0;

	if (line != NULL && write(s->in, line, strlen(line)) < 0)
		fail_msg("the link has ended");
	while (c != '\n')
		if (read(s->out, &c, 1) != 1)
			fail_msg("the link has ended");
}

static void
join(struct scene *s, const char *linkem)
{
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	s->pid = fork();
	if (s->pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execl(linkem, linkem, s->names[0], s->names[1], "1",
		      (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	s->in = in[1];
	s->out = out[0];
	tell(s, NULL);
}

/* What the world runs as cdo, runs in there. */
static void
settle(struct world *w, const char *name)
{
	const char *top = getenv("CDO_TOP_BUILDDIR");
	char *dir = realpath(top != NULL ? top : ".", NULL);

	world_script(w, "cdo",
		     world_text(w, "exec ip netns exec %s %s/cdo \"$@\"", name,
				dir));
	free(dir);
}

static pid_t
link_of_host(void)
{
	pid_t pids[PROCS], found = -1;

	for (size_t n = procs_find("relay", pids, PROCS); n > 0; n--)
		if (procs_has(pids[n - 1], "--link"))
			found = pids[n - 1];
	return found;
}

static void
try_with(struct scene *s, const char *const *lines, const char *what,
	 long limit)
{
	long seconds = soak_number("CDO_LOSSY", SECONDS);
	struct soak_times times = { 0 };

	alarm((unsigned)(seconds + world_patience() / 1000 * 4));
	pid_t link = link_of_host();
	for (; *lines != NULL; lines++)
		tell(s, *lines);
	for (long end = world_now() + seconds * 1000; world_now() < end;) {
		long begun = world_now();

		typist_key(&s->y);
		typist_all_back(&s->y);
		soak_times_add(&times, world_now() - begun);
		while (world_now() - begun < 100)
			world_pump(s->c->device, 10);
	}
	print_message("# %s: %s link\n", what,
		      link == link_of_host() ? "the same" : "another");
	soak_times_tell(&times, what, limit);
	tell(s, "loss 0\n");
	tell(s, "burst 0 100\n");
	tell(s, "reorder 0\n");
	tell(s, "dup 0\n");
}

static void
a_lossy_link_delays_keys_and_nothing_else(void **state)
{
	static const char *const five[] = { "delay 25 0\n", "loss 5\n", NULL };
	static const char *const third[] = { "loss 30\n", NULL };
	static const char *const bursts[] = { "burst 1 20\n", NULL };
	static const char *const mess[] = { "delay 25 10\n", "reorder 10\n",
					    "dup 5\n", NULL };
	struct scene s = { .c = *state };
	const char *linkem = getenv("CDO_LINKEM");

	if (linkem == NULL || geteuid() != 0 ||
	    access("/dev/net/tun", R_OK | W_OK) < 0)
		world_skip("no CDO_LINKEM, or no right to make networks");
	for (int i = 0; i < 2; i++) {
		snprintf(s.names[i], sizeof s.names[i], "cdo%d%c",
			 (int)getpid(), "ab"[i]);
		netns("add", s.names[i]);
	}
	join(&s, linkem);
	settle(s.c->host, s.names[0]);
	settle(s.c->device, s.names[1]);
	strcpy(s.c->address, "10.99.0.1");
	strcpy(s.c->dialed, s.c->address);
	couple_pair(s.c, NULL);
	typist_start(&s.y, s.c->host, s.c->device, "desk/");
	try_with(&s, five, "5% lost at 50 ms", 500);
	try_with(&s, third, "30% lost at 50 ms", 4000);
	try_with(&s, bursts, "bursts", 4000);
	try_with(&s, mess, "10% out of order, 5% twice, jitter", 1000);
	assert_int_equal(typist_stop(&s.y).lost, 0);
	kill(s.pid, SIGKILL);
	close(s.in);
	close(s.out);
	for (int i = 0; i < 2; i++)
		netns("del", s.names[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		couple_test(a_lossy_link_delays_keys_and_nothing_else),
	};

	return world_run(tests);
}
