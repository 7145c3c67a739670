/* custodian/segments.c - the files of a session's recording. */
#include "custodian/segments.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"

enum { DIGITS = 6, NUMBER_MAX = 999999999 };

char *
segments_path(const char *dir, unsigned number)
{
	return str_printf("%s/tr-%0*u.zst", dir, DIGITS, number);
}

/* The number in a segment's name; 0 if it is none. */
static unsigned
number_of(const char *name)
{
	unsigned n = 0;
	const char *p;

	if (!str_starts(name, "tr-"))
		return 0;
	for (p = name + 3; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (unsigned)(*p - '0');
		if (n > NUMBER_MAX)
			return 0;
	}
	if (p - name < 3 + DIGITS || !str_eq(p, ".zst"))
		return 0;
	return n;
}

static int
by_number(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

int
segments_list(const char *dir, struct segment **list)
{
	DIR *d = NULL;
	size_t n = 0;
	int fd, r;

	*list = NULL;
	fd = r = io_open(dir, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return r;
	d = fdopendir(fd);
	if (!d) {
		io_close(fd);
		return -EIO;
	}
	for (struct dirent *e; (e = readdir(d));) {
		struct segment s = { .number = number_of(e->d_name) };
		struct stat st;

		if (!s.number)
			continue;
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		s.size = (uint64_t)st.st_size;
		*list = mem_grow(*list, n + 1, sizeof s);
		(*list)[n++] = s;
	}
	closedir(d);
	if (n)
		qsort(*list, n, sizeof **list, by_number);
	return (int)n;
}
