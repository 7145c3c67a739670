/* proto/peers.c - the machines that are paired with this one. */
#include "proto/peers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/words.h"
#include "crypto/secret.h"
#include "proto/hex.h"
#include "proto/private.h"

enum {
	FILE_MAX = 8 << 10,
	DIGITS = 2 * NOISE_KEY,
};

static const char mark[] = "cdo-peer-v1";
static const char *const dirs[] = { "devices", "hosts" };
static const char graves[] = "revoked";

void
peer_release(struct peer *p)
{
	secret_wipe(p->psk, sizeof p->psk);
	free(p->name);
	free(p->relay);
	words_free(p->addresses);
	*p = (struct peer){ 0 };
}

void
peer_copy(struct peer *to, const struct peer *from)
{
	*to = *from;
	to->name = mem_str(from->name);
	to->relay = from->relay != NULL ? mem_str(from->relay) : NULL;
	to->addresses = words_copy(from->addresses);
}

void
peers_release(struct peers *ps)
{
	for (size_t i = 0; i < ps->n; i++)
		peer_release(&ps->list[i]);
	free(ps->list);
	free(ps->bad);
	*ps = (struct peers){ 0 };
}

struct peer *
peers_by_key(const struct peers *ps, const uint8_t key[NOISE_KEY])
{
	for (size_t i = 0; i < ps->n; i++)
		if (memcmp(ps->list[i].key, key, NOISE_KEY) == 0)
			return &ps->list[i];
	return NULL;
}

struct peer *
peers_by_name(const struct peers *ps, const char *name)
{
	for (size_t i = 0; i < ps->n; i++)
		if (strcmp(ps->list[i].name, name) == 0)
			return &ps->list[i];
	return NULL;
}

/* state/DIR/KEY; caller frees. */
static char *
file_of(const char *state, const char *dir, const uint8_t key[NOISE_KEY])
{
	char digits[DIGITS + 1];

	hex_write(key, NOISE_KEY, digits);
	return str_printf("%s/%s/%s", state, dir, digits);
}

/* --- reading --- */

/* "name value" lines; what is not known is skipped. */
static bool
take_line(struct peer *p, const char *key, const char *value)
{
	long n;

	if (strcmp(key, "key") == 0)
		return strlen(value) == DIGITS &&
		       hex_read(value, NOISE_KEY, p->key);
	if (strcmp(key, "psk") == 0)
		return strlen(value) == DIGITS &&
		       hex_read(value, NOISE_KEY, p->psk);
	if (strcmp(key, "relay-key") == 0)
		return strlen(value) == DIGITS &&
		       hex_read(value, NOISE_KEY, p->relay_key);
	if (strcmp(key, "role") == 0) {
		p->role = role_read(value, strlen(value));
		return p->role != ROLE_NONE;
	}
	if (strcmp(key, "paired") == 0 || strcmp(key, "seen") == 0) {
		if (str_int(value, 0, INT64_MAX, &n) < 0)
			return false;
		*(*key == 'p' ? &p->paired : &p->seen) = (uint64_t)n;
	} else if (strcmp(key, "name") == 0) {
		free(p->name);
		p->name = mem_str(value);
	} else if (strcmp(key, "address") == 0) {
		if (words_count(p->addresses) < PEER_ADDRESSES)
			words_add(&p->addresses, value);
	} else if (strcmp(key, "relay") == 0) {
		free(p->relay);
		p->relay = mem_str(value);
	} else if (strcmp(key, "unconfirmed") == 0) {
		p->unconfirmed = true;
	}
	return true;
}

static bool
parse(struct buf *text, struct peer *p)
{
	bool ok = text->len > 0 && text->data[text->len - 1] == '\n' &&
		  memchr(text->data, 0, text->len) == NULL;
	char *line = (char *)text->data;
	bool first = true;

	for (char *nl; ok && line < (char *)text->data + text->len;
	     line = nl + 1) {
		nl = strchr(line, '\n');
		*nl = '\0';
		char *value = strchr(line, ' ');
		if (value != NULL)
			*value++ = '\0';
		if (first)
			ok = strcmp(line, mark) == 0;
		else
			ok = take_line(p, line, value != NULL ? value : "");
		first = false;
	}
	return ok && p->name != NULL && *p->name != '\0' &&
	       p->role != ROLE_NONE;
}

static int
read_one(const char *path, const uint8_t key[NOISE_KEY], struct peer *p,
	 char **why)
{
	struct buf text = { 0 };
	int r = private_read(path, FILE_MAX, &text, why);

	if (r == 0 &&
	    (!parse(&text, p) || memcmp(p->key, key, NOISE_KEY) != 0)) {
		r = -EPROTO;
		*why = str_printf("'%s' is damaged; remove it and pair again",
				  path);
	}
	private_release(&text);
	if (r < 0)
		peer_release(p);
	return r;
}

static bool
is_dead(const char *state, const uint8_t key[NOISE_KEY])
{
	struct buf text = { 0 };
	char *path = file_of(state, graves, key), *why = NULL;
	/* One that cannot be read is one all the same. */
	int r = private_read(path, FILE_MAX, &text, &why);

	free(why);
	free(path);
	private_release(&text);
	return r != -ENOENT;
}

static int
by_pairing(const void *a, const void *b)
{
	const struct peer *x = a, *y = b;

	if (x->paired != y->paired)
		return x->paired < y->paired ? -1 : 1;
	return memcmp(x->key, y->key, NOISE_KEY);
}

static void
note_bad(struct peers *ps, char *why)
{
	char *all = ps->bad == NULL ? mem_str(why)
				    : str_printf("%s\n%s", ps->bad, why);

	free(ps->bad);
	free(why);
	ps->bad = all;
}

static void
load_file(const char *state, enum peers_kind kind, const char *digits,
	  struct peers *ps)
{
	uint8_t key[NOISE_KEY];
	struct peer p = { 0 };
	char *why = NULL;

	/* Temporary files of a crash have longer names. */
	if (strlen(digits) != DIGITS || !hex_read(digits, NOISE_KEY, key) ||
	    (kind == PEERS_DEVICES && is_dead(state, key)))
		return;
	char *path = file_of(state, dirs[kind], key);
	if (read_one(path, key, &p, &why) == 0) {
		ps->list = mem_grow(ps->list, ps->n + 1, sizeof *ps->list);
		ps->list[ps->n++] = p;
	} else if (why != NULL) {
		note_bad(ps, why);
	}
	free(path);
}

int
peers_load(const char *state, enum peers_kind kind, struct peers *ps,
	   char **why)
{
	char *dir = path_join(state, dirs[kind]);
	const struct dirent *e;
	DIR *d = NULL;
	int r = 0;

	*ps = (struct peers){ 0 };
	*why = NULL;
	int fd = io_open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd == -ENOENT)
		goto out;
	if (fd >= 0) {
		io_close(fd);
		r = path_private_dir(dir, why);
	} else {
		r = fd;
	}
	if (r == 0 && (d = opendir(dir)) == NULL)
		r = io_check(-1);
	if (r < 0 && *why == NULL)
		*why = str_printf("cannot read '%s': %s", dir, io_error(r));
	while (r == 0 && ps->n < PEERS_MAX && (e = readdir(d)) != NULL)
		load_file(state, kind, e->d_name, ps);
	if (ps->n > 0)
		qsort(ps->list, ps->n, sizeof *ps->list, by_pairing);
out:
	if (d != NULL)
		closedir(d);
	free(dir);
	return r;
}

/* --- writing --- */

static void
write_key(struct buf *out, const char *word, const uint8_t key[NOISE_KEY])
{
	char digits[DIGITS + 1];

	hex_write(key, NOISE_KEY, digits);
	buf_printf(out, "%s %s\n", word, digits);
	secret_wipe(digits, sizeof digits);
}

static void
write_peer(const struct peer *p, struct buf *out)
{
	buf_room(out, FILE_MAX); /* and no copies on the way */
	buf_printf(out, "%s\n", mark);
	write_key(out, "key", p->key);
	write_key(out, "psk", p->psk);
	buf_printf(out, "name %s\nrole %s\n", p->name, role_name(p->role));
	buf_printf(out, "paired %llu\nseen %llu\n",
		   (unsigned long long)p->paired, (unsigned long long)p->seen);
	for (size_t i = 0; i < words_count(p->addresses); i++)
		buf_printf(out, "address %s\n", p->addresses[i]);
	if (p->relay != NULL) {
		buf_printf(out, "relay %s\n", p->relay);
		write_key(out, "relay-key", p->relay_key);
	}
	if (p->unconfirmed)
		buf_str(out, "unconfirmed\n");
}

static int
make_dir(const char *state, const char *name)
{
	char *dir = path_join(state, name), *why;
	int r = path_private_dir(dir, &why);

	free(why);
	free(dir);
	return r;
}

int
peers_save(const char *state, enum peers_kind kind, const struct peer *p)
{
	char *path = file_of(state, dirs[kind], p->key);
	char *grave = file_of(state, graves, p->key);
	struct buf text = { 0 };
	int r = make_dir(state, dirs[kind]);

	if (r == 0) {
		write_peer(p, &text);
		r = private_write(path, &text);
	}
	/* Last: until here the device is as dead as it was. */
	if (r == 0 && kind == PEERS_DEVICES)
		r = private_remove(grave);
	private_release(&text);
	free(grave);
	free(path);
	return r;
}

int
peers_forget(const char *state, enum peers_kind kind, const struct peer *p)
{
	char *path = file_of(state, dirs[kind], p->key);
	char *grave = file_of(state, graves, p->key);
	struct buf text = { 0 };
	int r = 0;

	if (kind == PEERS_DEVICES) {
		r = make_dir(state, graves);
		buf_printf(&text, "%s\nname %s\n", mark, p->name);
		if (r == 0)
			r = private_write(grave, &text);
	}
	if (r == 0)
		r = private_remove(path);
	buf_release(&text);
	free(grave);
	free(path);
	return r;
}

/* --- names --- */

/* What a host may be called: it stands before a slash, as in desk/api. */
static char *
clean_host(const char *s, size_t len)
{
	struct buf b = { 0 };

	/* Of a machine's full name the first part is enough. */
	for (size_t i = 0; i < len && s[i] != '.' && b.len < 40; i++) {
		char one[] = { 'a', s[i], '\0' };

		if (str_is_name(one) && !(b.len == 0 && s[i] == '-'))
			buf_byte(&b, (uint8_t)s[i]);
	}
	if (b.len == 0)
		buf_str(&b, "host");
	return buf_steal(&b);
}

/* Printable characters, no more than fit; str_safe has replaced the others. */
static char *
clean_device(const char *s, size_t len)
{
	char *safe = str_safe(s, len, (size_t)4 * PEER_NAME);
	size_t end = 0, n = 0;

	while (safe[end] != '\0' && n++ < PEER_NAME)
		end += str_utf8(safe + end, strlen(safe + end));
	safe[end] = '\0';
	while (end > 0 && safe[end - 1] == ' ')
		safe[--end] = '\0';
	if (*safe != '\0' && *safe != ' ')
		return safe;
	free(safe);
	return mem_str("device");
}

char *
peers_name(const struct peers *ps, enum peers_kind kind, const char *wanted,
	   size_t len, const uint8_t key[NOISE_KEY])
{
	char *base = kind == PEERS_HOSTS ? clean_host(wanted, len)
					 : clean_device(wanted, len);
	char *name = mem_str(base);

	for (unsigned i = 2;; i++) {
		const struct peer *other = peers_by_name(ps, name);

		if (other == NULL || memcmp(other->key, key, NOISE_KEY) == 0)
			break;
		free(name);
		name = str_printf("%s-%u", base, i);
	}
	free(base);
	return name;
}

void
peer_address(struct peer *p, const char *address)
{
	char **list = NULL;

	words_add(&list, address);
	for (size_t i = 0; i < words_count(p->addresses); i++)
		if (strcmp(p->addresses[i], address) != 0 &&
		    words_count(list) < PEER_ADDRESSES)
			words_add(&list, p->addresses[i]);
	words_free(p->addresses);
	p->addresses = list;
}
