#include "media/ice.h"
#include "wire/stun.h"
#include <string.h>

static void enter(struct ice *ice, enum ice_state state)
{
	ice->state = state;
}

void ice_init(struct ice *ice, usec now)
{
	memset(ice, 0, sizeof *ice);
	ice->started = now;
	ice->nominated = USEC_NEVER;
	ice->heard = USEC_NEVER;
	enter(ice, ICE_NEW);
}

/* Index of the address, or ICE_ADDRESSES. */
static uint8_t find(const struct ice *ice, const struct netaddr *address)
{
	for (uint8_t i = 0; i < ice->n; i++) {
		if (netaddr_equal(&ice->entries[i].address, address))
			return i;
	}
	return ICE_ADDRESSES;
}

/* A place for a new address: a free one, else that of the address unheard for longest, never the one in use. */
static uint8_t place(struct ice *ice, struct ice_result *result)
{
	if (ice->n < ICE_ADDRESSES)
		return ice->n++;
	uint8_t oldest = ice->has_current && ice->current == 0 ? 1 : 0;
	for (uint8_t i = 0; i < ice->n; i++) {
		bool used = ice->has_current && ice->current == i;
		if (!used && ice->entries[i].heard < ice->entries[oldest].heard)
			oldest = i;
	}
	result->evicted = true;
	result->out = ice->entries[oldest].address;
	return oldest;
}

/* Whether media goes to entry i from now on, after a check from there. */
static bool takes_over(const struct ice *ice, uint8_t i, bool nominates, usec now)
{
	const struct ice_entry *to = &ice->entries[i];
	const struct ice_entry *from = &ice->entries[ice->current];
	if (!ice->has_current || ice->current == i)
		return true;
	if (!nominates)
		return ice->state == ICE_SILENT && !from->nominated;
	bool burst = from->nominated && ice->state == ICE_SELECTED && now - ice->nominated < ICE_BURST;
	return !(burst && to->priority && to->priority < from->priority);
}

struct ice_result ice_on_check(struct ice *ice, const struct stun *check, const struct netaddr *from, usec now)
{
	struct ice_result result = { .answer = ICE_SUCCESS };
	if (ice->state == ICE_DEAD || check->role == STUN_CONTROLLED) {
		result.answer = ice->state == ICE_DEAD ? ICE_NOTHING : ICE_CONFLICT;
		return result;
	}
	uint8_t i = find(ice, from);
	if (i == ICE_ADDRESSES) {
		i = place(ice, &result);
		ice->entries[i] = (struct ice_entry){ .address = *from };
		result.added = true;
	}
	struct ice_entry *entry = &ice->entries[i];
	entry->heard = now;
	if (check->use_candidate) {
		entry->nominated = true;
		if (check->has_priority)
			entry->priority = check->priority;
	}
	result.first = ice->heard == USEC_NEVER;
	ice->heard = now;
	if (!takes_over(ice, i, check->use_candidate, now))
		return result;
	result.moved = !ice->has_current || ice->current != i;
	result.resumed = ice->state == ICE_SILENT;
	ice->current = i;
	ice->has_current = true;
	if (entry->nominated && ice->nominated == USEC_NEVER)
		ice->nominated = now;
	enter(ice, entry->nominated ? ICE_SELECTED : ICE_CHECKED);
	return result;
}

void ice_on_packet(struct ice *ice, const struct netaddr *from, usec now)
{
	uint8_t i = find(ice, from);
	if (i == ICE_ADDRESSES || ice->state == ICE_DEAD)
		return;
	ice->entries[i].heard = now;
	ice->heard = now;
}

void ice_on_dtls_done(struct ice *ice)
{
	ice->dtls_done = true;
}

bool ice_on_taken(struct ice *ice, const struct netaddr *address)
{
	uint8_t i = find(ice, address);
	if (i == ICE_ADDRESSES)
		return false;
	bool used = ice->has_current && ice->current == i;
	uint8_t last = --ice->n;
	ice->entries[i] = ice->entries[last];
	if (used) {
		ice->has_current = false;
		if (ice->state != ICE_DEAD)
			enter(ice, ICE_SILENT);
	} else if (ice->current == last) {
		ice->current = i;
	}
	return used;
}

static bool sends(const struct ice *ice)
{
	return ice->state == ICE_CHECKED || ice->state == ICE_SELECTED;
}

bool ice_on_deadline(struct ice *ice, usec now)
{
	if (ice->state == ICE_DEAD)
		return false;
	if (!ice->dtls_done && now - ice->started >= ICE_DTLS) {
		enter(ice, ICE_DEAD);
		return true;
	}
	if (!sends(ice) || now - ice->entries[ice->current].heard < ICE_CONSENT)
		return false;
	enter(ice, ICE_SILENT);
	return true;
}

const struct netaddr *ice_address(const struct ice *ice)
{
	return sends(ice) ? &ice->entries[ice->current].address : NULL;
}

bool ice_knows(const struct ice *ice, const struct netaddr *address)
{
	return find(ice, address) != ICE_ADDRESSES;
}

void ice_deadline(const struct ice *ice, usec *next)
{
	if (ice->state != ICE_DEAD && !ice->dtls_done)
		usec_lower(next, ice->started + ICE_DTLS);
	if (sends(ice))
		usec_lower(next, ice->entries[ice->current].heard + ICE_CONSENT);
}
