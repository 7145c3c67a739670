/* proto/address.c - HOST[:PORT] of another machine. */
#include "proto/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/str.h"

int
address_split(const char *text, char **host, uint16_t *port)
{
	const char *colon = strrchr(text, ':'), *close;
	size_t len = strlen(text), from = 0;
	long n = ADDRESS_PORT;

	*host = NULL;
	if (len == 0 || len > ADDRESS_MAX || strpbrk(text, " \t\r\n/@"))
		return -EINVAL;
	if (text[0] == '[') {
		close = strchr(text, ']');
		if (close == NULL || (close[1] != '\0' && close[1] != ':'))
			return -EINVAL;
		from = 1;
		len = (size_t)(close - text) - 1;
		colon = close[1] == ':' ? close + 1 : NULL;
	} else if (colon != NULL && strchr(text, ':') != colon) {
		colon = NULL; /* a bare V6 address */
	} else if (colon != NULL) {
		len = (size_t)(colon - text);
	}
	if (len == 0 || (colon != NULL && str_int(colon + 1, 1, 65535, &n) < 0))
		return -EINVAL;
	*host = mem_strn(text + from, len);
	*port = (uint16_t)n;
	return 0;
}

char *
address_join(const char *host, uint16_t port)
{
	return str_printf(strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host,
			  port);
}

char *
address_show(const struct sockaddr *sa)
{
	char host[INET6_ADDRSTRLEN] = "?";
	uint16_t port = 0;

	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
		port = ntohs(in->sin_port);
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const void *)sa;

		/* One of four numbers, on a socket for both. */
		if (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr))
			inet_ntop(AF_INET, in->sin6_addr.s6_addr + 12, host,
				  sizeof host);
		else
			inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof host);
		port = ntohs(in->sin6_port);
	}
	return address_join(host, port);
}
