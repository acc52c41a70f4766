/* Slots promised to seats, by worker, within what the worker's pools hold: so a site that was let in never lacks one.
 *
 * Guarantee: the grants of a worker's seats never add up to more than signal_config.slots_audio and slots_video. A new
 * seat is granted what it asks for or what is left, and refused (false: `room-full`) when nothing is left of a kind it
 * asks for. A seat that is there keeps at least what it asks for of its own; one kept from before the daemon started
 * has what is left. What a seat was granted is free again when the seat is. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct seat;
struct signal;

/* Slots of one seat, or of all of a worker's. */
struct granted {
	uint32_t audio, video;
};

/* What a worker has left for a wish: nothing of a kind that is asked for, something of each, all of it. */
enum fit { FIT_NOT, FIT_PART, FIT_WHOLE };

enum fit grant_fit(const struct signal *hub, uint32_t worker, uint8_t audio, uint8_t video);

/* The seat is in its room; sets seat->kept.slots_audio and slots_video. */
bool grant_new(struct seat *seat, uint8_t audio, uint8_t video);
/* Another wish of a seat that is there, or one from the store. */
void grant_again(struct seat *seat, uint8_t audio, uint8_t video);
void grant_end(struct seat *seat);
