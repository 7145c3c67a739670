/* fuzz/chan.c - a peer that has a key, and says what it likes. */
#include "proto/chan.h"

#include <stdlib.h>
#include <string.h>

#include "keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool kept)
{
	if (!kept)
		abort();
}

/* Says all there is to say; it is bounded. */
static size_t
speak(struct chan *c, uint64_t now)
{
	static uint8_t out[LINK_ROOM];
	size_t frames = 0;
	ssize_t n;

	while ((n = chan_write(c, now, out)) > 0) {
		must((size_t)n <= sizeof out);
		must(++frames < 100000);
	}
	return frames;
}

/* What a user of this end might do, by the bytes of what came. */
static void
act(struct chan *c, const struct chan_event *ev)
{
	uint8_t what = ev->len > 0 ? ev->data[0] : 0;

	switch (ev->type) {
	case CHAN_EV_OPEN:
		must(ev->len >= 1 && ev->len <= CHAN_TARGET);
		if (what & 1)
			chan_accept(c, ev->channel);
		else if (what & 2)
			chan_refuse(c, ev->channel, what, "no");
		break;
	case CHAN_EV_DATA:
		must(ev->len <= LINK_PAYLOAD);
		if (what & 1)
			chan_took(c, ev->channel, ev->len);
		if (what & 2)
			chan_send(c, ev->channel, ev->data, ev->len);
		if (what & 4)
			chan_close(c, ev->channel);
		if (what & 8)
			chan_accept(c, ev->channel);
		if (what & 16)
			chan_refuse(c, ev->channel, what, "");
		break;
	case CHAN_EV_REFUSED:
		must(ev->len <= CHAN_TEXT);
		break;
	default:
		chan_ping(c);
	}
}

/* First byte: which end, in clear or not, what has been asked before. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct link l;
	uint64_t now = 0;
	uint8_t *all = malloc(len + 1), *at = all;
	size_t left = len > 0 ? len - 1 : 0;
	ssize_t n = 1;

	if (!all)
		abort();
	uint8_t how = len > 0 ? *data : 0;
	if (left > 0)
		memcpy(all, data + 1, left);
	if (how & 2)
		link_init_clear(&l, 0);
	else
		keys_link(&l);
	struct chan *c = chan_new(&l, how & 1, 0);
	for (int i = 0; !(how & 1) && i < how >> 4; i++) {
		chan_open(c, "server");
		chan_send(c, (uint32_t)i + 1, "hello", 5);
	}
	if (how & 4)
		speak(c, now);
	while (n > 0) {
		struct chan_event ev;

		n = chan_read(c, at, left, now, &ev);
		must(n <= 0 || (size_t)n <= left);
		if (n > 0) {
			act(c, &ev);
			at += n;
			left -= (size_t)n;
			if (how & 8)
				speak(c, now += 100);
		} else if (n < 0) {
			must(speak(c, now) == 0);
		}
		must(chan_count(c) <= CHAN_MAX);
	}
	speak(c, now);
	chan_free(c);
	link_wipe(&l);
	free(all);
	return 0;
}
