/* What the null relay (tests/bench/floor.c) and the synthetic sites (tests/bench/load) agree on beforehand, in place of
 * signalling: who is who, the keys, the SSRCs, who takes what.
 *
 * A site has a UDP socket of its own and begins with a hello, repeated each 200 ms until the relay has sent the same
 * bytes back. All sites of a run say their hello before the first media packet is sent; the relay makes its table of
 * who takes what anew at every hello it has not seen, and media before an answered hello is dropped. From then on
 * exactly the traffic of a real meeting goes to the relay: SRTP, SRTCP (RR, NACK, transport-wide feedback, SR, PLI) and
 * STUN checks. The relay opens each source packet once and seals it for each taker with
 *     V=2, CC=1, X=1 | PT, sequence number, timestamp, SSRC as they came | CSRC = index of the source's site |
 *     0xBEDE, 1 word: transport-wide number (id FLOOR_EXT_TWCC, counted per taker from 0)        = 24 bytes of header
 * before head (VP8: the 6 bytes of the descriptor, as they came) and body. It opens RTCP and drops it, answers a check
 * with a success response (the password of all sites is FLOOR_PWD), and never re-sends. Plain data, no state. */
#pragma once
#include "base/bytes.h"
#include "secure/keys.h"
#include <stdint.h>

#define FLOOR_SITES_MAX 2048
#define FLOOR_PWD "floorfloorfloorfloorfloor"
#define FLOOR_UFRAG "floor"

/* --- hello: FLOOR_HELLO_BYTES in network byte order; 'D' is no first byte of STUN, DTLS or RTP --- */

#define FLOOR_MAGIC 0x4443464cU /* "DCFL" */
#define FLOOR_HELLO_BYTES 16
#define FLOOR_BYE_ROLE 0x80 /* with this bit the site leaves: it takes nothing any more */

enum floor_role { FLOOR_SENDS = 1, FLOOR_TAKES = 2 }; /* a set of bits */

struct floor_hello {
	uint8_t role;
	uint8_t profile; /* enum srtp_profile; the same for all sites of a run */
	uint16_t index;	 /* 0 .. FLOOR_SITES_MAX-1, unique */
	uint16_t room;	 /* nothing goes from one room to another */
	/* A taker is given the voices of the first `audio` and the pictures of the first `video` senders of its room,
	 * in order of index, itself left out; of a picture the layer `layer`. */
	uint8_t audio, video, layer;
};

static inline void floor_hello_write(struct writer *w, const struct floor_hello *h)
{
	writer_u32(w, FLOOR_MAGIC);
	writer_u8(w, h->role);
	writer_u8(w, h->profile);
	writer_u16(w, h->index);
	writer_u16(w, h->room);
	writer_u8(w, h->audio);
	writer_u8(w, h->video);
	writer_u8(w, h->layer);
	writer_u24(w, 0);
}

/* False: no hello. */
static inline bool floor_hello_parse(struct bytes datagram, struct floor_hello *h)
{
	struct reader r = reader_of(datagram);
	*h = (struct floor_hello){ 0 };
	if (datagram.n != FLOOR_HELLO_BYTES || reader_u32(&r) != FLOOR_MAGIC)
		return false;
	h->role = reader_u8(&r);
	h->profile = reader_u8(&r);
	h->index = reader_u16(&r);
	h->room = reader_u16(&r);
	h->audio = reader_u8(&r);
	h->video = reader_u8(&r);
	h->layer = reader_u8(&r);
	return h->index < FLOOR_SITES_MAX && h->profile < PROFILES && h->layer < 3;
}

/* --- SSRCs: the taker sees those of the source --- */

enum floor_stream {
	FLOOR_LAYER_L,
	FLOOR_LAYER_M,
	FLOOR_LAYER_H,
	FLOOR_RTX_L, /* never sent to the relay in a run without loss; here so that the numbers stand */
	FLOOR_RTX_M,
	FLOOR_RTX_H,
	FLOOR_AUDIO,
	FLOOR_RTCP /* sender of a site's feedback */
};

static inline uint32_t floor_ssrc(uint16_t index, enum floor_stream stream)
{
	return 0x10000000U | (uint32_t)index << 8 | (uint32_t)stream;
}
static inline uint16_t floor_index(uint32_t ssrc)
{
	return (uint16_t)(ssrc >> 8);
}
static inline enum floor_stream floor_stream(uint32_t ssrc)
{
	return (enum floor_stream)(ssrc & 0xff);
}

/* Payload types and extension ids of every site, as an offer of Chromium's has them. */
#define FLOOR_PT_OPUS 111
#define FLOOR_PT_VP8 96
#define FLOOR_PT_RTX 97
#define FLOOR_EXT_LEVEL 1
#define FLOOR_EXT_TWCC 3
#define FLOOR_EXT_MID 4
#define FLOOR_EXT_RID 10
#define FLOOR_EXT_RRID 11

/* --- keys --- */

static inline void floor_half(struct srtp_half *half, uint16_t index, uint8_t direction)
{
	for (unsigned i = 0; i < sizeof half->key; i++)
		half->key[i] = (uint8_t)(index * 7U + (index >> 8) * 3U + i * 13U + direction);
	for (unsigned i = 0; i < sizeof half->salt; i++)
		half->salt[i] = (uint8_t)(index * 5U + (index >> 8) * 11U + i * 17U + direction);
}

/* The master keys between the relay and a site, as the relay sees them (`relay`) or the site. */
static inline void floor_keys(struct srtp_keys *k, uint16_t index, enum srtp_profile profile, bool relay)
{
	*k = (struct srtp_keys){ .profile = profile };
	floor_half(relay ? &k->local : &k->remote, index, 0x51);
	floor_half(relay ? &k->remote : &k->local, index, 0xa4);
}
