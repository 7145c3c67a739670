/* keeper/spawn.c - the program on its terminal, and custodians. */
#include "keeper/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/io.h"
#include "keeper/options.h"

static int
open_slave(int master)
{
	char name[128];

	if (grantpt(master) < 0 || unlockpt(master) < 0)
		return io_check(-1);
	int r = ptsname_r(master, name, sizeof name);
	return r == 0 ? io_open(name, O_RDWR | O_NOCTTY, 0) : -r;
}

int
spawn_pty(unsigned cols, unsigned rows, int fds[2])
{
	struct winsize size = {
		.ws_col = (unsigned short)cols,
		.ws_row = (unsigned short)rows,
	};
	struct termios t;

	fds[0] = io_check(posix_openpt(O_RDWR | O_NOCTTY));
	if (fds[0] < 0)
		return fds[0];
	io_cloexec(fds[0], true);
	fds[1] = open_slave(fds[0]);
	if (fds[1] < 0) {
		io_close(fds[0]);
		return fds[1];
	}
#ifdef IUTF8
	/* Erasing a character in a line takes all its bytes. */
	if (tcgetattr(fds[1], &t) == 0) {
		t.c_iflag |= IUTF8;
		tcsetattr(fds[1], TCSANOW, &t);
	}
#endif
	ioctl(fds[1], TIOCSWINSZ, &size);
	return 0;
}

static void
default_signals(void)
{
	struct sigaction def = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		sigaction(s, &def, NULL); /* KILL and STOP refuse: fine */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What the child says when it cannot become the program. */
struct failure {
	int why;
	bool cwd;
};

static void
become_program(const struct options *o, int slave, int report)
{
	struct failure f = { 0 };

	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(slave, fd);
	f.why = io_check(chdir(o->cwd));
	f.cwd = f.why < 0;
	if (!f.cwd) {
		default_signals();
		f.why = io_check(execvp(o->program[0], o->program));
	}
	io_write_all(report, &f, sizeof f);
	_exit(127);
}

pid_t
spawn_program(const struct options *o, int slave, const char **stage)
{
	struct failure f;
	int report[2], r;

	*stage = "fork";
	r = io_pipe(report);
	if (r < 0)
		return r;

	pid_t pid = io_check(fork());
	if (pid == 0)
		become_program(o, slave, report[1]);
	io_close(report[1]);
	if (pid > 0 && io_read(report[0], &f, sizeof f) == sizeof f) {
		while (io_check(waitpid(pid, NULL, 0)) == -EINTR)
			continue;
		*stage = f.cwd ? "cwd" : "exec";
		pid = f.why;
	}
	io_close(report[0]);
	return pid;
}

/* The words of a custodian: "cdo custodian" and what the keeper was told. */
static char **
custodian_words(char **argv)
{
	size_t n = 0;

	while (argv[n])
		n++;
	char **words = calloc(n + 2, sizeof *words);
	if (!words)
		abort();
	words[0] = (char *)(uintptr_t) "cdo";
	words[1] = (char *)(uintptr_t) "custodian";
	for (size_t i = 1; i < n; i++)
		words[i + 1] = argv[i];
	return words;
}

int
spawn_custodian(const struct options *o, char **argv,
		const int fds[MEMORY_FD_COUNT])
{
	int high[MEMORY_FD_COUNT], r;

	/* Out of the way first: one may stand where another has to go. */
	for (int i = MEMORY_FD_CONTROL; i < MEMORY_FD_COUNT; i++) {
		high[i] = io_check(
			fcntl(fds[i], F_DUPFD_CLOEXEC, MEMORY_FD_COUNT));
		if (high[i] < 0 && fds[i] >= 0)
			return high[i];
	}
	for (int i = MEMORY_FD_CONTROL; i < MEMORY_FD_COUNT; i++) {
		if (high[i] < 0) {
			io_close(i);
			continue;
		}
		r = io_check(dup2(high[i], i));
		if (r < 0)
			return r;
	}

	char **words = custodian_words(argv);
	execv(o->binary, words);
	r = io_check(-1);
#ifdef __linux__
	/* It was removed: what this process runs is still there. */
	execv("/proc/self/exe", words);
#endif
	free(words);
	return r;
}

void
spawn_scope(const struct options *o, char **argv)
{
	char scoped[] = "--scoped";
	char *const run[] = {
		(char[]){ "systemd-run" },    (char[]){ "--user" },
		(char[]){ "--scope" },	      (char[]){ "--quiet" },
		(char[]){ "--collect" },      (char[]){ "--unit" },
		(char *)(uintptr_t)o->scope,  (char[]){ "--" },
		(char *)(uintptr_t)o->binary,
	};
	enum { RUN = sizeof run / sizeof *run };
	size_t n = 0;

	while (argv[n])
		n++;
	char **words = calloc(RUN + n + 1, sizeof *words);
	if (!words)
		return;
	memcpy(words, run, sizeof run);
	memcpy(words + RUN, argv, n * sizeof *argv);
	for (n = RUN; strcmp(words[n], "--") != 0; n++)
		if (strcmp(words[n], "--scope") == 0)
			words[n] = scoped;
	execvp(words[0], words);
	free(words);
}
