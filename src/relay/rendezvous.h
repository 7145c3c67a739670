/* relay/rendezvous.h - a blind relay, where hosts and devices meet. */
#ifndef CDO_RELAY_RENDEZVOUS_H
#define CDO_RELAY_RENDEZVOUS_H

/*
 * `cdo relay --listen ADDR[:PORT] [--allow FILE]`: in the foreground, until it
 * is ended.  FILE (relay.allow in the state directory) has a line with the
 * fingerprint of each host that may register.
 */
int rendezvous_main(int argc, char **argv);

#endif
