#include "signal/grant.h"
#include "signal/hub.h"
#include "signal/room.h"
#include "signal/seat.h"

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* 0 of the configuration: without limit. */
static uint32_t left(uint32_t limit, uint32_t granted)
{
	return limit ? limit - granted : UINT32_MAX;
}

void grant_end(struct seat *seat)
{
	struct granted *granted = &seat->hub->granted[seat->worker];
	granted->audio -= seat->granted.audio;
	granted->video -= seat->granted.video;
	seat->granted = (struct granted){ 0 };
}

void grant_again(struct seat *seat, uint8_t audio, uint8_t video)
{
	const struct signal_config *config = &seat->hub->config;
	grant_end(seat);
	struct granted *granted = &seat->hub->granted[seat->worker];
	seat->granted.audio = least(audio, left(config->slots_audio, granted->audio));
	seat->granted.video = least(video, left(config->slots_video, granted->video));
	granted->audio += seat->granted.audio;
	granted->video += seat->granted.video;
	seat->kept.slots_audio = (uint8_t)seat->granted.audio;
	seat->kept.slots_video = (uint8_t)seat->granted.video;
}

static enum fit fit(uint32_t left, uint8_t wish)
{
	return left >= wish ? FIT_WHOLE : left ? FIT_PART : FIT_NOT;
}

enum fit grant_fit(const struct signal *hub, uint32_t worker, uint8_t audio, uint8_t video)
{
	const struct granted *granted = &hub->granted[worker];
	enum fit voices = fit(left(hub->config.slots_audio, granted->audio), audio);
	enum fit pictures = fit(left(hub->config.slots_video, granted->video), video);
	return voices < pictures ? voices : pictures;
}

bool grant_new(struct seat *seat, uint8_t audio, uint8_t video)
{
	if (grant_fit(seat->hub, seat->worker, audio, video) == FIT_NOT)
		return false;
	grant_again(seat, audio, video);
	return true;
}
