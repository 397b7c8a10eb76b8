/* A trend for people, and for programs. */
#include "core/clock.h"
#include "core/escape.h"
#include "core/json_text.h"
#include "report/rows.h"
#include "report/trend.h"

#include <stdlib.h>
#include <string.h>

/* --- ages --------------------------------------------------------------------------- */

struct days {
    double *list;
    size_t count, capacity;
};

static int add_days(struct days *days, double value)
{
    if (days->count == days->capacity) {
        size_t larger = days->capacity ? 2 * days->capacity : 64;
        void *grown = realloc(days->list, larger * sizeof *days->list);

        if (!grown)
            return -1;
        days->list = grown;
        days->capacity = larger;
    }
    days->list[days->count++] = value;
    return 0;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median, of an even number the lower one, so that it is an age that there was. */
static void summarise(struct days *days, double *half, double *longest)
{
    if (days->count == 0)
        return;
    qsort(days->list, days->count, sizeof *days->list, ascending);
    *half = days->list[(days->count - 1) / 2];
    *longest = days->list[days->count - 1];
}

int trend_ages(const struct trend *trend, const char *interface, struct trend_ages *ages,
               struct error *error)
{
    struct run_view view = {.store = trend->history.store};
    struct rows rows = rows_of(&view, trend_findings_sql);
    struct days fixed = {0}, open = {0};
    int status = 0;

    *ages = (struct trend_ages){0};
    rows_bind(&rows, 1, interface);
    while (status == 0 && rows_next(&rows)) {
        const char *is = rows_text(&rows, 8);

        ages->findings++;
        if (strcmp(is, "fixed") == 0)
            status = add_days(&fixed, rows_real(&rows, 7));
        else if (strcmp(is, "false-positive") == 0 || strcmp(is, "duplicate") == 0)
            ages->closed++;
        else
            status = add_days(&open, rows_real(&rows, 7));
    }
    ages->fixed = (int64_t)fixed.count;
    ages->open = (int64_t)open.count;
    summarise(&fixed, &ages->half_days, &ages->longest_days);
    summarise(&open, &ages->open_half_days, &ages->open_longest_days);
    free(fixed.list);
    free(open.list);
    if (status < 0)
        error_set(error, "out of memory");
    return rows_close(&rows, status < 0 ? NULL : error) < 0 ? -1 : status;
}

const char *trend_age(double days, char text[TREND_AGE])
{
    if (days >= 1)
        snprintf(text, TREND_AGE, "%.1f days", days);
    else
        snprintf(text, TREND_AGE, "%.1f hours", days * 24);
    return text;
}

/* --- text --------------------------------------------------------------------------- */

static void put(FILE *out, const char *text)
{
    escape_write(out, text, ESCAPE_TERMINAL);
}

/* `-` where it is not known. */
static void put_number(FILE *out, struct rows *rows, int column, int width, int digits)
{
    if (rows_is_null(rows, column))
        fprintf(out, " %*s", width, "-");
    else
        fprintf(out, " %*.*f", width, digits, rows_real(rows, column));
}

static void put_night(FILE *out, struct rows *rows)
{
    char when[24], states[48];

    clock_format_utc(rows_integer(rows, 1), when, sizeof when);
    snprintf(states, sizeof states, "%lld/%lld", (long long)rows_integer(rows, 4),
             (long long)rows_integer(rows, 5));
    fprintf(out, "  %.16s  %-8s %9lld %7s", when,
            rows_text(rows, 2)[0] ? rows_text(rows, 2) : "-",
            (long long)rows_integer(rows, 3), states);
    put_number(out, rows, 6, 6, 0);
    fprintf(out, " %4lld %4lld %5lld %4lld", (long long)rows_integer(rows, 12),
            (long long)rows_integer(rows, 13), (long long)rows_integer(rows, 14),
            (long long)rows_integer(rows, 15));
    put_number(out, rows, 7, 8, 1);
    put_number(out, rows, 8, 9, 3);
    put_number(out, rows, 9, 9, 3);
    fputs("  ", out);
    put(out, rows_text(rows, 10));
    fputs(", ", out);
    put(out, rows_text(rows, 11));
    fputs("  ", out);
    put(out, rows_text(rows, 0));
    fputc('\n', out);
}

static int put_nights(const struct trend *trend, const char *interface, FILE *out,
                      struct error *error)
{
    struct run_view view = {.store = trend->history.store};
    struct rows rows = rows_of(&view, trend_nights_sql);

    rows_bind(&rows, 1, interface);
    fprintf(out,
            "  %-16s  %-8s %9s %7s %6s %4s %4s %5s %4s %8s %9s %9s  ended, verdict\n",
            "began (UTC)", "build", "cases", "states", "edges", "new", "back", "fixed",
            "open", "cases/s", "50% ms", "99% ms");
    while (rows_next(&rows))
        put_night(out, &rows);
    return rows_close(&rows, error);
}

static int put_findings(const struct trend *trend, const char *interface, FILE *out,
                        struct error *error)
{
    struct run_view view = {.store = trend->history.store};
    struct rows rows = rows_of(&view, trend_findings_sql);
    char age[TREND_AGE];

    rows_bind(&rows, 1, interface);
    while (rows_next(&rows)) {
        fputs("  ", out);
        put(out, rows_text(&rows, 8));
        fprintf(out, " %s %s", rows_is_null(&rows, 6) ? "for" : "after",
                trend_age(rows_real(&rows, 7), age));
        if (rows_integer(&rows, 9))
            fprintf(out, ", returned %lld times", (long long)rows_integer(&rows, 9));
        fputs(": ", out);
        put(out, rows_text(&rows, 0));
        fputs("  ", out);
        put(out, rows_text(&rows, 1));
        fputs("\n      last seen in ", out);
        put(out, rows_text(&rows, 4));
        fputc('\n', out);
    }
    return rows_close(&rows, error);
}

static int put_ages(const struct trend *trend, const char *interface, FILE *out,
                    struct error *error)
{
    struct trend_ages ages;
    char half[TREND_AGE], longest[TREND_AGE];

    if (trend_ages(trend, interface, &ages, error) < 0)
        return -1;
    fprintf(out, "\n  %lld findings: %lld fixed, %lld open, %lld said to be none\n",
            (long long)ages.findings, (long long)ages.fixed, (long long)ages.open,
            (long long)ages.closed);
    if (ages.fixed)
        fprintf(out, "  from found to fixed: half within %s, the longest %s\n",
                trend_age(ages.half_days, half), trend_age(ages.longest_days, longest));
    if (ages.open)
        fprintf(out, "  open at the last run: half for at most %s, the longest %s\n",
                trend_age(ages.open_half_days, half),
                trend_age(ages.open_longest_days, longest));
    return 0;
}

int trend_text(const struct trend *trend, FILE *out, struct error *error)
{
    struct run_view view = {.store = trend->history.store};
    struct rows rows = rows_of(&view, trend_interfaces_sql);
    int status = 0;

    while (status == 0 && rows_next(&rows)) {
        put(out, rows_text(&rows, 0));
        fprintf(out, ": %lld runs\n\n", (long long)rows_integer(&rows, 2));
        if (put_nights(trend, rows_text(&rows, 0), out, error) < 0 ||
            put_ages(trend, rows_text(&rows, 0), out, error) < 0 ||
            put_findings(trend, rows_text(&rows, 0), out, error) < 0)
            status = -1;
        fputc('\n', out);
    }
    if (trend->history.not_begun)
        fprintf(out, "%lld runs ended before they began\n",
                (long long)trend->history.not_begun);
    if (trend->history.left_out) {
        fprintf(out, "%lld runs cannot be read and count for nothing: ",
                (long long)trend->history.left_out);
        put(out, trend->history.why_left_out);
        fputc('\n', out);
    }
    return rows_close(&rows, status < 0 ? NULL : error) < 0 ? -1 : status;
}

/* --- JSON --------------------------------------------------------------------------- */

static json_t *cell(struct rows *rows, int column, bool is_text)
{
    double value = rows_real(rows, column);

    if (rows_is_null(rows, column))
        return json_null();
    if (is_text)
        return json_text(rows_text(rows, column));
    return value == (double)rows_integer(rows, column)
               ? json_integer(rows_integer(rows, column))
               : json_real(value);
}

/* `texts`: the names of columns that are texts, between spaces. */
static json_t *rows_json(const struct trend *trend, const char *sql,
                         const char *interface, const char *texts, struct error *error)
{
    struct run_view view = {.store = trend->history.store};
    struct rows rows = rows_of(&view, sql);
    json_t *list = json_array();
    char mark[40];

    rows_bind(&rows, 1, interface);
    while (rows_next(&rows)) {
        json_t *row = json_object();

        for (int i = 0; i < rows_columns(&rows); i++) {
            snprintf(mark, sizeof mark, " %s ", rows_name(&rows, i));
            json_object_set_new(row, rows_name(&rows, i),
                                cell(&rows, i, strstr(texts, mark) != NULL));
        }
        json_array_append_new(list, row);
    }
    if (rows_close(&rows, error) == 0)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *interface_json(const struct trend *trend, struct rows *interface,
                              struct error *error)
{
    const char *name = rows_text(interface, 0);
    struct trend_ages ages;
    json_t *nights, *findings;

    if (trend_ages(trend, name, &ages, error) < 0)
        return NULL;
    nights =
        rows_json(trend, trend_nights_sql, name, " name build reason verdict ", error);
    findings = rows_json(trend, trend_findings_sql, name,
                         " id title oracle first_night last_night is ", error);
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}}", "interface",
        json_text(name), "model", json_text(rows_text(interface, 1)), "nights", nights,
        "findings", findings, "ages", "findings", (json_int_t)ages.findings, "fixed",
        (json_int_t)ages.fixed, "open", (json_int_t)ages.open, "closed",
        (json_int_t)ages.closed, "fixed_half_days",
        ages.fixed ? json_real(ages.half_days) : json_null(), "fixed_longest_days",
        ages.fixed ? json_real(ages.longest_days) : json_null(), "open_half_days",
        ages.open ? json_real(ages.open_half_days) : json_null(), "open_longest_days",
        ages.open ? json_real(ages.open_longest_days) : json_null());
}

json_t *trend_json(const struct trend *trend, struct error *error)
{
    struct run_view view = {.store = trend->history.store};
    struct rows rows = rows_of(&view, trend_interfaces_sql);
    json_t *list = json_array(), *one;
    bool failed = false;

    while (!failed && rows_next(&rows)) {
        one = interface_json(trend, &rows, error);
        failed = !one || json_array_append_new(list, one) < 0;
    }
    if (rows_close(&rows, failed ? NULL : error) == 0 && !failed)
        return json_pack("{s:I, s:I, s:I, s:o, s:o}", "runs",
                         (json_int_t)trend->history.night_count, "left_out",
                         (json_int_t)trend->history.left_out, "not_begun",
                         (json_int_t)trend->history.not_begun, "why_left_out",
                         json_text(trend->history.why_left_out), "interfaces", list);
    json_decref(list);
    return NULL;
}
