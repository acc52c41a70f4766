#include "wire/demux.h"

enum demux demux_kind(struct bytes datagram)
{
	if (datagram.n < 8)
		return DEMUX_NONE;
	uint8_t first = datagram.p[0], second = datagram.p[1];
	if (first <= 3)
		return datagram.n >= 20 ? DEMUX_STUN : DEMUX_NONE;
	if (first >= 20 && first <= 63)
		return datagram.n >= 13 ? DEMUX_DTLS : DEMUX_NONE;
	if (first < 128 || first > 191)
		return DEMUX_NONE;
	if (second >= 192 && second <= 223)
		return DEMUX_RTCP;
	return datagram.n >= 12 ? DEMUX_RTP : DEMUX_NONE;
}
