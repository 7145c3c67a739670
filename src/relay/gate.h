/* relay/gate.h - the one door for other machines. */
#ifndef CDO_RELAY_GATE_H
#define CDO_RELAY_GATE_H

/*
 * `cdo relay --gate --state DIR`, started by the server, which is at its
 * descriptor 3 (proto/post).  It holds the host key, accepts, does the
 * handshakes, hands the finished links to the server, and can do nothing else.
 */
int gate_main(int argc, char **argv);

#endif
