// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals that end the program come while it waits, and at no other time: nothing is left half done, and no read fails for
 * one. A pipe whose reader has gone is among them.
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

	/* What nohup, or a shell in the background, has switched off stays so. */
	if (sigaction(number, NULL, &now) || now.sa_handler == SIG_IGN)
		return;
	sigaction(number, &action, NULL);
	/* This one comes from a write, which must not be held up. */
	if (number != SIGPIPE)
		sigaddset(set, number);
}

/**
 * signals_catch - from now on, signals end signals_wait() instead of the program
 * @screen: the terminal is drawn on: those that are about it, too
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

/**
 * signals_stop - has the program been told to stop?
 *
 * Return: true if so.
 */
bool signals_stop(void)
{
	static const struct timespec none;

	/* Those that have come since the last wait, too. */
	ppoll(NULL, 0, &none, &before);
	return stop;
}

/**
 * signals_suspend - has the program been told to suspend itself?
 *
 * Return: true once for each time.
 */
bool signals_suspend(void)
{
	return atomic_exchange(&suspend, false);
}

/**
 * signals_resized - has the window got another size?
 *
 * Return: true once for each time.
 */
bool signals_resized(void)
{
	return atomic_exchange(&resized, false);
}

/**
 * signals_wait - wait for files, a signal, or time
 * @fds: the files, as poll's; can be NULL
 * @n: how many
 * @ms: how long, in milliseconds
 *
 * Return: as poll's: 0 when the time is over.
 */
int signals_wait(struct pollfd *fds, nfds_t n, unsigned int ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	return ppoll(fds, n, &time, &before);
}

/**
 * signals_release - all has been put back: signals do what they did before
 *
 * Ends the program if the reader of its output has gone, as that would have done at once.
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
