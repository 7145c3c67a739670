/* e2e/places.c - directories, sockets, disks and peers that are not right. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

/* Whatever is wrong with the runtime directory: refused, and named. */
static void
names_the_runtime_directory(struct world *w)
{
	char *dir = world_text(w, "%s/run", w->dir);
	struct result r = cdo(w, "ls", NULL);
	pid_t pid;

	assert_int_not_equal(r.status, 0);
	if (strstr(r.err, dir) == NULL)
		fail_msg("'%s' does not name %s", r.err, dir);
	r = cdo(w, "new", "-d", "--", "cat", NULL);
	assert_int_equal(r.status, 125);
	assert_non_null(strstr(r.err, dir));
	world_until_none(w, "server");
	assert_int_equal(procs_find("keeper", &pid, 1), 0);
}

static void
a_runtime_directory_with_wide_permissions(void **state)
{
	struct world *w = *state;

	chmod(world_dir(w, "run"), 0777);
	names_the_runtime_directory(w);
}

static void
a_runtime_directory_of_somebody_else(void **state)
{
	struct world *w = *state;
	char *dir = world_dir(w, "run");

	if (chown(dir, geteuid() + 1, (gid_t)-1) < 0)
		world_skip("needs root");
	names_the_runtime_directory(w);
}

static void
a_runtime_directory_that_is_a_link(void **state)
{
	struct world *w = *state;

	world_dir(w, "elsewhere");
	world_sh(w, world_text(w, "ln -s elsewhere %s/run", w->dir));
	names_the_runtime_directory(w);
}

static void
a_runtime_directory_that_is_a_file(void **state)
{
	struct world *w = *state;

	world_file(w, "run", "");
	names_the_runtime_directory(w);
}

/* Server and custodians notice, and are there again. */
static void
a_runtime_directory_that_is_removed(void **state)
{
	struct world *w = *state;

	if (access("/proc/sys/fs/inotify", F_OK) != 0)
		world_skip("nobody tells of removed files here");
	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	char *id =
		world_text(w, "%s", json_str(world_session(w, "work"), "id"));
	pid_t server = world_only(w, "server");
	/* In one step, or the next socket may stand in its way. */
	world_sh(w, "mv $CDO_RUNTIME_DIR gone && rm -rf gone");
	world_until_file(w, world_text(w, "%s/run/server.sock", w->dir));
	world_until_file(w, world_text(w, "%s/run/%s.sock", w->dir, id));
	assert_string_equal(cdo_ok(w, "ls", "-r", "-q", NULL), "work\n");
	assert_int_equal(world_only(w, "server"), server);
	struct term *b = term_attach(w, "work");
	term_until_same(b, t);
}

static void
a_socket_path_over_the_limit(void **state)
{
	struct world *w = *state;
	char *dir = world_text(w, "%s/%0100d", w->dir, 7);

	world_set(w, "CDO_RUNTIME_DIR", dir);
	struct result r = cdo(w, "ls", NULL);
	assert_int_not_equal(r.status, 0);
	assert_non_null(strstr(r.err, dir));
	assert_non_null(strstr(r.err, "CDO_RUNTIME_DIR"));
	world_until_none(w, NULL);
}

static int
bind_socket(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	assert_true(bind(fd, (struct sockaddr *)&a, sizeof a) == 0);
	return fd;
}

static int
dial(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0)
		fail_msg("cannot connect to %s: %s", path, strerror(errno));
	return fd;
}

static void
stale_sockets(void **state)
{
	struct world *w = *state;

	world_dir(w, "run");
	close(bind_socket(world_text(w, "%s/run/server.sock", w->dir)));
	close(bind_socket(world_text(w, "%s/run/abcdefgh.sock", w->dir)));
	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "");
	cdo_ok(w, "new", "-d", "-n", "work", "--", "cat", NULL);
	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "work\n");
}

/* A custodian that takes connections and says nothing is passed over. */
static void
a_socket_that_never_answers(void **state)
{
	struct world *w = *state;

	world_dir(w, "run");
	int fd = bind_socket(world_text(w, "%s/run/abcdefgh.sock", w->dir));
	listen(fd, 8);
	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "");
	cdo_ok(w, "new", "-d", "-n", "work", "--", "cat", NULL);
	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "work\n");
	close(fd);
}

/* Each is sent to a server and to a custodian, and both stay as they were. */
static void
peers_that_make_no_sense(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} sent[] = {
		{ "", 0 },
		{ "GET / HTTP/1.1\r\n\r\n", 18 },
		{ "\0\0\0", 3 }, /* half a length */
		{ "\0\0\0\x10\x92\x01", 6 }, /* half a frame */
		{ "\0\0\0\0", 4 }, /* nothing */
		{ "\xff\xff\xff\xff\xff\xff", 6 }, /* enormous */
		{ "\0\x10\0\0\x92\x01", 6 }, /* 1 MiB that never comes */
		{ "\0\0\0\x06\x91\xdd\xff\xff\xff\xff", 10 }, /* 4G items */
		{ "\0\0\0\x01\xc1", 5 }, /* no msgpack */
		{ "\0\0\0\x03\x92\x01\x01", 7 }, /* half a hello */
		{ "\0\0\0\x02\x91\x40", 6 }, /* attach without anything */
	};
	struct world *w = *state;
	int fds[2 * sizeof sent / sizeof *sent], n = 0;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	const char *id = json_str(world_session(w, "work"), "id");
	char *paths[] = { world_text(w, "%s/run/server.sock", w->dir),
			  world_text(w, "%s/run/%s.sock", w->dir, id) };
	long custodian = world_number(w, "work", "custodian_pid");
	pid_t server = world_only(w, "server");
	for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
		for (int k = 0; k < 2; k++) {
			int fd = fds[n++] = dial(paths[k]);
			ssize_t r = send(fd, sent[i].bytes, sent[i].len,
					 MSG_NOSIGNAL);
			assert_int_equal(r, sent[i].len);
			if (i % 2 == 0)
				shutdown(fd, SHUT_WR);
		}
	}
	term_type(t, "echo still here\r");
	term_until_text(t, "\nstill here\n");
	assert_int_equal(world_number(w, "work", "custodian_pid"), custodian);
	assert_int_equal(world_only(w, "server"), server);
	while (n > 0)
		close(fds[--n]);
}

/*
 * The disk that holds the state is full: what cannot be done is said, and
 * what runs, runs on.  In a mount namespace of our own, where we may.
 */
static void
a_full_state_disk(void **state)
{
	struct world *w = *state;

	char *script = world_text(
		w,
		"set -e; mkdir -p $CDO_STATE_DIR; "
		"mount -t tmpfs -o size=256k,mode=700 tmpfs $CDO_STATE_DIR || "
		"exit 77; "
		"cdo new -d -n before -- sh -c 'read x; exit 5'; "
		"dd if=/dev/zero of=$CDO_STATE_DIR/fill bs=4k 2>/dev/null || "
		":; "
		"r=0; cdo new -d -n during -- cat 2>%s/err || r=$?; "
		"echo during $r; "
		"cdo stop before; cdo ls --json; cdo ls -r -q; "
		"rm $CDO_STATE_DIR/fill; "
		"cdo new -d -n after -- cat; cdo ls -r -q; "
		"cdo server stop --sessions -y >&2",
		w->dir);
	if (world_command(w, (const char *[]){ "unshare", "-m", "true", NULL })
		    .status != 0)
		world_skip("needs to mount");
	struct result r =
		world_command(w, (const char *[]){ "unshare", "-m", "sh", "-c",
						   script, NULL });
	if (r.status == 77)
		world_skip("needs to mount");
	if (r.status != 0)
		fail_msg("status %d: %s", r.status, r.err);
	assert_non_null(strstr(r.out, "during 125\n"));
	assert_non_null(strstr(r.out, "\"stopped\""));
	assert_non_null(strstr(r.out, "after\n"));
	struct result err = world_command(
		w, (const char *[]){ "cat", world_text(w, "%s/err", w->dir),
				     NULL });
	assert_non_null(strstr(err.out, "No space left on device"));
	world_until_none(w, NULL);
}

static void
no_more_terminals(void **state)
{
	struct world *w = *state;

	if (world_command(w, (const char *[]){ "unshare", "-m", "true", NULL })
		    .status != 0)
		world_skip("needs to mount");
	struct result r = world_command(
		w, (const char *[]){
			   "unshare", "-m", "sh", "-c",
			   "mount -t devpts -o newinstance,ptmxmode=666,max=2 "
			   "devpts /dev/pts && "
			   "mount --bind /dev/pts/ptmx /dev/ptmx || exit 77; "
			   "for i in 1 2 3; do cdo new -d -n s$i -- cat || "
			   "echo refused $?; done; cdo ls -r -q; "
			   "cdo stop s1; cdo new -d -n again -- cat; "
			   "cdo ls -r -q; cdo server stop --sessions -y",
			   NULL });
	if (r.status == 77)
		world_skip("needs to mount");
	assert_string_equal(r.out, "s1\ns2\nrefused 125\ns1\ns2\n"
				   "again\ns2\nagain\n");
	assert_non_null(strstr(r.err, "No space left on device"));
	assert_non_null(strstr(r.err, "terminal"));
}

static void
no_more_descriptors(void **state)
{
	struct world *w = *state;
	char *script = world_text(
		w,
		"ulimit -n 32; cdo server start; "
		"for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 "
		"20 21 22 23 24; do cdo new -d -n s$i -- cat 2>%s/err || "
		"{ echo refused; break; }; done",
		w->dir);

	struct result r =
		world_command(w, (const char *[]){ "sh", "-c", script, NULL });
	assert_non_null(strstr(r.out, "refused"));
	struct result err = world_command(
		w, (const char *[]){ "cat", world_text(w, "%s/err", w->dir),
				     NULL });
	assert_non_null(strstr(err.out, "Too many open files"));
	/* Those that run can be listed, and ended. */
	assert_non_null(strstr(cdo_ok(w, "ls", "-r", "-q", NULL), "s1\n"));
	cdo_ok(w, "stop", "--all", "-y", NULL);
	cdo_ok(w, "new", "-d", "-n", "again", "--", "cat", NULL);
}

static void
a_state_directory_that_is_no_directory(void **state)
{
	struct world *w = *state;
	char *path = world_file(w, "state", "");

	struct result r = cdo(w, "new", "-d", "--", "cat", NULL);
	assert_int_not_equal(r.status, 0);
	assert_non_null(strstr(r.err, path));
}

/* No server can be started there; whoever attaches needs none. */
static void
a_state_directory_that_is_open_to_others(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	cdo_ok(w, "server", "stop", NULL);
	world_sh(w, "chmod 755 $CDO_STATE_DIR");
	struct result r = cdo(w, "ls", NULL);
	assert_int_equal(r.status, 5);
	assert_non_null(strstr(r.err, "chmod 700"));
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_type(t, "exit 4\r");
	assert_int_equal(term_end(t), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_runtime_directory_with_wide_permissions),
		world_test(a_runtime_directory_of_somebody_else),
		world_test(a_runtime_directory_that_is_a_link),
		world_test(a_runtime_directory_that_is_a_file),
		world_test(a_runtime_directory_that_is_removed),
		world_test(a_socket_path_over_the_limit),
		world_test(stale_sockets),
		world_test(a_socket_that_never_answers),
		world_test(peers_that_make_no_sense),
		world_test(a_full_state_disk),
		world_test(no_more_terminals),
		world_test(no_more_descriptors),
		world_test(a_state_directory_that_is_no_directory),
		world_test(a_state_directory_that_is_open_to_others),
	};

	return world_run(tests);
}
