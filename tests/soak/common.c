/* soak/common.c - what the tests of faults share. */
#include "soak/common.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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
