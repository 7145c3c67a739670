/* keeper/keeper.h - the process that holds a session's descriptors. */
#ifndef CDO_KEEPER_KEEPER_H
#define CDO_KEEPER_KEEPER_H

/*
 * `cdo keeper OPTIONS -- PROGRAM ARG...` (keeper/options.h), environment and
 * umask as the program's shall be, descriptor 3 a pipe to report on, 4 the lock
 * on the session's state directory.  Reports one line, "ok PID\n" or
 * "fail STAGE ERRNO\n" (pty, cwd, exec, socket, fork, memory, options), once
 * the program runs or cannot.
 *
 * This process then becomes the session's custodian, and a child of its the
 * keeper.  So each outlives the other: the keeper, who is the program's parent,
 * starts another custodian on the same descriptors; and of a keeper that dies
 * the first custodian, its subreaper, inherits the program.
 */
int keeper_main(int argc, char **argv);

#endif
