/* client/tty.c - the user's terminal: raw mode, size, terminfo, writing. */
#include "client/tty.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <term.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/patience.h"

int
tty_open(struct tty *t)
{
	*t = (struct tty){ .fd = -1, .blocking = -1 };
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return -ENOTTY;

	int r = io_check(tcgetattr(STDIN_FILENO, &t->was));
	if (r < 0)
		return r;

	struct stat st;
	if (fstat(STDIN_FILENO, &st) == 0)
		t->rdev = (uint64_t)st.st_rdev;

	const char *path = ttyname(STDIN_FILENO);
	t->path = mem_str(path != NULL ? path : "");
	if (path != NULL)
		t->fd = io_open(path, O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
	if (t->fd >= 0)
		return 0;

	/* Another user's, after su: then it must be the descriptor itself. */
	t->fd = STDIN_FILENO;
	t->shared = true;
	return 0;
}

void
tty_close(struct tty *t)
{
	tty_cooked(t);
	if (t->fd >= 0 && !t->shared)
		io_close(t->fd);
	if (t->blocking >= 0)
		io_close(t->blocking);
	t->fd = t->blocking = -1;
	free(t->path);
	t->path = NULL;
	buf_release(&t->out);
}

int
tty_raw(struct tty *t)
{
	struct termios raw = t->was;

	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;

	int r = io_check(tcsetattr(t->fd, TCSADRAIN, &raw));
	t->raw = r == 0;
	if (t->shared)
		io_nonblock(t->fd, true);
	return r;
}

void
tty_cooked(struct tty *t)
{
	if (t->raw)
		tcsetattr(t->fd, TCSADRAIN, &t->was);
	if (t->raw && t->shared)
		io_nonblock(t->fd, false);
	t->raw = false;
}

int
tty_size(int fd, unsigned *cols, unsigned *rows)
{
	struct winsize w;
	int r = io_check(ioctl(fd, TIOCGWINSZ, &w));

	if (r < 0)
		return r;
	*cols = w.ws_col > 0 ? w.ws_col : 80;
	*rows = w.ws_row > 0 ? w.ws_row : 24;
	return 0;
}

enum {
	PATIENCE = 10, /* ms; meanwhile a key that is typed waits */
	SMALL = 2048, /* bytes that a terminal mostly takes at once */
	MUCH = 16 << 10,
};

/* What the terminal takes of data at once. */
static size_t
take(struct tty *t, const uint8_t *data, size_t len)
{
	ssize_t n = io_write(t->fd, data, len);

	if (n < 0 && n != -EAGAIN) {
		t->broken = true;
		buf_clear(&t->out);
	}
	return n > 0 ? (size_t)n : 0;
}

static bool
can_wait(struct tty *t)
{
	if (t->blocking < 0 && !t->shared)
		t->blocking = io_open(t->path, O_WRONLY | O_NOCTTY, 0);
	return t->blocking >= 0;
}

/* The same, and what it takes soon. */
static size_t
take_soon(struct tty *t, const uint8_t *data, size_t len)
{
	size_t n = len > SMALL ? 0 : take(t, data, len);

	if (n < len && !t->broken && can_wait(t))
		n += patience_write(t->blocking, data + n, len - n, PATIENCE);
	/* Nothing at all: it is stuck, or gone. */
	return n > 0 ? n : take(t, data, len);
}

bool
tty_flush(struct tty *t)
{
	if (t->out.len > 0)
		buf_drop(&t->out, take_soon(t, t->out.data, t->out.len));
	if (t->out.len > 0)
		return false;
	buf_clear(&t->out);
	return true;
}

void
tty_write(struct tty *t, const void *data, size_t len)
{
	/* Much is not worth a copy to be in one write with what is queued. */
	bool behind = t->out.len > 0 && (len <= MUCH || !tty_flush(t));
	size_t n = behind || t->broken ? 0 : take_soon(t, data, len);

	tty_queue(t, (const uint8_t *)data + n, len - n);
	if (behind)
		tty_flush(t);
}

void
tty_queue(struct tty *t, const void *data, size_t len)
{
	if (!t->broken)
		buf_append(&t->out, data, len);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
tty_finish(struct tty *t, int ms)
{
	int64_t end = now_ms() + 10 * ms, left = ms;
	size_t len = t->out.len;

	while (!tty_flush(t) && !t->broken && left > 0 && now_ms() < end) {
		int64_t since = now_ms();
		poll(&(struct pollfd){ t->fd, POLLOUT, 0 }, 1, (int)left);
		left = t->out.len < len ? ms : left - (now_ms() - since);
		len = t->out.len;
	}
	buf_clear(&t->out);
}

bool
tty_readable(const struct tty *t, int ms)
{
	struct pollfd p = { t->fd, POLLIN, 0 };

	return poll(&p, 1, ms) == 1 && (p.revents & POLLIN) != 0;
}

/* --- terminfo --------------------------------------------------------- */

static const struct {
	const char *name, *xterm;
} caps[] = {
	[TTY_CUP] = { "cup", "\033[%i%p1%d;%p2%dH" },
	[TTY_CLEAR] = { "clear", "\033[H\033[2J" },
	[TTY_EL] = { "el", "\033[K" },
	[TTY_SGR0] = { "sgr0", "\033[m" },
	[TTY_BOLD] = { "bold", "\033[1m" },
	[TTY_DIM] = { "dim", "" },
	[TTY_ITALIC] = { "sitm", "" },
	[TTY_BLINK] = { "blink", "" },
	[TTY_REVERSE] = { "rev", "\033[7m" },
	[TTY_INVISIBLE] = { "invis", "" },
	[TTY_STRIKE] = { "smxx", "" },
	[TTY_UNDERLINE] = { "smul", "\033[4m" },
	[TTY_SETAF] = { "setaf", "\033[3%p1%dm" },
	[TTY_SETAB] = { "setab", "\033[4%p1%dm" },
	[TTY_SMCUP] = { "smcup", "\033[?1049h" },
	[TTY_RMCUP] = { "rmcup", "\033[?1049l" },
	[TTY_CIVIS] = { "civis", "\033[?25l" },
	[TTY_CNORM] = { "cnorm", "\033[?25h" },
	[TTY_SS] = { "Ss", "" },
};

static bool
terminfo(void)
{
	static int known = -1;

	if (known < 0) {
		int err;

		known = setupterm(NULL, STDOUT_FILENO, &err) == OK;
	}
	return known > 0;
}

static const char *
lookup(enum tty_cap cap)
{
	static const char *found[sizeof caps / sizeof *caps];

	if (found[cap] == NULL && terminfo()) {
		const char *s = tigetstr(caps[cap].name);

		if (s != NULL && s != (const char *)-1)
			found[cap] = s;
	}
	if (found[cap] == NULL)
		found[cap] = caps[cap].xterm;
	return found[cap];
}

/* Terminals that need the padding of `$<5>` are in museums. */
static void
unpadded(struct buf *out, const char *s)
{
	while (*s != '\0') {
		const char *end = strncmp(s, "$<", 2) == 0 ? strchr(s, '>')
							   : NULL;

		if (end != NULL)
			s = end + 1;
		else
			buf_byte(out, (uint8_t)*s++);
	}
}

void
tty_cap(struct buf *out, enum tty_cap cap, int a, int b)
{
	const char *s = lookup(cap);

	if (cap == TTY_CUP || cap == TTY_SETAF || cap == TTY_SETAB ||
	    cap == TTY_SS)
		s = tiparm(s, a, b);
	if (s != NULL)
		unpadded(out, s);
}

static bool
flag(const char *name)
{
	return terminfo() && tigetflag(name) > 0;
}

static bool
has(const char *name)
{
	const char *s = terminfo() ? tigetstr(name) : NULL;

	return s != NULL && s != (const char *)-1;
}

void
tty_colors(struct tty_colors *out)
{
	const char *say = getenv("COLORTERM");
	int n = terminfo() ? tigetnum("colors") : 8;

	*out = (struct tty_colors){
		.indexed = n > 256 ? 256
			   : n > 0 ? (unsigned)n
				   : 0,
		.direct = n > 256 || flag("Tc") || flag("RGB") ||
			  str_eq(say, "truecolor") || str_eq(say, "24bit"),
		.last_cell = !flag("am") || flag("xenl"),
		.styled_underline = flag("Su") || has("Smulx"),
	};
}
