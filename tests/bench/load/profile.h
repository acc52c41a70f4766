/* Which SRTP profile the DTLS associations of this process offer: one alone, for the run is about that one.
 *
 * The library offers all of its profiles; the linker puts this in the place of the call it does so by. */
#pragma once
#include "secure/keys.h"

/* Before the first dtls_ctx_new. */
void profile_offer(enum srtp_profile profile);
