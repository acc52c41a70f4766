/* SRTP's two kinds of cipher by OpenSSL: each packet is done at once. See secure/cipher. */
#pragma once
#include "secure/cipher.h"

extern const struct cipher_kind evp_gcm, evp_cm;
