/* relay/calls.h - a host's place at a blind relay. */
#ifndef CDO_RELAY_CALLS_H
#define CDO_RELAY_CALLS_H

/*
 * `cdo relay --calls HOST:PORT --state DIR`, started by the server, which is
 * at its descriptor 3 (proto/post): registers there, again and again, and
 * passes on the connections of those who call.
 */
int calls_main(int argc, char **argv);

#endif
