/* e2e/link.c - the link to a paired machine goes, and comes back. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "e2e/couple.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

enum { PROCS = 16 };

/* Sends a signal to all `cdo relay OPTION`; how many there were. */
static size_t
signal_all(const char *option, int signum)
{
	pid_t pids[PROCS];
	size_t n = procs_find("relay", pids, PROCS), sent = 0;

	for (size_t i = 0; i < n; i++)
		if (procs_has(pids[i], option)) {
			kill(pids[i], signum);
			sent++;
		}
	return sent;
}

static void
kill_all(const char *role)
{
	pid_t pids[PROCS];

	for (size_t n = procs_find(role, pids, PROCS); n > 0; n--)
		kill(pids[n - 1], SIGKILL);
}

/* Paired, and a shell on the host in a window of the device. */
static struct term *
open_shell(struct couple *c)
{
	couple_pair(c, NULL);
	world_shell(c->host, "one");
	struct term *t = term_attach(c->device, "desk/one");
	term_until_last(t, "ready$");
	return t;
}

/* The next comes so much later. */
static void
pass_the_time(struct couple *c, long ms)
{
	for (long begun = world_now(); world_now() - begun < ms;)
		world_pump(c->device, 100);
}

static void
a_silent_link_is_replaced_by_another(void **state)
{
	struct couple *c = *state;
	struct term *t = open_shell(c);

	/* A new one would be replaced before anything is shown. */
	pass_the_time(c, 4100);
	long begun = world_now();
	assert_int_equal(signal_all("--link", SIGSTOP), 1);
	term_type(t, "echo a\r");
	term_until_text(t, "no answer for 3 s, reconnecting\u2026");
	term_until_text(t, "\na\nready$");
	print_message("# the echo after %ld ms\n", world_now() - begun);
	term_until_no_text(t, "reconnecting");
	/* What comes late over the old one changes nothing. */
	signal_all("--link", SIGCONT);
	term_type(t, "echo b\r");
	term_until_text(t, "ready$ echo a\na\nready$ echo b\nb\nready$");
}

static void
an_outage_leaves_no_trace(void **state)
{
	struct couple *c = *state;
	struct term *t = open_shell(c);

	term_type(t, "clear; printf '\\033[3;5r\\033[5Hin\\033[7mverse'\r");
	term_until_text(t, "inverse");
	signal_all("--gate", SIGSTOP);
	signal_all("--link", SIGSTOP);
	term_type(t, "\rprintf '\\033[7mx\\033[m\\n'; echo a");
	/* Given up, and dialed in vain. */
	term_until_text(t, " reconnecting\u2026 13 s");
	term_type(t, "bc");
	term_until_text(t, ", 2 keys held");
	signal_all("--gate", SIGCONT);
	signal_all("--link", SIGCONT);
	long begun = world_now();
	term_until_text(t, "echo abc");
	print_message("# back after %ld ms\n", world_now() - begun);
	term_until_no_text(t, "reconnecting");
	struct term *b = term_attach(c->device, "desk/one");
	term_until_same(b, t);
	term_close(b);
	term_type(t, "\r");
	term_until_text(t, "\nabc\n");
	term_type(t, TERM_DETACH);
	assert_int_equal(term_end(t), 0);
	term_assert_clean(t);
}

static void
a_dialer_that_is_killed_is_replaced(void **state)
{
	struct couple *c = *state;
	struct term *t = open_shell(c);

	for (int i = 0; i < 3; i++) {
		assert_int_equal(signal_all("--dial", SIGKILL), 1);
		term_type(t, world_text(c->device, "echo n$((%d + 1))\r", i));
		term_until_text(t, world_text(c->device, "\nn%d\n", i + 1));
	}
	term_type(t, TERM_DETACH);
	assert_int_equal(term_end(t), 0);
}

static void
a_session_that_went_with_its_host_ends_it(void **state)
{
	struct couple *c = *state;
	struct term *t = open_shell(c);

	signal_all("--gate", SIGSTOP);
	signal_all("--link", SIGSTOP);
	term_until_text(t, "reconnecting\u2026");
	term_until_text(t, "5 s, reconnecting\u2026");
	term_type(t, "held");
	term_until_text(t, ", 4 keys held");
	/* As a host that goes down and comes up again. */
	kill_all("keeper");
	kill_all("custodian");
	kill_all("server");
	signal_all("--gate", SIGKILL);
	signal_all("--link", SIGKILL);
	cdo_ok(c->host, "ls", NULL);
	term_until_text(t, "[one: ");
	assert_int_equal(term_end(t), 125);
	term_until_text(t, "[one: 4 bytes typed were not sent]");
	assert_null(strstr(term_screen(t), "reconnecting"));
	term_assert_clean(t);
}

/* A socket there that nobody ever answers: its queue is full. */
static int
black_hole(const char *ip, uint16_t *port, int *filler)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, ip, &sa.sin_addr);
	if (bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 ||
	    listen(fd, 0) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		fail_msg("no socket");
	*port = ntohs(sa.sin_port);
	for (int i = 0; i < 2; i++) {
		filler[i] = socket(
			AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		connect(filler[i], (struct sockaddr *)&sa, sizeof sa);
	}
	return fd;
}

static void
of_all_addresses_the_first_that_answers_counts(void **state)
{
	struct couple *c = *state;
	uint16_t port;
	int filler[2], hole = black_hole(c->address, &port, filler);

	couple_pair(c, NULL);
	/* Before the right one: one that refuses, one that is silent, and
	 * names that nobody knows. */
	world_sh(c->device,
		 world_text(c->device,
			    "cd %s/state/hosts && for f in *; do sed -i "
			    "'0,/^address /s//address %s:1\\n"
			    "address %s:%u\\naddress none.invalid:7433\\n"
			    "address /' $f; done",
			    c->device->dir, c->address, c->address, port));
	long begun = world_now();
	cdo_ok(c->device, "ls", "-H", "desk", NULL);
	print_message("# in after %ld ms\n", world_now() - begun);
	/* From now on that is the first to be tried. */
	world_sh(c->device,
		 world_text(c->device,
			    "grep -m1 '^address ' %s/state/hosts/* | "
			    "grep -q ':%u$' && exit 1 || exit 0",
			    c->device->dir, port));
	close(filler[0]);
	close(filler[1]);
	close(hole);
}

static void
who_is_not_there_is_unreachable(void **state)
{
	struct couple *c = *state;

	couple_pair(c, NULL);
	world_shell(c->host, "one");
	cdo_ok(c->device, "ls", "-H", "desk", NULL);
	signal_all("--gate", SIGSTOP);
	struct result r = cdo(c->device, "capture", "desk/one", NULL);
	assert_int_equal(r.status, 5);
	assert_non_null(strstr(r.err, "cdo: cannot reach 'desk': "));
	char *out = cdo_ok(c->device, "ls", "--all-hosts", NULL);
	assert_non_null(strstr(out, "? unreachable"));
	assert_non_null(strstr(out, "desk"));
	signal_all("--gate", SIGCONT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		couple_test(a_silent_link_is_replaced_by_another),
		couple_test(an_outage_leaves_no_trace),
		couple_test(a_dialer_that_is_killed_is_replaced),
		couple_test(a_session_that_went_with_its_host_ends_it),
		couple_test(of_all_addresses_the_first_that_answers_counts),
		couple_test(who_is_not_there_is_unreachable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
