/* Criteria, captures and signature, on this machine. */
#include "cli/qualify.h"

#include "bundle/bundle.h"
#include "bundle/verify.h"
#include "cli/begun.h"
#include "cli/common.h"
#include "device/file.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARCHIVE_MAXIMUM = 256 << 20, DAYS = 24 * 3600 };

void qualify_catalogue(struct qualification *all)
{
    struct qualify_check *check =
        qualify_begin(all, "criteria", "Catalogue of criteria and frameworks");
    struct error error = {""};
    struct criteria *criteria = criteria_load(NULL, &error);

    if (!check)
        return;
    snprintf(check->expected, sizeof check->expected,
             "every file is read, every query compiles, every clause is supported");
    if (criteria)
        qualify_end(all, check, QUALIFY_PASSED, "%zu criteria, SHA-256 %s",
                    criteria_count(criteria), criteria_hash(criteria));
    else
        qualify_end(all, check, QUALIFY_FAILED, "%s", error.text);
    criteria_free(criteria);
}

/* The run of the sound device: false when there is none. */
static bool sound_run(const struct qualification *all, char folder[FOLDER_PATH])
{
    struct error ignored;

    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->checks[i].id, all->sound) == 0 && all->checks[i].run[0] &&
            folder_path(folder, all->folder, all->checks[i].run, &ignored) == 0)
            return true;
    return false;
}

/* --- captures ----------------------------------------------------------------------- */

/* AC-21 asks just this. Who may not capture gets no capture, which is no failure of
 * percuss, and no pass. */
void qualify_capture(struct qualification *all)
{
    static const struct {
        const char *verdict;
        enum qualify_result result;
    } results[] = {{"pass", QUALIFY_PASSED},
                   {"fail", QUALIFY_FAILED},
                   {"inconclusive", QUALIFY_UNCHECKED}};
    struct qualify_check *check =
        qualify_begin(all, "capture", "Independent capture against the send log");
    enum qualify_result result = QUALIFY_FAILED;
    struct error error = {"there is no run of the sound device"};
    char folder[FOLDER_PATH], seen[600] = "";
    struct store *store =
        sound_run(all, folder) ? store_open_run(folder, false, &error) : NULL;
    sqlite3_stmt *row = NULL;

    if (!check)
        goto out;
    snprintf(
        check->expected, sizeof check->expected,
        "what libpcap saw on the interface is, byte for byte, what the send log says "
        "(AC-21)");
    snprintf(seen, sizeof seen, "%s", error.text);
    if (store &&
        sqlite3_prepare_v2(
            store_database(store),
            "SELECT verdict, explanation FROM criterion WHERE id = 'AC-21'", -1, &row,
            NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW) {
        for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
            if (strcmp((const char *)sqlite3_column_text(row, 0), results[i].verdict) ==
                0)
                result = results[i].result;
        snprintf(seen, sizeof seen, "%s", (const char *)sqlite3_column_text(row, 1));
    }
    qualify_end(all, check, result, "%s", seen);
out:
    sqlite3_finalize(row);
    store_close(store, NULL);
}

/* --- signature ---------------------------------------------------------------------- */

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = certificate ? X509_get_subject_name(certificate) : NULL;

    if (name && X509_set_version(certificate, 2) &&
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), DAYS) &&
        X509_NAME_add_entry_by_txt(
            name, "CN", MBSTRING_UTF8,
            (const unsigned char *)"percuss qualify, for one check", -1, -1, 0) &&
        X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, key) &&
        X509_sign(certificate, key, EVP_sha256()))
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* A key that nobody keeps: private key and certificate in one file. */
static int make_key(const char *path, struct error *error)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509 *certificate = key ? make_certificate(key) : NULL;
    mode_t before = umask(077);
    FILE *file = certificate ? fopen(path, "w") : NULL;
    int status = file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) &&
                         PEM_write_X509(file, certificate)
                     ? 0
                     : -1;

    umask(before);
    if (file && fclose(file) != 0)
        status = -1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return status == 0 ? 0 : error_set(error, "%s: cannot make a key", path);
}

/* How many lines of a verification are not good; -1: it could not be made. */
static long count_bad(const char *archive, const char *key, struct error *error)
{
    struct verify_options options = {.certificate = key, .regenerate = true};
    struct verification all = {0};
    long bad = -1;

    if (verify_evidence(archive, &options, &all, error) == 0)
        bad = (long)(all.results[CHECK_ALTERED] + all.results[CHECK_UNKNOWN]) +
              (all.results[CHECK_GOOD] == 0);
    verification_free(&all);
    return bad;
}

/* A copy of the archive with one bit of one byte changed, its signature beside it. */
static int tamper(const char *archive, const char *copy, size_t *offset,
                  struct error *error)
{
    char from[FOLDER_PATH], to[FOLDER_PATH];
    struct buffer bytes = {0};
    int status = -1;

    if ((size_t)snprintf(from, sizeof from, "%s.p7s", archive) < sizeof from &&
        (size_t)snprintf(to, sizeof to, "%s.p7s", copy) < sizeof to &&
        file_load(archive, ARCHIVE_MAXIMUM, &bytes, error) == 0 && bytes.length > 0 &&
        folder_copy(from, to, error) == 0) {
        *offset = bytes.length / 2;
        bytes.data[*offset] ^= 1;
        status = folder_write(copy, (const char *)bytes.data, bytes.length, error);
    }
    buffer_free(&bytes);
    return status;
}

static void judge_signature(struct qualification *all, struct qualify_check *check,
                            const char *archive, const char *key)
{
    char copy[FOLDER_PATH], beside[FOLDER_PATH + 8];
    struct error error = {""};
    size_t offset = 0;
    long bad, caught = -1;

    if (folder_path(copy, all->folder, "altered" BUNDLE_SUFFIX, &error) < 0)
        copy[0] = '\0';
    bad = count_bad(archive, key, &error);
    if (bad >= 0 && copy[0] && tamper(archive, copy, &offset, &error) == 0)
        caught = count_bad(copy, key, &error);
    unlink(copy);
    snprintf(beside, sizeof beside, "%s.p7s", copy);
    unlink(beside);
    if (bad < 0 || caught < 0)
        qualify_end(all, check, QUALIFY_FAILED, "%s", error.text);
    else
        qualify_end(all, check, bad == 0 && caught > 0 ? QUALIFY_PASSED : QUALIFY_FAILED,
                    "verified with every case made again: %s; one bit of byte %zu of a "
                    "copy changed: %s; signed with %s",
                    bad ? "not intact" : "intact", offset,
                    caught ? "refused" : "accepted",
                    all->key ? "the key that was given" : "a key made for this check");
}

static int make_bundle(const char *run, const char *key, const char *archive,
                       struct error *error)
{
    struct begun begun = {0};
    struct bundle_options bundle = {
        .content = {run, begun_load, &begun}, .key = key, .out = archive};
    char made[FOLDER_PATH];

    return bundle_make(&bundle, made, error);
}

void qualify_signature(struct qualification *all)
{
    struct qualify_check *check = qualify_begin(
        all, "signature", "Evidence: bundle, signature, verification, altered copy");
    char run[FOLDER_PATH], archive[FOLDER_PATH], made[FOLDER_PATH];
    struct error error = {"there is no run of the sound device"};
    const char *key = all->key ? all->key : made;

    if (!check)
        return;
    snprintf(check->expected, sizeof check->expected,
             "the bundle of a run verifies, each case is made again from its number; a "
             "copy with one bit changed is refused");
    if (!sound_run(all, run) ||
        folder_path(made, all->folder, "check-key.pem", &error) < 0 ||
        folder_path(archive, all->folder, "sound" BUNDLE_SUFFIX, &error) < 0 ||
        (!all->key && make_key(made, &error) < 0) ||
        make_bundle(run, key, archive, &error) < 0)
        qualify_end(all, check, QUALIFY_FAILED, "%s", error.text);
    else
        judge_signature(all, check, archive, key);
    if (!all->key)
        unlink(made);
}
