/* relay/splice.c - the host's end of one link. */
#include "relay/splice.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "proto/chan.h"
#include "proto/link.h"
#include "proto/msg.h"
#include "proto/pass.h"
#include "proto/post.h"
#include "relay/carry.h"
#include "relay/sandbox.h"

enum {
	SERVER = 3,
	KEYS_MS = 10000, /* until the server has said what it is for */
	SILENT_MS = 30000, /* of a device that ought to ask now and then */
};

struct splice {
	struct loop *loop;
	struct pass *server;
	struct carry *carry;
	struct loop_timer *silence;
	bool bye; /* the server has said why it ends */
	enum link_bye why;
	char *text;
};

/* --- the device --------------------------------------------------------- */

static void
on_open(void *ctx, uint32_t channel, const uint8_t *target, size_t len)
{
	struct splice *s = ctx;
	struct buf out = { 0 };
	struct msg_writer w;
	char *name = mem_strn((const char *)target, len);

	msg_begin(&w, &out, (enum msg_type)POST_OPEN, 2);
	msg_uint(&w, channel);
	msg_str(&w, name);
	msg_end(&w);
	free(name);
	pass_send(s->server, &out, -1);
	buf_release(&out);
}

static void
on_wire_gone(void *ctx, int why, unsigned bye, const uint8_t *text, size_t len)
{
	struct splice *s = ctx;

	(void)why;
	(void)bye;
	(void)text;
	(void)len;
	loop_stop(s->loop);
}

static void
look(void *ctx)
{
	struct splice *s = ctx;
	uint64_t silent = chan_silent(carry_chan(s->carry), loop_now(s->loop));

	if (silent >= SILENT_MS)
		loop_stop(s->loop);
	else
		loop_timer_start(s->silence, SILENT_MS - silent);
}

/* --- the server --------------------------------------------------------- */

/* Takes fd. */
static void
on_server(void *ctx, struct msg *m, int fd)
{
	struct splice *s = ctx;
	uint32_t channel = (uint32_t)msg_to_uint(msg_field(m, 0), 0);
	char *text = NULL;

	switch (m->type) {
	case POST_OPENED:
		if (fd >= 0)
			carry_accept(s->carry, channel, fd);
		else
			carry_refuse(s->carry, channel, MSG_E_FAILED,
				     "too many connections");
		return;
	case POST_REFUSED:
		text = msg_dup_str(msg_field(m, 2), CHAN_TEXT);
		carry_refuse(s->carry, channel,
			     (unsigned)msg_to_uint(msg_field(m, 1), 1),
			     text != NULL ? text : "");
		free(text);
		break;
	case POST_BYE:
		s->bye = true;
		s->why = (enum link_bye)msg_to_uint(msg_field(m, 0),
						    LINK_BYE_GOING);
		free(s->text);
		s->text = msg_dup_str(msg_field(m, 1), LINK_BYE_TEXT);
		loop_stop(s->loop);
		break;
	default:
		break;
	}
	if (fd >= 0)
		io_close(fd);
}

/*
 * Without the server nobody could end this link any more: the device comes
 * back to the next one.
 */
static void
on_server_gone(void *ctx, int why)
{
	struct splice *s = ctx;

	(void)why;
	loop_stop(s->loop);
}

/* --- beginning ---------------------------------------------------------- */

static bool
get_cipher(const struct msg *m, unsigned at, struct noise_cipher *c)
{
	size_t len;
	const uint8_t *key = msg_to_bin(msg_field(m, at), &len);

	if (key == NULL || len != NOISE_KEY)
		return false;
	*c = (struct noise_cipher){
		.nonce = msg_to_uint(msg_field(m, at + 1), 0),
		.keyed = true,
	};
	memcpy(c->key, key, len);
	return true;
}

/* Returns the wire, or -1. */
static int
receive_link(struct link *link)
{
	struct noise_cipher send = { 0 }, receive = { 0 };
	struct buf in = { 0 };
	struct msg m = { 0 };
	int fd, r = pass_get(SERVER, KEYS_MS, &in, &m, &fd);

	if (r == 0 &&
	    (fd < 0 || m.type != POST_KEYS || !get_cipher(&m, 0, &send) ||
	     !get_cipher(&m, 2, &receive))) {
		if (fd >= 0)
			io_close(fd);
		r = -1;
	}
	if (r == 0)
		link_init(link, &send, &receive, 0);
	noise_cipher_wipe(&send);
	noise_cipher_wipe(&receive);
	if (in.data != NULL)
		secret_wipe(in.data, in.len);
	buf_release(&in);
	msg_release(&m);
	return r == 0 ? fd : -1;
}

static void
carry_on(struct splice *s, const struct link *link, int fd)
{
	static const struct carry_events wire = {
		.open = on_open,
		.gone = on_wire_gone,
	};
	static const struct pass_events server = {
		.got = on_server,
		.gone = on_server_gone,
	};

	s->silence = loop_timer_new(s->loop, look, s);
	s->server = pass_new(s->loop, SERVER, &server, s);
	s->carry = carry_new(s->loop, &(struct carry_options){
					      .in = fd,
					      .out = fd,
					      .link = link,
					      .host = true,
					      .events = &wire,
					      .ctx = s,
				      });
	loop_timer_start(s->silence, SILENT_MS);
	loop_run(s->loop);
	carry_bye(s->carry, s->bye ? s->why : LINK_BYE_GOING,
		  s->text != NULL ? s->text : "");
	pass_free(s->server);
	loop_timer_free(s->silence);
}

int
splice_main(int argc, char **argv)
{
	struct splice s = { 0 };
	struct sandbox box;
	struct link link;

	(void)argv;
	if (argc != 1 || fcntl(SERVER, F_GETFD) < 0)
		return 2;
	secret_process();
	int fd = receive_link(&link);
	if (fd < 0)
		return 1;
	carry_tune(fd);
	s.loop = loop_new();
	/* The key's age counts from here. */
	link.born = link.keyed = loop_now(s.loop);
	sandbox_enter(&box);
	carry_on(&s, &link, fd);
	link_wipe(&link);
	loop_free(s.loop);
	free(s.text);
	return 0;
}
