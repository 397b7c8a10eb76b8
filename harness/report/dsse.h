/* Dead Simple Signing Envelope 1.0 (secure-systems-lab/dsse): a payload in an envelope
 * with one signature over type and payload. One thread. */
#ifndef PERCUSS_REPORT_DSSE_H
#define PERCUSS_REPORT_DSSE_H

#include "core/bytes.h"
#include "core/error.h"

#include <jansson.h>

/* PAE(type, body): what is signed (protocol.md). -1: memory is short. */
int dsse_encode(const char *type, struct view body, struct buffer *out);
/* The envelope. SHA-256 with RSA or ECDSA (its signature in DER), or plain Ed25519, as
 * the key is; its keyid is the SHA-256 of the certificate, and only a hint. NULL and
 * *error: the key cannot be read or cannot sign. */
json_t *dsse_envelope(const char *type, struct view body, const char *key_path,
                      struct error *error);

#endif
