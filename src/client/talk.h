/* client/talk.h - what the custodian is told, and what it says. */
#ifndef CDO_CLIENT_TALK_H
#define CDO_CLIENT_TALK_H

#include <stdbool.h>

struct client;

/* Connects and, unless asks_first, asks to be attached; 0 or -errno. */
int talk_start(struct client *);
/* The terminal has answered. */
void talk_attach(struct client *);
void talk_stop(struct client *);

/* What was typed, as far as it may be sent. */
void talk_typed(struct client *);
void talk_resize(struct client *);
/* Nothing is shown before the snapshot that this asks for. */
void talk_resync(struct client *);
void talk_profile(struct client *);
/* False if nobody is there to answer. */
bool talk_detach(struct client *);
/* Nothing is read from the custodian while the terminal is busy. */
void talk_pause(struct client *, bool pause);
/* The terminal has all that came: from afar that is told, see MSG_SHOWN. */
void talk_shown(struct client *);

#endif
