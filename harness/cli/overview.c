#include "cli/overview.h"

#include "cli/manual.h"

#include <string.h>

static const char summary[] =
    "fuzzing and security tests of device protocols, with evidence";
static const char about[] =
    "percuss drives a device's interface with wrong, late and unexpected traffic, watches\n"
    "what the device does, and turns that into evidence.\n";
static const char version[] =
    "percuss --version [--json] names version, commit, compiler and the libraries it runs\n"
    "with.\n";

static const char more[] =
    "percuss COMMAND --help tells more, --help=man the same as a manual page; percuss\n"
    "--help=bash and --help=zsh are completion for these shells.\n";

static const struct {
    const char *code, *meaning;
} exits[] = {{"0", "every criterion of the phase passes"},
             {"1", "one fails"},
             {"2", "the command line or a file is wrong"},
             {"3", "inconclusive: no device, device lost, nothing sent, too little data"},
             {"4", "percuss itself failed"}};
static const struct {
    const char *name, *meaning;
} variables[] = {
    {"PERCUSS_SHARE",
     "the folder with criteria/ and targets/, in place of those that percuss came with"},
    {"TMPDIR", "where runs have their scratch folders"},
};

static void write_help(FILE *out)
{
    fprintf(out, "%s\nusage: percuss COMMAND [arguments]\n\ncommands:\n", about);
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "  %-8s  %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\n%s%s\nexit codes:\n", more, version);
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++)
        fprintf(out, "  %s  %s\n", exits[i].code, exits[i].meaning);
}

static void write_manual(FILE *out)
{
    manual_begin("percuss", summary, out);
    manual_section("SYNOPSIS", out);
    fputs("\\fBpercuss\\fR \\fICOMMAND\\fR [arguments]\n", out);
    manual_section("DESCRIPTION", out);
    manual_text(about, out);
    fputs(".PP\n", out);
    manual_text(version, out);
    fputs(".PP\n", out);
    manual_text(more, out);
    manual_section("COMMANDS", out);
    for (size_t i = 0; commands[i]; i++)
        manual_entry(commands[i]->name, commands[i]->arguments, commands[i]->summary,
                     out);
    manual_section("EXIT STATUS", out);
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++)
        manual_entry(exits[i].code, NULL, exits[i].meaning, out);
    manual_section("ENVIRONMENT", out);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        manual_entry(variables[i].name, NULL, variables[i].meaning, out);
    manual_section("SEE ALSO", out);
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, ".BR percuss\\-%s (1)%s\n", commands[i]->name,
                commands[i + 1] ? "," : "");
}

int overview_write(const char *form, FILE *out, struct error *error)
{
    static const struct {
        const char *form;
        void (*write)(FILE *out);
    } forms[] = {{"", write_help},
                 {"man", write_manual},
                 {"bash", completion_bash},
                 {"zsh", completion_zsh}};

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(forms[i].form, form) == 0) {
            forms[i].write(out);
            return 0;
        }
    return error_set(error, "--help: expected man, bash or zsh, found '%s'", form);
}
