/* The plots of a trend: one a question, runs from left to right. */
#include "core/clock.h"
#include "report/html_plot.h"
#include "report/trend.h"

#include <math.h>
#include <string.h>

/* A line: a column of trend_nights_sql. */
struct line {
    const char *column, *name, *colour;
};
enum { LINES = 3 };
static const struct {
    const char *title;
    bool counts; /* whole numbers */
    struct line lines[LINES];
} plots[] = {
    {"Cases sent", true, {{"cases", "cases", PLOT_BLUE}}},
    {"States of the session that cases were sent in",
     true,
     {{"states", "states", PLOT_BLUE}}},
    {"Edges of the device's code that cases took", true, {{"edges", "edges", PLOT_BLUE}}},
    {"Findings",
     true,
     {{"open", "open", PLOT_RED},
      {"new", "new", PLOT_BLUE},
      {"fixed", "fixed", PLOT_GREY}}},
    {"Cases a second", false, {{"rate", "cases a second", PLOT_BLUE}}},
    {"Time to the answer, in ms",
     false,
     {{"half_ms", "half of them within", PLOT_BLUE},
      {"most_ms", "99 % within", PLOT_GREY}}},
};
enum { PLOTS = sizeof plots / sizeof plots[0], KEY_STEP = 170, AT_NS = 1 };

struct drawing {
    struct plot plot;
    const struct trend *trend;
    const char *interface;
    int64_t nights;
    bool known; /* anything of it, in any of them */
};

static struct rows nights_of(const struct drawing *drawing)
{
    struct run_view view = {.store = drawing->trend->history.store};
    struct rows rows = rows_of(&view, trend_nights_sql);

    rows_bind(&rows, 1, drawing->interface);
    return rows;
}

static int column_of(struct rows *rows, const char *name)
{
    int column = 0;

    while (strcmp(rows_name(rows, column), name) != 0)
        column++;
    return column;
}

static int find_top(struct drawing *drawing, const struct line *lines,
                    struct error *error)
{
    struct rows rows = nights_of(drawing);

    while (rows_next(&rows))
        for (int i = 0; i < LINES && lines[i].column; i++) {
            int column = column_of(&rows, lines[i].column);

            drawing->known |= !rows_is_null(&rows, column);
            drawing->plot.y_to = fmax(drawing->plot.y_to, rows_real(&rows, column));
        }
    return rows_close(&rows, error);
}

/* When the first and the last run began, and some between. */
static int draw_dates(const struct drawing *drawing, struct error *error)
{
    int64_t step = (drawing->nights + 5) / 6, night = 0;
    struct rows rows = nights_of(drawing);
    char when[24];

    while (rows_next(&rows)) {
        if (night++ % step)
            continue;
        clock_format_utc(rows_integer(&rows, AT_NS), when, sizeof when);
        when[10] = '\0';
        plot_words(drawing->plot.html, plot_x(&drawing->plot, (double)night),
                   PLOT_HEIGHT - PLOT_BOTTOM + 16,
                   night == 1                 ? "start"
                   : night == drawing->nights ? "end"
                                              : "middle",
                   when);
    }
    return rows_close(&rows, error);
}

/* Four lines across, at a fourth of a round number each. */
static void draw_scale(struct drawing *drawing)
{
    double power = pow(10, floor(log10(drawing->plot.y_to > 0 ? drawing->plot.y_to : 1)));
    double times = drawing->plot.y_to / power;
    FILE *out = drawing->plot.html->out;
    char text[40];

    drawing->plot.y_to = power * (times <= 1   ? 1
                                  : times <= 2 ? 2
                                  : times <= 4 ? 4
                                  : times <= 8 ? 8
                                               : 10);
    for (int i = 0; i <= 4; i++) {
        double y = plot_y(&drawing->plot, drawing->plot.y_to * i / 4);

        fprintf(
            out,
            "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#d5dae0\"/>\n",
            PLOT_LEFT, y, PLOT_WIDTH - PLOT_RIGHT, y);
        snprintf(text, sizeof text, "%.6g", drawing->plot.y_to * i / 4);
        plot_words(drawing->plot.html, PLOT_LEFT - 6, y + 4, "end", text);
    }
}

/* A dot a run; no line leads over what is not known. */
static int draw_line(const struct drawing *drawing, const struct line *line,
                     struct error *error)
{
    struct rows rows = nights_of(drawing);
    FILE *out = drawing->plot.html->out;
    bool joined = false;
    int64_t night = 0;

    fprintf(out,
            "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" "
            "stroke-linecap=\"round\" stroke-linejoin=\"round\" d=\"",
            line->colour);
    while (rows_next(&rows)) {
        int column = column_of(&rows, line->column);
        double x = plot_x(&drawing->plot, (double)++night);
        double y = plot_y(&drawing->plot, rows_real(&rows, column));

        if (rows_is_null(&rows, column)) {
            joined = false;
            continue;
        }
        fprintf(out, joined ? "L%.1f %.1f" : "M%.1f %.1fh0", x, y);
        if (drawing->nights <= 60)
            fprintf(out, "m-2 0h4m-2 0");
        joined = true;
    }
    fputs("\"/>\n", out);
    return rows_close(&rows, error);
}

static void draw_key(const struct drawing *drawing, const struct line *lines)
{
    FILE *out = drawing->plot.html->out;

    for (int i = 0; i < LINES && lines[i].column; i++) {
        int x = PLOT_LEFT + i * KEY_STEP;

        fprintf(out,
                "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" "
                "stroke-width=\"2\"/>\n",
                x, PLOT_HEIGHT - 10, x + 18, PLOT_HEIGHT - 10, lines[i].colour);
        plot_words(drawing->plot.html, x + 24, PLOT_HEIGHT - 6, "start", lines[i].name);
    }
}

/* A plot of what no run knows is left out: *y is where the next one goes. */
static int draw(struct drawing *drawing, int number, int apart, int *y,
                struct error *error)
{
    const struct line *lines = plots[number].lines;
    int status = find_top(drawing, lines, error);

    if (!drawing->known)
        return status;
    if (plots[number].counts)
        drawing->plot.y_to = fmax(drawing->plot.y_to, 4);
    plot_image_open(drawing->plot.html, PLOT_HEIGHT, *y, plots[number].title);
    *y += apart;
    plot_words(drawing->plot.html, 2, PLOT_TOP - 14, "start", plots[number].title);
    draw_scale(drawing);
    if (status == 0)
        status = draw_dates(drawing, error);
    for (int i = 0; status == 0 && i < LINES && lines[i].column; i++)
        status = draw_line(drawing, &lines[i], error);
    draw_key(drawing, lines);
    fputs("</svg>\n", drawing->plot.html->out);
    return status;
}

int trend_plots(const struct trend *trend, const char *interface, int apart, FILE *out,
                struct error *error)
{
    struct html html = {.out = out, .error = error};
    int64_t nights = store_integer(trend->history.store, 0,
                                   "SELECT count(*) FROM old.night WHERE interface = ?",
                                   "t", interface);
    int status = 0, y = 0;

    for (int i = 0; status == 0 && i < PLOTS; i++) {
        struct drawing drawing = {
            .plot = {.html = &html, .x_from = 1, .x_to = (double)nights},
            .trend = trend,
            .interface = interface,
            .nights = nights};

        status = draw(&drawing, i, apart, &y, error);
    }
    return status;
}

int trend_svg(const struct trend *trend, FILE *out, struct error *error)
{
    enum { HEAD = 40, HEIGHT = PLOTS * PLOT_HEIGHT + HEAD };
    struct run_view view = {.store = trend->history.store};
    struct html html = {.out = out, .error = error};
    int64_t interfaces = store_integer(
        trend->history.store, 0, "SELECT count(DISTINCT interface) FROM old.night", "");
    struct rows rows = rows_of(&view, trend_interfaces_sql);
    int status = 0, y = 0;

    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%lld\" "
            "viewBox=\"0 0 %d %lld\" font-family=\"sans-serif\" font-size=\"14\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
            PLOT_WIDTH, (long long)interfaces * HEIGHT, PLOT_WIDTH,
            (long long)interfaces * HEIGHT);
    for (; status == 0 && rows_next(&rows); y += HEIGHT) {
        plot_words(&html, 2, y + 24, "start", rows_text(&rows, 0));
        fprintf(out, "<g transform=\"translate(0 %d)\">\n", y + HEAD);
        status = trend_plots(trend, rows_text(&rows, 0), PLOT_HEIGHT, out, error);
        fputs("</g>\n", out);
    }
    fputs("</svg>\n", out);
    return rows_close(&rows, status < 0 ? NULL : error) < 0 ? -1 : status;
}
