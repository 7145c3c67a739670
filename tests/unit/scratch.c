/* unit/scratch.c - a directory of a test's own. */
#include "scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(99);
	}
}

char *
scratch_new(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[4096];

	snprintf(path, sizeof path, "%s/cdo-unit-XXXXXX", tmp ? tmp : "/tmp");
	must(mkdtemp(path) != NULL, path);
	return strdup(path);
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void
scratch_free(char *dir)
{
	nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

const char *
scratch_path(const char *dir, const char *name)
{
	static char paths[8][4096];
	static unsigned n;
	char *p = paths[n++ % 8];

	snprintf(p, sizeof paths[0], "%s/%s", dir, name);
	return p;
}

void
scratch_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	must(f != NULL, path);
	must(fputs(text, f) >= 0 && fclose(f) == 0, path);
}
