#include "bundle/stamp.h"

#include "bundle/folder.h"
#include "bundle/manifest.h"
#include "bundle/signature_form.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { NONCE = 8 };

/* --- asking ------------------------------------------------------------------------- */

static int set_imprint(TS_REQ *request, const char *file, struct error *error)
{
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    struct hash hash;
    int status = manifest_hash(file, &hash, error);

    if (status == 0 && imprint && algorithm &&
        X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
        TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
        TS_MSG_IMPRINT_set_msg(imprint, hash.bytes, sizeof hash.bytes) == 1 &&
        TS_REQ_set_msg_imprint(request, imprint) == 1)
        status = 0;
    else if (status == 0)
        status = error_set(error, "out of memory for a time stamp query");
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint);
    return status;
}

/* SHA-256 of the file, a nonce, and the authority's certificate in the answer. */
static TS_REQ *make_request(const char *file, struct error *error)
{
    TS_REQ *request = TS_REQ_new();
    ASN1_INTEGER *nonce = ASN1_INTEGER_new();
    uint8_t bytes[NONCE];
    BIGNUM *number = NULL;

    if (request && nonce && RAND_bytes(bytes, sizeof bytes) == 1 &&
        (number = BN_bin2bn(bytes, sizeof bytes, NULL)) &&
        BN_to_ASN1_INTEGER(number, nonce) && TS_REQ_set_version(request, 1) == 1 &&
        TS_REQ_set_nonce(request, nonce) == 1 && TS_REQ_set_cert_req(request, 1) == 1) {
        if (set_imprint(request, file, error) < 0) {
            TS_REQ_free(request);
            request = NULL;
        }
    } else {
        error_set(error, "out of memory for a time stamp query");
        TS_REQ_free(request);
        request = NULL;
    }
    BN_free(number);
    ASN1_INTEGER_free(nonce);
    return request;
}

static int run_command(const char *command, const char *in, const char *out,
                       struct error *error)
{
    char shell[] = "sh", option[] = "-c";
    char *const arguments[] = {shell, option, (char *)command, NULL};
    posix_spawn_file_actions_t files;
    pid_t child;
    int status, failed;

    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, in, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out,
                                     O_WRONLY | O_CREAT | O_EXCL, 0644);
    failed = posix_spawn(&child, "/bin/sh", &files, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed)
        return error_set(error, "'%s': %s", command, strerror(failed));
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return error_set(error, "'%s': %s", command, strerror(errno));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? 0
               : error_set(error, "'%s' gave no time stamp: it failed", command);
}

static TS_RESP *read_answer(const char *path)
{
    BIO *file = BIO_new_file(path, "rb");
    TS_RESP *answer = file ? d2i_TS_RESP_bio(file, NULL) : NULL;

    BIO_free(file);
    return answer;
}

/* The answer as it is kept: what is not signed in it is written in one way. */
static int to_der(TS_RESP *answer, struct buffer *der)
{
    unsigned char *bytes = NULL;
    int length = i2d_PKCS7(TS_RESP_get_token(answer), &bytes);
    const unsigned char *at = bytes;
    CMS_ContentInfo *token = length > 0 ? d2i_CMS_ContentInfo(NULL, &at, length) : NULL;
    int status = token ? form_stamp(token, der) : -1;

    CMS_ContentInfo_free(token);
    OPENSSL_free(bytes);
    return status;
}

static int rewrite(const char *path, TS_RESP *answer, const char *command,
                   struct error *error)
{
    struct buffer der = buffer_make(FORM_MAXIMUM);
    int status = to_der(answer, &der);

    if (status < 0)
        error_set(error, "'%s' gave a time stamp without its signer's certificate",
                  command);
    unlink(path);
    if (status == 0)
        status = folder_write(path, (char *)der.data, der.length, error);
    buffer_free(&der);
    return status;
}

static bool is_canonical(TS_RESP *answer, const char *path)
{
    struct buffer der = buffer_make(FORM_MAXIMUM);
    FILE *file = fopen(path, "rb");
    bool same = file && to_der(answer, &der) == 0;

    for (size_t i = 0; same && i < der.length; i++)
        same = fgetc(file) == der.data[i];
    same = same && fgetc(file) == EOF;
    if (file)
        fclose(file);
    buffer_free(&der);
    return same;
}

/* The answer must be to this query: its nonce says so. */
static int check_answer(TS_REQ *request, const char *path, const char *command,
                        struct error *error)
{
    TS_RESP *answer = read_answer(path);
    TS_VERIFY_CTX *context = TS_REQ_to_TS_VERIFY_CTX(request, NULL);
    int status = -1;

    if (!answer || !context || !TS_RESP_get_tst_info(answer))
        error_set(error, "'%s' gave no time stamp", command);
    else if (TS_RESP_verify_response(context, answer) != 1)
        error_set(error, "'%s' gave a time stamp of something else: %s", command,
                  ERR_reason_error_string(ERR_peek_last_error()));
    else
        status = rewrite(path, answer, command, error);
    ERR_clear_error();
    TS_VERIFY_CTX_free(context);
    TS_RESP_free(answer);
    return status;
}

int stamp_make(const char *command, const char *file, const char *path,
               struct error *error)
{
    TS_REQ *request = make_request(file, error);
    char query[FOLDER_PATH];
    BIO *out;
    int status = -1;

    if (!request || snprintf(query, sizeof query, "%s.tsq", path) >= FOLDER_PATH)
        goto out;
    unlink(path);
    out = BIO_new_file(query, "wb");
    status = out && i2d_TS_REQ_bio(out, request) == 1
                 ? 0
                 : error_set(error, "%s: cannot be written", query);
    BIO_free(out);
    if (status == 0)
        status = run_command(command, query, path, error);
    if (status == 0)
        status = check_answer(request, path, command, error);
    unlink(query);
    if (status < 0)
        unlink(path);
out:
    TS_REQ_free(request);
    return status;
}

/* --- checking ----------------------------------------------------------------------- */

static void describe(TS_RESP *answer, struct stamp_check *check)
{
    const ASN1_GENERALIZEDTIME *time = TS_TST_INFO_get_time(TS_RESP_get_tst_info(answer));
    PKCS7 *token = TS_RESP_get_token(answer);
    STACK_OF(X509) *signers = PKCS7_get0_signers(token, NULL, 0);
    struct tm at;

    if (time && ASN1_TIME_to_tm(time, &at) == 1)
        strftime(check->time, sizeof check->time, "%Y-%m-%dT%H:%M:%SZ", &at);
    if (sk_X509_num(signers) > 0)
        X509_NAME_oneline(X509_get_subject_name(sk_X509_value(signers, 0)), check->signer,
                          sizeof check->signer);
    sk_X509_free(signers);
}

/* One try with these trusted certificates; NULL: with whatever certificate is in it. */
static bool holds(TS_RESP *answer, const char *file, const char *trusted_path,
                  struct stamp_check *check)
{
    TS_VERIFY_CTX *context = TS_VERIFY_CTX_new();
    X509_STORE *store = X509_STORE_new();
    BIO *data = BIO_new_file(file, "rb");
    STACK_OF(X509) *inside = TS_RESP_get_token(answer)->d.sign->cert;
    bool good = false;

    if (!context || !store || !data)
        goto out;
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
    for (int i = 0; !trusted_path && i < sk_X509_num(inside); i++)
        X509_STORE_add_cert(store, sk_X509_value(inside, i));
    if (trusted_path)
        X509_STORE_load_file(store, trusted_path);
    TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_SIGNER | TS_VFY_DATA |
                                         TS_VFY_SIGNATURE);
    TS_VERIFY_CTX_set_data(context, data);
    TS_VERIFY_CTX_set_store(context, store);
    data = NULL;
    store = NULL;
    good = TS_RESP_verify_response(context, answer) == 1;
    if (!good)
        snprintf(check->why, sizeof check->why, "%s",
                 ERR_reason_error_string(ERR_peek_last_error()));
out:
    ERR_clear_error();
    TS_VERIFY_CTX_free(context);
    X509_STORE_free(store);
    BIO_free(data);
    return good;
}

void stamp_check(const char *file, const char *path, const char *trusted_path,
                 struct stamp_check *check)
{
    TS_RESP *answer = read_answer(path);

    *check = (struct stamp_check){0};
    if (!answer || !TS_RESP_get_tst_info(answer) ||
        !PKCS7_type_is_signed(TS_RESP_get_token(answer)) || !is_canonical(answer, path)) {
        snprintf(check->why, sizeof check->why,
                 "it is no time stamp, or not as it was written");
    } else {
        check->intact = holds(answer, file, NULL, check);
        describe(answer, check);
        check->trusted =
            check->intact && trusted_path && holds(answer, file, trusted_path, check);
    }
    ERR_clear_error();
    TS_RESP_free(answer);
}
