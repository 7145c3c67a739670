/* e2e/sieve.c - what libvterm is not to see, answered and remembered. */
#include "e2e/sieve.h"

#include <stdio.h>
#include <string.h>

enum { GROUND, ESCAPE, CSI, STRING, STRING_ESCAPE };

enum { PARAMS_MAX = 64 };

/* A control sequence, taken apart: ESC [ mark params inter final. */
struct control {
	char mark, inter, final;
	unsigned n;
	int param[PARAMS_MAX]; /* -1: left out */
	bool colons;
};

static bool
parse(const struct buf *seq, struct control *c)
{
	const char *p = (const char *)seq->data + 2;
	const char *end = (const char *)seq->data + seq->len - 1;

	*c = (struct control){ .final = *end, .n = 1, .param = { -1 } };
	if (p < end && strchr("?><=", *p) != NULL)
		c->mark = *p++;
	for (; p < end; p++) {
		if (*p >= '0' && *p <= '9') {
			int *v = &c->param[c->n - 1];
			*v = (*v < 0 ? 0 : *v % 100000) * 10 + (*p - '0');
		} else if (*p == ';' || *p == ':') {
			c->colons |= *p == ':';
			if (c->n == PARAMS_MAX)
				return false;
			c->param[c->n++] = -1;
		} else if (*p >= 0x20 && *p < 0x30) {
			c->inter = *p;
		} else {
			return false;
		}
	}
	return true;
}

static int
arg(const struct control *c, unsigned i, int def)
{
	return i < c->n && c->param[i] >= 0 ? c->param[i] : def;
}

static void
say(struct sieve *s, const char *text)
{
	s->queries++;
	buf_str(s->reply, text);
}

static void
set_mode(struct sieve *s, int mode, char how)
{
	/* Those that libvterm has; the others would do nothing. */
	static const int known[] = { 1,	   5,	 6,    7,    12,   25,
				     69,   1000, 1002, 1003, 1004, 1005,
				     1006, 1015, 1047, 1048, 1049, 2004 };

	if (mode < 0 || mode >= SIEVE_MODES)
		return;
	if (mode == 2026)
		s->unsynced = how == 'h';
	s->dec[mode] = (uint8_t)how;
	if (mode == 47) /* the older name */
		mode = 1047;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i] == mode)
			buf_printf(s->pass, "\033[?%d%c", mode, how);
}

static bool
alternate(const struct sieve *s)
{
	return sieve_mode(s, 1049) || sieve_mode(s, 1047) || sieve_mode(s, 47);
}

static void
private_control(struct sieve *s, const struct control *c)
{
	int *stack = &s->kitty[alternate(s)];
	int n = arg(c, 0, 0);

	if (c->mark == '?' && (c->final == 'h' || c->final == 'l')) {
		for (unsigned i = 0; i < c->n; i++)
			set_mode(s, arg(c, i, -1), c->final);
	} else if (c->mark == '?' && c->final == 'p' && c->inter == '$') {
		s->queries++;
		buf_printf(s->reply, "\033[?%d;%d$y", n,
			   n >= SIEVE_MODES		? 0
			   : sieve_mode(s, (unsigned)n) ? 1
							: 2);
	} else if (c->mark == '?' && c->final == 'n') {
		if (n == 996)
			say(s, "\033[?997;1n");
	} else if (c->mark == '?' && c->final == 'u') {
		say(s, "\033[?0u");
	} else if (c->mark == '>' && c->final == 'c') {
		say(s, "\033[>1;10;0c");
	} else if (c->mark == '>' && c->final == 'q') {
		say(s, "\033P>|e2e\033\\");
	} else if (c->mark == '>' && c->final == 'u') {
		++*stack;
	} else if (c->mark == '<' && c->final == 'u') {
		*stack -= arg(c, 0, 1);
		if (*stack < 0)
			*stack = 0;
	} else if (c->mark == '>' && c->final == 'm') {
		if (n == 4 || n == 0)
			s->modify_keys = (unsigned)arg(c, 1, 0);
	}
}

/* One attribute at a time: libvterm has room for sixteen parameters. */
static void
pen(struct sieve *s, const struct control *c)
{
	s->pen = c->n > 1 || arg(c, 0, 0) != 0;
	if (c->colons) { /* underline styles and colours: not looked at */
		return;
	}
	for (unsigned i = 0; i < c->n; i++) {
		int p = arg(c, i, 0);
		int more = p != 38 && p != 48 && p != 58 ? 0
			   : arg(c, i + 1, 0) == 2	 ? 4
			   : arg(c, i + 1, 0) == 5	 ? 2
							 : 1;
		if (p != 58)
			buf_printf(s->pass, "\033[%d", p);
		for (; more > 0; more--) {
			i++;
			if (p != 58)
				buf_printf(s->pass, ";%d", arg(c, i, 0));
		}
		if (p != 58)
			buf_byte(s->pass, 'm');
	}
}

static void
control(struct sieve *s)
{
	struct control c;

	if (!parse(&s->seq, &c))
		return;
	if (c.mark != 0) {
		private_control(s, &c);
		return;
	}
	switch (c.final) {
	case 'c':
		say(s, "\033[?62;22c");
		return;
	case 'n':
		if (arg(&c, 0, 0) == 6) {
			unsigned row = 0, col = 0;
			s->cursor(s->ctx, &row, &col);
			s->queries++;
			buf_printf(s->reply, "\033[%u;%uR", row + 1, col + 1);
		} else {
			say(s, "\033[0n");
		}
		return;
	case 't':
		if (arg(&c, 0, 0) == 16)
			say(s, "\033[6;16;8t");
		s->titles += arg(&c, 0, 0) == 22;
		s->titles -= arg(&c, 0, 0) == 23 && s->titles > 0;
		return;
	case 'm':
		pen(s, &c);
		return;
	case 'r':
		s->margins = c.n > 1 || arg(&c, 0, 0) > 1;
		break;
	case 'h':
	case 'l':
		if (arg(&c, 0, 0) == 4)
			s->insert = c.final == 'h';
		if (arg(&c, 0, 0) == 20)
			s->newline = c.final == 'h';
		break;
	case 'q':
		if (c.inter == ' ')
			s->cursor_style = (unsigned)arg(&c, 0, 0);
		break;
	case 's':
	case 'u':
		return;
	default:
		break;
	}
	if (c.n <= 8)
		buf_append(s->pass, s->seq.data, s->seq.len);
}

static void
string(struct sieve *s)
{
	const char *p = (const char *)s->seq.data;
	const char *const color = "rgb:0000/0000/0000";
	int n = 0, used = 0;

	if (p[1] == 'P' && p[2] == '+') {
		say(s, "\033P0+r\033\\");
	} else if (p[1] == 'P' && p[2] == '$') {
		say(s, "\033P0$r\033\\");
	} else if (p[1] == ']' && sscanf(p + 2, "%d%n", &n, &used) == 1) {
		const char *rest = p + 2 + used;
		rest += *rest == ';';
		if (n == 0 || n == 2) {
			snprintf(s->title, sizeof s->title, "%s", rest);
		} else if (n == 9 && strncmp(rest, "4;", 2) == 0) {
			s->progress = rest[2] != '0';
		} else if (n >= 10 && n <= 12 && *rest == '?') {
			s->queries++;
			buf_printf(s->reply, "\033]%d;%s\033\\", n,
				   n == 11 ? color : "rgb:cccc/cccc/cccc");
		} else if (n == 4 || (n >= 10 && n <= 12)) {
			s->colors |= strchr(rest, '?') == NULL;
		} else if (n == 104 || n == 110 || n == 111 || n == 112) {
			s->colors = false;
		}
	}
}

static void
escape(struct sieve *s)
{
	const char *p = (const char *)s->seq.data + 1;

	switch (*p) {
	case 'c':
		s->resets++;
		break;
	case '=':
	case '>':
		s->keypad = *p == '=';
		break;
	case '(':
		s->graphics = p[1] != 'B';
		break;
	default:
		break;
	}
	if (strchr("78DEHMc=>()*+#", *p) != NULL)
		buf_append(s->pass, s->seq.data, s->seq.len);
}

static void
ground(struct sieve *s, uint8_t c)
{
	if (c == 0x1b) {
		buf_clear(&s->seq);
		buf_byte(&s->seq, c);
		s->state = ESCAPE;
		return;
	}
	if (c == 0x0e || c == 0x0f)
		s->shifted = c == 0x0e;
	buf_byte(s->pass, c);
}

static void
take(struct sieve *s, uint8_t c)
{
	if (s->state == GROUND) {
		ground(s, c);
		return;
	}
	if (c == 0x18 || c == 0x1a) { /* CAN and SUB break off anything */
		s->state = GROUND;
		return;
	}
	if (s->state == STRING_ESCAPE) {
		buf_byte(&s->seq, '\0');
		string(s);
		s->state = GROUND;
		if (c != '\\') { /* ESC had begun something else */
			ground(s, 0x1b);
			take(s, c);
		}
		return;
	}
	if (s->state == STRING && c == 0x07) {
		buf_byte(&s->seq, '\0');
		string(s);
		s->state = GROUND;
		return;
	}
	if (c == 0x1b) {
		if (s->state == STRING)
			s->state = STRING_ESCAPE;
		else
			ground(s, c);
		return;
	}
	if (s->state != STRING && c < 0x20) {
		buf_byte(s->pass, c);
		return;
	}
	buf_byte(&s->seq, c);
	if (s->state == CSI && c >= 0x40) {
		s->state = GROUND;
		control(s);
	} else if (s->state == ESCAPE && s->seq.len == 2 && c == '[') {
		s->state = CSI;
	} else if (s->state == ESCAPE && s->seq.len == 2 &&
		   strchr("]P_^Xk", c) != NULL) {
		s->state = STRING;
	} else if (s->state == ESCAPE && c >= 0x30) {
		s->state = GROUND;
		escape(s);
	}
}

void
sieve_feed(struct sieve *s, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		take(s, p[i]);
}

void
sieve_release(struct sieve *s)
{
	buf_release(&s->seq);
}

bool
sieve_mode(const struct sieve *s, unsigned mode)
{
	if (mode == 7 || mode == 25)
		return s->dec[mode] != 'l';
	return s->dec[mode] == 'h';
}

const char *
sieve_left_over(const struct sieve *s)
{
	static const unsigned off[] = { 1,    5,    6,	  9,	45,
					47,   66,   67,	  69,	1000,
					1001, 1002, 1003, 1004, 1005,
					1006, 1015, 1016, 1047, 1049,
					2004, 2026, 2027, 2031, 2048 };
	static char text[64];

	for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
		if (sieve_mode(s, off[i])) {
			snprintf(text, sizeof text, "mode ?%u", off[i]);
			return text;
		}
	}
	return !sieve_mode(s, 7)	    ? "no autowrap"
	       : !sieve_mode(s, 25)	    ? "a hidden cursor"
	       : s->insert		    ? "insert mode"
	       : s->newline		    ? "new line mode"
	       : s->keypad		    ? "the application keypad"
	       : s->margins		    ? "margins"
	       : s->shifted || s->graphics  ? "a character set"
	       : s->pen			    ? "attributes"
	       : s->kitty[0] || s->kitty[1] ? "kitty's keyboard"
	       : s->modify_keys		    ? "modifyOtherKeys"
	       : s->cursor_style	    ? "the cursor's style"
	       : s->titles		    ? "a title on the stack"
	       : s->colors		    ? "colours"
	       : s->progress		    ? "a progress bar"
	       : s->resets		    ? "a reset (RIS)"
					    : NULL;
}
