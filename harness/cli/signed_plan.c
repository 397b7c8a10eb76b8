#include "cli/signed_plan.h"
#include "core/hash.h"
#include "device/file.h"

/* Before cms.h, which then declares how to read a signature in PEM. */
#include <openssl/pem.h>

#include <errno.h>
#include <jansson.h>
#include <openssl/cms.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PLAN_MAXIMUM = 64 << 20 };

/* --- the signature ------------------------------------------------------------------ */

static void describe_signer(CMS_ContentInfo *signature, struct signed_plan *plan)
{
    STACK_OF(X509) *signers = CMS_get0_signers(signature);
    X509 *certificate = signers ? sk_X509_value(signers, 0) : NULL;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    char subject[256] = "somebody";
    size_t used;

    if (certificate) {
        X509_NAME_oneline(X509_get_subject_name(certificate), subject, sizeof subject);
        X509_digest(certificate, EVP_sha256(), digest, &length);
    }
    used = (size_t)snprintf(plan->signer, sizeof plan->signer, "%s, certificate sha256 ",
                            subject);
    for (unsigned i = 0; i < length && used + 3 < sizeof plan->signer; i++)
        used += (size_t)snprintf(plan->signer + used, sizeof plan->signer - used, "%02x",
                                 digest[i]);
    sk_X509_free(signers);
}

/* The signed attribute, by the signer's clock. */
static int read_time(CMS_ContentInfo *signature, struct signed_plan *plan)
{
    STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(signature);
    CMS_SignerInfo *info = infos ? sk_CMS_SignerInfo_value(infos, 0) : NULL;
    const ASN1_TIME *value =
        info ? CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(NID_pkcs9_signingTime), -3,
                                           V_ASN1_UTCTIME)
             : NULL;
    struct tm broken;

    if (!value && info)
        value = CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(NID_pkcs9_signingTime), -3,
                                            V_ASN1_GENERALIZEDTIME);
    if (!value || ASN1_TIME_to_tm(value, &broken) != 1)
        return -1;
    snprintf(plan->time, sizeof plan->time, "%lld",
             (long long)timegm(&broken) * 1000000000);
    return 0;
}

static int verify(struct view text, const char *path, struct signed_plan *plan,
                  struct error *error)
{
    char signature_path[4200];
    BIO *data = BIO_new_mem_buf(text.data, (int)text.length), *file;
    CMS_ContentInfo *signature = NULL;
    int status = -1;

    snprintf(signature_path, sizeof signature_path, "%s.p7s", path);
    file = BIO_new_file(signature_path, "r");
    if (file)
        signature = PEM_read_bio_CMS(file, NULL, NULL, NULL);
    if (!signature)
        error_set(error, "%s: expected the signature that percuss plan --sign makes",
                  signature_path);
    else if (CMS_verify(signature, NULL, NULL, data, NULL,
                        CMS_BINARY | CMS_DETACHED | CMS_NO_SIGNER_CERT_VERIFY) != 1)
        error_set(error, "%s: the signature is not that of %s", signature_path, path);
    else if (read_time(signature, plan) < 0)
        error_set(error, "%s: the signature has no time", signature_path);
    else {
        describe_signer(signature, plan);
        status = 0;
    }
    CMS_ContentInfo_free(signature);
    BIO_free(file);
    BIO_free(data);
    return status;
}

/* --- what was signed ---------------------------------------------------------------- */

static int check_plan(const json_t *root, const char *path,
                      const struct campaign *campaign, const struct criteria *criteria,
                      struct error *error)
{
    char ranges[SELECTION_TEXT], patterns[SELECTION_TEXT];
    const struct {
        const char *key, *is, *what;
    } facts[] = {
        {"plan_hash", campaign->plan.hash, "the plan (model, session, seed)"},
        {"campaign_hash", campaign->hash, "the campaign's file"},
        {"criteria_hash", criteria_hash(criteria), "the criteria"},
        {"case_ranges",
         selection_ranges_text(&campaign->selection, ranges, sizeof ranges),
         "the range of cases"},
        {"selection",
         selection_patterns_text(&campaign->selection, patterns, sizeof patterns),
         "the selection of cases"},
    };

    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        const char *signed_value = json_string_value(json_object_get(root, facts[i].key));

        if (!signed_value)
            return error_set(error, "%s: no plan of percuss: it has no '%s'", path,
                             facts[i].key);
        if (strcmp(signed_value, facts[i].is) != 0)
            return error_set(error,
                             "%s: another plan was signed: %s is not what it was (signed "
                             "%.40s, now %.40s)",
                             path, facts[i].what, signed_value, facts[i].is);
    }
    return 0;
}

int signed_plan_read(struct signed_plan *plan, const char *path,
                     const struct campaign *campaign, const struct criteria *criteria,
                     struct error *error)
{
    struct buffer text = {0};
    json_error_t wrong;
    json_t *root = NULL;
    struct hash hash;
    int status = -1;

    *plan = (struct signed_plan){.facts = {{"plan_signed_by", plan->signer},
                                           {"plan_signed_ns", plan->time},
                                           {"plan_signed_criteria", plan->criteria},
                                           {"plan_signed_sha256", plan->hash}}};
    if (file_load(path, PLAN_MAXIMUM, &text, error) < 0 ||
        verify(buffer_view(&text), path, plan, error) < 0)
        goto out;
    root = json_loadb((const char *)text.data, text.length, 0, &wrong);
    if (!root) {
        error_set(error, "%s:%d: %s", path, wrong.line, wrong.text);
        goto out;
    }
    status = check_plan(root, path, campaign, criteria, error);
    snprintf(plan->criteria, sizeof plan->criteria, "%s", criteria_hash(criteria));
    hash = hash_of(buffer_view(&text));
    hash_to_text(&hash, plan->hash);
out:
    json_decref(root);
    buffer_free(&text);
    return status;
}

static int copy(const char *from, const char *to, struct error *error)
{
    struct buffer text;
    FILE *file = NULL;
    int status = -1;

    if (file_load(from, PLAN_MAXIMUM, &text, error) == 0) {
        file = fopen(to, "w");
        if (file && fwrite(text.data, 1, text.length, file) == text.length)
            status = 0;
        if (file && fclose(file) != 0)
            status = -1;
        if (status < 0)
            error_set(error, "%s: %s", to, strerror(errno));
    }
    buffer_free(&text);
    return status;
}

int signed_plan_keep(const char *path, const char *directory, struct error *error)
{
    static const char *const ends[] = {"", ".p7s"};
    char from[4200], to[4200];

    for (size_t i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "%s%s", path, ends[i]);
        snprintf(to, sizeof to, "%s/plan.json%s", directory, ends[i]);
        if (copy(from, to, error) < 0)
            return -1;
    }
    return 0;
}
