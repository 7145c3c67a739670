/* base/signame.h - signals by name. */
#ifndef CDO_BASE_SIGNAME_H
#define CDO_BASE_SIGNAME_H

/* "SIGKILL"; "signal 99" for one without a name.  Borrowed until the next. */
const char *signame(int signum);
/* "KILL", "SIGKILL", "kill" or "9"; -EINVAL if there is none. */
int signame_number(const char *name);

#endif
