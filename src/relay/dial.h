/* relay/dial.h - hold a link to another machine, whatever happens to it. */
#ifndef CDO_RELAY_DIAL_H
#define CDO_RELAY_DIAL_H

/*
 * `cdo relay --dial HOST [--ask]`, see proto/dialer.h.  Ends when its client
 * does; or when the host's key is another one, or it does not want us.
 */
int dial_main(int argc, char **argv);

#endif
