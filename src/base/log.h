/* base/log.h - what happened, for who looks later. */
#ifndef CDO_BASE_LOG_H
#define CDO_BASE_LOG_H

/*
 * Lines go to stderr until log_open.  `who` (a role, a session's id) stands
 * before each line and is borrowed for ever.  Never what was typed or shown.
 */
void log_open(const char *path, const char *who);
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
