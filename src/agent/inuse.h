/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What of each image is in use: files that run, are mapped as code or are given
 * to interpreters in its containers, as the record that scans read
 * (analyze/in-use.h). The main thread hands in events, which costs a look into
 * a table for all but the first of a minute; a thread of its own keeps the
 * records, looks at running processes every so often (libraries, and what ran
 * before the agent did), and writes.
 *
 * Files of a container's own layer are not the image's, and are left out.
 */
#include "agent/settings.h"
#include "guard/sensor.h"

struct sk_inuse_config {
	bool enabled;
	const char *folder; /* of the records; NULL: below the state folder */
	int64_t interval,
		sample; /* seconds: how often is written, how often processes are looked at (0: never) */
	bool opens; /* watch files that are opened for reading, too */
};

/* The section `in-use` of guard.yaml; NULL: everything as it is without one. */
int sk_inuse_config(struct sk_settings *settings, const struct sk_node *section,
		    struct sk_inuse_config *ret, struct sk_err *err);

extern const struct sk_settings_part sk_inuse_parts[];

/* Adds what it needs to what the sensor is asked for. */
void sk_inuse_want(const struct sk_inuse_config *config, struct sk_sensor_want *want);

struct sk_inuse;

/* The config must outlive it. *ret is NULL where it is not enabled, and all else takes that. */
int sk_inuse_open(const struct sk_inuse_config *config, const char *state, struct sk_inuse **ret,
		  struct sk_err *err);
/* Writes what is not written yet, and ends the thread; NULL is nothing. */
void sk_inuse_close(struct sk_inuse *inuse);

/* Never waits. Events that say nothing of use are passed over. */
void sk_inuse_event(struct sk_inuse *inuse, const struct sk_event *event);

struct sk_inuse_counts {
	uint64_t images, files;
	uint64_t lost;	    /* sightings that came faster than they could be kept */
	uint64_t left_out;  /* files beyond SK_MAX_IN_USE_FILES of an image */
	uint64_t unwritten; /* records that could not be written, the last time it was tried */
};
struct sk_inuse_counts sk_inuse_counts(struct sk_inuse *inuse);
