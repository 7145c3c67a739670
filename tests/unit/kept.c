/* unit/kept.c - a session with keeper and custodian, and clients of it. */
#include "kept.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/str.h"
#include "base/words.h"
#include "custodian/custodian.h"
#include "keeper/keeper.h"
#include "proto/local.h"
#include "../e2e/guard.h"
#include "scratch.h"
#include "vt/capture.h"
#include "vt/screen.h"

enum { PATIENCE = 60000 }; /* ms for any message: then the test has failed */

void
kept_roles(int argc, char **argv)
{
	spawn_init(argv[0]);
	if (argc > 1 && strcmp(argv[1], "keeper") == 0)
		exit(keeper_main(argc - 1, argv + 1));
	if (argc > 1 && strcmp(argv[1], "custodian") == 0)
		exit(custodian_main(argc - 1, argv + 1));
	if (argc > 1 && strcmp(argv[1], "server") == 0)
		exit(0); /* a custodian lost one that a test had played */
	guard_begin();
	setenv("TMPDIR", guard_dir(), 1);
}

static void
read_report(struct kept *k, int fd)
{
	size_t len = 0;
	ssize_t n;

	while (len < sizeof k->report - 1 &&
	       (n = io_read(fd, k->report + len, sizeof k->report - 1 - len)) >
		       0)
		len += (size_t)n;
	k->report[len] = 0;
	k->program = 0;
	sscanf(k->report, "ok %d", &k->program);
}

void
kept_start(struct kept *k, const char *cwd, const char *const words[])
{
	char **argv = NULL;
	int report[2];

	*k = (struct kept){ .dir = scratch_new() };
	k->socket = path_join(k->dir, "s");
	if (!cwd)
		cwd = k->dir;
	const char *options[] = { "kept",
				  "keeper",
				  "--id",
				  "abcdefgh",
				  "--name",
				  "kept",
				  "--socket",
				  k->socket,
				  "--dir",
				  k->dir,
				  "--cwd",
				  cwd,
				  "--size",
				  "80x24",
				  "--history",
				  "50000",
				  "--history-bytes",
				  "16000000",
				  "--runtime",
				  k->dir,
				  "--binary",
				  spawn_self_path(),
				  "--" };
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		words_add(&argv, options[i]);
	for (size_t i = 0; words[i]; i++)
		words_add(&argv, words[i]);

	char *path = path_join(k->dir, "lock");
	k->lock = io_open(path, O_RDWR | O_CREAT, 0600);
	int held = io_open(path, O_RDWR, 0);
	assert_int_equal(flock(held, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(io_pipe(report), 0);
	k->first = spawn_self(argv, NULL, (int[]){ report[1], held }, 2, -1);
	assert_true(k->first > 0);
	words_free(argv);
	io_close(report[1]);
	io_close(held);
	free(path);
	read_report(k, report[0]);
	io_close(report[0]);
}

void
kept_shell(struct kept *k, const char *script)
{
	kept_start(k, NULL, (const char *[]){ "/bin/sh", "-c", script, NULL });
	if (k->program == 0)
		fail_msg("%s", k->report);
}

void
kept_wait(struct kept *k)
{
	alarm(PATIENCE / 1000);
	assert_int_equal(flock(k->lock, LOCK_EX), 0);
	alarm(0);
}

void
kept_end(struct kept *k)
{
	if (k->program > 0)
		kill(-k->program, SIGKILL);
	kept_wait(k);
	waitpid(k->first, NULL, 0);
	io_close(k->lock);
	free(k->socket);
	scratch_free(k->dir);
}

char *
kept_file(const struct kept *k, const char *name)
{
	struct buf b = { 0 };
	char *path = path_join(k->dir, name);

	if (io_slurp(path, 1 << 20, &b) < 0)
		buf_clear(&b);
	free(path);
	return buf_steal(&b);
}

/* Who listens has sent our socket's other end its credentials. */
pid_t
kept_custodian(const struct kept *k)
{
	struct local_call *c = kept_call(k);
	struct msg_writer w;
	struct msg *m;
	pid_t pid = 0;

	msg_begin(&w, local_call_out(c), MSG_WATCH, 0);
	msg_end(&w);
	msg_begin(&w, local_call_out(c), MSG_LEAVE, 0);
	msg_end(&w);
	assert_int_equal(local_call_send(c), 0);
	assert_int_equal(local_call_next(c, PATIENCE, &m), 0);
	assert_int_equal(m->type, MSG_STATE);
	pid = (pid_t)msg_to_uint(msg_get(msg_field(m, 0), "custodian_pid"), 0);
	local_call_free(c);
	assert_true(pid > 0);
	return pid;
}

/* The parent of the program. */
pid_t
kept_keeper(const struct kept *k)
{
	char *path = str_printf("/proc/%d/stat", k->program);
	struct buf b = { 0 };
	int parent = 0;

	assert_int_equal(io_slurp(path, 4096, &b), 0);
	buf_byte(&b, 0);
	const char *p = strrchr((char *)b.data, ')');
	assert_non_null(p);
	sscanf(p + 1, " %*c %d", &parent);
	free(path);
	buf_release(&b);
	return parent;
}

struct local_call *
kept_call(const struct kept *k)
{
	int fd = local_connect(k->socket);

	assert_true(fd >= 0);
	return local_call_new(fd, "client");
}

char *
kept_capture(const struct kept *k, unsigned history)
{
	struct local_call *c = kept_call(k);
	struct msg_writer w;
	struct buf all = { 0 };
	struct msg *m;
	size_t len;

	msg_begin(&w, local_call_out(c), MSG_CAPTURE, 1);
	msg_map(&w, 2);
	msg_str(&w, "format");
	msg_str(&w, "text");
	msg_str(&w, "history");
	msg_uint(&w, history);
	msg_end(&w);
	assert_int_equal(local_call_send(c), 0);
	while (local_call_next(c, PATIENCE, &m) == 0 && m->type == MSG_DATA) {
		const uint8_t *data = msg_to_bin(msg_field(m, 0), &len);
		buf_append(&all, data, len);
	}
	assert_int_equal(m->type, MSG_END);
	local_call_free(c);
	return buf_steal(&all);
}

/* --- a viewer --------------------------------------------------------- */

static void
pair_uint(struct msg_writer *w, const char *key, uint64_t v)
{
	msg_str(w, key);
	msg_uint(w, v);
}

static void
pair_bool(struct msg_writer *w, const char *key, bool v)
{
	msg_str(w, key);
	msg_bool(w, v);
}

bool
viewer_try(struct viewer *v, const struct kept *k, const char *id,
	   unsigned flags, unsigned cols, unsigned rows, uint64_t rdev)
{
	struct msg_writer w;

	*v = (struct viewer){ .gone = -1, .cols = cols, .rows = rows };
	memcpy(v->id, id, strlen(id) < 16 ? strlen(id) : 16);
	v->screen = screen_new(&(struct screen_options){
		.cols = cols,
		.rows = rows,
		.history_lines = 1000,
		.history_bytes = 1 << 20,
	});
	v->call = kept_call(k);
	msg_begin(&w, local_call_out(v->call), MSG_ATTACH, 1);
	msg_map(&w, 8);
	msg_str(&w, "client");
	msg_bin(&w, v->id, sizeof v->id);
	pair_uint(&w, "cols", cols);
	pair_uint(&w, "rows", rows);
	pair_uint(&w, "history", 100);
	pair_uint(&w, "rdev", rdev);
	pair_bool(&w, "read_only", flags & VIEWER_READ_ONLY);
	pair_bool(&w, "exclusive", flags & VIEWER_EXCLUSIVE);
	msg_str(&w, "tty");
	msg_str(&w, id);
	msg_end(&w);
	if (local_call_send(v->call) < 0)
		return false;
	while (v->snapshots == 0 && v->gone < 0)
		if (!viewer_next(v))
			return false;
	return true;
}

void
viewer_attach_as(struct viewer *v, const struct kept *k, const char *id,
		 unsigned flags, unsigned cols, unsigned rows, uint64_t rdev)
{
	assert_true(viewer_try(v, k, id, flags, cols, rows, rdev));
}

void
viewer_attach(struct viewer *v, const struct kept *k, const char *id,
	      unsigned flags)
{
	viewer_attach_as(v, k, id, flags, 80, 24, 0);
}

void
viewer_release(struct viewer *v)
{
	local_call_free(v->call);
	screen_free(v->screen);
	buf_release(&v->raw);
	buf_release(&v->undo);
}

static void
take_snapshot(struct viewer *v, const struct msg *m)
{
	size_t len;
	const uint8_t *data = msg_to_bin(msg_field(m, 2), &len);

	screen_replay(v->screen, data, len);
	v->snapshots += msg_to_bool(msg_field(m, 1), false);
}

static void
take_output(struct viewer *v, const struct msg *m)
{
	size_t len;
	const uint8_t *data = msg_to_bin(msg_field(m, 2), &len);

	assert_true(msg_to_uint(msg_field(m, 0), 0) <
		    msg_to_uint(msg_field(m, 1), 0));
	screen_replay(v->screen, data, len);
	buf_append(&v->raw, data, len);
}

static void
take_gone(struct viewer *v, const struct msg *m)
{
	char *text = msg_dup_str(msg_field(m, 1), sizeof v->text - 1);

	v->gone = (int)msg_to_uint(msg_field(m, 0), 99);
	if (text)
		snprintf(v->text, sizeof v->text, "%s", text);
	free(text);
}

bool
viewer_next(struct viewer *v)
{
	const struct msg_value *map;
	const uint8_t *data;
	struct msg *m;
	size_t len;
	int r = local_call_next(v->call, PATIENCE, &m);

	assert_int_not_equal(r, -ETIMEDOUT);
	if (r < 0) {
		v->eof = true;
		return false;
	}
	switch (m->type) {
	case MSG_ATTACHED:
		map = msg_field(m, 0);
		v->number = (unsigned)msg_to_uint(msg_get(map, "client"), 0);
		v->taken = v->typed = msg_to_uint(msg_get(map, "taken"), 99);
		v->cols = (unsigned)msg_to_uint(msg_get(map, "cols"), 0);
		v->rows = (unsigned)msg_to_uint(msg_get(map, "rows"), 0);
		screen_resize(v->screen, v->cols, v->rows);
		break;
	case MSG_SNAPSHOT:
		take_snapshot(v, m);
		break;
	case MSG_OUTPUT:
		take_output(v, m);
		break;
	case MSG_GONE:
		take_gone(v, m);
		break;
	case MSG_UNDO:
		data = msg_to_bin(msg_field(m, 0), &len);
		buf_clear(&v->undo);
		buf_append(&v->undo, data, len);
		break;
	case MSG_SIZE:
		v->cols = (unsigned)msg_to_uint(msg_field(m, 0), 0);
		v->rows = (unsigned)msg_to_uint(msg_field(m, 1), 0);
		screen_resize(v->screen, v->cols, v->rows);
		break;
	case MSG_TAKEN:
		v->taken = msg_to_uint(msg_field(m, 0), 0);
		break;
	}
	return true;
}

bool
viewer_shows(struct viewer *v, const char *text)
{
	struct buf b = { 0 };

	capture_text(v->screen, 0, &b);
	buf_byte(&b, 0);
	bool found = strstr((char *)b.data, text);
	buf_release(&b);
	return found;
}

void
viewer_until(struct viewer *v, const char *text)
{
	while (!viewer_shows(v, text))
		if (!viewer_next(v))
			fail_msg("never showed '%s'", text);
}

void
viewer_until_gone(struct viewer *v)
{
	while (v->gone < 0 && viewer_next(v))
		continue;
}

void
viewer_type_at(struct viewer *v, uint64_t offset, const char *text)
{
	struct msg_writer w;

	msg_begin(&w, local_call_out(v->call), MSG_INPUT, 2);
	msg_uint(&w, offset);
	msg_bin(&w, text, strlen(text));
	msg_end(&w);
	local_call_send(v->call);
}

void
viewer_type(struct viewer *v, const char *text)
{
	viewer_type_at(v, v->typed, text);
	v->typed += strlen(text);
}

void
viewer_resize(struct viewer *v, unsigned cols, unsigned rows)
{
	struct msg_writer w;

	msg_begin(&w, local_call_out(v->call), MSG_RESIZE, 2);
	msg_uint(&w, cols);
	msg_uint(&w, rows);
	msg_end(&w);
	assert_int_equal(local_call_send(v->call), 0);
}
