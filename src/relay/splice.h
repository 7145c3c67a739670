/* relay/splice.h - the host's end of one link. */
#ifndef CDO_RELAY_SPLICE_H
#define CDO_RELAY_SPLICE_H

/*
 * `cdo relay --link`, started by the server, which is at its descriptor 3
 * (proto/post): it hands over the link, and then a connection for each that
 * the device asks for.  What goes through is not looked into.
 */
int splice_main(int argc, char **argv);

#endif
