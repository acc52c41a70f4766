#include "bench/load/camera.h"
#include "bench/load/plan.h"
#include "wire/vp8.h"

#define FIRST_SEQ_BELOW 30000 /* a receiver that does not know us yet takes the rollover counter as 0 */
#define KEYFRAME_TIMES 4      /* a keyframe is so many times as large as others */

static uint32_t chance(struct camera *c, uint32_t n)
{
	c->chance = c->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((c->chance >> 33) % n);
}

void camera_init(struct camera *c, uint32_t ssrc, uint32_t rtx_ssrc, uint16_t height, uint32_t kbps, uint32_t fps,
		 uint64_t seed)
{
	*c =
	    (struct camera){ .chance = seed, .height = height, .width = (uint16_t)(height * 16 / 9), .keyframe = true };
	c->frame_bytes = kbps * 1000 / 8 / fps;
	c->first_seq = c->seq = 1 + chance(c, FIRST_SEQ_BELOW);
	c->rtx_seq = 1 + chance(c, FIRST_SEQ_BELOW);
	c->timestamp_base = chance(c, UINT32_MAX);
	c->picture_id = (uint16_t)chance(c, 0x8000);
	c->tl0picidx = (uint8_t)chance(c, 256);
	seal_stream_init(&c->seal, ssrc);
	seal_stream_init(&c->rtx_seal, rtx_ssrc);
}

static uint32_t size_of(struct camera *c, bool keyframe, unsigned tid)
{
	static const uint32_t parts[] = { 140, 100, 80 }; /* percent of the average; the pattern's sum is 400 */
	uint32_t wobble = 90 + chance(c, 21);
	return c->frame_bytes * (keyframe ? KEYFRAME_TIMES * 100 : parts[tid]) / 100 * wobble / 100;
}

void camera_frame(struct camera *c, uint32_t timestamp, usec now, uint64_t *from)
{
	static const uint8_t pattern[] = { 0, 2, 1, 2 };
	bool keyframe = c->keyframe && (!c->frames || now - c->last_keyframe >= CAMERA_KEYFRAME_USEC);
	if (keyframe) {
		c->frames = 0;
		c->last_keyframe = now;
		c->keyframe = false;
	}
	uint8_t tid = pattern[c->frames % 4];
	bool sync = tid > 0 && c->frames % 4 < 3;
	uint32_t bytes = size_of(c, keyframe, tid), most = PLAN_MTU_PAYLOAD - VP8_DESCRIPTOR_BYTES;
	uint32_t n = (bytes + most - 1) / most;
	n = n < 1 ? 1 : n > CAMERA_PACKETS_MAX ? CAMERA_PACKETS_MAX : n;
	bytes = bytes > n * most ? n * most : bytes < n * CAMERA_BODY_MIN ? n * CAMERA_BODY_MIN : bytes;
	c->picture_id = (c->picture_id + 1) & 0x7fff;
	c->tl0picidx += tid == 0;
	*from = c->seq;
	for (uint32_t i = 0; i < n; i++, c->seq++)
		c->history[c->seq % CAMERA_HISTORY] =
		    (struct camera_packet){ .seq = c->seq,
					    .timestamp = timestamp,
					    .size = (uint16_t)(bytes / n + (i >= n - bytes % n)),
					    .picture_id = c->picture_id,
					    .tl0picidx = c->tl0picidx,
					    .tid = tid,
					    .start = i == 0,
					    .marker = i == n - 1,
					    .keyframe = keyframe,
					    .sync = sync };
	c->frames++;
}

const struct camera_packet *camera_packet(const struct camera *c, uint16_t seq)
{
	uint64_t back = (uint16_t)((uint16_t)c->seq - seq);
	if (back == 0 || back > CAMERA_HISTORY || back > c->seq - c->first_seq)
		return NULL;
	return &c->history[(c->seq - back) % CAMERA_HISTORY];
}

void camera_write(const struct camera *c, const struct camera_packet *p, struct writer *head, uint8_t *body)
{
	vp8_write(head, &(struct vp8){ .start = p->start,
				       .picture_id = p->picture_id,
				       .tl0picidx = p->tl0picidx,
				       .tid = p->tid,
				       .layer_sync = p->sync,
				       .non_reference = p->tid == 2,
				       .has_keyidx = true,
				       .keyidx = p->tl0picidx & 31 });
	memset(body, 0x5a, CAMERA_BODY_MIN);
	if (!p->start)
		return;
	uint32_t tag = (uint32_t)p->size / 2 << 5 | 1U << 4 | !p->keyframe; /* first partition, shown, P */
	body[0] = (uint8_t)tag;
	body[1] = (uint8_t)(tag >> 8);
	body[2] = (uint8_t)(tag >> 16);
	if (p->keyframe) {
		const uint8_t start[] = { 0x9d,
					  0x01,
					  0x2a,
					  (uint8_t)c->width,
					  (uint8_t)(c->width >> 8),
					  (uint8_t)c->height,
					  (uint8_t)(c->height >> 8) };
		memcpy(body + 3, start, sizeof start);
	}
}
