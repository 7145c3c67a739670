/* e2e/sshd.c - another machine that the system's ssh leads to: this one. */
#include "e2e/sshd.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "e2e/procs.h"
#include "e2e/world.h"

enum { INSIDE = 16 };

struct sshd {
	struct world *w;
	pid_t pid;
	uint16_t port;
	pid_t inside[INSIDE]; /* frozen ones */
	int n;
};

static struct sockaddr_in
loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static uint16_t
free_port(void)
{
	struct sockaddr_in sa = loopback(0);
	socklen_t len = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		fail_msg("no port");
	close(fd);
	return ntohs(sa.sin_port);
}

static bool
answers(void *ctx)
{
	const struct sshd *s = ctx;
	struct sockaddr_in sa = loopback(s->port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0;

	close(fd);
	return yes;
}

static const char *
program(void)
{
	static const char *const paths[] = { "/usr/sbin/sshd",
					     "/usr/local/sbin/sshd",
					     "/usr/bin/sshd" };

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

static void
configure(struct world *w, uint16_t port)
{
	const char *path = NULL;

	for (char **e = w->env; *e != NULL; e++)
		if (strncmp(*e, "PATH=", 5) == 0)
			path = *e;
	world_sh(w, world_text(w,
			       "cd %s && ssh-keygen -q -t ed25519 -N '' -f hk "
			       "&& ssh-keygen -q -t ed25519 -N '' -f id && "
			       "cp id.pub keys && chmod 600 keys",
			       w->dir));
	world_file(w, "sshd_config",
		   world_text(w,
			      "Port %u\n"
			      "ListenAddress 127.0.0.1\n"
			      "HostKey %s/hk\n"
			      "PidFile none\n"
			      "AuthorizedKeysFile %s/keys\n"
			      "StrictModes no\n"
			      "UsePAM no\n"
			      "PermitRootLogin yes\n"
			      "PasswordAuthentication no\n"
			      "SetEnv HOME=%s %s CDO_RUNTIME_DIR=%s/far-run "
			      "CDO_STATE_DIR=%s/far-state CDO_CONFIG=%s/none "
			      "PS1=\"ready$ \" SHELL=/bin/sh\n"
			      "ForceCommand echo noise; printf CDO1; "
			      "eval \"$SSH_ORIGINAL_COMMAND\"\n",
			      port, w->dir, w->dir, world_home(w), path, w->dir,
			      w->dir, w->dir));
	world_file(w, "ssh_config",
		   world_text(w,
			      "Host box\n"
			      "HostName 127.0.0.1\n"
			      "Port %u\n"
			      "IdentityFile %s/id\n"
			      "IdentitiesOnly yes\n"
			      "UserKnownHostsFile /dev/null\n"
			      "StrictHostKeyChecking no\n"
			      "LogLevel ERROR\n",
			      port, w->dir));
	world_script(w, "ssh",
		     world_text(w,
				"PATH=${PATH#*:} exec ssh -F %s/ssh_config "
				"\"$@\"",
				w->dir));
}

struct sshd *
sshd_start(struct world *w)
{
	const char *sshd = program();

	if (sshd == NULL || !world_has("ssh") || !world_has("ssh-keygen"))
		world_skip("no OpenSSH here");
	/* Where root's sshd wants it, and no service has made it. */
	if (geteuid() == 0 && access("/run/sshd", F_OK) < 0)
		mkdir("/run/sshd", 0755);
	struct sshd *s = world_keep(w, mem_zero(1, sizeof *s), free);
	s->w = w;
	s->port = free_port();
	configure(w, s->port);
	s->pid = world_start(
		w, (const char *[]){ sshd, "-D", "-f",
				     world_text(w, "%s/sshd_config", w->dir),
				     NULL });
	world_until(w, "sshd to listen", answers, s);
	return s;
}

/* The processes of ours that serve a login. */
static int
insiders(const struct sshd *s, pid_t *pids)
{
	char name[64], comm[64];
	DIR *d = opendir("/proc");
	int n = 0;

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
		int parent = 0;

		if (pid <= 0 || n == INSIDE)
			continue;
		snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
		FILE *f = fopen(name, "re");
		if (f == NULL)
			continue;
		if (fscanf(f, "%*d (%63[^)]) %*c %d", comm, &parent) == 2 &&
		    strncmp(comm, "sshd", 4) == 0 && parent == s->pid)
			pids[n++] = pid;
		fclose(f);
	}
	if (d != NULL)
		closedir(d);
	return n;
}

void
sshd_freeze(struct sshd *s)
{
	kill(s->pid, SIGSTOP);
	s->n = insiders(s, s->inside);
	for (int i = 0; i < s->n; i++)
		kill(s->inside[i], SIGSTOP);
}

void
sshd_thaw(struct sshd *s)
{
	for (int i = 0; i < s->n; i++)
		kill(s->inside[i], SIGCONT);
	kill(s->pid, SIGCONT);
	s->n = 0;
}

void
sshd_cut(struct sshd *s)
{
	pid_t pids[INSIDE];
	int n = insiders(s, pids);

	assert_true(n > 0);
	for (int i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
}

char *
sshd_cdo(struct world *w, const char *words)
{
	struct result r = world_command(
		w, (const char *[]){
			   "sh", "-c",
			   world_text(w,
				      "CDO_RUNTIME_DIR=%s/far-run "
				      "CDO_STATE_DIR=%s/far-state cdo %s",
				      w->dir, w->dir, words),
			   NULL });

	if (r.status != 0)
		fail_msg("cdo %s there ended with %d: %s", words, r.status,
			 r.err);
	return r.out;
}
