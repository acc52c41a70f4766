/* OpenSSL's headers, all of them that secure uses. OpenSSL has a type named ERR_STATE, base/err.h a code of that name:
 * the type, which nobody here uses, gets another name while its headers are read. Never include <openssl/…> directly.
 */
#pragma once
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA-1's plain-structure functions: the EVP ones allocate for every HMAC */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#undef ERR_STATE
