/* Completion for bash and zsh: commands, options, and files of the kind that an
 * argument's name in the tables says. */
#include "cli/overview.h"

#include <string.h>

/* An argument's name begins so (or a word of it does): what it can be. */
static const struct {
    const char *word, *kind;
} kinds[] = {{"CAMPAIGN", "yaml"}, {"ASSESSMENT", "yaml"}, {"FILE.ksy", "ksy"},
             {"CAPTURE", "file"},  {"FILE", "file"},       {"KEY", "file"},
             {"FOLDER", "folder"}, {"DIR", "folder"},      {"RUN", "folder"},
             {"OLD", "folder"},    {"NEW", "folder"}};

static bool has_word(const char *text, const char *word)
{
    const char *at = strstr(text, word);

    return at && (at == text || strchr(" |[", at[-1]));
}

/* NULL: nothing that a shell could know. */
static const char *kind_of(const char *argument)
{
    const char *kind = NULL;

    for (size_t i = 0; argument && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!has_word(argument, kinds[i].word))
            continue;
        if (kind && strcmp(kind, kinds[i].kind) != 0)
            return "file"; /* DIR|FILE: either */
        kind = kinds[i].kind;
    }
    return kind;
}

/* --- bash --------------------------------------------------------------------------- */

static void put_bash_command(const struct command *command, FILE *out)
{
    const char *kind = kind_of(command->arguments);

    fprintf(out, "    %s)\n        options='", command->name);
    for (const struct cli_option *option = command->options; option->name; option++)
        fprintf(out, "--%s ", option->name);
    fprintf(out, "--help'\n        kind='%s'\n        case $before in\n",
            kind ? kind : "");
    for (const struct cli_option *option = command->options; option->name; option++) {
        kind = kind_of(option->argument);
        if (option->argument)
            fprintf(out, "        --%s) options='' kind='%s' ;;\n", option->name,
                    kind ? kind : "");
    }
    fputs("        esac ;;\n", out);
}

void completion_bash(FILE *out)
{
    fputs("# bash completion of percuss, by percuss --help=bash\n"
          "_percuss() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local options='' kind=''\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        options='",
          out);
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "%s ", commands[i]->name);
    fputs("help --help --version'\n    fi\n    case ${COMP_WORDS[1]} in\n", out);
    for (size_t i = 0; commands[i]; i++)
        put_bash_command(commands[i], out);
    fputs(
        "    esac\n"
        "    [ \"$COMP_CWORD\" -gt 1 ] || kind=''\n"
        "    case $word in -*) kind='' ;; *) [ \"$COMP_CWORD\" -eq 1 ] || options='' ;; esac\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\"\n"
        "        case $kind in\n"
        "        folder) compgen -d -- \"$word\" ;;\n"
        "        yaml|ksy)\n"
        "            compgen -d -- \"$word\"\n"
        "            compgen -f -X \"!*.$kind\" -- \"$word\" ;;\n"
        "        file) compgen -f -- \"$word\" ;;\n"
        "        esac)\n"
        "}\n"
        "complete -o filenames -F _percuss percuss\n",
        out);
}

/* --- zsh ---------------------------------------------------------------------------- */

static const struct {
    const char *kind, *action;
} actions[] = {{"yaml", "_files -g \"*.yaml\""},
               {"ksy", "_files -g \"*.ksy\""},
               {"file", "_files"},
               {"folder", "_files -/"}};

static const char *action_of(const char *argument)
{
    const char *kind = kind_of(argument);

    for (size_t i = 0; kind && i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(actions[i].kind, kind) == 0)
            return actions[i].action;
    return " ";
}

/* Within '…' of the shell, and within […] or between colons of _arguments. */
static void put_zsh(const char *text, FILE *out)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fprintf(out, strchr("[]:\\", *text) ? "\\%c" : "%c", *text);
    }
}

static void put_zsh_command(const struct command *command, FILE *out)
{
    fprintf(out, "    %s) _arguments", command->name);
    for (const struct cli_option *option = command->options; option->name; option++) {
        fprintf(out, " \\\n        '--%s[", option->name);
        put_zsh(option->help, out);
        putc(']', out);
        if (option->argument) {
            putc(':', out);
            put_zsh(option->argument, out);
            fprintf(out, ":%s", action_of(option->argument));
        }
        putc('\'', out);
    }
    fputs(" \\\n        '--help[show help]'", out);
    if (command->positional_maximum) {
        fputs(" \\\n        '*:", out);
        put_zsh(command->arguments, out);
        fprintf(out, ":%s'", action_of(command->arguments));
    }
    fputs(" ;;\n", out);
}

void completion_zsh(FILE *out)
{
    fputs("#compdef percuss\n# zsh completion of percuss, by percuss --help=zsh\n"
          "local -a commands\ncommands=(\n",
          out);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "    '%s:", commands[i]->name);
        put_zsh(commands[i]->summary, out);
        fputs("'\n", out);
    }
    fputs(")\nif ((CURRENT == 2)); then\n"
          "    _describe command commands\n"
          "    return\n"
          "fi\n"
          "shift words\n"
          "((CURRENT--))\n"
          "case $words[1] in\n",
          out);
    for (size_t i = 0; commands[i]; i++)
        put_zsh_command(commands[i], out);
    fputs("esac\n", out);
}
