/* cmd/hosts.c - all machines that we know, and what each of them has. */
#include "cmd/hosts.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/words.h"
#include "client/far.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/place.h"
#include "cmd/seen.h"
#include "proto/peers.h"

enum {
	PATIENCE = 4000, /* ms for all of them together */
	KEPT_MAX = 16 << 20,
};

static uint64_t
now_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- what is kept ------------------------------------------------------- */

static char *
kept_dir(void)
{
	char *state = path_state(), *dir = path_join(state, "lists");

	free(state);
	return dir;
}

void
hosts_keep(const char *name, const struct seen *list, size_t n)
{
	struct json *obj = json_new_object(), *arr = json_new_array();
	char *dir = kept_dir(), *path = path_join(dir, name), *why = NULL;
	struct buf out = { 0 };

	for (size_t i = 0; i < n; i++)
		json_add(arr, seen_kept(&list[i]));
	json_set_str(obj, "schema", "cdo.kept/1");
	json_set_int(obj, "asked", (int64_t)now_ms(CLOCK_REALTIME));
	json_set(obj, "sessions", arr);
	json_write(obj, false, &out);
	/* It is a convenience: without it the list is only shorter. */
	if (path_private_dir(dir, &why) == 0)
		io_replace(path, out.data, out.len, 0600);
	free(why);
	buf_release(&out);
	json_free(obj);
	free(path);
	free(dir);
}

static void
recall(struct host *h)
{
	char *dir = kept_dir(), *path = path_join(dir, h->name), *why = NULL;
	struct buf in = { 0 };
	struct json *obj = NULL;

	if (io_slurp(path, KEPT_MAX, &in) == 0)
		obj = json_parse(in.data, in.len, &why);
	const struct json *arr = json_get(obj, "sessions");
	h->asked = (uint64_t)json_int(obj, "asked", 0);
	h->n = json_count(arr);
	h->list = mem_zero(h->n + 1, sizeof *h->list);
	for (size_t i = 0; i < h->n; i++)
		seen_recall(&h->list[i], json_at(arr, i), h->name);
	for (size_t i = 0; i < h->n; i++)
		h->list[i].asked = h->asked;
	free(why);
	json_free(obj);
	buf_release(&in);
	free(path);
	free(dir);
}

/* --- which there are ---------------------------------------------------- */

static void
add(struct host **list, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (str_eq((*list)[i].name, name))
			return;
	*list = mem_grow(*list, *n + 1, sizeof **list);
	(*list)[(*n)++] = (struct host){
		.name = name == NULL ? NULL : mem_str(name),
	};
}

static void
add_paired(struct host **list, size_t *n)
{
	struct peers peers = { 0 };
	char *state = path_state(), *why = NULL;

	if (peers_load(state, PEERS_HOSTS, &peers, &why) == 0)
		for (size_t i = 0; i < peers.n; i++)
			add(list, n, peers.list[i].name);
	peers_release(&peers);
	free(why);
	free(state);
}

/* A machine that is not paired is known as long as it had sessions. */
static void
add_kept(struct host **list, size_t *n)
{
	char *path = kept_dir();
	DIR *dir = opendir(path);

	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		struct host h = { .name = e->d_name };

		if (!str_starts(h.name, "ssh:") || !place_is_host(h.name))
			continue;
		recall(&h);
		if (h.n > 0)
			add(list, n, h.name);
		for (size_t i = 0; i < h.n; i++)
			seen_release(&h.list[i]);
		free(h.list);
	}
	if (dir != NULL)
		closedir(dir);
	free(path);
}

/* --- asking them -------------------------------------------------------- */

static bool
ask_far(struct host *h, const struct cmd *cmd, uint64_t until)
{
	struct far *far = place_dial(h->name, false);
	uint64_t now = now_ms(CLOCK_MONOTONIC);
	char *word = str_printf("%s/", h->name);
	struct ask *ask = NULL;
	int status;

	if (far == NULL)
		h->why = mem_str("it cannot be dialed");
	else if (far_wait(far, until > now ? (int)(until - now) : 0) == 0)
		ask = ask_open_at(cmd, word, false, &status);
	else
		h->why = mem_str(far_text(far) != NULL ? far_text(far)
						       : "no answer");
	free(word);
	if (ask != NULL && ask_list(ask, &h->list, &h->n) != 0)
		h->why = mem_str(ask_text(ask));
	ask_close(ask);
	if (ask == NULL && h->why == NULL)
		h->why = mem_str("no answer");
	return h->why == NULL;
}

int
hosts_ask(const struct cmd *cmd, struct host **list, size_t *n)
{
	uint64_t until = now_ms(CLOCK_MONOTONIC) + PATIENCE;
	int status;

	*list = NULL;
	*n = 0;
	add(list, n, NULL);
	add_paired(list, n);
	add_kept(list, n);
	for (size_t i = 1; i < *n; i++)
		place_dial((*list)[i].name, false);
	struct ask *ask = ask_open(cmd, true, &status);
	if (ask != NULL)
		status = ask_list(ask, &(*list)[0].list, &(*list)[0].n);
	ask_close(ask);
	(*list)[0].asked = now_ms(CLOCK_REALTIME);
	for (size_t i = 1; status == EXIT_DONE && i < *n; i++) {
		struct host *h = &(*list)[i];

		if (ask_far(h, cmd, until)) {
			h->asked = now_ms(CLOCK_REALTIME);
			hosts_keep(h->name, h->list, h->n);
		} else {
			recall(h);
		}
	}
	return status;
}

void
hosts_free(struct host *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < list[i].n; j++)
			seen_release(&list[i].list[j]);
		free(list[i].list);
		free(list[i].name);
		free(list[i].why);
	}
	free(list);
}
