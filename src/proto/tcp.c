/* proto/tcp.c - connections to other machines, and from them. */
#include "proto/tcp.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/io.h"
#include "base/str.h"

enum { BACKLOG = 128 };

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
tcp_wait(int fd, short events, int64_t ms)
{
	int64_t until = now_ms() + ms;
	int r;

	do {
		int64_t left = until - now_ms();

		r = io_check(poll(&(struct pollfd){ fd, events, 0 }, 1,
				  left > 0 ? (int)left : 0));
	} while (r == -EINTR);
	return r == 0 ? -ETIMEDOUT : r;
}

/* All its addresses, or NULL with *why. */
static struct addrinfo *
look_up(const char *host, uint16_t port, int flags, const char **why)
{
	const struct addrinfo hints = {
		.ai_flags = flags,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *all = NULL;
	char *service = str_printf("%u", port);
	int e = getaddrinfo(host, service, &hints, &all);

	free(service);
	*why = e == 0 ? NULL : gai_strerror(e);
	return e == 0 ? all : NULL;
}

static int
new_socket(const struct addrinfo *ai)
{
	int fd = io_check(socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));

	if (fd >= 0)
		io_nonblock(fd, true);
	return fd;
}

static int
dial_one(const struct addrinfo *ai, int64_t ms)
{
	socklen_t len = sizeof(int);
	int error = 0, fd = new_socket(ai);

	if (fd < 0)
		return fd;
	int r = io_check(connect(fd, ai->ai_addr, ai->ai_addrlen));
	if (r == -EINPROGRESS) {
		r = tcp_wait(fd, POLLOUT, ms);
		if (r >= 0 &&
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0)
			r = -error;
	}
	if (r < 0)
		io_close(fd);
	return r < 0 ? r : fd;
}

int
tcp_dial(const char *host, uint16_t port, int64_t ms, const char **why)
{
	struct addrinfo *all = look_up(host, port, 0, why);
	int fd = -EHOSTUNREACH;

	for (const struct addrinfo *ai = all; ai && fd < 0; ai = ai->ai_next)
		fd = dial_one(ai, ms);
	if (all != NULL)
		freeaddrinfo(all);
	return fd;
}

int
tcp_listen(const char *host, uint16_t port, bool name)
{
	static const int yes = 1;
	const char *why;
	struct addrinfo *ai = look_up(
		host, port, AI_PASSIVE | (name ? 0 : AI_NUMERICHOST), &why);

	if (ai == NULL)
		return name ? -EADDRNOTAVAIL : -EINVAL;
	int fd = new_socket(ai), r = fd;
	if (r >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
		r = io_check(bind(fd, ai->ai_addr, ai->ai_addrlen));
	}
	if (r >= 0)
		r = io_check(listen(fd, BACKLOG));
	freeaddrinfo(ai);
	if (r < 0 && fd >= 0)
		io_close(fd);
	return r < 0 ? r : fd;
}
