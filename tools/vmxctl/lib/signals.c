// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals that end the program are delivered only while it waits, so that no
 * operation is left half done and no read fails with EINTR. SIGPIPE is among
 * them.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "lib/files.h"
#include "lib/signals.h"

static atomic_bool stop, suspend, resized, pipe_gone;
static sigset_t before;

static void handle(int number)
{
	switch (number) {
	case SIGWINCH:
		resized = true;
		break;
	case SIGTSTP:
		suspend = true;
		break;
	case SIGPIPE:
		pipe_gone = true;
		__attribute__((fallthrough));
	default:
		stop = true;
	}
}

static void catch_signal(int number, sigset_t *set)
{
	struct sigaction action = { .sa_handler = handle }, now;

	/*
	 * A signal that nohup or a shell ignores for a background job stays
	 * ignored.
	 */
	if (sigaction(number, NULL, &now) || now.sa_handler == SIG_IGN)
		return;
	sigaction(number, &action, NULL);
	/* write() raises SIGPIPE, and blocking it would only delay it. */
	if (number != SIGPIPE)
		sigaddset(set, number);
}

/*
 * From now on signals end signals_wait() instead of the program. With @screen
 * this includes those of the terminal.
 */
void signals_catch(bool screen)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGWINCH, SIGTSTP };
	size_t n = ARRAY_SIZE(all) - (screen ? 0 : 2), i;
	sigset_t set;

	sigemptyset(&set);
	for (i = 0; i < n; i++)
		catch_signal(all[i], &set);
	sigprocmask(SIG_BLOCK, &set, &before);
}

bool signals_stop(void)
{
	static const struct timespec none;

	/* Let the signals that are pending since the last wait arrive. */
	ppoll(NULL, 0, &none, &before);
	return stop;
}

/* Returns true once for each SIGTSTP. */
bool signals_suspend(void)
{
	return atomic_exchange(&suspend, false);
}

/* Returns true once for each SIGWINCH. */
bool signals_resized(void)
{
	return atomic_exchange(&resized, false);
}

/* As poll(); returns 0 when @ms milliseconds have passed. */
int signals_wait(struct pollfd *fds, nfds_t n, unsigned int ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	return ppoll(fds, n, &time, &before);
}

/*
 * Restores the signals. Ends the program if its reader has gone, as an uncaught
 * SIGPIPE would have done at once.
 */
void signals_release(void)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGPIPE };
	struct sigaction action = { .sa_handler = SIG_DFL }, now;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (!sigaction(all[i], NULL, &now) && now.sa_handler == handle)
			sigaction(all[i], &action, NULL);
	}
	if (pipe_gone)
		raise(SIGPIPE);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
