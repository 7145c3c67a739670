/* cmd/fetch.c - a session's record on another machine, as files here. */
#include "cmd/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "proto/msg.h"

enum { FILES = 4096, NAME = 64 };

/* For a signal's handler: nothing but names. */
static char *dir;
static char *whose; /* the session's id */
static char *files[FILES];
static volatile sig_atomic_t n_files;

static void
remove_all(void)
{
	for (int i = 0; i < n_files; i++)
		unlink(files[i]);
	if (dir != NULL)
		rmdir(dir);
}

void
fetch_done(void)
{
	remove_all();
	while (n_files > 0)
		free(files[--n_files]);
	free(dir);
	free(whose);
	dir = whose = NULL;
}

static void
on_signal(int signum)
{
	remove_all();
	signal(signum, SIG_DFL);
	raise(signum);
}

/* Also when it is ended by a key, as `cdo logs -f` is. */
static int
make_dir(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };
	const char *tmp = getenv("TMPDIR");
	char *name = path_join(tmp != NULL && *tmp == '/' ? tmp : "/tmp",
			       "cdo-XXXXXX");

	if (mkdtemp(name) == NULL) {
		free(name);
		return io_check(-1);
	}
	dir = name;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (signal(signals[i], on_signal) == SIG_IGN)
			signal(signals[i], SIG_IGN);
	return 0;
}

/* "last.vt", "tr-1.zst": the far end says them. */
static bool
is_plain(const char *name)
{
	return str_is_name(name) && strlen(name) < NAME;
}

static const struct msg *
ask_file(struct ask *ask, const char *id, const char *name, uint64_t offset)
{
	struct msg_writer w;

	msg_begin(&w, ask_out(ask), MSG_FETCH, 3);
	msg_str(&w, id);
	msg_str(&w, name);
	msg_uint(&w, offset);
	msg_end(&w);
	return ask_next(ask, ASK_MS);
}

/* What the file has behind what is here; 0, -errno, or 1: ask_error. */
static int
fetch_file(struct ask *ask, const char *id, const char *name)
{
	char *path = path_join(dir, name);
	int fd = io_open(path, O_WRONLY | O_CREAT | O_APPEND, 0600), r = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		free(path);
		return fd;
	}
	bool known = false;
	for (int i = 0; i < n_files; i++)
		known |= strcmp(files[i], path) == 0;
	if (!known && n_files < FILES) {
		files[n_files] = mem_str(path);
		n_files++;
	}
	for (uint64_t at = (uint64_t)st.st_size; r == 0;) {
		size_t len = 0;
		const struct msg *m = ask_file(ask, id, name, at);
		const uint8_t *data =
			m == NULL ? NULL : msg_to_bin(msg_field(m, 0), &len);

		if (data == NULL)
			r = 1;
		if (data == NULL || len == 0)
			break;
		r = io_write_all(fd, data, len);
		at += len;
	}
	io_close(fd);
	free(path);
	return r;
}

static int
fetch_all(struct ask *ask, const char *id, bool all)
{
	char *names[FILES];
	size_t n = 0;
	bool last = false;
	const struct msg *m = ask_file(ask, id, NULL, 0);

	if (m == NULL)
		return 1;
	const struct msg_value *map = msg_field(m, 0);
	for (size_t i = 0; i < msg_count(map) && n < FILES; i++) {
		size_t len;
		const char *key;

		msg_pair(map, i, &key, &len);
		char *name = mem_strn(key, len);
		if (is_plain(name)) {
			last |= strcmp(name, "last.vt") == 0;
			names[n++] = name;
		} else {
			free(name);
		}
	}
	int r = 0;
	for (size_t i = 0; i < n; i++) {
		if (r == 0 &&
		    (all || !last || strcmp(names[i], "last.vt") == 0))
			r = fetch_file(ask, id, names[i]);
		free(names[i]);
	}
	return r;
}

int
fetch_record(struct ask *ask, struct seen *s, bool all, const char *deed)
{
	if (s->host == NULL)
		return EXIT_DONE;
	if (!str_eq(whose, s->id))
		fetch_done();
	free(whose);
	whose = mem_str(s->id);
	int r = dir == NULL ? make_dir() : 0;
	if (r == 0 && !ask_move(ask, s->host))
		r = 1;
	if (r == 0)
		r = fetch_all(ask, s->id, all);
	free(s->dir);
	s->dir = dir == NULL ? NULL : mem_str(dir);
	if (r == 0)
		return EXIT_DONE;
	out_error("cannot %s '%s': %s", deed, s->name,
		  r < 0 ? io_error(r) : ask_text(ask));
	return r < 0 ? EXIT_FAILED : ask_error(ask);
}
