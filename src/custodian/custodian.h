/* custodian/custodian.h - the process that owns a session. */
#ifndef CDO_CUSTODIAN_CUSTODIAN_H
#define CDO_CUSTODIAN_CUSTODIAN_H

/*
 * `cdo custodian OPTIONS -- PROGRAM ARG...` (keeper/options.h), with the
 * descriptors of keeper/memory.h.  Returns 0 once the session is over and
 * everybody was told.
 */
int custodian_main(int argc, char **argv);

#endif
