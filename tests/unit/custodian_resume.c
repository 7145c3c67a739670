/* unit/custodian_resume.c - how a client that comes back is met. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "keeper/memory.h"
#include "kept.h"
#include "proto/local.h"
#include "vt/screen.h"

static const char echo[] =
	"stty -echo; echo ready; while read -r l; do eval \"$l\"; done";

/* What ATTACHED says; the rest of the messages are the caller's. */
struct met {
	struct local_call *call;
	uint8_t epoch[16];
	uint64_t at, taken, doubted, since, resizes, missed;
	bool joins;
};

static void
pair_uint(struct msg_writer *w, const char *key, uint64_t v)
{
	msg_str(w, key);
	msg_uint(w, v);
}

static void
pair_bin(struct msg_writer *w, const char *key, const void *data)
{
	msg_str(w, key);
	msg_bin(w, data, 16);
}

/* Comes as one who was attached before, and was shown so much. */
static void
come_back(struct met *m, const struct kept *k, const char *name,
	  const uint8_t *epoch, uint64_t at, uint64_t resizes)
{
	uint8_t id[16] = { 0 };
	struct msg_writer w;
	struct msg *msg;

	memcpy(id, name, strlen(name));
	*m = (struct met){ .call = kept_call(k) };
	msg_begin(&w, local_call_out(m->call), MSG_ATTACH, 1);
	msg_map(&w, epoch ? 6 : 3);
	pair_bin(&w, "client", id);
	pair_uint(&w, "cols", 80);
	pair_uint(&w, "rows", 24);
	if (epoch) {
		pair_bin(&w, "epoch", epoch);
		pair_uint(&w, "at", at);
		pair_uint(&w, "resizes", resizes);
	}
	msg_end(&w);
	assert_int_equal(local_call_send(m->call), 0);
	do
		assert_int_equal(local_call_next(m->call, 20000, &msg), 0);
	while (msg->type != MSG_ATTACHED);

	const struct msg_value *map = msg_field(msg, 0);
	size_t len;
	const uint8_t *now = msg_to_bin(msg_get(map, "epoch"), &len);
	assert_non_null(now);
	memcpy(m->epoch, now, 16);
	m->joins = !msg_is_nil(msg_get(map, "at"));
	m->at = msg_to_uint(msg_get(map, "at"), 0);
	m->taken = msg_to_uint(msg_get(map, "taken"), 99);
	m->doubted = msg_to_uint(msg_get(map, "doubted"), 99);
	m->since = msg_to_uint(msg_get(map, "since"), 0);
	m->resizes = msg_to_uint(msg_get(map, "resizes"), 99);
	m->missed = msg_to_uint(msg_get(map, "missed"), 99);
}

/* The next message that is a SNAPSHOT or OUTPUT; its type. */
static unsigned
next_shown(struct met *m, uint64_t *from, struct buf *bytes)
{
	struct msg *msg;

	do
		assert_int_equal(local_call_next(m->call, 20000, &msg), 0);
	while (msg->type != MSG_SNAPSHOT && msg->type != MSG_OUTPUT);
	*from = msg_to_uint(msg_field(msg, 0), 0);

	size_t len;
	const uint8_t *data = msg_to_bin(msg_field(msg, 2), &len);
	buf_append(bytes, data, len);
	return msg->type;
}

static void
output_goes_on_from_any_place_that_is_there(void **state)
{
	struct kept k;
	struct viewer a;
	struct met m;
	uint64_t from;

	(void)state;
	kept_shell(&k, echo);
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	come_back(&m, &k, "b", NULL, 0, 0);
	uint64_t resizes = m.resizes;
	uint8_t epoch[16];
	memcpy(epoch, m.epoch, 16);
	assert_false(m.joins);
	assert_int_equal(m.missed, 0);
	local_call_free(m.call);

	/* "ready\r\n": behind its second letter, and by a successor too. */
	for (int i = 0; i < 2; i++) {
		struct buf bytes = { 0 };

		come_back(&m, &k, "b", epoch, 2, resizes);
		assert_true(m.joins);
		assert_int_equal(m.at, 2);
		assert_int_equal(m.missed, 0);
		assert_int_equal(next_shown(&m, &from, &bytes), MSG_OUTPUT);
		assert_int_equal(from, 2);
		assert_memory_equal(bytes.data, "ady\r\n", 5);
		buf_release(&bytes);
		local_call_free(m.call);
		kill(kept_custodian(&k), SIGKILL);
	}
	viewer_release(&a);
	kept_end(&k);
}

static void
who_cannot_go_on_gets_a_snapshot(void **state)
{
	struct kept k;
	struct viewer a;
	struct met m;
	struct buf bytes = { 0 };
	uint64_t from;
	uint8_t epoch[16], other[16] = "another";

	(void)state;
	kept_shell(&k, echo);
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	come_back(&m, &k, "b", NULL, 0, 0);
	memcpy(epoch, m.epoch, 16);
	uint64_t resizes = m.resizes;
	local_call_free(m.call);

	come_back(&m, &k, "b", other, 2, resizes);
	assert_false(m.joins);
	assert_int_equal(next_shown(&m, &from, &bytes), MSG_SNAPSHOT);
	local_call_free(m.call);
	come_back(&m, &k, "b", epoch, 2, resizes + 1);
	assert_false(m.joins);
	assert_int_equal(next_shown(&m, &from, &bytes), MSG_SNAPSHOT);
	local_call_free(m.call);
	come_back(&m, &k, "b", epoch, 1 << 30, resizes);
	assert_false(m.joins);
	assert_int_equal(m.missed, 0);
	local_call_free(m.call);

	/* More than the ring holds: how much is gone is told. */
	viewer_type(&a, "seq 3000000; echo over\n");
	viewer_until(&a, "over");
	come_back(&m, &k, "b", epoch, 7, resizes);
	assert_false(m.joins);
	assert_int_equal(next_shown(&m, &from, &bytes), MSG_SNAPSHOT);
	assert_int_equal(m.missed, from - 7);
	local_call_free(m.call);
	buf_release(&bytes);
	viewer_release(&a);
	kept_end(&k);
}

static void
a_client_that_comes_again_replaces_itself(void **state)
{
	struct kept k;
	struct viewer a, b, again;

	(void)state;
	kept_shell(&k, echo);
	viewer_attach(&a, &k, "a", 0);
	viewer_attach(&b, &k, "b", 0);
	viewer_type(&a, "echo one\n");
	viewer_until(&a, "one");
	viewer_attach(&again, &k, "a", 0);
	viewer_until_gone(&a);
	assert_true(a.eof);
	/* What it had under way counts once, whichever way it came. */
	viewer_type_at(&again, 0, "echo one\necho two\n");
	viewer_until(&again, "two");
	viewer_until(&b, "ready\none\ntwo");
	viewer_release(&a);
	viewer_release(&b);
	viewer_release(&again);
	kept_end(&k);
}

static void
who_has_fallen_out_is_told(void **state)
{
	struct kept k;
	struct met m;
	char name[32];

	(void)state;
	kept_shell(&k, echo);
	come_back(&m, &k, "a", NULL, 0, 0);
	uint64_t since = m.since;
	local_call_free(m.call);
	come_back(&m, &k, "a", NULL, 0, 0);
	assert_int_equal(m.since, since);
	local_call_free(m.call);
	for (int i = 0; i < MEMORY_CLIENTS; i++) {
		snprintf(name, sizeof name, "other %d", i);
		come_back(&m, &k, name, NULL, 0, 0);
		local_call_free(m.call);
	}
	come_back(&m, &k, "a", NULL, 0, 0);
	assert_int_not_equal(m.since, since);
	assert_int_equal(m.taken, 0);
	assert_int_equal(m.doubted, 0);
	local_call_free(m.call);
	kept_end(&k);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_goes_on_from_any_place_that_is_there),
		cmocka_unit_test(who_cannot_go_on_gets_a_snapshot),
		cmocka_unit_test(a_client_that_comes_again_replaces_itself),
		cmocka_unit_test(who_has_fallen_out_is_told),
	};

	kept_roles(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
