// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxctl watch: what holds VMX, and what changes. It reads the state again and
 * again, because vmxcore's files do not support poll(), and other hypervisors
 * have none.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/options.h"
#include "lib/out.h"
#include "lib/signals.h"
#include "machine/report.h"
#include "machine/snapshot.h"
#include "watch/changes.h"
#include "watch/screen.h"

/* Enough changes for the tallest window. */
#define LOG_LINES	200

enum form {
	FORM_SCREEN,
	FORM_BLOCKS,
	FORM_JSON,
};

/**
 * struct watch - the state of vmxctl watch
 * @form: the form of the output
 * @now: the last snapshot
 * @old: the one before it, or NULL
 * @changes: what changed between them
 * @notes: the notes of the last snapshot
 * @old_notes: the notes of the one before it
 * @log: the last changes, as lines
 * @n_log: number of changes so far
 * @frame: the text on the screen
 * @looks: number of snapshots so far
 */
struct watch {
	enum form form;
	struct snapshot *now;
	struct snapshot *old;
	struct changes changes;
	char *notes;
	char *old_notes;
	char *log[LOG_LINES];
	size_t n_log;
	char *frame;
	uint64_t looks;
};

/*
 * "2026-11-21T14:20:37+0000". Callers depend on the date's 10 and the time's 8
 * characters.
 */
static void time_text(char buf[40])
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	if (!strftime(buf, 40, "%Y-%m-%dT%H:%M:%S%z", &tm))
		strcpy(buf, "0000-00-00T00:00:00");
}

static bool is_first(const struct watch *w)
{
	return !w->old;
}

static bool notes_differ(const struct watch *w)
{
	return strcmp(w->notes ? w->notes : "", w->old_notes ? w->old_notes : "");
}

static int look(struct watch *w)
{
	struct snapshot *fresh = calloc(1, sizeof(*fresh));

	if (!fresh)
		return -ENOMEM;
	notes_forget();
	snapshot_read(fresh);
	changes_free(&w->changes);
	if (w->old)
		snapshot_free(w->old);
	free(w->old);
	free(w->old_notes);
	w->old = w->now;
	w->old_notes = w->notes;
	w->now = fresh;
	w->notes = notes_text();
	if (w->old)
		changes_find(&w->changes, w->old, w->now);
	w->looks++;
	return 0;
}

static void print_json(const struct watch *w)
{
	struct json_object *doc, *array, *entry;
	char text[40];
	size_t i;

	doc = status_json(w->now);
	/* Replaces the value of status_json(). */
	add_string(doc, "command", "watch");
	time_text(text);
	add_string(doc, "time", text);
	array = add_array(doc, "clients");
	for (i = 0; i < w->now->vmxcore.n_clients; i++)
		add_client(array, w->now, &w->now->vmxcore.clients[i]);
	array = add_array(doc, "changes");
	for (i = 0; i < w->changes.n; i++) {
		entry = append_object(array);
		add_string(entry, "what", change_word(w->changes.list[i].kind));
		add_string(entry, "name", w->changes.list[i].name);
		add_string(entry, "text", w->changes.list[i].text);
	}
	doc_print_line(doc);
}

static void print_state(const struct watch *w)
{
	status_text(w->now);
	clients_text(w->now);
}

static void print_notes(const struct watch *w, FILE *to)
{
	char *copy = w->notes ? strdup(w->notes) : NULL, *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (line[0])
			fprintf(to, "vmxctl: %s\n", line);
	}
	free(copy);
}

static void print_block(const struct watch *w)
{
	char text[40];
	size_t i;

	time_text(text);
	printf("%s%.10s %.8s\n", is_first(w) ? "" : "\n", text, text + 11);
	for (i = 0; i < w->changes.n; i++)
		printf("> %s\n", w->changes.list[i].text);
	print_state(w);
	fflush(stdout);
}

static void keep_changes(struct watch *w)
{
	char text[40], *line;
	size_t i;

	time_text(text);
	for (i = 0; i < w->changes.n; i++) {
		if (asprintf(&line, "%.8s %s", text + 11, w->changes.list[i].text) < 0)
			return;
		free(w->log[w->n_log % LOG_LINES]);
		w->log[w->n_log++ % LOG_LINES] = line;
	}
}

/* Prints the newest change first, and those since the last snapshot in bold. */
static void print_log(const struct watch *w)
{
	size_t age;

	for (age = 0; age < w->n_log && age < LOG_LINES; age++)
		printf("%s%s%s%s\n", age < w->changes.n ? colour(COLOUR_BOLD) : "",
		       age < w->changes.n ? "> " : "  ", w->log[(w->n_log - 1 - age) % LOG_LINES],
		       age < w->changes.n ? colour(COLOUR_NONE) : "");
}

static void print_frame(const struct watch *w)
{
	char text[40];

	time_text(text);
	printf("vmxctl watch, every %g s: %.10s %.8s\n\n", options.interval / 1000.0, text,
	       text + 11);
	print_state(w);
	print_notes(w, stdout);
	putchar('\n');
	print_log(w);
}

/*
 * Captures standard output as the frame. The GNU C library allows the
 * assignment (its manual, "Standard Streams").
 */
static int make_frame(struct watch *w)
{
	FILE *terminal = stdout, *to;
	size_t size;

	keep_changes(w);
	free(w->frame);
	w->frame = NULL;
	to = open_memstream(&w->frame, &size);
	if (!to)
		return -errno;
	stdout = to;
	print_frame(w);
	stdout = terminal;
	return fclose(to) ? -errno : 0;
}

static int show_screen(struct watch *w)
{
	int err = make_frame(w);

	if (!err)
		screen_draw(w->frame);
	return err;
}

/*
 * Prints only what is new. Notes go to standard error as with other commands,
 * but not again with every snapshot.
 */
static int show(struct watch *w)
{
	if (w->form == FORM_SCREEN)
		return show_screen(w);
	if (notes_differ(w))
		print_notes(w, stderr);
	if (!is_first(w) && !w->changes.n && !notes_differ(w))
		return 0;
	if (w->form == FORM_JSON)
		print_json(w);
	else
		print_block(w);
	return 0;
}

static void suspend(void)
{
	screen_leave();
	raise(SIGSTOP);
	screen_enter();
}

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* Redraws the same frame at once when the window's size changes. */
static void wait_for_next(const struct watch *w)
{
	uint64_t end = clock_ms() + options.interval, now;

	while (!signals_stop() && (now = clock_ms()) < end) {
		if (signals_suspend()) {
			suspend();
			screen_draw(w->frame);
		} else if (signals_resized()) {
			screen_draw(w->frame);
		} else {
			signals_wait(NULL, 0, end - now);
		}
	}
}

static int watch(struct watch *w)
{
	int err;

	for (;;) {
		err = look(w);
		if (!err)
			err = show(w);
		if (err || ferror(stdout) || w->looks == options.count)
			return err;
		wait_for_next(w);
		if (signals_stop())
			return 0;
	}
}

static void watch_free(struct watch *w)
{
	size_t i;

	changes_free(&w->changes);
	for (i = 0; i < LOG_LINES; i++)
		free(w->log[i]);
	if (w->old)
		snapshot_free(w->old);
	if (w->now)
		snapshot_free(w->now);
	free(w->old);
	free(w->now);
	free(w->notes);
	free(w->old_notes);
	free(w->frame);
}

static enum form form_of_output(void)
{
	const char *term = getenv("TERM");

	if (options.json)
		return FORM_JSON;
	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") ? FORM_SCREEN : FORM_BLOCKS;
}

enum result command_watch(void)
{
	struct watch w = { .form = form_of_output() };
	enum result result = RESULT_FAILED;
	int err;

	notes_hush();
	signals_catch(w.form == FORM_SCREEN);
	if (w.form == FORM_SCREEN)
		screen_enter();
	err = watch(&w);
	if (w.form == FORM_SCREEN)
		screen_leave();
	if (err)
		fprintf(stderr, "vmxctl: watch: %s\n", strerror(-err));
	else
		result = status_result(w.now);
	watch_free(&w);
	signals_release();
	return result;
}
