/* cmd/cmd-pair.c - cdo pair. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/joining.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "crypto/pairing.h"
#include "crypto/secret.h"
#include "proto/address.h"
#include "proto/identity.h"
#include "proto/msg.h"
#include "proto/peers.h"
#include "proto/rendezvous.h"

enum {
	OPT_LISTEN = 256,
	OPT_ROLE,
	OPT_NAME,
	OPT_TIMEOUT,
	OPT_CODE_FD,
	OPT_VIA
};

enum {
	TICK = 1000, /* ms between two looks at the clock */
	LINE = 256,
	ASKED = 3, /* times, for something that is no code */
};

/* --- on the other machine ----------------------------------------------- */

/* A line of what is typed, without its end; false if there is none. */
static bool
read_line(int fd, char *line, size_t size)
{
	size_t n = 0;
	char c;

	while (io_read(fd, &c, 1) == 1 && c != '\n')
		if (n + 1 < size && c != '\r')
			line[n++] = c;
	line[n] = '\0';
	return n > 0;
}

/* What is typed: a code, and before it the number at a rendezvous, or none. */
struct typed {
	char number[RENDEZVOUS_DIGITS + 1];
	char code[PAIRING_CODE + 1];
};

static int
parse(const char *line, struct typed *t)
{
	char all[LINE];
	size_t n = 0;

	for (const char *p = line; *p != '\0' && n + 1 < sizeof all; p++)
		if (*p != '-' && *p != ' ' && *p != '\t')
			all[n++] = *p;
	all[n] = '\0';
	memset(t->number, 0, sizeof t->number);
	bool numbered = n == RENDEZVOUS_DIGITS + PAIRING_CODE &&
			strspn(all, "0123456789") >= RENDEZVOUS_DIGITS;
	if (numbered)
		memcpy(t->number, all, RENDEZVOUS_DIGITS);
	int r = pairing_code_read(all + (numbered ? RENDEZVOUS_DIGITS : 0),
				  t->code);
	secret_wipe(all, sizeof all);
	return r;
}

/* 0, or the exit status after a message. */
static int
code_from_fd(const char *word, struct typed *t)
{
	char line[LINE];
	long fd;

	if (str_int(word, 0, INT32_MAX, &fd) < 0 ||
	    fcntl((int)fd, F_GETFD) < 0) {
		out_error("--code-fd: '%s' is no open descriptor", word);
		return EXIT_USAGE;
	}
	bool got = read_line((int)fd, line, sizeof line);
	int r = got ? parse(line, t) : -EINVAL;
	secret_wipe(line, sizeof line);
	if (r == 0)
		return 0;
	out_error("what came from descriptor %ld is no code", fd);
	return EXIT_USAGE;
}

static int
code_from_terminal(const char *address, struct typed *t)
{
	int tty = io_open("/dev/tty", O_RDWR | O_NOCTTY, 0), r = -EINVAL;
	char line[LINE];

	if (tty < 0) {
		out_error("there is no terminal to ask for the code on; use "
			  "--code-fd");
		return EXIT_USAGE;
	}
	for (int i = 0; r < 0 && i < ASKED; i++) {
		char *ask = str_printf("%sthe code that %s shows: ",
				       i > 0 ? "that is no code; " : "",
				       address);

		io_write_all(tty, ask, strlen(ask));
		free(ask);
		if (!read_line(tty, line, sizeof line))
			break;
		r = parse(line, t);
	}
	secret_wipe(line, sizeof line);
	io_close(tty);
	if (r == 0)
		return 0;
	out_error("without its code there is no pairing");
	return EXIT_USAGE;
}

static void
print_host(const struct peer *h)
{
	char shown[IDENTITY_SHOWN];

	identity_show(h->key, shown);
	printf("paired with %s, which lets this machine %s\n", h->name,
	       h->role == ROLE_VIEW	? "watch its sessions"
	       : h->role == ROLE_ATTACH ? "attach to its sessions"
					: "do all that its user may");
	printf("its fingerprint: %s\n", shown);
	if (h->unconfirmed)
		printf("it has not said so at the end; if `cdo ls -H %s` is "
		       "refused, pair again\n",
		       h->name);
	else
		printf("`cdo ls -H %s` lists its sessions, `cdo attach "
		       "%s/NAME` attaches\n",
		       h->name, h->name);
}

static int
join(const struct args *a, const char *address)
{
	const char *fd = args_value(a, OPT_CODE_FD);
	struct typed t;
	char *host, *why;
	struct peer peer;
	uint16_t port;

	if (address_split(address, &host, &port) < 0) {
		out_error("cannot pair with '%s': it is no HOST[:PORT]",
			  address);
		return EXIT_USAGE;
	}
	free(host);
	int status = fd != NULL ? code_from_fd(fd, &t)
				: code_from_terminal(address, &t);
	if (status != 0)
		return status;
	int r = joining_run(address, t.number[0] != '\0' ? t.number : NULL,
			    t.code, args_value(a, OPT_NAME), &peer, &why);
	secret_wipe(&t, sizeof t);
	if (r != 0) {
		out_error("cannot pair with '%s': %s", address, why);
		free(why);
		return cmd_status(a->cmd, r);
	}
	print_host(&peer);
	peer_release(&peer);
	return EXIT_DONE;
}

/* --- on the host -------------------------------------------------------- */

struct waiting {
	bool tty; /* stderr is one: the time that is left is shown */
	bool shown;
	uint64_t until; /* monotonic ms, 0: it is not open yet */
	int status;
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The line with the time is written over, and gone before any other. */
static void
wipe_clock(struct waiting *w)
{
	if (w->shown)
		fputs("\r\033[K", stderr);
	w->shown = false;
}

static void
show_clock(struct waiting *w)
{
	uint64_t now = now_ms();
	unsigned left = w->until > now ? (unsigned)((w->until - now) / 1000)
				       : 0;

	if (!w->tty || w->until == 0)
		return;
	fprintf(stderr, "\r\033[Kwaiting, %u:%02u left", left / 60, left % 60);
	fflush(stderr);
	w->shown = true;
}

static char *
text_of(const struct msg_value *map, const char *key)
{
	char *s = msg_dup_str(msg_get(map, key), 1 << 12);

	return s != NULL ? s : mem_str("?");
}

static void
on_open(struct waiting *w, const struct msg_value *map)
{
	char *code = text_of(map, "code"), *address = text_of(map, "address");
	char *shown = text_of(map, "fingerprint"), *name = text_of(map, "name");
	char *role = text_of(map, "role"), *host = NULL;
	uint16_t port = 0;

	/* What need not be typed is not shown. */
	if (address_split(address, &host, &port) == 0 && port == ADDRESS_PORT) {
		free(address);
		address = host;
		host = NULL;
	}
	printf("On the other machine run\n\n    cdo pair %s\n\n"
	       "and type this code there: %s\n\n"
	       "It will have the role '%s'.  This machine is %s, "
	       "fingerprint\n%s\n",
	       address, code, role, name, shown);
	fflush(stdout);
	w->until = now_ms() + msg_to_uint(msg_get(map, "left_ms"), 0);
	secret_wipe(code, strlen(code));
	free(host);
	free(code);
	free(address);
	free(shown);
	free(name);
	free(role);
}

static void
on_wrong(const struct msg_value *map, bool burned)
{
	char *address = text_of(map, "address"), when[16] = "";
	time_t at = (time_t)(msg_to_uint(msg_get(map, "at"), 0) / 1000);
	unsigned left = (unsigned)msg_to_uint(msg_get(map, "left"), 0);
	struct tm tm;

	if (localtime_r(&at, &tm) != NULL)
		strftime(when, sizeof when, "%H:%M:%S", &tm);
	if (burned)
		out_error("%s: a third wrong code, from %s; this code is "
			  "burned, run `cdo pair` again",
			  when, address);
	else
		out_note("%s: a wrong code from %s; %u tr%s left", when,
			 address, left, left == 1 ? "y is" : "ies are");
	free(address);
}

static void
on_paired(const struct msg_value *map)
{
	char *name = text_of(map, "name"), *shown = text_of(map, "fingerprint");
	char *role = text_of(map, "role"), *address = text_of(map, "address");
	char *safe = str_safe(name, strlen(name), (size_t)4 * PEER_NAME);

	printf("paired with %s at %s, role %s\nits fingerprint: %s\n", safe,
	       address, role, shown);
	free(safe);
	free(name);
	free(shown);
	free(role);
	free(address);
}

static bool
is(const struct msg_value *map, const char *event)
{
	size_t len;
	const char *s = msg_to_str(msg_get(map, "event"), &len);

	return s != NULL && len == strlen(event) && memcmp(s, event, len) == 0;
}

static void
heard(struct waiting *w, const struct msg_value *map)
{
	wipe_clock(w);
	if (is(map, "opening")) {
		char *address = text_of(map, "address");

		out_note("opening the way for paired devices at %s", address);
		free(address);
	} else if (is(map, "open")) {
		on_open(w, map);
	} else if (is(map, "wrong")) {
		on_wrong(map, false);
	} else if (is(map, "burned")) {
		on_wrong(map, true);
		w->status = EXIT_NOT_ALLOWED;
	} else if (is(map, "expired")) {
		out_error("nobody has paired in time; the code is void");
		w->status = EXIT_TIMED_OUT;
	} else if (is(map, "failed")) {
		char *text = text_of(map, "text");

		out_error("cannot pair: %s", text);
		w->status = EXIT_FAILED;
		free(text);
	} else if (is(map, "paired")) {
		on_paired(map);
		w->status = EXIT_DONE;
	}
}

/* Who watches this session sees the code as well. */
static void
warn_of_watchers(struct ask *ask)
{
	const char *id = getenv("CDO_SESSION");
	struct seen s;

	if (id == NULL || *id == '\0' || ask_find(ask, id, NULL, &s) != 0)
		return;
	if (s.clients > 1)
		out_note("warning: %u clients are attached to this session, "
			 "and all see the code",
			 (unsigned)s.clients);
	else
		out_note("warning: this is the session '%s'; who attaches to "
			 "it sees the code",
			 s.name);
	seen_release(&s);
}

static void
request(struct ask *ask, const struct args *a, uint64_t ms)
{
	struct msg_writer w;

	msg_begin(&w, ask_out(ask), MSG_PAIR, 1);
	msg_map(&w, 5 + (ms > 0));
	msg_str(&w, "via");
	msg_str(&w, args_value(a, OPT_VIA));
	msg_str(&w, "listen");
	msg_str(&w, args_value(a, OPT_LISTEN));
	msg_str(&w, "role");
	msg_str(&w, args_value(a, OPT_ROLE));
	msg_str(&w, "name");
	msg_str(&w, args_value(a, OPT_NAME));
	msg_str(&w, "tty");
	msg_bool(&w, isatty(STDOUT_FILENO) || isatty(STDERR_FILENO));
	if (ms > 0) {
		msg_str(&w, "timeout_ms");
		msg_uint(&w, ms);
	}
	msg_end(&w);
}

static int
host(const struct args *a, uint64_t ms)
{
	struct waiting w = { .tty = isatty(STDERR_FILENO),
			     .status = EXIT_FAILED };
	int status;
	struct ask *ask = ask_open(a->cmd, true, &status);

	if (ask == NULL)
		return status;
	warn_of_watchers(ask);
	request(ask, a, ms);
	for (;;) {
		const struct msg *m = ask_next(ask, TICK);

		if (m == NULL && ask_late(ask)) {
			show_clock(&w);
			continue;
		}
		wipe_clock(&w);
		if (m == NULL) {
			out_error("cannot pair: %s", ask_text(ask));
			w.status = ask_error(ask);
		}
		if (m == NULL || m->type == MSG_END)
			break;
		heard(&w, msg_field(m, 0));
	}
	ask_close(ask);
	return w.status;
}

static int
run(const struct args *a)
{
	const char *time = args_value(a, OPT_TIMEOUT);
	uint64_t ms = 0;

	if (time != NULL && (str_duration(time, &ms) < 0 || ms == 0)) {
		out_error("--timeout: '%s' is no time such as 2m", time);
		return EXIT_USAGE;
	}
	if (a->n > 0)
		return join(a, a->operand[0]);
	return host(a, ms);
}

static const struct cmd_opt opts[] = {
	{ OPT_LISTEN, "listen", "ADDR",
	  "open the door for devices there; else as before, or at the "
	  "address of the default route" },
	{ OPT_ROLE, "role", "ROLE",
	  "what the other machine may: view, attach, or full (default)" },
	{ OPT_VIA, "via", "RELAY",
	  "through a `cdo relay --listen`, HOST[:PORT], without a door here" },
	{ OPT_NAME, "name", "NAME", "what to call the other machine" },
	{ OPT_TIMEOUT, "timeout", "TIME", "how long to wait, 5m at most" },
	{ OPT_CODE_FD, "code-fd", "N", "read the code from this descriptor" },
	{ 0 },
};

const struct cmd cmd_pair = {
	.name = "pair",
	.usage = "[HOST[:PORT]]",
	.help = "let another machine attach to the sessions here",
	.more = "Without an operand it shows an address and a code, which is "
		"good for one pairing, three tries and five minutes, and "
		"waits.  On the other machine, `cdo pair HOST` asks for that "
		"code.  From then on that one reaches the sessions here as "
		"NAME/SESSION; `cdo devices` lists, changes and revokes.",
	.opts = opts,
	.max = 1,
	.flags = CMD_HERE,
	.run = run,
};
