/* server/afar.h - what a session needs that another machine may not say. */
#ifndef CDO_SERVER_AFAR_H
#define CDO_SERVER_AFAR_H

/*
 * Of the caller's environment TERM, COLORTERM, LANG and LC_* stay, if they are
 * harmless; the rest comes from this server's.  Replaces *env.
 */
void afar_environment(char ***env);
/*
 * The directory that a caller on another machine means: NULL, "~", "~/api" and
 * "api" begin in the home directory here.  Caller frees.
 */
char *afar_directory(const char *dir);

/* The first of `given` (K=V) that no other machine may set, or NULL. */
const char *afar_forbidden(char *const *given);

#endif
