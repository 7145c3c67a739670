/* cmd/place.c - which machine a word means. */
#include "cmd/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/far.h"
#include "proto/msg.h"

enum {
	LINK_MS = 6000, /* three tries of the dialer's */
	ASK_MS = 600000, /* ssh may ask for a password, and has own limits */
	HOST_MAX = 255,
};

static const char *chosen;
static struct far **links;
static size_t n_links;

static bool
is_ssh(const char *host)
{
	return str_starts(host, "ssh:");
}

bool
place_is_host(const char *host)
{
	size_t len = strlen(host);

	if (!is_ssh(host))
		return str_is_name(host);
	/* What ssh takes for an option is no machine. */
	if (len > HOST_MAX || host[4] == '\0' || host[4] == '-')
		return false;
	for (const char *p = host; *p != '\0'; p++)
		if (*p <= ' ' || *p == 0x7f || *p == '/')
			return false;
	return true;
}

bool
place_set(const char *host)
{
	chosen = host;
	return place_is_host(host);
}

const char *
place_default(void)
{
	return chosen;
}

const char *
place_split(const char *word, char **host)
{
	const char *slash = strrchr(word, '/');

	if (slash == NULL) {
		*host = chosen == NULL ? NULL : mem_str(chosen);
		return word;
	}
	*host = mem_strn(word, (size_t)(slash - word));
	return slash + 1;
}

struct far *
place_dial(const char *host, bool ask)
{
	for (size_t i = 0; i < n_links; i++)
		if (strcmp(far_host(links[i]), host) == 0)
			return links[i];
	struct far *f;
	if (!place_is_host(host) || far_open(host, ask && is_ssh(host), &f) < 0)
		return NULL;
	links = mem_grow(links, n_links + 1, sizeof *links);
	links[n_links++] = f;
	return f;
}

struct far *
place_link(const char *host, int *error, char **why)
{
	struct far *f = place_dial(host, true);

	*error = MSG_E_NO_SESSION;
	*why = NULL;
	if (f == NULL && !place_is_host(host)) {
		*why = mem_str("no such host");
		return NULL;
	}
	int r = f == NULL ? -EAGAIN
			  : far_wait(f, is_ssh(host) ? ASK_MS : LINK_MS);
	if (r == 0)
		return f;
	const char *text = f == NULL ? NULL : far_text(f);
	*error = r == -ENOTCONN ? (int)far_error(f) : MSG_E_UNREACHABLE;
	*why = mem_str(text != NULL ? text : "no answer");
	return NULL;
}

void
place_leave(void)
{
	for (size_t i = 0; i < n_links; i++)
		far_close(links[i]);
	free(links);
	links = NULL;
	n_links = 0;
}
