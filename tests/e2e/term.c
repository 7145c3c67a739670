/* e2e/term.c - a terminal window with a program in it (libvterm). */
#include "e2e/term.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#ifdef __linux__
#include <pty.h>
#else
#include <util.h>
#endif

#include <cmocka.h>
#include <vterm.h>

#include "base/mem.h"
#include "base/str.h"
#include "e2e/world.h"

enum { ARGS_MAX = 32, ROW_BYTES = 4096 };

struct term {
	struct world *world;
	int fd; /* the master; -1 once the other side is closed */
	pid_t pid; /* 0 once it was waited for */
	int status;
	VTerm *vt;
	VTermScreen *screen;
	struct sieve sieve;
	struct buf pass, out; /* for libvterm; for the program */
	struct buf raw;
	char **history;
	size_t nhistory;
	char row[ROW_BYTES];
};

static size_t
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (char)((0xf00 >> n & 0xff) | c);
	return n;
}

/* The text of cells, trailing blanks cut. */
static void
text_of(const VTermScreenCell *cells, int cols, char out[ROW_BYTES])
{
	size_t len = 0, end = 0;

	for (int i = 0; i < cols && len < ROW_BYTES - 32; i++) {
		const uint32_t *c = cells[i].chars;

		if (c[0] == UINT32_MAX) /* the right half of a wide one */
			continue;
		if (c[0] == 0)
			out[len++] = ' ';
		for (int k = 0; k < VTERM_MAX_CHARS_PER_CELL && c[k]; k++)
			len += put_utf8(out + len, c[k]);
		if (out[len - 1] != ' ')
			end = len;
	}
	out[end] = '\0';
}

static int
on_pushline(int cols, const VTermScreenCell *cells, void *user)
{
	struct term *t = user;
	char text[ROW_BYTES];

	text_of(cells, cols, text);
	t->history = mem_grow(t->history, t->nhistory + 1, sizeof *t->history);
	t->history[t->nhistory++] = mem_str(text);
	return 1;
}

static void
on_cursor(void *ctx, unsigned *row, unsigned *col)
{
	struct term *t = ctx;

	/* The query stands behind what has not been handed on yet. */
	vterm_input_write(t->vt, (const char *)t->pass.data, t->pass.len);
	buf_clear(&t->pass);
	term_cursor(t, row, col);
}

static void
make_screen(struct term *t, unsigned cols, unsigned rows)
{
	static const VTermScreenCallbacks calls = { .sb_pushline =
							    on_pushline };

	t->vt = vterm_new((int)rows, (int)cols);
	vterm_set_utf8(t->vt, 1);
	t->screen = vterm_obtain_screen(t->vt);
	vterm_screen_set_callbacks(t->screen, &calls, t);
	vterm_screen_enable_altscreen(t->screen, 1);
	vterm_screen_reset(t->screen, 1);
	t->sieve = (struct sieve){
		.pass = &t->pass,
		.reply = &t->out,
		.cursor = on_cursor,
		.ctx = t,
	};
}

/* As the terminals of today have it. */
static void
set_utf8(void)
{
#ifdef IUTF8
	struct termios tio;

	if (tcgetattr(STDIN_FILENO, &tio) == 0) {
		tio.c_iflag |= IUTF8;
		tcsetattr(STDIN_FILENO, TCSANOW, &tio);
	}
#endif
}

struct term *
term_open(struct world *w, unsigned cols, unsigned rows,
	  const char *const argv[])
{
	struct winsize size = { .ws_col = (unsigned short)cols,
				.ws_row = (unsigned short)rows };
	struct term *t = mem_zero(1, sizeof *t);
	int i = 0;

	while (i < WORLD_TERMS && w->terms[i] != NULL)
		i++;
	assert_true(i < WORLD_TERMS);
	w->terms[i] = t;
	t->world = w;
	make_screen(t, cols, rows);
	t->pid = forkpty(&t->fd, NULL, NULL, &size);
	if (t->pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		set_utf8();
		if (chdir(world_home(w)) < 0)
			_exit(126);
		environ = w->env; /* its PATH counts */
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_true(t->pid > 0);
	fcntl(t->fd, F_SETFD, FD_CLOEXEC);
	fcntl(t->fd, F_SETFL, O_NONBLOCK);
	return t;
}

struct term *
term_cdo(struct world *w, unsigned cols, unsigned rows, ...)
{
	const char *argv[ARGS_MAX] = { "cdo" };
	va_list ap;

	va_start(ap, rows);
	for (int n = 1; n < ARGS_MAX - 1; n++)
		if ((argv[n] = va_arg(ap, const char *)) == NULL)
			break;
	va_end(ap);
	return term_open(w, cols, rows, argv);
}

struct term *
term_attach(struct world *w, const char *name)
{
	return term_cdo(w, 80, 24, "attach", name, NULL);
}

struct term *
term_shell(struct world *w, unsigned cols, unsigned rows)
{
	struct term *t =
		term_open(w, cols, rows,
			  (const char *[]){ "env", "PS1=user$ ", "bash",
					    "--norc", "--noprofile", NULL });

	term_until_last(t, "user$");
	return t;
}

void
term_close(struct term *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

void
term_free(struct term *t)
{
	term_close(t);
	if (t->pid > 0) {
		kill(t->pid, SIGKILL);
		waitpid(t->pid, NULL, 0);
	}
	vterm_free(t->vt);
	sieve_release(&t->sieve);
	buf_release(&t->pass);
	buf_release(&t->out);
	buf_release(&t->raw);
	for (size_t i = 0; i < t->nhistory; i++)
		free(t->history[i]);
	free(t->history);
	free(t);
}

void
term_resize(struct term *t, unsigned cols, unsigned rows)
{
	struct winsize size = { .ws_col = (unsigned short)cols,
				.ws_row = (unsigned short)rows };
	/* libvterm keeps what it saved outside of a smaller screen. */
	static const char tame[] = "\0337\033[r\0338", save[] = "\0337";

	vterm_input_write(t->vt, tame, sizeof tame - 1);
	vterm_set_size(t->vt, (int)rows, (int)cols);
	vterm_input_write(t->vt, save, sizeof save - 1);
	ioctl(t->fd, TIOCSWINSZ, &size);
}

static void
flush(struct term *t)
{
	while (t->out.len > 0 && t->fd >= 0) {
		ssize_t n = write(t->fd, t->out.data, t->out.len);
		if (n <= 0)
			return;
		buf_drop(&t->out, (size_t)n);
	}
}

void
term_type(struct term *t, const char *keys)
{
	buf_str(&t->out, keys);
	flush(t);
}

int
term_fd(const struct term *t)
{
	return t->fd;
}

pid_t
term_pid(const struct term *t)
{
	return t->pid;
}

bool
term_wants_write(const struct term *t)
{
	return t->out.len > 0;
}

void
term_serve(struct term *t)
{
	char data[8192];

	flush(t);
	ssize_t n = read(t->fd, data, sizeof data);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		term_close(t);
		return;
	}
	buf_append(&t->raw, data, (size_t)n);
	sieve_feed(&t->sieve, data, (size_t)n);
	vterm_input_write(t->vt, (const char *)t->pass.data, t->pass.len);
	buf_clear(&t->pass);
	flush(t);
}

static void
size_of(const struct term *t, int *cols, int *rows)
{
	vterm_get_size(t->vt, rows, cols);
}

const char *
term_row(struct term *t, unsigned row)
{
	VTermScreenCell cells[512];
	int cols, rows;

	size_of(t, &cols, &rows);
	assert_true((int)row < rows && cols <= 512);
	for (int i = 0; i < cols; i++)
		vterm_screen_get_cell(t->screen, (VTermPos){ (int)row, i },
				      &cells[i]);
	text_of(cells, cols, t->row);
	return t->row;
}

char *
term_screen(struct term *t)
{
	struct buf all = { 0 };
	size_t end = 0;
	int cols, rows;

	size_of(t, &cols, &rows);
	for (int i = 0; i < rows; i++) {
		const char *row = term_row(t, (unsigned)i);
		buf_printf(&all, "%s\n", row);
		if (*row != '\0')
			end = all.len;
	}
	char *text = buf_steal(&all);
	text[end] = '\0';
	return world_keep(t->world, text, free);
}

size_t
term_history(const struct term *t)
{
	return t->nhistory;
}

const char *
term_history_line(const struct term *t, size_t i)
{
	assert_true(i < t->nhistory);
	return t->history[i];
}

long
term_find(const struct term *t, const char *line, size_t from)
{
	for (size_t i = from; i < t->nhistory; i++)
		if (strcmp(t->history[i], line) == 0)
			return (long)i;
	return -1;
}

void
term_cursor(const struct term *t, unsigned *row, unsigned *col)
{
	VTermPos pos;

	vterm_state_get_cursorpos(vterm_obtain_state(t->vt), &pos);
	*row = (unsigned)pos.row;
	*col = (unsigned)pos.col;
}

bool
term_alternate(const struct term *t)
{
	return sieve_mode(&t->sieve, 1049) || sieve_mode(&t->sieve, 1047) ||
	       sieve_mode(&t->sieve, 47);
}

static unsigned
rgb(struct term *t, VTermColor c)
{
	vterm_screen_convert_color_to_rgb(t->screen, &c);
	return (unsigned)c.rgb.red << 16 | (unsigned)c.rgb.green << 8 |
	       c.rgb.blue;
}

void
term_cell(struct term *t, unsigned row, unsigned col, struct term_cell *out)
{
	VTermScreenCell c;

	vterm_screen_get_cell(t->screen, (VTermPos){ (int)row, (int)col }, &c);
	*out = (struct term_cell){
		.bold = c.attrs.bold,
		.underline = c.attrs.underline,
		.reverse = c.attrs.reverse,
		.fg = rgb(t, c.fg),
		.bg = rgb(t, c.bg),
	};
	size_t len = 0;
	for (int k = 0; k < VTERM_MAX_CHARS_PER_CELL && c.chars[k] != 0; k++)
		if (c.chars[k] != UINT32_MAX)
			len += put_utf8(out->text + len, c.chars[k]);
}

const struct sieve *
term_modes(const struct term *t)
{
	return &t->sieve;
}

const char *
term_raw(struct term *t, size_t *len)
{
	*len = t->raw.len;
	buf_byte(&t->raw, '\0');
	t->raw.len--;
	return (const char *)t->raw.data;
}

struct world *
term_world(const struct term *t)
{
	return t->world;
}

/* Its terminal may be closed before it is over, and the other way round. */
static bool
has_ended(void *ctx)
{
	struct term *t = ctx;
	int status;

	if (t->pid > 0 && waitpid(t->pid, &status, WNOHANG) == t->pid) {
		t->pid = 0;
		t->status = WIFEXITED(status) ? WEXITSTATUS(status)
					      : 128 + WTERMSIG(status);
	}
	return t->pid == 0;
}

int
term_end(struct term *t)
{
	size_t before;

	world_until(t->world, "the end of a terminal's program", has_ended, t);
	do { /* what it has left behind */
		before = t->raw.len;
		world_pump(t->world, 0);
	} while (t->raw.len > before);
	return t->status;
}

static bool
has_stopped(void *ctx)
{
	struct term *t = ctx;
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)t->pid, &info,
		      WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == t->pid;
}

void
term_until_stopped(struct term *t)
{
	world_until(t->world, "a terminal's program to stop", has_stopped, t);
}
