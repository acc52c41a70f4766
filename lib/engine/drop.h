/* Why a packet went no further. A drop is not an error: it is counted by reason, shown to the operator, asserted in
 * tests. */
#pragma once

#define DROP_LIST(X)                                                                                                   \
	X(SIZE, "size")			  /* empty, or longer than a datagram of ours can be */                        \
	X(DEMUX, "demux")		  /* neither STUN, DTLS, RTP nor RTCP (RFC 7983) */                            \
	X(NO_TRANSPORT, "no-transport")	  /* from an address no valid check came from */                               \
	X(STUN_FORMAT, "stun-format")	  /* broken STUN, or a wrong FINGERPRINT */                                    \
	X(STUN_USER, "stun-user")	  /* a ufrag we do not have */                                                 \
	X(STUN_AUTH, "stun-auth")	  /* a wrong password */                                                       \
	X(NO_KEYS, "no-keys")		  /* media before DTLS is done */                                              \
	X(AUTH, "auth")			  /* SRTP or SRTCP tag wrong */                                                \
	X(REPLAY, "replay")		  /* seen before */                                                            \
	X(RTP_FORMAT, "rtp-format")	  /* broken RTP */                                                             \
	X(RTCP_FORMAT, "rtcp-format")	  /* broken RTCP */                                                            \
	X(SSRC_UNBOUND, "ssrc-unbound")	  /* no mid and rid yet, or not ours */                                        \
	X(SSRC_LIMIT, "ssrc-limit")	  /* more SSRCs than one may bind */                                           \
	X(PAYLOAD_TYPE, "payload-type")	  /* not negotiated */                                                         \
	X(CODEC_FORMAT, "codec-format")	  /* broken payload descriptor */                                              \
	X(PROBE, "probe")		  /* padding, or RTX that repairs nothing */                                   \
	X(DUPLICATE, "duplicate")	  /* a sequence number once more */                                            \
	X(OLD, "old")			  /* older than the history */                                                 \
	X(MUTED, "muted")		  /* source muted by itself or by the chair */                                 \
	X(UNWANTED, "unwanted")		  /* no slot takes this source or layer */                                     \
	X(LAYER, "layer")		  /* not this slot's layer */                                                  \
	X(TEMPORAL, "temporal")		  /* above this slot's frame rate */                                           \
	X(WAIT_KEYFRAME, "wait-keyframe") /* slot waits for a keyframe of its source */                                \
	X(SILENT, "silent")		  /* viewer's consent ran out */                                               \
	X(NOT_CONNECTED, "not-connected") /* viewer has no keys yet */                                                 \
	X(SEAL, "seal")			  /* sealing refused: an index twice */                                        \
	X(POOL, "pool")			  /* no buffer left */                                                         \
	X(HISTORY, "history")		  /* forwarded, but not, or no longer, kept for those who ask again */         \
	X(CREDIT, "credit")		  /* another worker holds as many of our buffers as it may */                  \
	X(LINK, "link")			  /* a message to another worker, whose ring is full */                        \
	X(SOCKET_FULL, "socket-full")	  /* its queue was full: a picture's datagram, which goes first */             \
	X(SOCKET_VOICE, "socket-voice")	  /* the same, where there was no picture left to drop */                      \
	X(REFUSED, "refused")		  /* the kernel refused the datagram: no route, a firewall */                  \
	X(HOOK, "hook")			  /* a test asked for it */

enum drop {
#define X(name, text) DROP_##name,
	DROP_LIST(X)
#undef X
	    DROP_COUNT
};

const char *drop_name(enum drop drop);
