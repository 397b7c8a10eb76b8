/* The plots of a run over its time, its cases and its latencies. */
#include "report/html_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* First column of the first row. */
static double number(const struct html *html, const char *sql)
{
    struct rows rows = rows_of(html->run, sql);
    double value = rows_next(&rows) ? rows_real(&rows, 0) : 0;

    rows_close(&rows, NULL);
    return value;
}

/* --- cases and findings over time --------------------------------------------------- */

/* Seconds that the run was active, over all its sittings. */
#define ACTIVE(moment)                                                                 \
    "((" moment " - s.started_ns) + (SELECT coalesce(sum(p.ended_ns - p.started_ns), " \
    "0) FROM sitting p WHERE p.id < s.id)) / 1e9"
#define POINTS                                                                                                         \
    "WITH point AS (SELECT " ACTIVE(                                                                                   \
        "e.at_ns") " AS at, e.first_case - 1 AS number FROM epoch e JOIN sitting s ON "                                \
                   "s.id = e.sitting WHERE e.at_ns > 0 "                                                               \
                   "UNION ALL SELECT found_after_s, first_case FROM finding "                                          \
                   "UNION ALL SELECT " ACTIVE(                                                                         \
                       "s.ended_ns") ", CASE s.id WHEN (SELECT max(id) FROM sitting) THEN (SELECT "                    \
                                     "max(number) FROM cases) ELSE (SELECT max(coalesce(last_case, first_case)) FROM " \
                                     "epoch WHERE sitting <= s.id) END FROM sitting s WHERE s.ended_ns IS NOT NULL) "

int html_plot_progress(const struct html *html)
{
    static const char cases[] = POINTS
        "SELECT at, max(number) OVER (ORDER BY at) FROM point WHERE number IS NOT NULL "
        "ORDER BY at";
    static const char findings[] =
        "SELECT found_after_s, count(*) OVER (ORDER BY found_after_s) FROM finding "
        "ORDER BY found_after_s";
    struct plot plot = {.html = html,
                        .x_to = number(html, POINTS "SELECT max(at) FROM point")};

    html_heading(html, "Cases and findings over time");
    plot.y_to = number(html, POINTS "SELECT max(number) FROM point");
    if (plot.x_to <= 0 || plot.y_to <= 0) {
        html_soft(html, "Nothing was timed.");
        return 0;
    }
    plot_open(html, PLOT_HEIGHT, "Case number reached over the seconds of the run");
    plot_axes(&plot, "seconds that the run was active", "case number reached");
    if (plot_steps(&plot, cases, PLOT_BLUE))
        return -1;
    plot_close(html, "Each step is the beginning of an epoch, a finding, or the end of a "
                     "sitting.");
    plot.y_to = (double)html->figures[html->index].findings;
    if (plot.y_to <= 0)
        return 0;
    plot_open(html, PLOT_HEIGHT, "Findings over the seconds of the run");
    plot_axes(&plot, "seconds that the run was active", "findings so far");
    if (plot_steps(&plot, findings, PLOT_RED))
        return -1;
    plot_close(html, "When each finding's first case failed.");
    return 0;
}

/* --- growth of coverage ------------------------------------------------------------- */

static int plot_growth(const struct html *html, const char *title, const char *unit,
                       const char *top, const char *last, const char *sql,
                       const char *caption)
{
    struct plot plot = {
        .html = html, .y_to = number(html, top), .x_to = number(html, last)};

    if (plot.y_to <= 0 || plot.x_to <= 0)
        return 0;
    plot_open(html, PLOT_HEIGHT, title);
    plot_axes(&plot, "case number", unit);
    if (plot_steps(&plot, sql, PLOT_BLUE))
        return -1;
    plot_close(html, caption);
    return 0;
}

int html_plot_growth(const struct html *html)
{
    static const char last[] = "SELECT max(number) FROM cases";

    html_heading(html, "Growth of coverage");
    if (plot_growth(
            html, "Kinds of responses so far", "kinds of responses so far",
            "SELECT count(*) FROM response_class", last,
            "SELECT first_case, count(*) OVER (ORDER BY first_case) FROM "
            "response_class ORDER BY first_case",
            "Kinds of responses that the device has shown, by the case that first "
            "brought one: a flat end is a plateau."))
        return -1;
    if (!figures_is_guided(html->run))
        return 0;
    return plot_growth(
        html, "Edges of the code so far", "edges so far", "SELECT max(edges) FROM growth",
        last,
        "SELECT after_case, max(edges) OVER (ORDER BY sitting, after_case) "
        "FROM growth WHERE edges IS NOT NULL ORDER BY sitting, after_case",
        "Edges of the device's code that cases have taken.");
}

/* --- latency ------------------------------------------------------------------------ */

enum { PER_DECADE = 8, BINS = 8 * PER_DECADE }; /* 1 µs to 100 s */

struct latencies {
    uint32_t *list; /* ascending, in µs */
    size_t count, room;
    size_t bins[BINS];
};

static int add(struct latencies *all, int64_t latency_us)
{
    uint32_t *grown;
    size_t bin = latency_us > 1 ? (size_t)(log10((double)latency_us) * PER_DECADE) : 0;

    if (all->count == all->room) {
        all->room = all->room ? 2 * all->room : 4096;
        grown = realloc(all->list, all->room * sizeof *grown);
        if (!grown)
            return -1;
        all->list = grown;
    }
    all->list[all->count++] = latency_us > UINT32_MAX ? UINT32_MAX : (uint32_t)latency_us;
    all->bins[bin < BINS ? bin : BINS - 1]++;
    return 0;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int read_latencies(const struct html *html, struct latencies *all)
{
    struct rows rows =
        rows_of(html->run, "SELECT latency_us FROM cases WHERE latency_us >= 0 AND "
                           "verdict IN ('pass', 'suspect', 'finding')");
    int status = 0;

    while (status == 0 && rows_next(&rows))
        status = add(all, rows_integer(&rows, 0));
    if (status)
        error_set(html->error, "out of memory");
    else if (all->count)
        qsort(all->list, all->count, sizeof *all->list, ascending);
    return rows_close(&rows, html->error) < 0 ? -1 : status;
}

/* Nearest rank. */
static double quantile_ms(const struct latencies *all, unsigned percent)
{
    size_t rank = (all->count * percent + 99) / 100;

    return all->list[rank ? rank - 1 : 0] / 1000.0;
}

static void decade_text(int decade, char *text, size_t size)
{
    static const char *const units[] = {"µs", "ms", "s"};
    static const char *const sizes[] = {"1", "10", "100"};

    snprintf(text, size, "%s %s", sizes[decade % 3], units[decade / 3]);
}

static void draw_bars(const struct html *html, const struct latencies *all, size_t first,
                      size_t last)
{
    struct plot plot = {.html = html, .x_from = (double)first, .x_to = (double)last + 1};
    double bottom = PLOT_HEIGHT - PLOT_BOTTOM, step;
    char text[40];

    for (size_t i = first; i <= last; i++)
        plot.y_to = fmax(plot.y_to, (double)all->bins[i]);
    step = fmax(1, pow(10, floor(log10(plot.y_to))));
    for (double y = 0; y <= plot.y_to;
         y += plot.y_to / step < 2 ? fmax(1, step / 5) : step) {
        fprintf(
            html->out,
            "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#d5dae0\"/>\n",
            PLOT_LEFT, plot_y(&plot, y), PLOT_WIDTH - PLOT_RIGHT, plot_y(&plot, y));
        snprintf(text, sizeof text, "%.0f", y);
        plot_words(html, PLOT_LEFT - 6, plot_y(&plot, y) + 4, "end", text);
    }
    for (size_t i = first; i <= last; i++) {
        double x = plot_x(&plot, (double)i), y = plot_y(&plot, (double)all->bins[i]);

        fprintf(
            html->out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
            x + 0.5, y, plot_x(&plot, (double)i + 1) - x - 1, bottom - y, PLOT_BLUE);
        if (i % PER_DECADE == 0 || i == first) {
            if (i % PER_DECADE == 0)
                decade_text((int)(i / PER_DECADE), text, sizeof text);
            else
                snprintf(text, sizeof text, "%.3g ms",
                         pow(10, (double)i / PER_DECADE) / 1000);
            plot_words(html, x, bottom + 16, i == first ? "start" : "middle", text);
        }
    }
    plot_words(html, PLOT_WIDTH - PLOT_RIGHT, bottom + 32, "end",
               "time to the answer, eight bars a power of ten");
    plot_words(html, 2, PLOT_TOP - 14, "start", "cases");
}

int html_plot_latency(const struct html *html)
{
    struct latencies all = {0};
    size_t first = 0, last = BINS - 1;
    char text[200];
    int status = read_latencies(html, &all);

    html_heading(html, "Latency");
    if (status == 0 && all.count == 0)
        html_soft(html, "No answer was timed.");
    if (status || all.count == 0)
        goto out;
    while (all.bins[first] == 0)
        first++;
    while (all.bins[last] == 0)
        last--;
    plot_open(html, PLOT_HEIGHT, "Distribution of the time to the answer");
    draw_bars(html, &all, first, last);
    snprintf(text, sizeof text,
             "%zu answers of the device: half within %.3f ms, 99 %% within %.3f ms, the "
             "slowest after %.3f ms, by the host's clock.",
             all.count, quantile_ms(&all, 50), quantile_ms(&all, 99),
             quantile_ms(&all, 100));
    plot_close(html, text);
out:
    free(all.list);
    return status;
}
