/* soak/common.c - what the tests of faults share. */
#include "soak/common.h"

#include <arpa/inet.h>
#include <glob.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "e2e/world.h"

enum { FILE_MAX = 1 << 20 };

long
soak_number(const char *name, long otherwise)
{
	const char *s = getenv(name);

	return s != NULL ? strtol(s, NULL, 10) : otherwise;
}

long
soak_missing(struct world *w, const char *session, long from, long to)
{
	struct result r = cdo(w, "capture", session, "--history", NULL);
	long due = from, missing = 0;

	if (r.status != 0)
		fail_msg("capture: %s", r.err);
	for (const char *l = r.out; *l != '\0'; l += *l == '\n') {
		char *end;
		long n = strtol(l, &end, 10);
		size_t len = strcspn(l, "\n");

		if (len > 0 && end == l + len && n >= from && n <= to) {
			if (n < due)
				fail_msg("line %ld where %ld is due", n, due);
			missing += n - due;
			due = n + 1;
		}
		l += len;
	}
	return missing + to + 1 - due;
}

static void
free_json(void *p)
{
	json_free(p);
}

const struct json *
soak_record(struct world *w, const char *file)
{
	const char *path = world_text(w, "%s/%s", soak_dir(w), file);
	struct buf in = { 0 };
	char *why = NULL;
	int r = io_slurp(path, FILE_MAX, &in);

	if (r < 0)
		fail_msg("%s: %s", path, io_error(r));
	struct json *obj = json_parse(in.data, in.len, &why);
	if (obj == NULL)
		fail_msg("%s is torn: %s: '%.*s'", file, why, (int)in.len,
			 (char *)in.data);
	buf_release(&in);
	return world_keep(w, obj, free_json);
}

const char *
soak_dir(struct world *w)
{
	glob_t g;

	glob(world_text(w, "%s/state/sessions/*", w->dir), 0, NULL, &g);
	if (g.gl_pathc != 1)
		fail_msg("%zu directories of sessions", g.gl_pathc);
	const char *dir = world_text(w, "%s", g.gl_pathv[0]);
	globfree(&g);
	return dir;
}

void
soak_times_add(struct soak_times *t, long ms)
{
	if (t->n < sizeof t->ms / sizeof *t->ms)
		t->ms[t->n++] = ms;
}

static int
order(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

long
soak_times_at(struct soak_times *t, unsigned percent)
{
	if (t->n == 0)
		return 0;
	qsort(t->ms, t->n, sizeof *t->ms, order);
	return t->ms[(t->n - 1) * percent / 100];
}

void
soak_times_tell(struct soak_times *t, const char *what, long limit)
{
	if (t->n == 0)
		return;
	long most = soak_times_at(t, 99);
	print_message("# %s: p50 %ld, p99 %ld, longest %ld ms\n", what,
		      soak_times_at(t, 50), most, soak_times_at(t, 100));
	soak_limit(what, most, limit);
}

void
soak_limit(const char *what, long value, long limit)
{
	if (getenv("CDO_TIMED") != NULL && value > limit)
		fail_msg("%s: %ld is more than %ld", what, value, limit);
}

/* Through an ioctl, so that no program is needed. */
static bool
configure(const char *name, unsigned long what, struct ifreq *r)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(r->ifr_name, name);
	bool done = fd >= 0 && ioctl(fd, what, r) == 0;
	if (fd >= 0)
		close(fd);
	return done;
}

bool
soak_own_network(void)
{
#ifdef CLONE_NEWNET
	struct ifreq up = { .ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING };

	return unshare(CLONE_NEWNET) == 0 && configure("lo", SIOCSIFFLAGS, &up);
#else
	return false;
#endif
}

void
soak_new_address(unsigned n)
{
	struct ifreq r = { 0 };
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_addr.s_addr =
					  htonl(0x0a010001 + n % 0xfff0) };

	memcpy(&r.ifr_addr, &sa, sizeof sa);
	assert_true(configure("lo:1", SIOCSIFADDR, &r));
}
