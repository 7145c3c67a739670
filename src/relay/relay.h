/* relay/relay.h - the roles of `cdo relay`. */
#ifndef CDO_RELAY_RELAY_H
#define CDO_RELAY_RELAY_H

/* `cdo relay --MODE ...`; argv[0] is "relay".  Returns the exit status. */
int relay_main(int argc, char **argv);

#endif
