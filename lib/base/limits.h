/* Every limit of diemcau that more than one module knows. Nothing a stranger sends makes us hold more. */
#pragma once

#define ID_MAX 32	   /* characters of a site's or room's id, without NUL */
#define NAME_MAX_BYTES 200 /* UTF-8 bytes of a site's or room's name */
#define REASON_MAX_BYTES 300

#define SLOTS_AUDIO_MAX 10
#define SLOTS_VIDEO_MAX 24
#define SLOTS_AUDIO_DEFAULT 3
#define SLOTS_VIDEO_DEFAULT 9
#define ROOM_SITES_MAX 300
#define ROOMS_MAX 2000 /* those an operator made stay without sites: there may be more than sites */

#define RIDS_MAX 3		     /* layers of one source, lowest first */
#define RID_MAX 16		     /* characters of a rid or mid, without NUL */
#define LINES_MAX 64		     /* m-lines of an offer: 2 audio, 2 video, 34 slots, and refused ones */
#define SDP_MAX ((size_t)256 * 1024) /* bytes of an offer, after inflating; also the largest frame of signalling */

#define UFRAG_MAX 256 /* RFC 8839 5.4 */
#define PWD_MAX 256
#define DATAGRAM_MAX 1500 /* bytes; what is longer is dropped unread */
#define MTU_BYTES 1200	  /* what we send ourselves (DTLS, RTCP) */
#define SSRCS_PER_RID 4
#define SSRCS_PER_TRANSPORT 64
