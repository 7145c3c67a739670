/* unit/proto_peers.c - the promises of proto/peers.h. */
#include "proto/peers.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/words.h"
#include "failing.h"
#include "proto/hex.h"
#include "scratch.h"

static char *dir;

static int
setup(void **state)
{
	(void)state;
	dir = scratch_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	failing_at(0, 0);
	scratch_free(dir);
	return 0;
}

/* Number n of a kind. */
static struct peer
sample(uint8_t n, const char *name)
{
	struct peer p = { .role = ROLE_ATTACH, .paired = 1000u + n, .seen = 7 };

	memset(p.key, n, sizeof p.key);
	memset(p.psk, n + 100, sizeof p.psk);
	p.name = mem_str(name);
	peer_address(&p, "192.0.2.1:7433");
	peer_address(&p, "[2001:db8::1]:7433");
	return p;
}

static void
save(enum peers_kind kind, uint8_t n, const char *name)
{
	struct peer p = sample(n, name);

	assert_int_equal(peers_save(dir, kind, &p), 0);
	peer_release(&p);
}

static struct peers
load(enum peers_kind kind)
{
	struct peers ps;
	char *why;

	assert_int_equal(peers_load(dir, kind, &ps, &why), 0);
	return ps;
}

static const char *
path_of(const char *kind, uint8_t n)
{
	static char name[128];
	uint8_t key[NOISE_KEY];
	char digits[2 * NOISE_KEY + 1];

	memset(key, n, sizeof key);
	hex_write(key, sizeof key, digits);
	snprintf(name, sizeof name, "%s/%s", kind, digits);
	return scratch_path(dir, name);
}

static void
what_was_saved_is_loaded(void **state)
{
	struct peer p = sample(1, "desk");

	(void)state;
	p.unconfirmed = true;
	p.relay = mem_str("relay.example.org:7433");
	memset(p.relay_key, 9, sizeof p.relay_key);
	assert_int_equal(peers_save(dir, PEERS_HOSTS, &p), 0);
	struct peers ps = load(PEERS_HOSTS);
	assert_int_equal(ps.n, 1);
	assert_null(ps.bad);
	const struct peer *q = peers_by_name(&ps, "desk");
	assert_ptr_equal(q, peers_by_key(&ps, p.key));
	assert_memory_equal(q->psk, p.psk, sizeof p.psk);
	assert_memory_equal(q->relay_key, p.relay_key, sizeof p.relay_key);
	assert_string_equal(q->relay, p.relay);
	assert_int_equal(q->role, ROLE_ATTACH);
	assert_int_equal(q->paired, 1001);
	assert_int_equal(q->seen, 7);
	assert_true(q->unconfirmed);
	assert_int_equal(words_count(q->addresses), 2);
	assert_string_equal(q->addresses[0], "[2001:db8::1]:7433");
	peers_release(&ps);
	ps = load(PEERS_DEVICES);
	assert_int_equal(ps.n, 0);
	peers_release(&ps);
	peer_release(&p);
}

static void
a_file_that_is_not_ours_alone_is_left_out_and_told(void **state)
{
	(void)state;
	save(PEERS_HOSTS, 1, "one");
	save(PEERS_HOSTS, 2, "two");
	save(PEERS_HOSTS, 3, "three");
	save(PEERS_HOSTS, 4, "four");
	chmod(path_of("hosts", 1), 0644);
	assert_int_equal(link(path_of("hosts", 2), scratch_path(dir, "x")), 0);
	rename(path_of("hosts", 3), scratch_path(dir, "y"));
	assert_int_equal(symlink(scratch_path(dir, "y"), path_of("hosts", 3)),
			 0);
	struct peers ps = load(PEERS_HOSTS);
	assert_int_equal(ps.n, 1);
	assert_non_null(peers_by_name(&ps, "four"));
	assert_non_null(strstr(ps.bad, "chmod 600"));
	assert_non_null(strstr(ps.bad, "another name"));
	assert_non_null(strstr(ps.bad, "symbolic link"));
	peers_release(&ps);
}

static void
a_directory_that_is_open_to_others_is_refused(void **state)
{
	struct peers ps;
	char *why;

	(void)state;
	save(PEERS_DEVICES, 1, "one");
	chmod(scratch_path(dir, "devices"), 0755);
	assert_true(peers_load(dir, PEERS_DEVICES, &ps, &why) < 0);
	assert_non_null(strstr(why, "chmod 700"));
	free(why);
}

static void
a_damaged_file_is_left_out_and_told(void **state)
{
	struct buf text = { 0 };

	(void)state;
	save(PEERS_DEVICES, 1, "one");
	const char *path = path_of("devices", 1);
	assert_int_equal(io_slurp(path, 1 << 20, &text), 0);
	for (size_t cut = 0; cut < text.len; cut++) {
		assert_int_equal(io_replace(path, text.data, cut, 0600), 0);
		struct peers ps = load(PEERS_DEVICES);
		/* Whole lines less are what an older release wrote. */
		if (ps.n == 0)
			assert_non_null(ps.bad);
		else
			assert_int_equal(text.data[cut - 1], '\n');
		peers_release(&ps);
	}
	for (size_t i = 0; i < text.len; i++) {
		uint8_t was = text.data[i];

		text.data[i] = 0;
		assert_int_equal(io_replace(path, text.data, text.len, 0600),
				 0);
		struct peers ps = load(PEERS_DEVICES);
		assert_int_equal(ps.n, 0);
		assert_non_null(ps.bad);
		peers_release(&ps);
		text.data[i] = was;
	}
	buf_release(&text);
}

static void
a_file_under_the_name_of_another_key_is_none(void **state)
{
	(void)state;
	save(PEERS_DEVICES, 1, "one");
	rename(path_of("devices", 1), path_of("devices", 2));
	struct peers ps = load(PEERS_DEVICES);
	assert_int_equal(ps.n, 0);
	peers_release(&ps);
}

static void
a_tombstone_holds_when_a_backup_is_restored(void **state)
{
	struct buf text = { 0 };
	struct peer p = sample(1, "phone");

	(void)state;
	save(PEERS_DEVICES, 1, "phone");
	const char *path = path_of("devices", 1);
	assert_int_equal(io_slurp(path, 1 << 20, &text), 0);
	assert_int_equal(peers_forget(dir, PEERS_DEVICES, &p), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(io_replace(path, text.data, text.len, 0600), 0);
	struct peers ps = load(PEERS_DEVICES);
	assert_int_equal(ps.n, 0);
	peers_release(&ps);

	/* Until it is paired anew. */
	save(PEERS_DEVICES, 1, "phone");
	ps = load(PEERS_DEVICES);
	assert_int_equal(ps.n, 1);
	peers_release(&ps);
	peer_release(&p);
	buf_release(&text);
}

static void
a_host_that_is_forgotten_leaves_nothing(void **state)
{
	struct peer p = sample(1, "desk");

	(void)state;
	save(PEERS_HOSTS, 1, "desk");
	assert_int_equal(peers_forget(dir, PEERS_HOSTS, &p), 0);
	assert_int_equal(peers_forget(dir, PEERS_HOSTS, &p), 0);
	assert_int_equal(access(scratch_path(dir, "revoked"), F_OK), -1);
	peer_release(&p);
}

/* 0: not there; else the psk's first byte. */
static int
in_force(void)
{
	struct peers ps = load(PEERS_DEVICES);
	int psk = ps.n > 0 ? ps.list[0].psk[0] : 0;

	assert_null(ps.bad);
	peers_release(&ps);
	return psk;
}

/* Fails the 1st, 2nd, nth call, until none is left to fail. */
static void
whatever_fails_saving_leaves_old_or_new(void **state)
{
	struct peer p = sample(1, "phone");
	int n = 0, failed = 0, calls;

	(void)state;
	do {
		n++;
		memset(p.psk, 1, sizeof p.psk);
		assert_int_equal(peers_save(dir, PEERS_DEVICES, &p), 0);
		memset(p.psk, 2, sizeof p.psk);
		failing_at(n, EIO);
		int r = peers_save(dir, PEERS_DEVICES, &p);
		calls = failing_calls();
		failing_at(0, 0);
		int psk = in_force();
		failed += r < 0;
		assert_true(r < 0 ? psk == 1 || psk == 2 : psk == 2);
	} while (calls >= n);
	print_message("# %d calls, %d of them fatal\n", n - 1, failed);
	assert_true(failed >= 4);
	peer_release(&p);
}

static void
whatever_fails_revoking_a_failure_is_told(void **state)
{
	struct peer p = sample(1, "phone");
	int n = 0, failed = 0, calls;

	(void)state;
	do {
		n++;
		assert_int_equal(peers_save(dir, PEERS_DEVICES, &p), 0);
		failing_at(n, EIO);
		int r = peers_forget(dir, PEERS_DEVICES, &p);
		calls = failing_calls();
		failing_at(0, 0);
		failed += r < 0;
		if (r == 0)
			assert_int_equal(in_force(), 0);
	} while (calls >= n);
	print_message("# %d calls, %d of them fatal\n", n - 1, failed);
	assert_true(failed >= 4);
	peer_release(&p);
}

static void
assert_named(enum peers_kind kind, const char *wanted, const char *name)
{
	struct peers ps = load(kind);
	uint8_t key[NOISE_KEY] = { 0 };
	char *got = peers_name(&ps, kind, wanted, strlen(wanted), key);

	assert_string_equal(got, name);
	free(got);
	peers_release(&ps);
}

static void
names_are_clean_and_one_of_their_kind(void **state)
{
	(void)state;
	save(PEERS_HOSTS, 1, "desk");
	save(PEERS_HOSTS, 2, "desk-2");
	save(PEERS_DEVICES, 3, "my phone");
	assert_named(PEERS_HOSTS, "desk.example.org", "desk-3");
	assert_named(PEERS_HOSTS, "--a/b c", "abc");
	assert_named(PEERS_HOSTS, "\033[2J", "2J");
	assert_named(PEERS_HOSTS, "", "host");
	assert_named(PEERS_HOSTS, ".", "host");
	assert_named(PEERS_DEVICES, "my phone", "my phone-2");
	assert_named(PEERS_DEVICES, "\033]0;x\007",
		     "\xef\xbf\xbd]0;x\xef\xbf\xbd");
	assert_named(PEERS_DEVICES, "a\nkey 00", "a\xef\xbf\xbdkey 00");
	assert_named(PEERS_DEVICES, "", "device");
	assert_named(PEERS_DEVICES, "  ", "device");
}

static void
the_last_address_comes_first_and_old_ones_fall_out(void **state)
{
	struct peer p = { 0 };
	char text[16];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof text, "h%d:1", i);
		peer_address(&p, text);
	}
	peer_address(&p, "h15:1");
	assert_int_equal(words_count(p.addresses), PEER_ADDRESSES);
	assert_string_equal(p.addresses[0], "h15:1");
	assert_string_equal(p.addresses[1], "h19:1");
	peer_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(what_was_saved_is_loaded),
		T(a_file_that_is_not_ours_alone_is_left_out_and_told),
		T(a_directory_that_is_open_to_others_is_refused),
		T(a_damaged_file_is_left_out_and_told),
		T(a_file_under_the_name_of_another_key_is_none),
		T(a_tombstone_holds_when_a_backup_is_restored),
		T(a_host_that_is_forgotten_leaves_nothing),
		T(whatever_fails_saving_leaves_old_or_new),
		T(whatever_fails_revoking_a_failure_is_told),
		T(names_are_clean_and_one_of_their_kind),
		T(the_last_address_comes_first_and_old_ones_fall_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
