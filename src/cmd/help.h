/* cmd/help.h - what --help says, from the table. */
#ifndef CDO_CMD_HELP_H
#define CDO_CMD_HELP_H

struct cmd;
struct cmd_opt;

/* Prints a command's usage, options and more on stdout. */
void help_command(const struct cmd *);
/* Prints the list of commands. */
void help_all(void);
/* The command that was probably meant, or NULL. */
const struct cmd *help_nearest(const char *word);

#endif
