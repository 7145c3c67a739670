/* soak/strangers.c - what strangers at the door cost those who are inside. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/noise.h"
#include "e2e/couple.h"
#include "e2e/judge.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"
#include "proto/address.h"
#include "proto/greet.h"
#include "proto/hex.h"
#include "soak/common.h"

/*
 * Rows of the fault table: C2, D4, D5, D6.  CDO_STRANGERS at once, for
 * CDO_SECONDS each.
 */
enum {
	STRANGERS = 200,
	STRANGERS_MAX = 1000,
	SECONDS = 3,
	FILES = 64, /* descriptors that the gate is left, in C2 */
	BYTE_MS = 2000, /* between two bytes of one who is slow */
	FLOOD = 10, /* first messages in a ms */
	AGAIN = 1000, /* ms: who was closed comes so soon */
	SAT = 1000, /* ms: who stays longer was let in */
};

enum kind { SLOW, MIXED, FIRST };

struct tally { /* shared with the crowd */
	long opened, closed, answered, longest;
};

struct crowd {
	struct couple *c;
	pid_t pid;
	struct tally *tally;
	uint8_t first[GREET_OUT]; /* a message that is well formed */
	size_t len;
};

/* --- the crowd, in a process of its own --------------------------------- */

struct stranger {
	int fd;
	long since, said;
	size_t bytes;
};

static const char *const words[] = {
	"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	"SSH-2.0-OpenSSH_9.2\r\n",
	"\x16\x03\x01\x02",
	"CDO1",
	"CDO1\x01\x01",
	"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6\xf5\xf4",
	"",
};

/* Each comes from another address. */
static int
dial(const struct crowd *w, uint32_t n)
{
	struct sockaddr_in me = { .sin_family = AF_INET,
				  .sin_addr.s_addr =
					  htonl(0x7fc80001 + n % 0xffff) };
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(ADDRESS_PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	inet_pton(AF_INET, w->c->address, &to.sin_addr);
	if (fd >= 0) {
		bind(fd, (struct sockaddr *)&me, sizeof me);
		connect(fd, (struct sockaddr *)&to, sizeof to);
		w->tally->opened++;
	}
	return fd;
}

static void
speak(const struct crowd *w, enum kind kind, struct stranger *s, uint32_t n)
{
	long now = world_now();
	const char *word = words[n % (sizeof words / sizeof *words)];

	if (kind == MIXED && s->bytes == 0 && *word != '\0')
		s->bytes = send(s->fd, word, strlen(word), MSG_NOSIGNAL) > 0;
	if (kind == SLOW && now - s->said >= BYTE_MS && s->bytes < w->len &&
	    send(s->fd, w->first + s->bytes, 1, MSG_NOSIGNAL) == 1) {
		s->bytes++;
		s->said = now;
	}
}

static void
hear(const struct crowd *w, struct stranger *s)
{
	char data[256];
	ssize_t n = recv(s->fd, data, sizeof data, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	w->tally->answered += n > 0;
	if (n > 0)
		return;
	long lived = world_now() - s->since;
	w->tally->closed += lived >= SAT;
	if (lived > w->tally->longest)
		w->tally->longest = lived;
	close(s->fd);
	*s = (struct stranger){ .fd = -1, .since = world_now() };
}

static void
stand_around(const struct crowd *w, enum kind kind, uint32_t many)
{
	static struct stranger all[STRANGERS_MAX];
	static struct pollfd p[STRANGERS_MAX];

	for (uint32_t i = 0; i < many; i++)
		all[i].fd = -1;
	for (uint32_t n = 0;;) {
		for (uint32_t i = 0; i < many; i++) {
			struct stranger *s = &all[i];

			if (s->fd < 0 && world_now() - s->since >= AGAIN)
				*s = (struct stranger){ dial(w, n++),
							world_now(), 0, 0 };
			if (s->fd >= 0)
				speak(w, kind, s, i);
			p[i] = (struct pollfd){ s->fd, POLLIN, 0 };
		}
		poll(p, many, 20);
		for (uint32_t i = 0; i < many; i++)
			if (p[i].revents != 0)
				hear(w, &all[i]);
	}
}

/* Ten thousand a second, from 256 addresses. */
static void
knock(const struct crowd *w)
{
	for (uint32_t n = 0;;) {
		for (int i = 0; i < FLOOD; i++, n++) {
			int fd = dial(w, n % 256);

			send(fd, w->first, w->len, MSG_NOSIGNAL);
			close(fd);
		}
		poll(NULL, 0, 1);
	}
}

static void
crowd_start(struct crowd *w, enum kind kind)
{
	uint32_t many = (uint32_t)soak_number("CDO_STRANGERS", STRANGERS);
	struct rlimit files;

	if (many > STRANGERS_MAX)
		many = STRANGERS_MAX;
	w->pid = fork();
	if (w->pid > 0)
		return;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (kind == FIRST)
		knock(w);
	else
		stand_around(w, kind, many);
	_exit(0);
}

static void
crowd_stop(struct crowd *w)
{
	kill(w->pid, SIGKILL);
	waitpid(w->pid, NULL, 0);
}

/* --- those inside ------------------------------------------------------- */

/* A line of the first file of paired hosts, as bytes. */
static void
host_field(struct couple *c, const char *name, uint8_t out[NOISE_KEY])
{
	struct result r = world_command(
		c->device, (const char *[]){ "sh", "-c",
					     world_text(c->device,
							"sed -n 's/^%s //p' "
							"%s/state/hosts/*",
							name, c->device->dir),
					     NULL });

	if (!hex_read(r.out, NOISE_KEY, out))
		fail_msg("no %s of the host: %s", name, r.out);
}

/* Of one who knows the host and is not known there. */
static void
make_first_message(struct crowd *w)
{
	uint8_t key[NOISE_KEY], psk[NOISE_KEY] = { 0 };
	struct noise_pair other;
	struct greet g;

	host_field(w->c, "key", key);
	noise_pair_make(&other);
	greet_init(&g, &(struct greet_options){ .self = &other,
						.type = GREET_SESSION,
						.remote = key,
						.psk = psk });
	w->len = (size_t)greet_start(&g, w->first);
	greet_wipe(&g);
}

static pid_t
gate(void)
{
	pid_t pids[64];

	for (size_t n = procs_find("relay", pids, 64); n > 0; n--)
		if (procs_has(pids[n - 1], "--gate"))
			return pids[n - 1];
	fail_msg("no gate");
	return -1;
}

/* A number in a file of /proc, behind this word; or field of stat. */
static long
memory(pid_t pid)
{
	char path[64], line[256];
	long kb = -1;

	snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
	FILE *f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		sscanf(line, "VmRSS: %ld", &kb);
	if (f != NULL)
		fclose(f);
	return kb;
}

static long
ticks(pid_t pid)
{
	char path[64];
	long user = 0, system = 0;

	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	FILE *f = fopen(path, "re");
	if (f != NULL &&
	    fscanf(f,
		   "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
		   "%ld %ld",
		   &user, &system) != 2)
		user = -1;
	if (f != NULL)
		fclose(f);
	return user + system;
}

static long
echo_for(struct typist *y, long seconds, struct soak_times *times)
{
	for (long end = world_now() + seconds * 1000; world_now() < end;) {
		long begun = world_now();

		typist_key(y);
		typist_all_back(y);
		soak_times_add(times, world_now() - begun);
		world_pump(y->w, 10);
	}
	return soak_times_at(times, 99);
}

static void
enter(struct crowd *w, struct typist *y, void **state)
{
	*w = (struct crowd){ .c = *state };
	w->tally = mmap(NULL, sizeof *w->tally, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(w->tally != MAP_FAILED);
	couple_pair(w->c, NULL);
	typist_start(y, w->c->host, w->c->host, "");
	make_first_message(w);
}

/* The real device, from the start of its command to the end. */
static long
come_in(struct couple *c)
{
	long begun = world_now();

	cdo_ok(c->device, "ls", "-H", "desk", NULL);
	return world_now() - begun;
}

static void
suffer(void **state, enum kind kind, const char *who)
{
	long seconds = soak_number("CDO_SECONDS", SECONDS), in = 0;
	struct soak_times before = { 0 }, meanwhile = { 0 };
	struct crowd w;
	struct typist y;

	enter(&w, &y, state);
	come_in(w.c);
	alarm((unsigned)(4 * seconds + world_patience() / 1000 * 4));
	long calm = echo_for(&y, seconds / 2 + 1, &before);
	pid_t pid = gate();
	long kb = memory(pid);
	crowd_start(&w, kind);
	long p99 = echo_for(&y, seconds, &meanwhile);
	for (int i = 0; i < 3; i++) {
		long ms = come_in(w.c);

		in = ms > in ? ms : in;
	}
	crowd_stop(&w);
	assert_int_equal(gate(), pid);
	kb = memory(pid) - kb;
	print_message("# %s: %ld connections, %ld sat a while, %ld ms at most, "
		      "%ld answered; a device came in after %ld ms at most; "
		      "an echo: p99 %ld ms, %ld before; the gate: %+ld kB\n",
		      who, w.tally->opened, w.tally->closed, w.tally->longest,
		      w.tally->answered, in, p99, calm, kb);
	assert_int_equal(w.tally->answered, 0);
	assert_true(kb < 4096);
	soak_limit("seconds until in", in, 3000);
	soak_limit("an echo", p99 - calm, 20);
	if (kind != FIRST)
		soak_limit("a stay", w.tally->longest, 5500);
	assert_int_equal(typist_stop(&y).lost, 0);
	munmap(w.tally, sizeof *w.tally);
}

static void
slow_ones_cost_those_inside_nothing(void **state)
{
	suffer(state, SLOW, "slow ones");
}

static void
those_of_other_tongues_cost_nothing(void **state)
{
	if (getenv("CDO_STRANGERS") == NULL)
		world_skip("CDO_STRANGERS=N does it");
	suffer(state, MIXED, "all sorts");
}

static void
a_flood_of_first_messages_costs_little(void **state)
{
	if (getenv("CDO_STRANGERS") == NULL)
		world_skip("CDO_STRANGERS=N does it");
	suffer(state, FIRST, "first messages");
}

static void
without_descriptors_the_door_waits_and_opens_again(void **state)
{
#ifdef __linux__
	struct rlimit few = { FILES, FILES };
	long seconds = soak_number("CDO_SECONDS", SECONDS);
	struct soak_times times = { 0 };
	struct crowd w;
	struct typist y;

	enter(&w, &y, state);
	struct term *far = term_attach(w.c->device, "desk/keys");
	couple_until_text(w.c, far, "ready");
	pid_t pid = gate();
	assert_int_equal(prlimit(pid, RLIMIT_NOFILE, &few, NULL), 0);
	crowd_start(&w, SLOW);
	long used = ticks(pid), begun = world_now();
	echo_for(&y, seconds, &times);
	used = ticks(pid) - used;
	long percent =
		used * 100000 / sysconf(_SC_CLK_TCK) / (world_now() - begun);
	crowd_stop(&w);
	long in = come_in(w.c);
	print_message("# %ld connections for %d descriptors: %ld%% of a "
		      "processor; open again after %ld ms\n",
		      w.tally->opened, FILES, percent, in);
	assert_int_equal(gate(), pid);
	soak_limit("percent", percent, 5);
	soak_limit("open again", in, 2000);
	/* The link that was there has not noticed. */
	term_type(far, TERM_DETACH);
	assert_int_equal(term_end(far), 0);
	assert_int_equal(typist_stop(&y).lost, 0);
	munmap(w.tally, sizeof *w.tally);
#else
	(void)state;
	world_skip("no limits of others here");
#endif
}

/* With an argument only the tests whose names it fits, as a pattern. */
int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		couple_test(slow_ones_cost_those_inside_nothing),
		couple_test(those_of_other_tongues_cost_nothing),
		couple_test(a_flood_of_first_messages_costs_little),
		couple_test(without_descriptors_the_door_waits_and_opens_again),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return world_run(tests);
}
