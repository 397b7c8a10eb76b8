/* The canonical form of a signature. Private to bundle/. */
#ifndef PERCUSS_BUNDLE_SIGNATURE_FORM_H
#define PERCUSS_BUNDLE_SIGNATURE_FORM_H

#include "core/bytes.h"

#include <openssl/cms.h>

/* The one certificate in it; NULL when there is none or more. The caller frees it. */
X509 *signature_certificate(CMS_ContentInfo *signature);
/* What signature_make writes of this signature, in PEM. -1: it has not the form (other
 * than one signer with one certificate), or memory is short. */
int signature_text(CMS_ContentInfo *signature, struct buffer *text);

#endif
