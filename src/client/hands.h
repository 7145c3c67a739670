/* client/hands.h - what the user's keys and terminal make the client do. */
#ifndef CDO_CLIENT_HANDS_H
#define CDO_CLIENT_HANDS_H

struct keyboard_events;

/* Their context is the struct client. */
extern const struct keyboard_events hands_events;

#endif
