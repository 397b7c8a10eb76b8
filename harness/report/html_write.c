/* What the sections of the HTML report are written with. */
#include "core/escape.h"
#include "report/html.h"
#include "report/rows.h"

#include <string.h>

void html_text(const struct html *html, const char *text)
{
    escape_write(html->out, text, ESCAPE_MARKUP);
}

void html_section(const struct html *html, const char *id, const char *heading)
{
    fprintf(html->out, "<section id=\"%s\">\n<h2>", id);
    html_text(html, heading);
    fputs("</h2>\n", html->out);
}

void html_section_end(const struct html *html)
{
    fputs("</section>\n", html->out);
}

/* NULL when the word is no verdict. */
static const char *verdict_class(const char *word)
{
    static const char *const classes[][2] = {
        {"pass", "v-pass"},         {"proven", "v-pass"},
        {"confirmed", "v-fail"},    {"fail", "v-fail"},
        {"blind", "v-fail"},        {"inconclusive", "v-open"},
        {"intermittent", "v-open"}, {"not-provable", "v-open"},
        {"unequal", "v-fail"},      {"not applicable", "v-none"}};

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcmp(classes[i][0], word) == 0)
            return classes[i][1];
    }
    return NULL;
}

void html_verdict(const struct html *html, const char *verdict)
{
    const char *class = verdict_class(verdict);

    fprintf(html->out, "<span class=\"v %s\">", class ? class : "v-open");
    html_text(html, verdict);
    fputs("</span>", html->out);
}

void html_fact(const struct html *html, const char *name, const char *key)
{
    char value[4000];

    fputs("<dt>", html->out);
    html_text(html, name);
    fputs("</dt><dd>", html->out);
    html_text(html, figures_fact(html->run, key, value, sizeof value));
    fputs("</dd>\n", html->out);
}

static void write_head(const struct html *html, const struct html_column *columns)
{
    fputs("<table>\n<thead><tr>", html->out);
    for (; columns->heading; columns++) {
        fputs(columns->numeric ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">",
              html->out);
        html_text(html, columns->heading);
        fputs("</th>", html->out);
    }
    fputs("</tr></thead>\n<tbody>\n", html->out);
}

static void write_row(const struct html *html, const struct html_column *columns,
                      struct rows *rows)
{
    fputs("<tr>", html->out);
    for (int i = 0; columns[i].heading && i < rows_columns(rows); i++) {
        const char *text = rows_text(rows, i);

        fputs(columns[i].numeric ? "<td class=\"n\">" : "<td>", html->out);
        if (verdict_class(text))
            html_verdict(html, text);
        else
            html_text(html, text);
        fputs("</td>", html->out);
    }
    fputs("</tr>\n", html->out);
}

int html_table(const struct html *html, const struct html_column *columns,
               const char *sql, const char *when_empty)
{
    struct rows rows = rows_of(html->run, sql);
    size_t count = 0;

    for (; rows_next(&rows); count++) {
        if (count == 0)
            write_head(html, columns);
        if (count < HTML_ROWS)
            write_row(html, columns, &rows);
    }
    if (count)
        fputs("</tbody></table>\n", html->out);
    else
        fprintf(html->out, "<p class=\"soft\">%s</p>\n", when_empty);
    if (count > HTML_ROWS)
        fprintf(html->out, "<p class=\"soft\">%zu more rows are in campaign.db.</p>\n",
                count - HTML_ROWS);
    return rows_close(&rows, html->error);
}
