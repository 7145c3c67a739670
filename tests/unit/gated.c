/* unit/gated.c - a gate in a process of its own, and us as its server. */
#include "gated.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "crypto/noise.h"
#include "crypto/secret.h"
#include "proto/greet.h"
#include "proto/pass.h"
#include "proto/post.h"
#include "relay/gate.h"
#include "scratch.h"

/* The next message of this type from the gate; others are passed over. */
const struct msg *
gated_until(struct gated *s, unsigned type, int *fd)
{
	int got = -1;

	do {
		if (got >= 0)
			io_close(got);
		if (pass_get(s->sock, GATED_PATIENCE, &s->in, &s->msg, &got) <
		    0)
			return NULL;
	} while (s->msg.type != type);
	if (fd != NULL)
		*fd = got;
	else if (got >= 0)
		io_close(got);
	return &s->msg;
}

void
gated_post(struct gated *s, struct buf *out, int fd)
{
	assert_int_equal(pass_put(s->sock, out, fd), 0);
	buf_release(out);
}

static void
let_device_in(struct gated *s)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_DEVICE, 2);
	msg_bin(&w, s->device.public, NOISE_KEY);
	msg_bin(&w, s->psk, NOISE_KEY);
	msg_end(&w);
	gated_post(s, &out, -1);
}

int
gated_enter(void **state)
{
	struct gated *s = calloc(1, sizeof *s);
	socklen_t len = sizeof s->at;
	struct buf out = { 0 };
	struct msg_writer w;
	int fds[2];
	size_t n;

	signal(SIGPIPE, SIG_IGN);
	s->dir = scratch_new();
	assert_int_equal(io_socketpair(fds), 0);
	s->pid = fork();
	if (s->pid == 0) {
		char *argv[] = { (char[]){ "--gate" }, (char[]){ "--state" },
				 s->dir, NULL };

		dup2(fds[1], 3);
		for (int i = 4; i < 64; i++)
			close(i);
		_exit(gate_main(3, argv));
	}
	io_close(fds[1]);
	s->sock = fds[0];
	const struct msg *m = gated_until(s, POST_READY, NULL);
	assert_non_null(m);
	memcpy(s->key, msg_to_bin(msg_field(m, 0), &n), NOISE_KEY);
	s->box.no_new_privs = msg_to_bool(msg_field(m, 1), false);
	s->box.landlock = (int)msg_to_uint(msg_field(m, 2), 0);
	s->box.seccomp = msg_to_bool(msg_field(m, 3), false);

	s->door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->at.sin_family = AF_INET;
	s->at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(s->door, (struct sockaddr *)&s->at, len), 0);
	assert_int_equal(listen(s->door, 1000), 0);
	assert_int_equal(getsockname(s->door, (struct sockaddr *)&s->at, &len),
			 0);
	msg_begin(&w, &out, (enum msg_type)POST_LISTEN, 0);
	msg_end(&w);
	gated_post(s, &out, s->door);

	noise_pair_make(&s->device);
	secret_random(s->psk, sizeof s->psk);
	let_device_in(s);
	*state = s;
	return 0;
}

int
gated_leave(void **state)
{
	struct gated *s = *state;
	int status;

	/* Its end is that of our socket, and it is no crash. */
	io_close(s->sock);
	io_close(s->door);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	msg_release(&s->msg);
	buf_release(&s->in);
	scratch_free(s->dir);
	free(s);
	return 0;
}

/* A connection from 127.0.N.M; attackers have other addresses than we. */
int
gated_dial(struct gated *s, uint32_t host)
{
	struct sockaddr_in me = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(0x7f000000 | host) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&me, sizeof me), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&s->at, sizeof s->at),
			 0);
	return fd;
}

long
gated_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until the peer sends or hangs up: the bytes, 0 for an end. */
ssize_t
gated_hear(int fd, void *data, size_t len)
{
	struct pollfd p = { fd, POLLIN, 0 };

	assert_int_equal(poll(&p, 1, GATED_PATIENCE), 1);
	ssize_t n = recv(fd, data, len, 0);
	return n < 0 ? 0 : n;
}

/* A handshake on fd as `who` with this psk; whether it came to its end. */
bool
gated_shake(struct gated *s, int fd, const struct noise_pair *who,
	    const uint8_t *psk)
{
	uint8_t in[GREET_OUT], out[GREET_OUT];
	struct greet g;
	size_t len;

	greet_init(&g, &(struct greet_options){
			       .self = who,
			       .type = GREET_SESSION,
			       .remote = s->key,
			       .psk = psk,
		       });
	ssize_t n = greet_start(&g, out);
	send(fd, out, (size_t)n, MSG_NOSIGNAL);
	while (!greet_done(&g)) {
		n = gated_hear(fd, in, greet_wants(&g));
		if (n <= 0 || greet_feed(&g, in, (size_t)n, out, &len) < 0)
			return false;
		if (len > 0)
			send(fd, out, len, MSG_NOSIGNAL);
	}
	greet_wipe(&g);
	return true;
}
