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

void html_heading(const struct html *html, const char *text)
{
    fprintf(html->out, "<h%c>", html->nested ? '4' : '3');
    html_text(html, text);
    fprintf(html->out, "</h%c>\n", html->nested ? '4' : '3');
}

static void write_paragraph(const struct html *html, const char *tag, const char *text)
{
    fputs(tag, html->out);
    html_text(html, text);
    fputs("</p>\n", html->out);
}

void html_paragraph(const struct html *html, const char *text)
{
    write_paragraph(html, "<p>", text);
}

void html_soft(const struct html *html, const char *text)
{
    write_paragraph(html, "<p class=\"soft\">", text);
}

void html_figure(const struct html *html, const char *name, const char *text)
{
    fputs("<span data-figure=\"", html->out);
    if (html->run != &html->whole)
        fprintf(html->out, "run%zu.", html->index + 1);
    html_text(html, name);
    fputs("\">", html->out);
    html_text(html, text);
    fputs("</span>", html->out);
}

void html_count(const struct html *html, const char *name, int64_t value)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)value);
    html_figure(html, name, text);
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

void html_facts(const struct html *html)
{
    fputs("<table class=\"facts\"><tbody>\n", html->out);
}

void html_facts_end(const struct html *html)
{
    fputs("</tbody></table>\n", html->out);
}

void html_pair(const struct html *html, const char *name, const char *text)
{
    fputs("<tr><th scope=\"row\">", html->out);
    html_text(html, name);
    fputs("</th><td>", html->out);
    html_text(html, text);
    fputs("</td></tr>\n", html->out);
}

void html_fact(const struct html *html, const char *name, const char *key)
{
    char value[4000];

    html_pair(html, name, figures_fact(html->run, key, value, sizeof value));
}

void html_stated(const struct html *html, const char *name, const char *sql)
{
    struct rows rows = rows_of(html->run, sql);
    bool any = rows_next(&rows) && rows_text(&rows, 0)[0];

    html_pair(html, name, any ? rows_text(&rows, 0) : "not stated");
    rows_close(&rows, NULL);
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

size_t html_rows(const struct html *html, const struct html_column *columns,
                 struct rows *rows)
{
    size_t count = 0;

    for (; rows_next(rows); count++) {
        if (count == 0)
            write_head(html, columns);
        if (count < HTML_ROWS)
            write_row(html, columns, rows);
    }
    if (count)
        fputs("</tbody></table>\n", html->out);
    if (count > HTML_ROWS)
        fprintf(html->out, "<p class=\"soft\">%zu more rows are in campaign.db.</p>\n",
                count - HTML_ROWS);
    return count;
}

int html_table(const struct html *html, const struct html_column *columns,
               const char *sql, const char *when_empty)
{
    struct rows rows = rows_of(html->run, sql);

    if (html_rows(html, columns, &rows) == 0)
        html_soft(html, when_empty);
    return rows_close(&rows, html->error);
}

/* "Run 1 of 2: results/night (retest)". */
static void head_run(const struct html *html)
{
    const struct assessed_run *run = &html->subject->assessment->runs[html->index];
    char text[4400];

    snprintf(text, sizeof text, "Run %zu of %zu: %s%s", html->index + 1,
             html->subject->run_count, run->folder, run->retest ? " (retest)" : "");
    html_heading(html, text);
}

int html_each_run(const struct html *html, int (*write)(const struct html *html))
{
    struct html one = *html;

    for (one.index = 0; one.index < html->subject->run_count; one.index++) {
        one.run = &html->subject->runs[one.index];
        one.nested = html->nested;
        if (html->subject->assessment) {
            head_run(&one);
            one.nested = true;
        }
        if (write(&one))
            return -1;
    }
    if (html->subject->run_count == 0)
        html_soft(html, "The assessment has no runs.");
    return 0;
}
