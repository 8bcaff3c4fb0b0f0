// SPDX-License-Identifier: GPL-2.0-only
/* vmxctl trace: prints vmxcore's tracepoints as they happen. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <tracefs.h>
#include <unistd.h>

#include "lib/files.h"
#include "lib/options.h"
#include "lib/out.h"
#include "lib/signals.h"
#include "machine/machine.h"
#include "machine/vmxcore.h"
#include "trace/events.h"
#include "trace/instance.h"

/* How often to check that vmxcore is still loaded, in milliseconds. */
#define LOOK_AFTER	1000

/**
 * struct trace - a running trace
 * @events: the events to print
 * @instance: the tracefs instance
 * @boot: the wall-clock time of boot in nanoseconds
 * @seen: number of events printed
 * @lost: number of events lost
 */
struct trace {
	struct events events;
	struct instance instance;
	int64_t boot;
	uint64_t seen;
	uint64_t lost;
};

static enum result complain(const char *text, const char *fix)
{
	fprintf(stderr, "vmxctl: %s%s%s\n", text, fix[0] ? ": " : "", fix);
	return RESULT_UNKNOWN;
}

/*
 * Finds tracefs. The library would mount it if necessary, but a command that
 * only reads must not do so.
 */
static bool find_tracefs(void)
{
	static const char *mounted;
	char *dir = NULL;
	bool found;

	if (!options.root[0])
		return tracefs_tracing_dir_is_mounted(false, &mounted) == 1 &&
		       !tracefs_set_tracing_dir((char *)mounted);
	if (asprintf(&dir, "%s/sys/kernel/tracing", options.root) < 0)
		return false;
	found = !access(dir, F_OK) && !tracefs_set_tracing_dir(dir);
	free(dir);
	return found;
}

static bool has_events(const char *system)
{
	char **names = tracefs_system_events(tracefs_tracing_dir(), system);

	tracefs_list_free(names);
	return names;
}

/* If tracefs is not mounted, its folder is empty. */
static int look_into_tracefs(void)
{
	char *events = tracefs_get_tracing_file("events");
	int err = events && access(events, R_OK | X_OK) ? -errno : 0;

	tracefs_put_tracing_file(events);
	return err;
}

/* Are there events to trace? */
static enum result look_for_events(void)
{
	int err;

	if (machine_lockdown() == LOCKDOWN_CONFIDENTIALITY)
		return complain("the kernel is locked down (confidentiality) and shows no events",
				"");
	err = find_tracefs() ? look_into_tracefs() : -ENOENT;
	if (err == -ENOENT)
		return complain("tracefs is not mounted",
				"mount -t tracefs nodev /sys/kernel/tracing");
	if (err)
		return complain("only root can see events", strerror(-err));
	if (has_events("vmxcore") || has_events("vmxcore_tdx"))
		return RESULT_OK;
	if (file_exists(VMXCORE_DIR))
		return complain("vmxcore is loaded, but this kernel shows no events of it",
				"CONFIG_EVENT_TRACING");
	return complain("vmxcore is not loaded, so there are no events", "modprobe vmxcore");
}

static enum result failed(const char *what, int err)
{
	fprintf(stderr, "vmxctl: %s/%s: %s\n", tracefs_tracing_dir(), what, strerror(-err));
	return err == -EACCES || err == -EPERM ? RESULT_UNKNOWN : RESULT_FAILED;
}

static int enable_one(struct trace *t, struct tep_event *event)
{
	char *filter = event_filter(event);
	int err = 0;

	if (!filter)
		return -ENOMEM;
	if (filter[0] && tracefs_event_file_write(t->instance.tracefs, event->system, event->name,
						  "filter", filter) < 0)
		err = -errno;
	if (!err && tracefs_event_enable(t->instance.tracefs, event->system, event->name))
		err = -errno;
	free(filter);
	return err;
}

/*
 * Tracing starts after all events are enabled, so that no get is shown whose
 * refusal would have been missed.
 */
static enum result enable(struct trace *t)
{
	char what[256];
	size_t i;
	int err;

	for (i = 0; i < t->events.n; i++) {
		err = enable_one(t, t->events.list[i]);
		if (!err)
			continue;
		path_make(what, sizeof(what), "events/%s/%s", t->events.list[i]->system,
			  t->events.list[i]->name);
		return failed(what, err);
	}
	if (tracefs_trace_on(t->instance.tracefs))
		return failed("instances/vmxctl-*/tracing_on", -errno);
	return RESULT_OK;
}

/*
 * If vmxcore is unloaded, its events go with it, and they are not enabled when
 * it is loaded again.
 */
static bool still_enabled(struct trace *t)
{
	bool enabled = false;
	char *text;
	size_t i;

	for (i = 0; i < t->events.n && !enabled; i++) {
		text = tracefs_event_file_read(t->instance.tracefs, t->events.list[i]->system,
					       t->events.list[i]->name, "enable", NULL);
		enabled = text && text[0] == '1';
		free(text);
	}
	return enabled;
}

static void print_json(struct tep_event *event, struct tep_record *record, int cpu)
{
	struct json_object *doc = doc_new("trace");
	char text[40];

	path_make(text, sizeof(text), "%llu.%09llu", record->ts / 1000000000,
		  record->ts % 1000000000);
	json_object_object_add(doc, "time", json_object_new_double_s(record->ts / 1e9, text));
	add_number(doc, "on_cpu", cpu);
	add_string(doc, "system", event->system);
	add_string(doc, "event", event->name);
	event_json(add_object(doc, "fields"), event, record);
	doc_print_line(doc);
}

static void print_text(const struct trace *t, struct tep_event *event, struct tep_record *record,
		       int cpu)
{
	int64_t when = t->boot + (int64_t)record->ts;
	time_t seconds = when / 1000000000;
	char text[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	printf("%s.%06lld [%d] ", text, (long long)(when % 1000000000 / 1000), cpu);
	printf("%s%s%s%s%s:", strcmp(event->system, "vmxcore") ? event->system : "",
	       strcmp(event->system, "vmxcore") ? ":" : "", colour(COLOUR_BOLD), event->name,
	       colour(COLOUR_NONE));
	event_text(event, record);
	putchar('\n');
}

/* A result other than 0 ends the iteration. */
static int print_event(struct tep_event *event, struct tep_record *record, int cpu, void *data)
{
	struct trace *t = data;

	if (options.json)
		print_json(event, record, cpu);
	else
		print_text(t, event, record, cpu);
	t->seen++;
	return t->seen == options.count || ferror(stdout) || signals_stop();
}

static void note_lost(struct trace *t)
{
	uint64_t lost = instance_lost(&t->instance);
	struct json_object *doc;

	if (!lost)
		return;
	t->lost += lost;
	note("%llu events were lost: they came faster than they were read",
	     (unsigned long long)t->lost);
	if (!options.json)
		return;
	doc = doc_new("trace");
	add_number(doc, "lost", lost);
	doc_print_line(doc);
}

/*
 * poll() returns at once for a buffer with an error, as that of a CPU that was
 * never online.
 */
static void skip_broken_buffers(struct instance *instance)
{
	unsigned int i;

	for (i = 0; i < instance->n_fds; i++) {
		if (instance->fds[i].fd >= 0 && (instance->fds[i].revents & (POLLERR | POLLNVAL)))
			instance->fds[i].fd = ~instance->fds[i].fd;
	}
}

static bool is_done(const struct trace *t)
{
	return signals_stop() || ferror(stdout) || (options.count && t->seen >= options.count);
}

static enum result read_events(struct trace *t)
{
	int ready;

	while (!is_done(t)) {
		ready = signals_wait(t->instance.fds, t->instance.n_fds, LOOK_AFTER);
		if (signals_stop())
			break;
		skip_broken_buffers(&t->instance);
		if (tracefs_iterate_raw_events(t->events.tep, t->instance.tracefs, NULL, 0,
					       print_event, t) < 0)
			return failed("instances", -errno);
		fflush(stdout);
		if (ready > 0)
			note_lost(t);
		else if (!ready && !still_enabled(t))
			return complain("vmxcore has been unloaded, so there are no more events",
					"");
	}
	return t->lost ? RESULT_UNKNOWN : RESULT_OK;
}

static int64_t boot_time(void)
{
	struct timespec now, since;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &since);
	return (now.tv_sec - since.tv_sec) * 1000000000LL + now.tv_nsec - since.tv_nsec;
}

static enum result trace_in_instance(struct trace *t)
{
	enum result result;
	int err;

	err = instance_make(&t->instance);
	result = err ? failed("instances", err) : enable(t);
	if (result == RESULT_OK)
		result = read_events(t);
	err = instance_remove(&t->instance);
	return err ? failed("instances/vmxctl-*: not removed", err) : result;
}

enum result command_trace(void)
{
	struct trace t = { .boot = boot_time() };
	enum result result;

	tracefs_set_loglevel(TEP_LOG_NONE);
	result = look_for_events();
	if (result == RESULT_OK) {
		result = events_find(&t.events);
		signals_catch(false);
		if (result == RESULT_OK)
			result = trace_in_instance(&t);
		events_free(&t.events);
		signals_release();
	}
	tracefs_set_tracing_dir(NULL);
	return result;
}
