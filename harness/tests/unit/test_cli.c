/* The option parser. cli.c belongs to the program, not to the library, so it is compiled
 * in here. */
#include "cli/cli.c"
#include "cli/manual.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct cli_option options[] = {{"seed", "N", "the seed"},
                                            {"out", "DIR", "the folder"},
                                            {"resume", NULL, "go on"},
                                            {NULL, NULL, NULL}};
static const struct command command = {.name = "try",
                                       .summary = "try it",
                                       .arguments = "CAMPAIGN [MORE]",
                                       .positional_minimum = 1,
                                       .positional_maximum = 2,
                                       .options = options,
                                       .details = "More lines."};

enum { WORDS = 6 };

static enum cli_result parse(const char *const words[WORDS],
                             struct cli_arguments *arguments, struct error *error)
{
    char *argv[WORDS];
    int count = 0;

    for (; count < WORDS && words[count]; count++)
        argv[count] = (char *)(uintptr_t)words[count];
    error->text[0] = '\0';
    return cli_parse(&command, count, argv, arguments, error);
}

static void test_values(void **state)
{
    static const struct {
        const char *words[WORDS];
        const char *seed, *out, *resume, *first, *second;
    } lines[] = {
        {{"a.yaml"}, NULL, NULL, NULL, "a.yaml", NULL},
        {{"a.yaml", "--seed", "7"}, "7", NULL, NULL, "a.yaml", NULL},
        {{"--seed=7", "a.yaml", "--resume"}, "7", NULL, "", "a.yaml", NULL},
        {{"--out=a=b", "a.yaml", "b"}, NULL, "a=b", NULL, "a.yaml", "b"},
        {{"--seed", "-7", "a.yaml"}, "-7", NULL, NULL, "a.yaml", NULL},
        {{"--resume", "--", "--seed", "--"}, NULL, NULL, "", "--seed", "--"},
        {{"-", "--resume"}, NULL, NULL, "", "-", NULL},
    };
    struct cli_arguments arguments;
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *expected[] = {lines[i].seed, lines[i].out, lines[i].resume,
                                  lines[i].first, lines[i].second};
        const char *found[5];

        assert_int_equal(parse(lines[i].words, &arguments, &error), CLI_RUN);
        found[0] = cli_value(&command, &arguments, "seed");
        found[1] = cli_value(&command, &arguments, "out");
        found[2] = cli_value(&command, &arguments, "resume");
        found[3] = arguments.positional[0];
        found[4] = arguments.positional[1];
        for (size_t j = 0; j < 5; j++) {
            if (!expected[j])
                assert_null(found[j]);
            else
                assert_string_equal(found[j], expected[j]);
        }
    }
    assert_null(cli_value(&command, &arguments, "no-such-option"));
}

static void test_wrong_lines(void **state)
{
    static const struct {
        const char *words[WORDS];
        const char *part;
    } lines[] = {
        {{NULL}, "CAMPAIGN"},
        {{"a", "b", "c"}, "'c' is one argument too many"},
        {{"a", "--sed", "7"}, "did you mean --seed?"},
        {{"a", "--sed=7"}, "did you mean --seed?"},
        {{"a", "--quite-another-thing"}, "unknown option --quite-another-thing"},
        {{"a", "--seed"}, "--seed needs a value: N"},
        {{"a", "--seed="}, "--seed needs a value: N"},
        {{"a", "--seed", "--resume"}, "--seed needs a value: N"},
        {{"a", "--resume=yes"}, "takes no value"},
        {{"a", "--seed=1", "--seed=2"}, "given twice"},
        {{"a", "-s"}, "-s"},
        {{"a", "--=1"}, "unknown option"},
    };
    struct cli_arguments arguments;
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(parse(lines[i].words, &arguments, &error), CLI_WRONG);
        if (!strstr(error.text, lines[i].part))
            fail_msg("expected '%s' in: %s", lines[i].part, error.text);
    }
}

static void test_help(void **state)
{
    static const char *const asked[WORDS] = {"a", "--seed", "1", "--help", "--wrong"};
    static const char *const formed[WORDS] = {"--help=man"};
    static const char *const hidden[WORDS] = {"--", "--help"};
    struct cli_arguments arguments;
    struct error error;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_int_equal(parse(asked, &arguments, &error), CLI_HELP);
    assert_string_equal(arguments.form, "");
    assert_int_equal(parse(formed, &arguments, &error), CLI_HELP);
    assert_string_equal(arguments.form, "man");
    assert_int_equal(parse(hidden, &arguments, &error), CLI_RUN);
    assert_int_equal(cli_help(&command, "", out, &error), 0);
    fclose(out);
    assert_non_null(strstr(text, "usage: percuss try CAMPAIGN [MORE] [options]\n"));
    for (size_t i = 0; options[i].name; i++) {
        assert_non_null(strstr(text, options[i].name));
        assert_non_null(strstr(text, options[i].help));
    }
    assert_non_null(strstr(text, "--seed N"));
    assert_non_null(strstr(text, "--help"));
    assert_non_null(strstr(text, "More lines.\n"));
    free(text);
}

/* What roff would take as its own, and what it keeps as it is. */
static void test_manual(void **state)
{
    static const struct cli_option some[] = {{"a-b", "N|M", "it's a ^ of `x`"},
                                             {NULL, NULL, NULL}};
    static const struct command page = {
        .name = "try",
        .summary = "try it",
        .options = some,
        .details = ".dot\nsecond \\ line\n\n  kept\n    as it is\nExit: 0 well.\n"};
    struct error error;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_int_equal(cli_help(&page, "man", out, &error), 0);
    assert_int_equal(cli_help(&page, "html", out, &error), -1);
    fclose(out);
    assert_non_null(strstr(error.text, "html"));
    assert_non_null(strstr(text, ".TH PERCUSS\\-TRY 1 "));
    assert_non_null(strstr(text, "\n.SH DESCRIPTION\n\\&.dot\nsecond \\e line\n"));
    assert_non_null(strstr(text, ".nf\n  kept\n    as it is\n.fi\n"));
    assert_non_null(strstr(text, "\n.SH EXIT STATUS\n0 well.\n"));
    assert_non_null(strstr(text, "\\fB\\-\\-a\\-b\\fR \\fIN|M\\fR\n"
                                 "it\\(aqs a \\(ha of \\(gax\\(ga\n"));
    free(text);
}

static void test_nearest(void **state)
{
    static const char *const names[] = {"run",    "check",  "cases",
                                        "replay", "report", NULL};

    (void)state;
    assert_string_equal(cli_nearest("rnu", (const char *const[]){"run", NULL}), "run");
    assert_string_equal(cli_nearest("repoort", names), "report");
    assert_string_equal(cli_nearest("chekc", names), "check");
    assert_null(cli_nearest("nothing-like-it", names));
    assert_null(cli_nearest("", (const char *const[]){"report", NULL}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),  cmocka_unit_test(test_wrong_lines),
        cmocka_unit_test(test_manual),  cmocka_unit_test(test_help),
        cmocka_unit_test(test_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
