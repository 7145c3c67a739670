/* vt/keys.c - key names and pastes as programs expect them (libvterm). */
#include "vt/keys.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <vterm.h>

#include "base/buf.h"
#include "vt/screen.h"

enum { SHIFT = 1, ALT = 2, CTRL = 4 };
enum { DISAMBIGUATE = 1, ALTERNATES = 4, ALL_AS_ESCAPES = 8, TEXT = 16 };

/* A key that types no character; kitty writes it CSI number or CSI letter. */
struct function_key {
	const char *name;
	VTermKey key;
	uint8_t number;
	char final;
};

static const struct function_key function_keys[] = {
	{ "Up", VTERM_KEY_UP, 1, 'A' },
	{ "Down", VTERM_KEY_DOWN, 1, 'B' },
	{ "Right", VTERM_KEY_RIGHT, 1, 'C' },
	{ "Left", VTERM_KEY_LEFT, 1, 'D' },
	{ "Home", VTERM_KEY_HOME, 1, 'H' },
	{ "End", VTERM_KEY_END, 1, 'F' },
	{ "Insert", VTERM_KEY_INS, 2, '~' },
	{ "Delete", VTERM_KEY_DEL, 3, '~' },
	{ "PageUp", VTERM_KEY_PAGEUP, 5, '~' },
	{ "PageDown", VTERM_KEY_PAGEDOWN, 6, '~' },
	{ "F1", VTERM_KEY_FUNCTION(1), 1, 'P' },
	{ "F2", VTERM_KEY_FUNCTION(2), 1, 'Q' },
	{ "F3", VTERM_KEY_FUNCTION(3), 13, '~' },
	{ "F4", VTERM_KEY_FUNCTION(4), 1, 'S' },
	{ "F5", VTERM_KEY_FUNCTION(5), 15, '~' },
	{ "F6", VTERM_KEY_FUNCTION(6), 17, '~' },
	{ "F7", VTERM_KEY_FUNCTION(7), 18, '~' },
	{ "F8", VTERM_KEY_FUNCTION(8), 19, '~' },
	{ "F9", VTERM_KEY_FUNCTION(9), 20, '~' },
	{ "F10", VTERM_KEY_FUNCTION(10), 21, '~' },
	{ "F11", VTERM_KEY_FUNCTION(11), 23, '~' },
	{ "F12", VTERM_KEY_FUNCTION(12), 24, '~' },
	/* Other names for some of them. */
	{ "Ins", VTERM_KEY_INS, 2, '~' },
	{ "Del", VTERM_KEY_DEL, 3, '~' },
	{ "PgUp", VTERM_KEY_PAGEUP, 5, '~' },
	{ "PgDn", VTERM_KEY_PAGEDOWN, 6, '~' },
};

static const struct {
	const char *name;
	uint32_t code;
} named_characters[] = {
	{ "Enter", '\r' },    { "Return", '\r' }, { "Tab", '\t' },
	{ "Escape", 27 },     { "Esc", 27 },	  { "Space", ' ' },
	{ "Backspace", 127 }, { "BSpace", 127 },
};

static bool
is_letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_control(uint32_t c)
{
	return c < ' ' || c == 127;
}

/* One UTF-8 character that is the whole string; 0 if it is not. */
static uint32_t
whole_character(const char *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *p = (const uint8_t *)s;
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (strlen(s) != len || (p[0] >= 0x80 && p[0] < 0xc2) || p[0] > 0xf4)
		return 0;
	uint32_t c = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return is_control(c) || (c >= 0x80 && c < 0xa0) ? 0 : c;
}

static void
put_character(uint32_t c, struct buf *out)
{
	if (c < 0x80) {
		buf_byte(out, (uint8_t)c);
		return;
	}
	if (c < 0x800) {
		buf_byte(out, (uint8_t)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		buf_byte(out, (uint8_t)(0xe0 | c >> 12));
		buf_byte(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	} else {
		buf_byte(out, (uint8_t)(0xf0 | c >> 18));
		buf_byte(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		buf_byte(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_byte(out, (uint8_t)(0x80 | (c & 0x3f)));
}

/* What Ctrl makes of a character on a terminal of old; -1: nothing. */
static int
control_of(uint32_t c)
{
	if (is_letter(c) || (c >= '@' && c <= '_'))
		return (int)(c & 0x1f);
	switch (c) {
	case ' ':
	case '2':
		return 0;
	case '3':
		return 27;
	case '4':
		return 28;
	case '5':
		return 29;
	case '6':
		return 30;
	case '7':
	case '/':
	case '-':
		return 31;
	case '8':
	case '?':
		return 127;
	case 127:
		return 8;
	default:
		return -1;
	}
}

static void
legacy_character(uint32_t c, unsigned mods, const struct screen_input *in,
		 struct buf *out)
{
	if (c == '\t' && mods & SHIFT) {
		buf_str(out, mods & ALT ? "\33\33[Z" : "\33[Z");
		return;
	}
	if (mods & ALT)
		buf_byte(out, 27);
	if (mods & CTRL && control_of(c) >= 0)
		c = (uint32_t)control_of(c);
	put_character(c, out);
	if (c == '\r' && in->newline)
		buf_byte(out, '\n');
}

/* xterm's modifyOtherKeys: CSI 27;mods;code ~ for what it would not hide. */
static bool
modified_other(uint32_t c, unsigned mods, unsigned level)
{
	if (!mods || level == 0 || (c == '\t' && mods == SHIFT))
		return false;
	if (!is_control(c) && mods == SHIFT)
		return c == ' ' && level > 1;
	if (level > 1)
		return true;
	if (c == '\r' || c == '\t')
		return true;
	return mods & CTRL && control_of(c) < 0;
}

static uint32_t
lower(uint32_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool
kitty_character(uint32_t c, unsigned mods, unsigned flags, struct buf *out)
{
	bool all = flags & ALL_AS_ESCAPES;
	bool text = !is_control(c) && !(mods & (CTRL | ALT));

	if (!all) {
		if (!(flags & DISAMBIGUATE) || text)
			return false;
		if (c != 27 && is_control(c) && !mods)
			return false; /* Enter, Tab, Backspace: a way out */
	}
	if (is_letter(c) && c != lower(c))
		mods |= SHIFT;
	buf_printf(out, "\33[%u", lower(c));
	if (flags & ALTERNATES && mods & SHIFT && is_letter(c))
		buf_printf(out, ":%u", lower(c) - 32);
	if (all && flags & TEXT && text) {
		buf_byte(out, ';');
		if (mods)
			buf_printf(out, "%u", mods + 1);
		buf_printf(out, ";%u",
			   mods & SHIFT && is_letter(c) ? lower(c) - 32 : c);
	} else if (mods) {
		buf_printf(out, ";%u", mods + 1);
	}
	buf_byte(out, 'u');
	return true;
}

static void
encode_character(uint32_t c, unsigned mods, const struct screen_input *in,
		 struct buf *out)
{
	if (kitty_character(c, mods, in->kitty, out))
		return;
	if (mods & SHIFT && c >= 'a' && c <= 'z')
		c -= 32;
	if (modified_other(c, mods, in->modify_other_keys))
		buf_printf(out, "\33[27;%u;%u~", mods + 1, c);
	else
		legacy_character(c, mods, in, out);
}

static void
take(const char *data, size_t len, void *out)
{
	buf_append(out, data, len);
}

static void
encode_function(const struct function_key *k, unsigned mods,
		const struct screen_input *in, struct buf *out)
{
	if (in->kitty & (DISAMBIGUATE | ALL_AS_ESCAPES)) {
		buf_str(out, "\33[");
		if (mods || k->number > 1)
			buf_printf(out, "%u", k->number);
		if (mods)
			buf_printf(out, ";%u", mods + 1);
		buf_byte(out, (uint8_t)k->final);
		return;
	}

	VTerm *vt = vterm_new(2, 20);
	vterm_state_reset(vterm_obtain_state(vt), 1);
	if (in->app_cursor)
		vterm_input_write(vt, "\33[?1h", 5);
	vterm_output_set_callback(vt, take, out);
	vterm_keyboard_key(vt, k->key, (VTermModifier)mods);
	vterm_free(vt);
}

/* Takes C-, M- (or A-) and S- off the front of the name. */
static const char *
take_modifiers(const char *s, unsigned *mods)
{
	*mods = 0;
	for (; s[0] && s[1] == '-' && s[2]; s += 2) {
		unsigned m = s[0] == 'C' || s[0] == 'c'	  ? CTRL
			     : s[0] == 'M' || s[0] == 'm' ? ALT
			     : s[0] == 'A' || s[0] == 'a' ? ALT
			     : s[0] == 'S' || s[0] == 's' ? SHIFT
							  : 0;
		if (!m || *mods & m)
			break;
		*mods |= m;
	}
	return s;
}

int
keys_encode(const char *name, const struct screen_input *in, struct buf *out)
{
	unsigned mods;
	const char *key = take_modifiers(name, &mods);

	for (size_t i = 0;
	     i < sizeof named_characters / sizeof *named_characters; i++)
		if (strcasecmp(key, named_characters[i].name) == 0) {
			encode_character(named_characters[i].code, mods, in,
					 out);
			return 0;
		}
	for (size_t i = 0; i < sizeof function_keys / sizeof *function_keys;
	     i++)
		if (strcasecmp(key, function_keys[i].name) == 0) {
			encode_function(&function_keys[i], mods, in, out);
			return 0;
		}
	uint32_t c = whole_character(key);
	if (!c)
		return -EINVAL;
	encode_character(c, mods, in, out);
	return 0;
}

void
keys_paste(const char *text, size_t len, const struct screen_input *in,
	   struct buf *out)
{
	if (in->paste)
		buf_str(out, "\33[200~");
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)text[i];

		if (c == 0xc2 && i + 1 < len && (uint8_t)text[i + 1] < 0xa0) {
			i++; /* C1: it could end the bracket */
			continue;
		}
		if (c == '\n' && i > 0 && text[i - 1] == '\r')
			continue;
		if (c == '\n' || c == '\r')
			buf_byte(out, '\r');
		else if (c == '\t' || !is_control(c))
			buf_byte(out, c);
	}
	if (in->paste)
		buf_str(out, "\33[201~");
}
