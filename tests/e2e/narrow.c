/* e2e/narrow.c - a way through which only so many bytes go in a second. */
#include "e2e/narrow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	PORT = 7433,
	PAIRS = 16,
	PIECE = 256, /* as large as what goes at once */
	BUFFER = 4 << 10, /* asked of the kernel: the queue of a slow way */
};

struct one_way {
	int from, to; /* -1: none */
	uint64_t free_at; /* us: then the next piece may go */
};

struct narrow {
	pthread_t thread;
	int listener, wake[2];
	struct sockaddr_in to;
	unsigned rate;
	struct one_way ways[2 * PAIRS]; /* up and down in turn */
	size_t down;
};

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int
small_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), size = BUFFER;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	return fd;
}

static void
join(struct narrow *n)
{
	int near = accept4(n->listener, NULL, NULL, SOCK_CLOEXEC);
	int far = small_socket(), i = 0;

	while (i < 2 * PAIRS && n->ways[i].from >= 0)
		i += 2;
	if (near < 0 || i == 2 * PAIRS ||
	    connect(far, (struct sockaddr *)&n->to, sizeof n->to) < 0) {
		close(near);
		close(far);
		return;
	}
	n->ways[i] = (struct one_way){ .from = near, .to = far };
	n->ways[i + 1] = (struct one_way){ .from = far, .to = near };
}

static void
part(struct narrow *n, int i)
{
	i -= i % 2;
	close(n->ways[i].from);
	close(n->ways[i].to);
	n->ways[i].from = n->ways[i + 1].from = -1;
}

static void
carry(struct narrow *n, int i, uint64_t now)
{
	struct one_way *w = &n->ways[i];
	char data[PIECE];
	ssize_t len = read(w->from, data, sizeof data);

	if (len <= 0 || send(w->to, data, (size_t)len, MSG_NOSIGNAL) != len) {
		part(n, i);
		return;
	}
	w->free_at = (w->free_at > now ? w->free_at : now) +
		     (uint64_t)len * 1000000 / n->rate;
	if (i % 2)
		__atomic_fetch_add(&n->down, (size_t)len, __ATOMIC_RELAXED);
}

static void *
run(void *arg)
{
	struct narrow *n = arg;

	for (;;) {
		struct pollfd p[2 + 2 * PAIRS] = { { n->listener, POLLIN, 0 },
						   { n->wake[0], POLLIN, 0 } };
		uint64_t now = now_us(), next = now + 1000000;

		for (int i = 0; i < 2 * PAIRS; i++) {
			struct one_way *w = &n->ways[i];
			bool ready = w->free_at <= now;

			p[2 + i] = (struct pollfd){ ready ? w->from : -1,
						    POLLIN, 0 };
			if (w->from >= 0 && !ready && w->free_at < next)
				next = w->free_at;
		}
		poll(p, 2 + 2 * PAIRS, (int)((next - now) / 1000 + 1));
		if (p[1].revents)
			return NULL;
		if (p[0].revents)
			join(n);
		for (int i = 0; i < 2 * PAIRS; i++)
			if (p[2 + i].revents && n->ways[i].from >= 0)
				carry(n, i, now_us());
	}
}

static void
set_address(struct sockaddr_in *a, const char *text)
{
	*a = (struct sockaddr_in){ .sin_family = AF_INET,
				   .sin_port = htons(PORT) };
	assert_int_equal(inet_pton(AF_INET, text, &a->sin_addr), 1);
}

struct narrow *
narrow_new(const char *address, const char *to, unsigned rate)
{
	struct narrow *n = calloc(1, sizeof *n);
	struct sockaddr_in here;

	assert_non_null(n);
	n->rate = rate;
	for (int i = 0; i < 2 * PAIRS; i++)
		n->ways[i].from = -1;
	set_address(&here, address);
	set_address(&n->to, to);
	n->listener = small_socket();
	assert_int_equal(
		bind(n->listener, (struct sockaddr *)&here, sizeof here), 0);
	assert_int_equal(listen(n->listener, PAIRS), 0);
	assert_int_equal(pipe(n->wake), 0);
	assert_int_equal(pthread_create(&n->thread, NULL, run, n), 0);
	return n;
}

void
narrow_free(struct narrow *n)
{
	assert_int_equal(write(n->wake[1], "", 1), 1);
	pthread_join(n->thread, NULL);
	for (int i = 0; i < 2 * PAIRS; i += 2)
		if (n->ways[i].from >= 0)
			part(n, i);
	close(n->listener);
	close(n->wake[0]);
	close(n->wake[1]);
	free(n);
}

size_t
narrow_down(const struct narrow *n)
{
	return __atomic_load_n(&n->down, __ATOMIC_RELAXED);
}
