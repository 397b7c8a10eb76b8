/* A trend as one page: the plots, the ages, and the tables they were made from. */
#include "report/html.h"
#include "report/trend.h"

#include <string.h>

enum { SHOWN = HTML_ROWS, SQL_SIZE = 8192 };

static const struct html_column night_columns[] = {{"run, began (UTC)", false},
                                                   {"build", false},
                                                   {"cases", true},
                                                   {"states", true},
                                                   {"edges", true},
                                                   {"new", true},
                                                   {"back", true},
                                                   {"fixed", true},
                                                   {"open", true},
                                                   {"cases/s", true},
                                                   {"50 %, 99 % ms", true},
                                                   {"ended, verdict", false},
                                                   {NULL, false}};
static const char night_cells[] =
    "strftime('%Y-%m-%d %H:%M', at_ns / 1000000000, 'unixepoch') || ' ' || name, build, cases, "
    "states || '/' || planned, coalesce(edges, '–'), new, returned, fixed, open, "
    "iif(rate IS NULL, '–', printf('%.1f', rate)), iif(half_ms IS NULL, '–', "
    "printf('%.3f, %.3f', half_ms, most_ms)), reason || ', ' || verdict";

static const struct html_column finding_columns[] = {
    {"finding", false},     {"what", false},         {"standing", false},
    {"days", true},         {"times back", true},    {"first seen (UTC)", false},
    {"fixed (UTC)", false}, {"last seen in", false}, {NULL, false}};
static const char finding_cells[] =
    "id, title, \"is\", printf('%.1f', days), returned, "
    "strftime('%Y-%m-%d', first_ns / 1000000000, 'unixepoch'), "
    "coalesce(strftime('%Y-%m-%d', fixed_ns / 1000000000, 'unixepoch'), ''), last_night";

/* Twelve columns on paper. */
static const char narrow[] =
    "table{font-size:.76rem}th,td{padding-right:.3rem}.n{white-space:normal}"
    ".n+td,.n+th{padding-left:.3rem}";

/* At most SHOWN of what `from` asks, the first in this order. */
static int table(const struct html *html, const struct trend *trend,
                 const char *interface, const struct html_column *columns,
                 const char *cells, const char *from, const char *order)
{
    struct run_view view = {.store = trend->history.store};
    char sql[SQL_SIZE], text[80];
    struct rows rows;

    snprintf(sql, sizeof sql, "SELECT %s FROM (%s) ORDER BY %s LIMIT %d", cells, from,
             order, SHOWN);
    rows = rows_of(&view, sql);
    rows_bind(&rows, 1, interface);
    if (html_rows(html, columns, &rows) == SHOWN) {
        snprintf(text, sizeof text, "At most %d are shown; percuss trend --json has all.",
                 SHOWN);
        html_soft(html, text);
    }
    return rows_close(&rows, html->error);
}

static void pair_count(const struct html *html, const char *name, int64_t value)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)value);
    html_pair(html, name, text);
}

static void pair_days(const struct html *html, const char *name, double value)
{
    char text[TREND_AGE];

    html_pair(html, name, trend_age(value, text));
}

static int write_ages(const struct html *html, const struct trend *trend,
                      const char *interface)
{
    struct trend_ages ages;

    if (trend_ages(trend, interface, &ages, html->error) < 0)
        return -1;
    html_facts(html);
    pair_count(html, "findings", ages.findings);
    pair_count(html, "fixed", ages.fixed);
    pair_count(html, "open", ages.open);
    pair_count(html, "said to be none (false positives, duplicates)", ages.closed);
    if (ages.fixed) {
        pair_days(html, "from found to fixed, half of them within", ages.half_days);
        pair_days(html, "the longest", ages.longest_days);
    }
    if (ages.open) {
        pair_days(html, "open at the last run, half of them for at most",
                  ages.open_half_days);
        pair_days(html, "the longest", ages.open_longest_days);
    }
    html_facts_end(html);
    html_soft(html, HISTORY_FIXED);
    html_soft(html, "An age counts from when the finding was first seen.");
    return 0;
}

static int write_interface(const struct html *html, const struct trend *trend,
                           const char *interface, int64_t number)
{
    char id[40];
    int status;

    snprintf(id, sizeof id, "interface-%lld", (long long)number);
    html_section(html, id, interface);
    status = trend_plots(trend, interface, 0, html->out, html->error);
    html_heading(html, "From found to fixed");
    if (status == 0)
        status = write_ages(html, trend, interface);
    html_heading(html, "Findings");
    if (status == 0)
        status = table(html, trend, interface, finding_columns, finding_cells,
                       trend_findings_sql, "\"is\" = 'fixed', days DESC");
    html_heading(html, "Runs");
    if (status == 0)
        status = table(html, trend, interface, night_columns, night_cells,
                       trend_nights_sql, "at_ns DESC");
    html_section_end(html);
    return status;
}

static void write_left_out(const struct html *html, const struct trend *trend)
{
    char text[700];

    if (trend->history.not_begun) {
        snprintf(text, sizeof text, "%lld runs ended before they began.",
                 (long long)trend->history.not_begun);
        html_paragraph(html, text);
    }
    if (trend->history.left_out) {
        snprintf(text, sizeof text, "%lld runs cannot be read and count for nothing: %s",
                 (long long)trend->history.left_out, trend->history.why_left_out);
        html_paragraph(html, text);
    }
}

int trend_html(const struct trend *trend, FILE *out, struct error *error)
{
    struct html html = {.out = out, .error = error};
    struct run_view view = {.store = trend->history.store};
    struct rows rows = rows_of(&view, trend_interfaces_sql);
    int64_t number = 0;
    int status = 0;

    fprintf(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'\"/>\n<title>Trend of device protocol tests</title>\n"
        "<style>%s%s%s</style>\n</head>\n<body>\n<main>\n<h1>Trend of device protocol "
        "tests</h1>\n<p class=\"soft\">%lld runs, by percuss %s</p>\n",
        html_style, html_style_print, narrow, (long long)trend->history.night_count,
        PERCUSS_VERSION);
    write_left_out(&html, trend);
    while (status == 0 && rows_next(&rows))
        status = write_interface(&html, trend, rows_text(&rows, 0), ++number);
    fputs("</main>\n</body>\n</html>\n", out);
    return rows_close(&rows, status < 0 ? NULL : error) < 0 ? -1 : status;
}
