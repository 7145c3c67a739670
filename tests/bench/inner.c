/* bench/inner.c - the program inside of what is measured. */
#include "bench/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t resized;

static void
on_winch(int sig)
{
	(void)sig;
	resized = 1;
}

static void
put(const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, data, len);
		if (n < 0 && errno != EINTR)
			_exit(1);
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
}

static void
flood(const char *path)
{
	static const char done[] = "\033[0m\033[H\033[2J" INNER_DONE;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		_exit(1);
	char *data =
		mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		_exit(1);
	put(data, (size_t)st.st_size);
	put(done, sizeof done - 1);
	munmap(data, (size_t)st.st_size);
}

static void
line(unsigned n)
{
	char text[128];

	n = n * 2654435761u;
	int len = snprintf(text, sizeof text,
			   "%08x \033[3%um%u\033[0m requests, %u of them "
			   "answered from the cache, took %ums\r\n",
			   n, n >> 8 & 7, n >> 16, n >> 20, n & 1023);
	put(text, (size_t)len);
}

static void
paint(unsigned lines)
{
	static const char clear[] = "\033[0m\033[H\033[2J";
	struct winsize size = { .ws_row = 24 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	put(clear, sizeof clear - 1);
	for (unsigned i = 0; i < lines; i++)
		line(i);
	/* Without history the screen is filled and nothing scrolls. */
	for (unsigned i = 1; i < size.ws_row; i++)
		line(i);
	put(INNER_PAINTED, sizeof INNER_PAINTED - 1);
}

int
inner_main(const char *payload, unsigned lines)
{
	struct sigaction act = { .sa_handler = on_winch };
	struct termios t;
	char c;

	if (tcgetattr(STDIN_FILENO, &t) < 0)
		return 1;
	/* As programs do in their raw mode: the line feeds stay cooked. */
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	t.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
	sigaction(SIGWINCH, &act, NULL); /* breaks the read: no SA_RESTART */

	for (bool painted = false, echo = false;;) {
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR) {
			if (resized && painted)
				paint(0);
			resized = 0;
			continue;
		}
		if (n <= 0)
			return 0;
		if (echo) {
			put(&c, 1);
		} else if (c == 'h') {
			put(INNER_HELLO, sizeof INNER_HELLO - 1);
		} else if (c == 'g') {
			flood(payload);
		} else if (c == 'p') {
			paint(lines);
			painted = true;
		} else if (c == 'e') {
			echo = true;
		}
	}
}
