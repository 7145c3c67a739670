/* cmd/check_terminal.c - cdo doctor: the terminal it was asked on. */
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "client/survey.h"
#include "cmd/checks.h"

static void
check_utf8(struct checks *c)
{
	setlocale(LC_CTYPE, "");
	const char *codes = nl_langinfo(CODESET);

	if (str_eq(codes, "UTF-8"))
		checks_add(c, "utf-8", CHECK_OK, mem_str("the locale is UTF-8"),
			   NULL);
	else
		checks_add(c, "utf-8", CHECK_WARNING,
			   str_printf("the locale has %s; programs may not "
				      "print UTF-8",
				      codes),
			   "set LANG=C.UTF-8, or another with UTF-8");
}

/* What stands between. */
static void
check_nested(struct checks *c)
{
	const char *name = getenv("CDO_NAME");

	if (getenv("TMUX") != NULL)
		checks_add(
			c, "nested", CHECK_INFO,
			mem_str("inside tmux, which has the same prefix, and "
				"passes the clipboard on if set-clipboard "
				"is on"),
			"set another prefix in cdo.conf");
	else if (getenv("STY") != NULL)
		checks_add(c, "nested", CHECK_INFO,
			   mem_str("inside screen, which knows neither true "
				   "colour nor the clipboard"),
			   NULL);
	if (name != NULL)
		checks_add(c, "nested", CHECK_INFO,
			   str_printf("inside the session '%s'", name), NULL);
}

static void
check_one(struct checks *c, const char *id, bool has, const char *what)
{
	checks_add(c, id, has ? CHECK_OK : CHECK_INFO,
		   str_printf("the terminal has %s%s", has ? "" : "no ", what),
		   NULL);
}

void
check_terminal(struct checks *c)
{
	const char *term = getenv("TERM");
	struct survey s;

	check_utf8(c);
	check_nested(c);
	if (survey_terminal(&s) < 0) {
		checks_add(c, "terminal", CHECK_INFO,
			   mem_str("not asked on a terminal"), NULL);
		return;
	}
	bool good = term != NULL && *term != '\0' && !str_eq(term, "dumb");
	checks_add(c, "terminal", good ? CHECK_OK : CHECK_ERROR,
		   str_printf("TERM is %s%s", term == NULL ? "not set" : term,
			      s.answers ? "" : "; it answers no questions"),
		   good ? NULL : "set TERM to what the terminal is");
	checks_add(c, "colours", s.colors >= 256 ? CHECK_OK : CHECK_INFO,
		   s.direct ? mem_str("all colours")
			    : str_printf("%u colours", s.colors),
		   s.direct || s.colors < 256
			   ? NULL
			   : "set COLORTERM=truecolor if it has them");
	checks_add(c, "clipboard", CHECK_INFO,
		   mem_str("whether programs may set the clipboard (OSC 52) is "
			   "for the terminal to say, and cannot be asked"),
		   NULL);
	if (!s.answers)
		return;
	check_one(c, "keyboard", s.kitty, "kitty keyboard protocol");
	check_one(c, "sync", s.sync, "synchronized output (2026)");
}
