/* relay/network.c - this machine's addresses have changed. */
#include "relay/network.h"

#include <errno.h>
#include <stdint.h>

#include "base/io.h"

#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

int
network_open(void)
{
	struct sockaddr_nl sa = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};
	int fd = io_check(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));

	if (fd < 0)
		return fd;
	io_cloexec(fd, true);
	int r = io_check(bind(fd, (struct sockaddr *)&sa, sizeof sa));
	if (r == 0)
		r = io_nonblock(fd, true);
	if (r == 0)
		return fd;
	io_close(fd);
	return r;
}
#else
#include <sys/socket.h>

#if defined(PF_ROUTE)
int
network_open(void)
{
	int fd = io_check(socket(PF_ROUTE, SOCK_RAW, AF_UNSPEC));

	if (fd < 0)
		return fd;
	io_cloexec(fd, true);
	io_nonblock(fd, true);
	return fd;
}
#else
int
network_open(void)
{
	return -ENOSYS;
}
#endif
#endif

int
network_read(int fd)
{
	uint8_t data[8192];
	int changed = 0;

	for (;;) {
		ssize_t n = io_read(fd, data, sizeof data);

		if (n == -EAGAIN)
			return changed;
		/* So much has changed that some of it was dropped. */
		if (n == -ENOBUFS) {
			changed = 1;
			continue;
		}
		if (n <= 0)
			return n == 0 ? -EPIPE : (int)n;
		changed = 1;
	}
}
