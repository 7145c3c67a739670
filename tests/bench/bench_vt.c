/* bench/bench_vt.c - the engine alone, with libvterm's layers beside it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vterm.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/str.h"
#include "vt/screen.h"

enum {
	COLS = 120,
	ROWS = 40,
	PAYLOAD = 8 << 20,
	READ = 64 << 10, /* bytes that a read of a PTY may give */
	ROUNDS = 5,
	SLOW = 1, /* seconds */
};

static uint32_t
pick(uint32_t n)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % n;
}

static const char *
word(void)
{
	static const char *const words[] = {
		"connection", "from", "worker", "accepted", "the",  "of",
		"request",    "GET",  "/api",	"timeout",  "null", "retry",
		"session",    "in",   "ms",	"closed",   "a",    "error",
	};

	return words[pick(sizeof words / sizeof words[0])];
}

static void
log_lines(struct buf *out)
{
	for (unsigned n = 0; out->len < PAYLOAD; n++) {
		buf_printf(out, "2026-01-02T03:04:%02u.%03uZ INFO [%u]",
			   n / 1000 % 60, n % 1000, pick(9000));
		for (uint32_t i = 4 + pick(8); i > 0; i--)
			buf_printf(out, " %s", word());
		buf_str(out, "\r\n");
	}
}

static void
color_words(struct buf *out)
{
	while (out->len < PAYLOAD) {
		for (uint32_t i = 8 + pick(8); i > 0; i--)
			buf_printf(out, "\033[38;5;%um%s ", pick(256), word());
		buf_str(out, "\033[0m\r\n");
	}
}

static void
cjk(struct buf *out)
{
	static const char *const emoji[] = { "\xf0\x9f\x98\x80",
					     "\xf0\x9f\x9a\x80", "\xe2\x9c\x85",
					     "\xf0\x9f\x90\x9b" };

	while (out->len < PAYLOAD) {
		for (uint32_t i = 20 + pick(30); i > 0; i--) {
			uint32_t c = 0x4e00 + pick(0x5000);

			buf_byte(out, (uint8_t)(0xe0 | c >> 12));
			buf_byte(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
			buf_byte(out, (uint8_t)(0x80 | (c & 0x3f)));
			if (pick(16) == 0)
				buf_str(out, emoji[pick(4)]);
			if (pick(12) == 0)
				buf_byte(out, ' ');
		}
		buf_str(out, "\r\n");
	}
}

static void
repaints(struct buf *out)
{
	for (unsigned frame = 0; out->len < PAYLOAD; frame++)
		for (unsigned y = 0; y < ROWS; y++) {
			buf_printf(out, "\033[%uH", y + 1);
			for (unsigned x = 0; x < COLS; x++)
				buf_printf(
					out,
					"\033[38;2;%u;%u;%u;48;2;%u;%u;%um%c",
					255 - x * 2 % 256, frame % 256,
					255 - y * 6 % 256, x * 2 % 256,
					y * 6 % 256, frame % 256,
					' ' + (char)((x + y) % 90));
		}
}

/* What a PTY makes of yes(1), and yes(1) itself: a staircase. */
static void
yes(struct buf *out)
{
	while (out->len < PAYLOAD)
		buf_str(out, "y\r\n");
}

static void
bare_yes(struct buf *out)
{
	while (out->len < PAYLOAD)
		buf_str(out, "y\n");
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct job {
	const char *name;
	unsigned cols, rows;
	struct buf data;
	size_t times; /* a short recording is fed again and again */
};

static void
feed(const struct job *j, void (*take)(void *, const char *, size_t), void *to)
{
	for (size_t n = 0; n < j->times; n++)
		for (size_t at = 0; at < j->data.len; at += READ) {
			size_t len = j->data.len - at;

			take(to, (const char *)j->data.data + at,
			     len < READ ? len : READ);
		}
}

static void
take_cdo(void *to, const char *data, size_t len)
{
	screen_feed(to, data, len);
}

static double
run_cdo(const struct job *j)
{
	struct screen *s = screen_new(&(struct screen_options){
		.cols = j->cols,
		.rows = j->rows,
		.history_lines = 10000,
		.history_bytes = 16 << 20,
	});
	double start = now();

	feed(j, take_cdo, s);
	start = now() - start;
	screen_free(s);
	return start;
}

static void
take_vterm(void *to, const char *data, size_t len)
{
	vterm_input_write(to, data, len);
}

/* The state layer as it is used: it tells somebody, who does nothing. */
static int
on_glyph(VTermGlyphInfo *info, VTermPos pos, void *to)
{
	(void)info, (void)pos, (void)to;
	return 1;
}

static int
on_move(VTermPos pos, VTermPos from, int visible, void *to)
{
	(void)pos, (void)from, (void)visible, (void)to;
	return 1;
}

static int
on_scroll(VTermRect rect, int down, int right, void *to)
{
	(void)rect, (void)down, (void)right, (void)to;
	return 1;
}

static int
on_erase(VTermRect rect, int selective, void *to)
{
	(void)rect, (void)selective, (void)to;
	return 1;
}

static int
on_pen(VTermAttr attr, VTermValue *value, void *to)
{
	(void)attr, (void)value, (void)to;
	return 1;
}

static int
on_prop(VTermProp prop, VTermValue *value, void *to)
{
	(void)prop, (void)value, (void)to;
	return 1;
}

static double
run_vterm(const struct job *j, bool screen)
{
	static const VTermStateCallbacks none = {
		.putglyph = on_glyph,
		.movecursor = on_move,
		.scrollrect = on_scroll,
		.erase = on_erase,
		.setpenattr = on_pen,
		.settermprop = on_prop,
	};
	VTerm *vt = vterm_new((int)j->rows, (int)j->cols);
	double start;

	vterm_set_utf8(vt, 1);
	if (screen) {
		VTermScreen *s = vterm_obtain_screen(vt);

		vterm_screen_enable_altscreen(s, 1);
		vterm_screen_set_damage_merge(s, VTERM_DAMAGE_SCROLL);
		vterm_screen_reset(s, 1);
	} else {
		VTermState *s = vterm_obtain_state(vt);

		vterm_state_set_callbacks(s, &none, NULL);
		vterm_state_reset(s, 1);
	}
	start = now();
	feed(j, take_vterm, vt);
	start = now() - start;
	vterm_free(vt);
	return start;
}

static double
best(const struct job *j, int which)
{
	double least = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double t = which == 0 ? run_cdo(j) : run_vterm(j, which == 2);

		if (t > SLOW)
			i = ROUNDS; /* once is enough */

		if (t < least)
			least = t;
	}
	return (double)j->data.len * (double)j->times / least / 1e6;
}

static void
compare(const struct job *j)
{
	double cdo = best(j, 0), state = best(j, 1), screen = best(j, 2);

	printf("%-24s %8.0f %8.0f %8.0f %7.1fx %7.1fx\n", j->name, cdo, state,
	       screen, cdo / state, cdo / screen);
	fflush(stdout);
}

static void
recorded(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		size_t len = strlen(name);

		if (len > 4 && strcmp(name + len - 4, ".bin") == 0) {
			char *path = str_printf("%s/%s", dir, name);
			struct job j = { name, 80, 24, { 0 }, 1 };

			if (io_slurp(path, PAYLOAD, &j.data) == 0 &&
			    j.data.len > 0) {
				j.times = (4 << 20) / j.data.len + 1;
				compare(&j);
			}
			buf_release(&j.data);
			free(path);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

/* bench-vt [part of a name]: only those payloads. */
int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		unsigned cols, rows;
		void (*make)(struct buf *);
	} payloads[] = {
		{ "log lines", COLS, ROWS, log_lines },
		{ "256-colour words", COLS, ROWS, color_words },
		{ "CJK and emoji", COLS, ROWS, cjk },
		{ "true-colour repaints", COLS, ROWS, repaints },
		{ "y, 240x60", 240, 60, yes },
		{ "y without CR, 240x60", 240, 60, bare_yes },
	};
	const char *dir = getenv("CDO_STREAMS"),
		   *only = argc > 1 ? argv[1] : "";

	printf("%-24s %8s %8s %8s %8s %8s\n", "MB/s", "cdo", "state", "screen",
	       "/state", "/screen");
	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
		struct job j = { payloads[i].name,
				 payloads[i].cols,
				 payloads[i].rows,
				 { 0 },
				 1 };

		if (!strstr(j.name, only))
			continue;
		payloads[i].make(&j.data);
		compare(&j);
		buf_release(&j.data);
	}
	if (!*only)
		recorded(dir ? dir : "../shared/streams");
	return 0;
}
