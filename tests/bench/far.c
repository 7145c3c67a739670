/* bench/far.c - attaching from another machine, which is this one. */
#include "bench/far.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/mux.h"

enum { TRIES = 200, PAUSE = 20000 /* us */ };

const char far_pairing[] = "set -e\n"
			   "rm -rf \"$FAR_DEVICE\"\n"
			   "mkdir -m 700 \"$FAR_DEVICE\" \"$FAR_DEVICE/run\" "
			   "\"$FAR_DEVICE/state\"\n"
			   "mkfifo \"$FAR_DEVICE/says\"\n"
			   "\"$FAR_CDO\" pair --listen " FAR_ADDRESS
			   " >\"$FAR_DEVICE/says\" 2>&1 &\n"
			   "while read -r line; do\n"
			   "	case $line in\n"
			   "	*'code there: '*)\n"
			   "		echo \"${line##*code there: }\" |\n"
			   "		CDO_RUNTIME_DIR=$FAR_DEVICE/run \\\n"
			   "		CDO_STATE_DIR=$FAR_DEVICE/state \\\n"
			   "		\"$FAR_CDO\" pair " FAR_ADDRESS
			   " --code-fd 0 --name desk ;;\n"
			   "	esac\n"
			   "done <\"$FAR_DEVICE/says\"\n"
			   "wait\n";

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

	bind(fd, (struct sockaddr *)&sa, sizeof sa);
	getsockname(fd, (struct sockaddr *)&sa, &len);
	close(fd);
	return ntohs(sa.sin_port);
}

static bool
answers(uint16_t port)
{
	struct sockaddr_in sa = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0;

	close(fd);
	return yes;
}

/* DIR/NAME with this text. */
__attribute__((format(printf, 3, 4))) static bool
put(const struct far *f, const char *name, const char *fmt, ...)
{
	char path[512];
	va_list ap;

	snprintf(path, sizeof path, "%s/%s", f->dir, name);
	FILE *out = fopen(path, "we");
	if (out == NULL)
		return false;
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	return fclose(out) == 0;
}

static bool
configure(const struct far *f, uint16_t port)
{
	char line[1024];

	snprintf(line, sizeof line,
		 "cd '%s' && ssh-keygen -q -t ed25519 -N '' -f hk && "
		 "ssh-keygen -q -t ed25519 -N '' -f id && cp id.pub keys",
		 f->dir);
	if (system(line) != 0)
		return false;
	return put(f, "sshd_config",
		   "Port %u\nListenAddress 127.0.0.1\nHostKey %s/hk\n"
		   "PidFile none\nAuthorizedKeysFile %s/keys\n"
		   "StrictModes no\nUsePAM no\nPermitRootLogin yes\n"
		   "PasswordAuthentication no\n"
		   "SetEnv HOME=%s LC_ALL=C.UTF-8\n",
		   port, f->dir, f->dir, f->dir) &&
	       put(f, "ssh_config",
		   "Host box\nHostName 127.0.0.1\nPort %u\n"
		   "IdentityFile %s/id\nIdentitiesOnly yes\n"
		   "UserKnownHostsFile /dev/null\nStrictHostKeyChecking no\n"
		   "LogLevel ERROR\n",
		   port, f->dir);
}

static char *
join(const char *dir, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		abort();
	return path;
}

int
far_init(struct far *f, const char *dir)
{
	char *sshd = mux_find("sshd", "/usr/sbin:/usr/local/sbin:/usr/bin");
	uint16_t port = free_port();

	*f = (struct far){ .dir = join(dir, "far"),
			   .ssh = mux_find("ssh", getenv("PATH")) };
	f->conf = join(f->dir, "ssh_config");
	mkdir(f->dir, 0700);
	/* Where root's sshd wants it, and no service has made it. */
	if (geteuid() == 0)
		mkdir("/run/sshd", 0755);
	if (sshd == NULL || f->ssh == NULL || !configure(f, port)) {
		free(sshd);
		return -1;
	}
	char *conf = join(f->dir, "sshd_config");
	f->sshd = fork();
	if (f->sshd == 0) {
		execl(sshd, sshd, "-D", "-f", conf, (char *)NULL);
		_exit(127);
	}
	free(conf);
	free(sshd);
	for (int i = 0; i < TRIES && !answers(port); i++)
		usleep(PAUSE);
	return answers(port) ? 0 : -1;
}

void
far_release(struct far *f)
{
	if (f->sshd > 0) {
		kill(f->sshd, SIGTERM);
		waitpid(f->sshd, NULL, 0);
	}
	mux_remove(f->dir);
	free(f->dir);
	free(f->ssh);
	free(f->conf);
}
