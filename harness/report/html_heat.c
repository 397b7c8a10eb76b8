/* The heat map of messages and anomalies: what of the plan was sent. */
#include "report/html_plot.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 100, ROWS = 28, CELL_HEIGHT = 17, HEAD = 92, LABELS = 150 };

struct heat {
    const struct html *html;
    char *anomalies[COLUMNS];
    size_t columns;
    char message[200];
    size_t row; /* of all messages */
};

static int read_anomalies(struct heat *heat)
{
    struct rows rows = rows_of(heat->html->run, "SELECT DISTINCT anomaly FROM stream "
                                                "ORDER BY anomaly");

    while (heat->columns < COLUMNS && rows_next(&rows)) {
        heat->anomalies[heat->columns] = strdup(rows_text(&rows, 0));
        if (heat->anomalies[heat->columns])
            heat->columns++;
    }
    return rows_close(&rows, heat->html->error);
}

static double cell_width(const struct heat *heat)
{
    return (PLOT_WIDTH - LABELS - 30.0) / (double)heat->columns;
}

static void head_columns(const struct heat *heat)
{
    for (size_t i = 0; i < heat->columns; i++) {
        double x = LABELS + ((double)i + 0.6) * cell_width(heat);

        fprintf(heat->html->out,
                "<text transform=\"translate(%.1f %d) rotate(-60)\" fill=\"#1b1f24\" "
                "font-size=\"10\">",
                x, HEAD - 6);
        html_text(heat->html, heat->anomalies[i]);
        fputs("</text>\n", heat->html->out);
    }
}

/* A plot is never higher than a page: after ROWS messages another one begins. */
static void begin_message(struct heat *heat, const char *message, size_t messages)
{
    size_t place = heat->row % ROWS, left = messages - heat->row;
    size_t here = left < ROWS ? left : ROWS;

    snprintf(heat->message, sizeof heat->message, "%s", message);
    if (place == 0) {
        if (heat->row)
            plot_close(heat->html, "continued below");
        plot_open(heat->html, HEAD + (int)here * CELL_HEIGHT + 6,
                  "Messages and anomalies: what was sent");
        head_columns(heat);
    }
    plot_words(heat->html, LABELS - 6, HEAD + (double)place * CELL_HEIGHT + 12, "end",
               heat->message);
    heat->row++;
}

/* Not sent is crossed out; sent is the bluer the more of the plan was. */
static void draw_cell(const struct heat *heat, size_t column, double planned, double sent,
                      bool found)
{
    double width = cell_width(heat), x = LABELS + (double)column * width;
    double y = HEAD + (double)((heat->row - 1) % ROWS) * CELL_HEIGHT;
    double share = planned > 0 && sent < planned ? sent / planned : 1;
    FILE *out = heat->html->out;

    fprintf(out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\" "
            "fill-opacity=\"%.2f\" stroke=\"%s\" stroke-width=\"0.6\"/>\n",
            x + 1, y + 1, width - 2, CELL_HEIGHT - 2, sent > 0 ? PLOT_BLUE : "#ffffff",
            sent > 0 ? 0.15 + 0.85 * share : 1.0, PLOT_GREY);
    if (sent <= 0)
        fprintf(
            out,
            "<path d=\"M%.1f %.1fl%.1f %dm0 %dl%.1f %d\" stroke=\"%s\" fill=\"none\"/>\n",
            x + 3, y + 3, width - 6, CELL_HEIGHT - 6, 6 - CELL_HEIGHT, 6 - width,
            CELL_HEIGHT - 6, PLOT_GREY);
    if (found)
        fprintf(
            out,
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\" stroke=\"#ffffff\"/>\n",
            x + width / 2, y + CELL_HEIGHT / 2.0, PLOT_RED);
}

static int draw(struct heat *heat)
{
    struct rows rows = rows_of(
        heat->html->run,
        "SELECT s.message, s.anomaly, sum(s.planned), coalesce(sum(c.sent), 0), "
        "coalesce(sum(c.found), 0) FROM stream s LEFT JOIN (SELECT stream, count(*) AS sent, "
        "sum(verdict = 'finding') AS found FROM cases WHERE verdict IN ('pass', 'suspect', "
        "'finding') AND stream IS NOT NULL GROUP BY stream) c ON c.stream = s.id "
        "GROUP BY s.message, s.anomaly ORDER BY s.message, s.anomaly");
    size_t messages = (size_t)store_integer(
        heat->html->run->store, 0, "SELECT count(DISTINCT message) FROM stream", "");

    while (rows_next(&rows)) {
        size_t column = 0;

        if (heat->row == 0 || strcmp(heat->message, rows_text(&rows, 0)) != 0)
            begin_message(heat, rows_text(&rows, 0), messages);
        while (column < heat->columns &&
               strcmp(heat->anomalies[column], rows_text(&rows, 1)) != 0)
            column++;
        if (column < heat->columns)
            draw_cell(heat, column, rows_real(&rows, 2), rows_real(&rows, 3),
                      rows_integer(&rows, 4) > 0);
    }
    if (heat->row)
        plot_close(
            heat->html,
            "Each square is one anomaly in one message of the plan, over all its states "
            "and fields: the bluer, the more of its planned cases were sent; crossed "
            "out: none was; empty: the plan has none; red dot: a case of it belongs "
            "to a finding. Stacked random cases and those of the guided engine are in "
            "no square.");
    return rows_close(&rows, heat->html->error);
}

int html_heat_map(const struct html *html)
{
    struct heat heat = {.html = html};
    int status;

    html_heading(html, "Messages and anomalies");
    status = read_anomalies(&heat);
    if (status == 0 && heat.columns == 0)
        html_soft(html, "The plan's streams were not recorded.");
    else if (status == 0)
        status = draw(&heat);
    for (size_t i = 0; i < heat.columns; i++)
        free(heat.anomalies[i]);
    return status;
}
