/* e2e/systemd.c - with systemd, or with stand-ins of its programs. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

/* It writes down what it was asked, and runs what stands behind "--". */
static void
stand_in(struct world *w, const char *linger)
{
	world_script(w, "loginctl", world_text(w, "echo %s\n", linger));
	world_script(w, "systemd-run",
		     world_text(w,
				"echo \"$@\" >> %s/asked\n"
				"while [ \"$1\" != -- ]; do shift; done\n"
				"shift; exec \"$@\"\n",
				w->dir));
}

static const char *
slurp(struct world *w, const char *path)
{
	struct buf b = { 0 };
	const char *text = "";

	if (io_slurp(path, 1 << 20, &b) == 0)
		text = world_text(w, "%.*s", (int)b.len, (char *)b.data);
	buf_release(&b);
	return text;
}

static const char *
asked(struct world *w)
{
	return slurp(w, world_text(w, "%s/asked", w->dir));
}

static const char *
text(struct world *w, const char *name, const char *field)
{
	return json_str(world_session(w, name), field);
}

static void
who_lingers_has_a_scope_for_each_session(void **state)
{
	struct world *w = *state;

	stand_in(w, "yes");
	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       "echo args: \"$@\"; exec cat", "sh", "--scope", "x", NULL);
	char *id = world_text(w, "%s", text(w, "work", "id"));
	assert_non_null(
		strstr(asked(w), world_text(w,
					    "--user --scope --quiet --collect "
					    "--unit cdo-%s.scope -- ",
					    id)));
	struct term *t = term_attach(w, "work");
	term_until_text(t, "args: --scope x");
	/* The stand-in has moved nobody: the custodian says so. */
	if (access("/proc/self/cgroup", R_OK) == 0)
		assert_non_null(strstr(
			slurp(w, world_text(w, "%s/state/sessions/%s/log",
					    w->dir, id)),
			world_text(w, "not in cdo-%s.scope but in", id)));
	/* It is the session that is killed and comes back, as ever. */
	pid_t custodian = world_only(w, "custodian");
	kill(custodian, SIGKILL);
	term_type(t, "still here\r");
	term_until_text(t, "still here\nstill here");
}

static void
who_does_not_linger_has_none(void **state)
{
	struct world *w = *state;

	stand_in(w, "no");
	world_shell(w, "work");
	assert_string_equal(asked(w), "");
}

static void
a_systemd_run_that_fails_costs_no_session(void **state)
{
	struct world *w = *state;

	stand_in(w, "yes");
	world_script(w, "systemd-run",
		     world_text(w, "echo x >> %s/asked; exit 1\n", w->dir));
	world_shell(w, "one");
	world_shell(w, "two");
	assert_string_equal(text(w, "one", "status"), "running");
	assert_string_equal(text(w, "two", "status"), "running");
	/* Once is enough. */
	assert_string_equal(asked(w), "x\n");
}

static void
a_program_that_is_not_there_is_none_in_a_scope_either(void **state)
{
	struct world *w = *state;

	stand_in(w, "yes");
	assert_int_equal(
		cdo(w, "new", "-d", "--", "no-such-program", NULL).status, 127);
}

static int
datagrams(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && strlen(path) < sizeof sa.sun_path);
	memcpy(sa.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	return fd;
}

static void
the_server_says_when_it_is_ready(void **state)
{
	struct world *w = *state;
	char *path = world_text(w, "%s/notify", w->dir), said[64] = "";
	int fd = datagrams(path);

	world_set(w, "NOTIFY_SOCKET", path);
	pid_t pid = world_start(
		w, (const char *[]){ "cdo", "server", "--foreground", NULL });
	assert_true(recv(fd, said, sizeof said - 1, 0) > 0);
	assert_string_equal(said, "READY=1");
	world_set(w, "NOTIFY_SOCKET", NULL);
	/* No program is told of it. */
	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       "echo notify: $NOTIFY_SOCKET.; exec cat", NULL);
	cdo_ok(w, "server", "stop", NULL);
	memset(said, 0, sizeof said);
	assert_true(recv(fd, said, sizeof said - 1, 0) > 0);
	assert_string_equal(said, "STOPPING=1");
	assert_int_equal(world_wait(w, pid), 0);
	close(fd);
	struct term *t = term_attach(w, "work");
	term_until_text(t, "notify: .");
}

/* It is there before anybody listens. */
static bool
is_listened_at(void *path)
{
	char line[512], end[160];
	bool found = false;
	FILE *f = fopen("/proc/net/unix", "re");

	snprintf(end, sizeof end, " %s\n", (const char *)path);
	while (f != NULL && !found && fgets(line, sizeof line, f) != NULL)
		found = strstr(line, " 00010000 ") != NULL &&
			strstr(line, end) != NULL;
	if (f != NULL)
		fclose(f);
	return found;
}

static void
the_server_takes_the_socket_that_it_is_given(void **state)
{
	struct world *w = *state;

	if (!world_has("systemd-socket-activate"))
		world_skip("systemd-socket-activate is not installed");
	world_dir(w, "run");
	world_start(w, (const char *[]){
			       "systemd-socket-activate", "-E",
			       "CDO_RUNTIME_DIR", "-E", "CDO_STATE_DIR", "-E",
			       "CDO_CONFIG", "-E", "PATH", "-l",
			       world_text(w, "%s/run/server.sock", w->dir),
			       "cdo", "server", "--foreground", NULL });
	char *path = world_text(w, "%s/run/server.sock", w->dir);
	world_until(w, "the socket", is_listened_at, path);
	world_shell(w, "work");
	assert_string_equal(text(w, "work", "status"), "running");
	cdo_ok(w, "server", "stop", NULL);
	/* It is systemd's, and starts the next one. */
	assert_int_equal(access(path, F_OK), 0);
}

/*
 * The runtime directory is a mount that goes, over one that cannot be written,
 * as after the last logout, and comes back at the next login.
 */
static const char vanish[] =
	"set -e\n"
	"mkdir $D/mnt\n"
	"mount -t tmpfs -o ro tmpfs $D/mnt || exit 77\n"
	"mount -t tmpfs tmpfs $D/mnt\n"
	"export CDO_RUNTIME_DIR=$D/mnt/run CDO_RUNTIME_SECOND=$D/second\n"
	"cdo new -d -n work -- sh -c 'echo shown; exec cat'\n"
	"sock=$(basename $D/mnt/run/????????.sock)\n"
	"there() { until [ -S $1 ]; do sleep 0.01; done; }\n"
	"since() { echo $1 $(($(date +%s%N) / 1000000 - $t)); }\n"
	"now() { t=$(($(date +%s%N) / 1000000)); }\n"
	"now; umount -l $D/mnt\n"
	"there $D/second/$sock; there $D/second/server.sock; since gone\n"
	"cdo ls -q; cdo capture work | head -n 1\n"
	"cdo new -d -n more -- cat\n"
	/* The next custodian and the next server stand there too. */
	"pid() { cdo $1 --json | sed \"s/.*\\\"$2\\\":\\([0-9]*\\).*/\\1/\"; "
	"}\n"
	"kill -9 $(pid 'info work' custodian_pid)\n"
	"until cdo capture work 2>/dev/null | grep shown; do sleep 0.01; done\n"
	"kill -9 $(pid 'server status' pid); cdo ls -q\n"
	"now; mount -t tmpfs tmpfs $D/mnt\n"
	"there $D/mnt/run/$sock; since back\n"
	"[ ! -e $D/second/$sock ]\n"
	"cdo ls -q; cdo capture work | head -n 1\n"
	"cdo server stop --sessions -y >&2\n";

static void
the_sockets_move_with_the_runtime_directory(void **state)
{
	struct world *w = *state;
	int gone, back, all = 0;

	world_set(w, "D", w->dir);
	if (world_command(w, (const char *[]){ "unshare", "-m", "true", NULL })
		    .status != 0)
		world_skip("needs to mount");
	struct result r =
		world_command(w, (const char *[]){ "unshare", "-m", "sh", "-c",
						   vanish, NULL });
	if (r.status == 77)
		world_skip("needs to mount");
	if (r.status != 0)
		fail_msg("status %d: %s%s", r.status, r.out, r.err);
	sscanf(r.out,
	       "work gone %d work shown more shown work more back %d work "
	       "more shown%n",
	       &gone, &back, &all);
	if (all == 0)
		fail_msg("%s%s", r.out, r.err);
	print_message("# gone after %d ms, back after %d ms\n", gone, back);
	if (getenv("CDO_TIMED") != NULL) { /* nothing else runs here */
		assert_in_range(gone, 0, 1000);
		assert_in_range(back, 0, 1000);
	}
	world_until_none(w, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(who_lingers_has_a_scope_for_each_session),
		world_test(who_does_not_linger_has_none),
		world_test(a_systemd_run_that_fails_costs_no_session),
		world_test(
			a_program_that_is_not_there_is_none_in_a_scope_either),
		world_test(the_server_says_when_it_is_ready),
		world_test(the_server_takes_the_socket_that_it_is_given),
		world_test(the_sockets_move_with_the_runtime_directory),
	};

	return world_run(tests);
}
