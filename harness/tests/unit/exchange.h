/* What the tests of single exchanges share: requests of a case to the scripted device of
 * rig.h, and sending one. */
#ifndef PERCUSS_TESTS_EXCHANGE_H
#define PERCUSS_TESTS_EXCHANGE_H

#include "rig.h"

/* Cases have this transaction; probes have odd ones. */
#define READ "0100 0000 0006 01 03 0160 0004"
#define DISCARDED "0100 0001 0006 01 03 0160 0004"

/* Sends what `hex` says as a case; a failure of the harness fails the test. */
static inline struct exchange_result run(struct rig *rig, const char *hex)
{
    struct exchange_result result;
    struct buffer bytes = buffer_make(70000);

    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    if (exchange_run(&rig->runner, buffer_view(&bytes), &result, &rig->error) < 0)
        fail_msg("%s", rig->error.text);
    buffer_free(&bytes);
    return result;
}

#endif
