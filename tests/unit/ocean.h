/* unit/ocean.h - a bad network, and the two ends of links through it. */
#ifndef CDO_UNIT_OCEAN_H
#define CDO_UNIT_OCEAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "proto/chan.h"
#include "proto/greet.h"
#include "survivors.h"

enum { DEVICE, HOST };
enum { TUNNELS = 4, PIPES = 24, FLY = 4096, DIAL_MS = 5000 };
enum { GIVE_UP_MS = 12000, SILENT_MS = 30000 };

enum phase { CLOSED, MEETING, LINKED };

/* One end of a connection through the network. */
struct port {
	enum phase phase;
	uint64_t since; /* ms */
	struct greet greet;
	struct link link;
	struct chan *chan;
	struct buf in; /* has arrived */
};

struct tunnel {
	struct port port[2];
	struct buf fly[2]; /* on its way to that end */
	bool eof[2]; /* nothing more is coming to it */
	bool lost[2]; /* what is sent to it disappears */
	bool bad; /* its bytes are not what was sent */
};

/* One end of a channel: of a client's line, or of its custodian's. */
struct pipe {
	bool used;
	bool over; /* the channel is; what has come may still be taken */
	int end, tunnel;
	uint32_t channel;
	struct line *line;
	unsigned serial; /* of the line */
	struct buf in;
};

extern struct tunnel tunnels[TUNNELS];
extern struct pipe pipes[PIPES];
extern int now_at; /* the tunnel for new channels; -1: none */
extern uint64_t now; /* ms */
extern struct noise_pair keys[2];
extern uint8_t psk[NOISE_KEY];
extern struct ocean_figures {
	uint64_t handshakes, cuts, flips, caught, rekeys, kills, silences;
} figures;

/* The device asks for one more link. */
void dial(void);
/* An end hangs up, or its process was killed. */
void shut(int tunnel, int end);
/* Some of what is on its way to an end comes, and is read. */
void arrive(int tunnel, int end);
/* An end says some of what it has to say. */
void speak(int tunnel, int end);
/* An end gives up when it has waited too long. */
void impatient(int tunnel, int end);
/* Something happens to what is on its way. */
void network_fault(void);

/* NULL: there are too many. */
struct pipe *pipe_new(int end, int tunnel, uint32_t channel, struct line *l);
void pipe_free(struct pipe *p);
/* Whether its line is still the one that it was made for. */
bool is_its(const struct pipe *p);

#endif
