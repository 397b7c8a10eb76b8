/* What runs reached, as one self-contained page: a table of functions, then the sources
 * with how often each line ran. */
#include "device/file.h"
#include "report/html.h"
#include "report/reached.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOURCE_MAXIMUM = 4 << 20 };

static const char style[] =
    "dl{display:grid;grid-template-columns:minmax(9rem,max-content) 1fr;gap:.2rem 1.25rem;"
    "margin:.5rem 0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}"
    "table.source{font:.8rem/1.35 ui-monospace,'DejaVu Sans Mono',Consolas,monospace}"
    "table.source td{border:0;padding:0 .6rem 0 0;white-space:pre-wrap;tab-size:4}"
    "tr.hit td{background:color-mix(in srgb,var(--pass) 14%,transparent)}"
    "tr.miss td{background:color-mix(in srgb,var(--fail) 16%,transparent)}"
    "tr.some td{background:color-mix(in srgb,var(--open) 18%,transparent)}";

/* --- functions ---------------------------------------------------------------------- */

static void write_heading(const struct html *html, const struct reached *reached)
{
    fputs("<table>\n<thead><tr><th scope=\"col\">Function</th>", html->out);
    for (int lines = 0; lines < 1 + (reached->lines != NULL); lines++) {
        fprintf(html->out, "<th scope=\"col\" class=\"n\">%s</th>",
                lines ? "Lines" : "Blocks");
        for (size_t i = 0; i < reached->run_count; i++)
            fprintf(html->out, "<th scope=\"col\" class=\"n\">%c</th>",
                    reached_letter(i));
        if (reached->run_count > 1)
            fputs("<th scope=\"col\" class=\"n\">any</th>", html->out);
    }
    fputs("</tr></thead>\n<tbody>\n", html->out);
}

static void write_count(const struct html *html, const struct reached *reached,
                        const struct reached_count *count)
{
    fprintf(html->out, "<td class=\"n\">%u</td>", count->all);
    for (size_t i = 0; i < reached->run_count; i++)
        fprintf(html->out, "<td class=\"n\">%u</td>", count->runs[i]);
    if (reached->run_count > 1)
        fprintf(html->out, "<td class=\"n\">%u</td>", count->together);
}

static void write_row(const struct html *html, const struct reached *reached,
                      const char *name, uint32_t function)
{
    struct reached_count blocks = reached_blocks(reached, function);
    struct reached_count lines = reached_lines(reached, function);

    fputs("<tr><td>", html->out);
    html_text(html, name);
    fputs("</td>", html->out);
    write_count(html, reached, &blocks);
    if (reached->lines)
        write_count(html, reached, &lines);
    fputs("</tr>\n", html->out);
}

static int write_functions(const struct html *html, const struct reached *reached)
{
    uint32_t *order = reached_order(reached);

    if (!order)
        return error_set(html->error, "out of memory");
    html_section(html, "functions", "Functions, those with most left first");
    write_heading(html, reached);
    write_row(html, reached, "all", REACHED_ALL);
    for (uint32_t i = 0; i < reached->blocks->function_count; i++)
        write_row(html, reached, reached->blocks->functions[order[i]].name, order[i]);
    fputs("</tbody></table>\n", html->out);
    html_section_end(html);
    free(order);
    return 0;
}

/* --- sources ------------------------------------------------------------------------ */

/* A file below the folder, whatever its name says: the page may be given away, and holds
 * nothing that lies elsewhere. */
static bool load_source(const char *folder, const char *name, struct buffer *text)
{
    char *root = realpath(folder, NULL), *path = NULL, *joined = NULL;
    size_t length = root ? strlen(root) : 0;
    bool loaded = false;

    *text = (struct buffer){0};
    if (root && asprintf(&joined, "%s%s%s", name[0] == '/' ? "" : root,
                         name[0] == '/' ? "" : "/", name) < 0)
        joined = NULL;
    if (joined)
        path = realpath(joined, NULL);
    if (path && strncmp(path, root, length) == 0 &&
        (path[length] == '/' || (length && root[length - 1] == '/')))
        loaded = file_load(path, SOURCE_MAXIMUM, text, NULL) == 0;
    if (!loaded)
        buffer_free(text);
    free(root);
    free(path);
    free(joined);
    return loaded;
}

static const char *class_of(const struct reached *reached,
                            const struct reached_line *line)
{
    size_t hits = 0;

    for (size_t i = 0; i < reached->run_count; i++)
        hits += line->executions[i] > 0;
    return hits == 0 ? "miss" : hits < reached->run_count ? "some" : "hit";
}

/* `line`: NULL where there is no code. */
static void write_line(const struct html *html, const struct reached *reached,
                       uint32_t number, const struct reached_line *line, struct view text)
{
    char *copy = strndup((const char *)text.data, text.length);

    fprintf(html->out, "<tr%s%s%s><td class=\"n\">%u</td>", line ? " class=\"" : "",
            line ? class_of(reached, line) : "", line ? "\"" : "", number);
    for (size_t i = 0; i < reached->run_count; i++) {
        fputs("<td class=\"n\">", html->out);
        if (line)
            fprintf(html->out, "%llu", (unsigned long long)line->executions[i]);
        fputs("</td>", html->out);
    }
    fputs("<td>", html->out);
    if (copy)
        html_text(html, copy);
    fputs("</td></tr>\n", html->out);
    free(copy);
}

/* The next line of the text; false at its end. */
static bool next_line(struct view *text, struct view *line)
{
    const uint8_t *end = text->length ? memchr(text->data, '\n', text->length) : NULL;
    size_t length = end ? (size_t)(end - text->data) : text->length;

    if (!text->length)
        return false;
    *line = view_slice(*text, 0, length);
    if (line->length && line->data[line->length - 1] == '\r')
        line->length--;
    *text = view_slice(*text, length + 1, text->length);
    return true;
}

static void write_source(const struct html *html, const struct reached *reached,
                         struct view text, const struct reached_line *lines, size_t count)
{
    struct view line;
    uint32_t number = 0;
    size_t next = 0;

    while (next_line(&text, &line)) {
        number++;
        while (next < count && lines[next].line < number)
            next++;
        write_line(html, reached, number,
                   next < count && lines[next].line == number ? &lines[next] : NULL,
                   line);
    }
    if (count && lines[count - 1].line > number)
        fprintf(html->out,
                "<tr><td></td><td colspan=\"%zu\">The image has code of line %u: this is "
                "not the file that it was built from.</td></tr>\n",
                reached->run_count + 1, lines[count - 1].line);
}

static void write_file(const struct html *html, const struct reached *reached,
                       const char *source, const struct reached_line *lines, size_t count)
{
    const char *name = reached->lines->files[lines->file];
    struct buffer text;
    bool found = load_source(source, name, &text);

    fprintf(html->out, "<h3 id=\"f%u\">", lines->file);
    html_text(html, name);
    fputs("</h3>\n", html->out);
    if (!found) {
        fputs("<p class=\"soft\">The source is not below ", html->out);
        html_text(html, source);
        fputs(": only the numbers of its lines that have code can be shown.</p>\n",
              html->out);
    }
    fputs("<table class=\"source\"><tbody>\n", html->out);
    if (found)
        write_source(html, reached, buffer_view(&text), lines, count);
    for (size_t i = 0; !found && i < count; i++)
        write_line(html, reached, lines[i].line, &lines[i], view_text(""));
    fputs("</tbody></table>\n", html->out);
    if (found)
        buffer_free(&text);
}

static void write_files(const struct html *html, const struct reached *reached,
                        const char *source)
{
    const struct reached_lines *lines = &reached->by_file;

    html_section(html, "source", "Source");
    if (!reached->lines) {
        fputs("<p class=\"soft\">", html->out);
        html_text(html, reached->no_lines.text);
        fputs("</p>\n", html->out);
    }
    for (size_t first = 0, next; first < lines->count; first = next) {
        for (next = first; next < lines->count; next++)
            if (lines->list[next].file != lines->list[first].file)
                break;
        write_file(html, reached, source, &lines->list[first], next - first);
    }
    html_section_end(html);
}

/* --- the page ----------------------------------------------------------------------- */

static void write_head(const struct html *html, const struct reached *reached)
{
    const char *name = strrchr(reached->image, '/');

    name = name ? name + 1 : reached->image;
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta http-equiv=\"Content-Security-Policy\" "
          "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<title>",
          html->out);
    html_text(html, name);
    fprintf(html->out,
            " – code reached</title>\n<style>%s%s</style>\n</head>\n<body>\n<main>\n"
            "<h1>Code reached of ",
            html_style, style);
    html_text(html, name);
    fprintf(html->out, "</h1>\n<p class=\"soft\">sha256 %s</p>\n<dl>\n", reached->hash);
    for (size_t i = 0; i < reached->run_count; i++) {
        const struct reached_run *run = &reached->runs[i];

        fprintf(html->out, "<dt>%c</dt><dd>", reached_letter(i));
        html_text(html, run->view.directory);
        fputs(": ", html->out);
        html_text(html, run->campaign);
        fprintf(html->out, ", %s%s%lld cases; ", run->engine, run->engine[0] ? ", " : "",
                (long long)run->cases);
        html_text(html, run->device);
        fputs("</dd>\n", html->out);
    }
    fputs(
        "</dl>\n<p>A number beside a line is how often the block that it lies in began to "
        "run, from the device's start on; breakpoints show no more than that it ran. What "
        "has run has not thereby been shown to be right.</p>\n",
        html->out);
}

int reached_html(const struct reached *reached, const char *source, FILE *out,
                 struct error *error)
{
    struct html html = {.out = out, .error = error};

    write_head(&html, reached);
    if (write_functions(&html, reached) < 0)
        return -1;
    write_files(&html, reached, source);
    fputs("</main>\n</body>\n</html>\n", out);
    return 0;
}
