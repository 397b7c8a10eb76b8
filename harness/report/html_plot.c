#include "report/html_plot.h"

#include <math.h>
#include <stdio.h>

void plot_open(const struct html *html, int height, const char *title)
{
    fputs("<figure>\n", html->out);
    plot_image_open(html, height, 0, title);
}

void plot_image_open(const struct html *html, int height, int y, const char *title)
{
    fputs("<svg ", html->out);
    if (y)
        fprintf(html->out, "y=\"%d\" ", y);
    fprintf(html->out,
            "viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
            "font-family=\"sans-serif\" font-size=\"11\">\n<title>",
            PLOT_WIDTH, height, PLOT_WIDTH, height);
    html_text(html, title);
    fprintf(html->out, "</title>\n<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
            PLOT_WIDTH, height);
}

void plot_close(const struct html *html, const char *caption)
{
    fputs("</svg>\n<figcaption>", html->out);
    html_text(html, caption);
    fputs("</figcaption>\n</figure>\n", html->out);
}

void plot_words(const struct html *html, double x, double y, const char *anchor,
                const char *text)
{
    fprintf(html->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#1b1f24\">",
            x, y, anchor);
    html_text(html, text);
    fputs("</text>\n", html->out);
}

double plot_x(const struct plot *plot, double value)
{
    double range = plot->x_to - plot->x_from;

    return PLOT_LEFT + (range > 0 ? (value - plot->x_from) / range : 0) *
                           (PLOT_WIDTH - PLOT_LEFT - PLOT_RIGHT);
}

double plot_y(const struct plot *plot, double value)
{
    return PLOT_HEIGHT - PLOT_BOTTOM -
           (plot->y_to > 0 ? value / plot->y_to : 0) *
               (PLOT_HEIGHT - PLOT_TOP - PLOT_BOTTOM);
}

/* 1, 2 or 5 times a power of ten, so that there are four to ten marks. */
static double step_for(double range)
{
    double power = pow(10, floor(log10(range > 0 ? range : 1)));
    double times = range / power;

    return power * (times < 2 ? 0.2 : times < 5 ? 0.5 : 1);
}

static void mark_text(double value, char *text, size_t size)
{
    snprintf(text, size, fabs(value) >= 1e6 ? "%.4g" : "%.10g", value);
}

void plot_axes(const struct plot *plot, const char *x_name, const char *y_name)
{
    double bottom = PLOT_HEIGHT - PLOT_BOTTOM, right = PLOT_WIDTH - PLOT_RIGHT;
    double x_step = step_for(plot->x_to - plot->x_from), y_step = step_for(plot->y_to);
    FILE *out = plot->html->out;
    char text[40];

    if (y_step < 1)
        y_step = 1; /* it counts */
    for (double y = 0; y <= plot->y_to * 1.0001; y += y_step) {
        fprintf(
            out,
            "<line x1=\"%d\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#d5dae0\"/>\n",
            PLOT_LEFT, plot_y(plot, y), right, plot_y(plot, y));
        mark_text(y, text, sizeof text);
        plot_words(plot->html, PLOT_LEFT - 6, plot_y(plot, y) + 4, "end", text);
    }
    for (double x = ceil(plot->x_from / x_step) * x_step; x <= plot->x_to * 1.0001;
         x += x_step) {
        fprintf(
            out,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#59636e\"/>\n",
            plot_x(plot, x), bottom, plot_x(plot, x), bottom + 4);
        mark_text(x, text, sizeof text);
        plot_words(plot->html, plot_x(plot, x), bottom + 16, "middle", text);
    }
    fprintf(out,
            "<line x1=\"%d\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#59636e\"/>\n",
            PLOT_LEFT, bottom, right, bottom);
    plot_words(plot->html, right, bottom + 32, "end", x_name);
    plot_words(plot->html, 2, PLOT_TOP - 14, "start", y_name);
}

/* Points that fall on one spot are one: a line has as many as there is room for. */
int plot_steps(const struct plot *plot, const char *sql, const char *colour)
{
    struct rows rows = rows_of(plot->html->run, sql);
    double at = -1, y = plot_y(plot, 0);
    FILE *out = plot->html->out;

    fprintf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" d=\"M%d %.1f",
            colour, PLOT_LEFT, y);
    while (rows_next(&rows)) {
        double x = plot_x(plot, rows_real(&rows, 0));

        if (x > at + 0.5) {
            fprintf(out, "H%.1fV%.1f", x, plot_y(plot, rows_real(&rows, 1)));
            at = x;
        } else if (plot_y(plot, rows_real(&rows, 1)) != y) {
            fprintf(out, "V%.1f", plot_y(plot, rows_real(&rows, 1)));
        }
        y = plot_y(plot, rows_real(&rows, 1));
    }
    fprintf(out, "H%d\"/>\n", PLOT_WIDTH - PLOT_RIGHT);
    return rows_close(&rows, plot->html->error);
}
