#include "device/power.h"

#include "core/clock.h"
#include "core/suggest.h"
#include "device/action.h"
#include "device/spawn.h"

#include <stdio.h>
#include <string.h>

const struct power_driver power_drivers[] = {
#define POWER(name, summary, on, off, query, said_on, said_off) \
    {name,                                                      \
     summary,                                                   \
     {[POWER_OFF] = off, [POWER_ON] = on},                      \
     query,                                                     \
     {[POWER_OFF] = said_off, [POWER_ON] = said_on}},
#include "device/power.def"
#undef POWER
    {.name = NULL},
};

enum { KEYS = 16, MORE = 8, NAME = 32, WORD = 512 };

static const int64_t query_ns = 5 * CLOCK_S, again_ns = 200 * CLOCK_MS;

static const char *const state_names[] = {[POWER_OFF] = "off", [POWER_ON] = "on"};

/* --- settings of a driver ----------------------------------------------------------- */

struct setting {
    char name[NAME];
    char otherwise[NAME]; /* its default; "": it must be given */
};

/* The next {name} or {name=default} in the text; moves *text behind it. */
static bool next_setting(const char **text, struct setting *setting)
{
    const char *open = strchr(*text, '{'), *close = open ? strchr(open, '}') : NULL;
    size_t length, name;

    if (!close)
        return false;
    length = (size_t)(close - open - 1);
    name = strcspn(open + 1, "=}");
    snprintf(setting->name, NAME, "%.*s", (int)name, open + 1);
    snprintf(setting->otherwise, NAME, "%.*s",
             name < length ? (int)(length - name - 1) : 0, open + 2 + name);
    *text = close + 1;
    return true;
}

struct settings {
    struct setting list[KEYS];
    size_t count;
};

static void settings_of(const struct power_driver *driver, struct settings *settings)
{
    *settings = (struct settings){.count = 0};
    for (int state = 0; state < POWER_STATES; state++) {
        const char *text = driver->commands[state];
        struct setting one;

        while (text && settings->count < KEYS && next_setting(&text, &one)) {
            size_t i = 0;

            while (i < settings->count && strcmp(settings->list[i].name, one.name) != 0)
                i++;
            settings->list[i] = one;
            settings->count += i == settings->count;
        }
    }
}

const char *power_driver_keys(const struct power_driver *driver, char *text, size_t size)
{
    struct settings settings;
    size_t used = 0;

    if (!driver->commands[POWER_ON]) {
        snprintf(text, size, "port, line=dtr (or rts), on=high (or low)");
        return text;
    }
    settings_of(driver, &settings);
    text[0] = '\0';
    for (size_t i = 0; i < settings.count && used < size; i++) {
        const struct setting *one = &settings.list[i];

        used += (size_t)snprintf(text + used, size - used, "%s%s%s%s", i ? ", " : "",
                                 one->name, one->otherwise[0] ? "=" : "", one->otherwise);
    }
    return text;
}

/* --- a command line out of a template ----------------------------------------------- */

/* One word, with the campaign's values in their places: these may hold blanks. */
static int fill_word(const char *word, size_t length, const struct yaml *map,
                     char *filled, struct error *error)
{
    const char *end = word + length;
    size_t used = 0;

    while (word < end) {
        const char *at = word, *value;
        struct setting setting;
        int written;

        if (*word == '{' && next_setting(&at, &setting)) {
            const struct yaml *given = yaml_get(map, setting.name);

            if (!given && !setting.otherwise[0])
                given = yaml_need(map, setting.name, YAML_SCALAR, error);
            if (given && given->kind != YAML_SCALAR)
                return yaml_complain(given, error, "a text");
            if (!given && !setting.otherwise[0])
                return -1;
            value = given ? given->text : setting.otherwise;
            written = snprintf(filled + used, WORD - used, "%s", value);
        } else {
            written = snprintf(filled + used, WORD - used, "%c", *word);
            at = word + 1;
        }
        if (written < 0 || (size_t)written >= WORD - used)
            return yaml_complain(map, error, "settings shorter than %d characters", WORD);
        used += (size_t)written;
        word = at;
    }
    return 0;
}

static char **fill(const char *text, const struct yaml *map, struct error *error)
{
    char **command = NULL, filled[WORD];

    for (size_t length; *text; text += length + strspn(text + length, " ")) {
        length = strcspn(text, " ");
        if (fill_word(text, length, map, filled, error) < 0)
            goto fail;
        if (vector_add(&command, "%s", filled) < 0) {
            error_set(error, "out of memory");
            goto fail;
        }
    }
    return command;
fail:
    vector_free(command);
    return NULL;
}

/* --- reading ------------------------------------------------------------------------ */

static const struct power_driver *find_driver(const struct yaml *node,
                                              struct error *error)
{
    struct suggestion suggestion;
    char known[256] = "";

    if (node->kind != YAML_SCALAR) {
        yaml_complain(node, error, "the name of a driver");
        return NULL;
    }
    suggestion = suggest_for(node->text, strlen(node->text));
    for (size_t i = 0, used = 0; power_drivers[i].name && used < sizeof known; i++) {
        if (strcmp(power_drivers[i].name, node->text) == 0)
            return &power_drivers[i];
        suggest_offer(&suggestion, power_drivers[i].name);
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 power_drivers[i].name);
    }
    yaml_complain(node, error, "a driver: %s", known);
    suggest_append(&suggestion, error);
    return NULL;
}

static int check_keys(const struct settings *settings, const struct yaml *map,
                      const char *const *fixed, const char *const *more,
                      struct error *error)
{
    const char *known[KEYS + MORE + 4] = {NULL};
    size_t count = 0;

    for (; *fixed; fixed++)
        known[count++] = *fixed;
    for (size_t i = 0; settings && i < settings->count; i++)
        known[count++] = settings->list[i].name;
    for (size_t i = 0; more[i] && i < MORE; i++)
        known[count++] = more[i];
    return yaml_check_keys(map, known, error);
}

static int read_driver(struct power *power, const struct yaml *map,
                       const char *const *more, struct error *error)
{
    static const char *const ours[] = {"driver", NULL};
    static const char *const of_line[] = {"driver", "port", "line", "on", NULL};
    struct settings settings;
    char path[4096];

    power->driver = find_driver(yaml_get(map, "driver"), error);
    if (!power->driver)
        return -1;
    if (!power->driver->commands[POWER_ON])
        return check_keys(NULL, map, of_line, more, error) < 0
                   ? -1
                   : control_line_read(&power->line, map, error);
    settings_of(power->driver, &settings);
    if (check_keys(&settings, map, ours, more, error) < 0)
        return -1;
    for (int state = 0; state < POWER_STATES; state++)
        if (!(power->commands[state] = fill(power->driver->commands[state], map, error)))
            return -1;
    for (int state = 0; power->driver->query && state < POWER_STATES; state++)
        if (!(power->said[state] = fill(power->driver->said[state], map, error)))
            return -1;
    if (power->driver->query && !(power->query = fill(power->driver->query, map, error)))
        return -1;
    if (spawn_find(power->commands[POWER_ON][0], path, sizeof path) < 0)
        return yaml_complain(yaml_get(map, "driver"), error,
                             "a driver whose program '%s' is installed",
                             power->commands[POWER_ON][0]);
    return 0;
}

static int read_own(struct power *power, const struct yaml *map, const char *const *more,
                    struct error *error)
{
    static const char *const ours[] = {"driver", "on", "off", NULL};

    if (check_keys(NULL, map, ours, more, error) < 0)
        return -1;
    for (int state = 0; state < POWER_STATES; state++) {
        const struct yaml *list = yaml_get(map, state_names[state]);

        if (list && !(power->commands[state] = vector_read(list, error)))
            return -1;
    }
    if (!power->commands[POWER_ON] && !power->commands[POWER_OFF])
        return yaml_refuse(map, error, "key '%s': expected driver, or on and off",
                           power->name);
    return 0;
}

int power_read(struct power *power, const char *name, const struct yaml *settings,
               const char *const *more, struct error *error)
{
    *power = (struct power){.name = name, .line = {.fd = -1}};
    if (settings->kind != YAML_MAP)
        return yaml_complain(settings, error, "a map: driver, or on and off");
    return yaml_get(settings, "driver") ? read_driver(power, settings, more, error)
                                        : read_own(power, settings, more, error);
}

bool power_can(const struct power *power, enum power_state state)
{
    return power->line.port || power->commands[state];
}

/* A switch that takes its time is asked again. */
static int await_state(const struct power *power, const char *name,
                       enum power_state state, int64_t deadline_ns, struct error *error)
{
    int64_t patience_ns = clock_now_ns() + query_ns;

    if (!power->query)
        return 0;
    while (action_run(name, power->query, power->said[state][0], deadline_ns, error) <
           0) {
        int64_t next_ns = clock_now_ns() + again_ns;

        if (next_ns >= deadline_ns || next_ns >= patience_ns)
            return -1;
        clock_sleep_until_ns(next_ns);
    }
    return 0;
}

/* A command that the campaign does not have succeeds: some devices only go on. */
int power_set(struct power *power, enum power_state state, int64_t deadline_ns,
              struct error *error)
{
    char name[40];

    snprintf(name, sizeof name, "%s-%s", power->name, state_names[state]);
    if (power->line.port)
        return control_line_set(&power->line, state == POWER_ON, error) < 0
                   ? error_prefix(error, "the device's %s: ", name)
                   : 0;
    if (!power->commands[state])
        return 0;
    return action_run(name, power->commands[state], NULL, deadline_ns, error) < 0
               ? -1
               : await_state(power, name, state, deadline_ns, error);
}

void power_free(struct power *power)
{
    for (int state = 0; state < POWER_STATES; state++) {
        vector_free(power->commands[state]);
        vector_free(power->said[state]);
    }
    vector_free(power->query);
    control_line_close(&power->line);
    *power = (struct power){.line = {.fd = -1}};
}
