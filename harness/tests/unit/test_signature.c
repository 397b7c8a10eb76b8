/* Signatures: what is signed is known again, and no bit of it can be altered unseen. */
#include "bundle/signature.h"
#include "scratch.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

struct world {
    char folder[SCRATCH_PATH], key[SCRATCH_PATH], certificate[SCRATCH_PATH],
        file[SCRATCH_PATH], signature[SCRATCH_PATH + 8];
    struct error error;
};

/* A key on P-256 and a certificate that vouches for itself, both as files. */
static void make_key(const char *folder, const char *name, char key_path[SCRATCH_PATH],
                     char certificate_path[SCRATCH_PATH])
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);
    FILE *file;

    assert_non_null(key);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name,
                               -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    snprintf(key_path, SCRATCH_PATH, "%s/%s-key.pem", folder, name);
    snprintf(certificate_path, SCRATCH_PATH, "%s/%s.pem", folder, name);
    file = fopen(key_path, "w");
    assert_non_null(file);
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    PEM_write_X509(file, certificate);
    fclose(file);
    file = fopen(certificate_path, "w");
    assert_non_null(file);
    PEM_write_X509(file, certificate);
    fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    scratch_make(world->folder);
    make_key(world->folder, "signer", world->key, world->certificate);
    scratch_write(world->folder, "file", "what was seen\n", world->file);
    snprintf(world->signature, sizeof world->signature, "%s.p7s", world->file);
    if (signature_make(world->key, world->file, world->signature, &world->error) < 0)
        fail_msg("%s", world->error.text);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    scratch_remove(world->folder);
    free(world);
    return 0;
}

static struct signature_check check(struct world *world, const char *trusted)
{
    struct signature_check found;

    if (signature_check(world->file, world->signature, trusted, &found, &world->error) <
        0)
        fail_msg("%s", world->error.text);
    return found;
}

static void what_was_signed_is_known_again(void **state)
{
    struct world *world = *state;
    struct signature_check found = check(world, world->certificate);

    assert_true(found.intact);
    assert_true(found.trusted);
    assert_non_null(strstr(found.signer, "signer"));
    assert_int_equal(strlen(found.fingerprint), HASH_TEXT - 1);
    assert_int_equal(strlen(found.time), 20);
}

static void without_a_certificate_nobody_is_trusted(void **state)
{
    struct world *world = *state;
    struct signature_check found = check(world, NULL);

    assert_true(found.intact);
    assert_false(found.trusted);
}

/* Of the same name, even. */
static void another_signer_is_not_trusted(void **state)
{
    struct world *world = *state;
    char folder[SCRATCH_PATH], key[SCRATCH_PATH], certificate[SCRATCH_PATH];
    struct signature_check found;

    scratch_make(folder);
    make_key(folder, "signer", key, certificate);
    found = check(world, certificate);
    assert_true(found.intact);
    assert_false(found.trusted);
    assert_true(found.why[0] != '\0');
    scratch_remove(folder);
}

static void another_file_is_not_what_was_signed(void **state)
{
    struct world *world = *state;

    scratch_write(world->folder, "file", "what was Seen\n", world->file);
    assert_false(check(world, world->certificate).intact);
}

static size_t read_signature(struct world *world, uint8_t *bytes, size_t size)
{
    FILE *file = fopen(world->signature, "rb");
    size_t length;

    assert_non_null(file);
    length = fread(bytes, 1, size, file);
    fclose(file);
    assert_true(length > 0 && length < size);
    return length;
}

static void write_signature(struct world *world, const uint8_t *bytes, size_t length)
{
    FILE *file = fopen(world->signature, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static void no_bit_of_a_signature_is_altered_unseen(void **state)
{
    struct world *world = *state;
    static uint8_t bytes[1 << 14];
    size_t length = read_signature(world, bytes, sizeof bytes);

    for (size_t bit = 0; bit < length * 8; bit++) {
        struct signature_check found;

        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        write_signature(world, bytes, length);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        found = check(world, world->certificate);
        if (found.intact && found.trusted)
            fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
        assert_true(found.why[0] != '\0');
    }
}

static void no_prefix_and_no_more_is_a_signature(void **state)
{
    struct world *world = *state;
    static uint8_t bytes[1 << 14];
    size_t length = read_signature(world, bytes, sizeof bytes);

    for (size_t part = 0; part < length; part++) {
        write_signature(world, bytes, part);
        assert_false(check(world, world->certificate).intact);
    }
    bytes[length] = '\n';
    write_signature(world, bytes, length + 1);
    assert_false(check(world, world->certificate).intact);
}

static void a_file_without_a_key_signs_nothing(void **state)
{
    struct world *world = *state;
    char path[SCRATCH_PATH + 8];

    snprintf(path, sizeof path, "%s/none", world->folder);
    assert_int_equal(signature_make(world->certificate, world->file, path, &world->error),
                     -1);
    assert_non_null(strstr(world->error.text, "private key"));
    assert_int_equal(access(path, F_OK), -1);
}

static void a_file_without_a_certificate_vouches_for_nobody(void **state)
{
    struct world *world = *state;
    struct signature_check found;

    assert_int_equal(signature_check(world->file, world->signature, world->file, &found,
                                     &world->error),
                     -1);
    assert_non_null(strstr(world->error.text, "certificate"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_signed_is_known_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(without_a_certificate_nobody_is_trusted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(another_signer_is_not_trusted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_file_is_not_what_was_signed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_bit_of_a_signature_is_altered_unseen, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_prefix_and_no_more_is_a_signature, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_without_a_key_signs_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_without_a_certificate_vouches_for_nobody,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
