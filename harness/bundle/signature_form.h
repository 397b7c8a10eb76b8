/* The canonical form of signed data (RFC 5652): what is not signed in it has one way to
 * be written. Private to bundle/. */
#ifndef PERCUSS_BUNDLE_SIGNATURE_FORM_H
#define PERCUSS_BUNDLE_SIGNATURE_FORM_H

#include "core/bytes.h"

#include <openssl/cms.h>

enum { FORM_MAXIMUM = 1 << 20 };

/* The one signer's certificate, which is inside; NULL when there are more, or none.
 * Borrowed from the signature. */
X509 *form_signer(CMS_ContentInfo *signature);
/* How many certificates are in it. */
int form_certificates(CMS_ContentInfo *signature);
/* Appends its canonical form in DER. -1: it has none (other than one signer, attributes
 * that are not signed), or memory is short. */
int form_signed_data(CMS_ContentInfo *signature, struct buffer *der);
/* The answer of a time stamp authority that granted `token`, in DER (RFC 3161, 2.4.2). */
int form_stamp(CMS_ContentInfo *token, struct buffer *der);

#endif
