/* unit/proto_golden.c - what earlier releases have sent is still understood. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/path.h"
#include "proto/frame.h"
#include "proto/msg.h"

/*
 * tests/golden/protocol-RELEASE.txt has, for each frame that a release has
 * sent, a line that says what is in it, and one with its bytes.  A message of
 * a new release is added to a new file; the old ones stay as they are.
 */
static const char *const files[] = { "protocol-0.1.0.txt" };

enum { FILE_MAX = 1 << 20, TEXT_MAX = 4096 };

static const struct {
	unsigned number;
	const char *name;
} types[] = {
#define TYPE(name)                \
	{                         \
		MSG_##name, #name \
	}
	TYPE(HELLO),	TYPE(ERROR),   TYPE(OK),       TYPE(END),
	TYPE(LIST),	TYPE(SESSION), TYPE(FIND),     TYPE(NEW),
	TYPE(RENAME),	TYPE(LABEL),   TYPE(CLEAR),    TYPE(STATUS),
	TYPE(SHUTDOWN), TYPE(RELOAD),  TYPE(HALT),     TYPE(WATCH),
	TYPE(STATE),	TYPE(NAMED),   TYPE(LEAVE),    TYPE(UPGRADE),
	TYPE(ATTACH),	TYPE(INPUT),   TYPE(RESIZE),   TYPE(DETACH),
	TYPE(PROFILE),	TYPE(RESYNC),  TYPE(CAPTURE),  TYPE(INFO),
	TYPE(STOP),	TYPE(KICK),    TYPE(ATTACHED), TYPE(SNAPSHOT),
	TYPE(OUTPUT),	TYPE(UNDO),    TYPE(SIZE),     TYPE(GONE),
	TYPE(DATA),	TYPE(TAKEN),   TYPE(SHOWN),
};

static const char *
name_of(unsigned number)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].number == number)
			return types[i].name;
	return "?";
}

static void show(const struct msg_value *v, struct buf *out);

static void
show_bytes(const uint8_t *data, size_t len, struct buf *out)
{
	buf_str(out, "h'");
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "%02x", data[i]);
	buf_str(out, "'");
}

/* A map, or else an array. */
static void
show_many(const struct msg_value *v, struct buf *out)
{
	const char *key;
	size_t len;
	bool map = msg_pair(v, 0, &key, &len) != NULL;

	buf_str(out, map ? "{" : "[");
	for (size_t i = 0; i < msg_count(v); i++) {
		const struct msg_value *one;

		if (i > 0)
			buf_str(out, ", ");
		one = map ? msg_pair(v, i, &key, &len) : msg_at(v, i);
		if (map)
			buf_printf(out, "%.*s: ", (int)len, key);
		show(one, out);
	}
	buf_str(out, map ? "}" : "]");
}

static void
show(const struct msg_value *v, struct buf *out)
{
	size_t len;
	const char *s = msg_to_str(v, &len);
	const uint8_t *b;

	if (msg_is_nil(v))
		buf_str(out, "nil");
	else if (s != NULL)
		buf_printf(out, "\"%.*s\"", (int)len, s);
	else if ((b = msg_to_bin(v, &len)) != NULL)
		show_bytes(b, len, out);
	else if (msg_to_bool(v, true) == msg_to_bool(v, false))
		buf_str(out, msg_to_bool(v, true) ? "true" : "false");
	else if (msg_to_uint(v, 1) == msg_to_uint(v, 2))
		buf_printf(out, "%" PRIu64, msg_to_uint(v, 0));
	else if (msg_to_int(v, 1) == msg_to_int(v, 2))
		buf_printf(out, "%" PRId64, msg_to_int(v, 0));
	else
		show_many(v, out);
}

/* The bytes that a line of hexadecimal digits stands for. */
static void
read_hex(const char *line, struct buf *out)
{
	unsigned byte;
	int n;

	for (; sscanf(line, "%2x%n", &byte, &n) == 1; line += n)
		buf_byte(out, (uint8_t)byte);
}

static char *
shown(const char *hex)
{
	struct buf frame = { 0 }, text = { 0 };
	const uint8_t *payload;
	struct msg m = { 0 };
	size_t need;

	read_hex(hex, &frame);
	int n = frame_look(frame.data, frame.len, &payload, &need);
	assert_true(n > 0);
	assert_int_equal(FRAME_HEAD + (size_t)n, frame.len);
	assert_int_equal(msg_read(&m, payload, (size_t)n), 0);
	buf_printf(&text, "%u %s", m.type, name_of(m.type));
	for (unsigned i = 0; i < m.fields; i++) {
		buf_str(&text, " ");
		show(msg_field(&m, i), &text);
	}
	msg_release(&m);
	buf_release(&frame);
	return buf_steal(&text);
}

static void
check_file(const char *name)
{
	const char *top = getenv("CDO_TOP_SRCDIR");
	char *dir = path_join(top != NULL ? top : ".", "tests/golden");
	char *path = path_join(dir, name), *rest = NULL, *says = NULL;
	struct buf b = { 0 };
	unsigned frames = 0;

	assert_int_equal(io_slurp(path, FILE_MAX, &b), 0);
	char *all = buf_steal(&b);
	for (char *l = strtok_r(all, "\n", &rest); l != NULL;
	     l = strtok_r(NULL, "\n", &rest)) {
		if (*l == '#')
			continue;
		if (says == NULL) {
			says = l;
			continue;
		}
		char *text = shown(l);
		assert_string_equal(text, says);
		free(text);
		says = NULL;
		frames++;
	}
	assert_true(frames > 30);
	free(all);
	free(path);
	free(dir);
}

static void
frames_of_every_release_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		check_file(files[i]);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_every_release_are_understood),
	};

	/* For a new file: what is in each frame. */
	for (int i = 1; i < argc; i++)
		printf("%s\n%s\n", shown(argv[i]), argv[i]);
	if (argc > 1)
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
