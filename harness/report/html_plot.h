/* Plots as SVG inside the HTML report: no script, colours of their own, the same for the
 * screen and for paper. A plot is opened, drawn into, and closed. */
#ifndef PERCUSS_REPORT_HTML_PLOT_H
#define PERCUSS_REPORT_HTML_PLOT_H

#include "report/html.h"

/* Units are those of the view box: a page is PLOT_WIDTH wide. */
enum {
    PLOT_WIDTH = 760,
    PLOT_HEIGHT = 250,
    PLOT_LEFT = 62,
    PLOT_RIGHT = 14,
    PLOT_TOP = 28,
    PLOT_BOTTOM = 40
};
#define PLOT_BLUE "#1f5fa8"
#define PLOT_RED "#b3261e"
#define PLOT_GREY "#8b949e"

struct plot {
    const struct html *html;
    double x_from, x_to, y_to; /* of the data; y begins at 0 */
};

void plot_open(const struct html *html, int height, const char *title);
/* Without a <figure> around it, `y` below the top of an <svg> that it is part of; to be
 * closed with "</svg>". */
void plot_image_open(const struct html *html, int height, int y, const char *title);
void plot_close(const struct html *html, const char *caption);
void plot_words(const struct html *html, double x, double y, const char *anchor,
                const char *text);
/* Both axes with marks at round numbers. */
void plot_axes(const struct plot *plot, const char *x_name, const char *y_name);
double plot_x(const struct plot *plot, double value);
double plot_y(const struct plot *plot, double value);
/* A step line through all rows (x, y) of the query, thinned to what can be seen. */
int plot_steps(const struct plot *plot, const char *sql, const char *colour);

#endif
