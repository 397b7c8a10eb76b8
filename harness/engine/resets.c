#include "engine/resets.h"

#include "core/json_text.h"
#include "record/store.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FACT_MAXIMUM = 128 << 10 };

static const char fact[] = "resets";

/* --- noting ------------------------------------------------------------------------- */

static bool is_alike(const struct reset_row *a, const struct reset_row *b)
{
    return a->step == b->step && a->back == b->back && strcmp(a->why, b->why) == 0 &&
           strcmp(a->words, b->words) == 0;
}

/* The row that counts this one. */
static struct reset_row *row_for(struct resets *resets, const struct reset_row *row)
{
    for (size_t i = 0; i < resets->count; i++)
        if (is_alike(&resets->rows[i], row))
            return &resets->rows[i];
    if (resets->count < RESETS_ROWS) {
        resets->rows[resets->count] = *row;
        return &resets->rows[resets->count++];
    }
    /* Neither of one step nor of one reason any more. */
    resets->rows[RESETS_ROWS - 1].step = RESET_NONE;
    snprintf(resets->rows[RESETS_ROWS - 1].why, RESETS_WHY, "various");
    snprintf(resets->rows[RESETS_ROWS - 1].words, RESETS_WORDS,
             "various, no more are told apart");
    return &resets->rows[RESETS_ROWS - 1];
}

void resets_note(struct resets *resets, enum reset_kind step, int64_t took_ns, bool back,
                 const char *words)
{
    struct reset_row one = {.step = step, .back = back}, *row;

    snprintf(one.why, sizeof one.why, "%s", resets->why ? resets->why : "replay");
    snprintf(one.words, sizeof one.words, "%s", words);
    one.first_case = resets->after_case;
    row = row_for(resets, &one);
    row->times++;
    row->last_case = resets->after_case;
    if (took_ns > row->slowest_ns)
        row->slowest_ns = took_ns;
}

/* --- in the store ------------------------------------------------------------------- */

static json_t *row_json(const struct reset_row *row)
{
    return json_pack("{s:s, s:s, s:b, s:o, s:I, s:I, s:I, s:I}", "why", row->why, "step",
                     reset_kind_name(row->step), "back", row->back, "words",
                     json_text(row->words), "times", (json_int_t)row->times, "first_case",
                     (json_int_t)row->first_case, "last_case", (json_int_t)row->last_case,
                     "slowest_us", (json_int_t)(row->slowest_ns / 1000));
}

int resets_write(const struct resets *resets, struct store *store, struct error *error)
{
    json_t *rows = json_array();
    char *text = NULL;
    int status = -1;

    for (size_t i = 0; i < resets->count; i++)
        json_array_append_new(rows, row_json(&resets->rows[i]));
    if (json_array_size(rows) == resets->count)
        text = json_dumps(rows, JSON_COMPACT);
    if (!text)
        error_set(error, "out of memory");
    else
        status = store_set(store, fact, text, error);
    free(text);
    json_decref(rows);
    return status;
}

static bool read_row(json_t *json, struct reset_row *row)
{
    const char *why, *step, *words;
    json_int_t times, first, last, slowest;
    int back;

    if (json_unpack(json, "{s:s, s:s, s:b, s:s, s:I, s:I, s:I, s:I}", "why", &why, "step",
                    &step, "back", &back, "words", &words, "times", &times, "first_case",
                    &first, "last_case", &last, "slowest_us", &slowest) < 0)
        return false;
    *row = (struct reset_row){.step = RESET_KINDS,
                              .back = back,
                              .times = (uint64_t)times,
                              .first_case = (uint64_t)first,
                              .last_case = (uint64_t)last,
                              .slowest_ns = slowest * 1000};
    snprintf(row->why, sizeof row->why, "%s", why);
    snprintf(row->words, sizeof row->words, "%s", words);
    for (int i = 0; i < RESET_KINDS; i++)
        if (strcmp(reset_kind_name((enum reset_kind)i), step) == 0)
            row->step = (enum reset_kind)i;
    return row->step != RESET_KINDS && times > 0;
}

int resets_load(struct resets *resets, struct store *store, struct error *error)
{
    char *text = malloc(FACT_MAXIMUM);
    json_t *rows = NULL, *one;
    size_t i;
    int status = 0;

    *resets = (struct resets){.count = 0};
    if (!text)
        return error_set(error, "out of memory");
    if (store_get(store, fact, text, FACT_MAXIMUM) < 0)
        goto out;
    rows = json_loads(text, 0, NULL);
    status = json_is_array(rows) && json_array_size(rows) <= RESETS_ROWS ? 0 : -1;
    json_array_foreach(rows, i, one) if (status == 0 &&
                                         !read_row(one, &resets->rows[resets->count++]))
        status = -1;
    if (status < 0)
        error_set(error, "the store's fact '%s' is not as percuss writes it", fact);
out:
    json_decref(rows);
    free(text);
    return status;
}
