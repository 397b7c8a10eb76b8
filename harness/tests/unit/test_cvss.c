/* Vectors of CVSS 3.1 and 4.0 as their specifications write them, and what is wrong in
 * others. */
#include "record/cvss.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define BASE_31 "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H"
#define BASE_40 "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:H/VA:H/SC:N/SI:N/SA:N"

static void right_vectors_are_taken(void **state)
{
    static const char *const vectors[] = {
        BASE_31,
        BASE_31 "/E:P/RL:O/RC:C/CR:L/MAV:P/MS:X/MA:H",
        "CVSS:3.1/A:H/I:H/C:N/S:U/UI:N/PR:N/AC:L/AV:N", /* any order */
        BASE_40,
        BASE_40 "/E:P/CR:H/MAV:A/MSI:S/S:P/AU:Y/R:I/V:C/RE:H/U:Amber",
    };
    struct error error = {""};

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        if (cvss_check(vectors[i], &error) < 0)
            fail_msg("%s gave: %s", vectors[i], error.text);
}

static void wrong_vectors_are_refused(void **state)
{
    static const struct {
        const char *vector, *says;
    } wrong[] = {
        {"", "begins with its version"},
        {"AV:N/AC:L", "begins with its version"},
        {"CVSS:2.0/AV:N", "begins with its version"},
        {"CVSS:3.0/AV:N", "begins with its version"},
        {"CVSS:3.1", "AV is missing"},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H", "A is missing"},
        {BASE_31 "/", "'' is no metric"},
        {BASE_31 "/AV:N", "AV is there twice"},
        {BASE_31 "/AT:N", "'AT:N' is no metric of CVSS:3.1"},
        {BASE_31 "/E:H ", "'E:H '"},
        {BASE_31 "/RL", "'RL' is no metric"},
        {"CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H", "AV is one of N,A,L,P"},
        {"CVSS:4.0/AC:L/AV:N/AT:N/PR:N/UI:N/VC:N/VI:H/VA:H/SC:N/SI:N/SA:N",
         "AV comes too late"},
        {BASE_40 "/U:Blue", "Clear,Green,Amber,Red"},
        {BASE_40 "/MSC:S", "MSC is one of"},
        {"CVSS:4.0/AV:N/AC:L/PR:N", "AT is missing"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error error = {""};

        assert_int_equal(cvss_check(wrong[i].vector, &error), -1);
        if (!strstr(error.text, wrong[i].says))
            fail_msg("%s gave: %s", wrong[i].vector, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_vectors_are_taken),
        cmocka_unit_test(wrong_vectors_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
