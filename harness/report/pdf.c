/* The HTML report as PDF/UA: tagged, with an outline and numbered pages. WeasyPrint
 * renders it, as a child that loads nothing and gets its dates from the stores, so that
 * the same stores give the same bytes. */
#include "report/subject.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RENDERER_MISSING = 3 };

/* Reads the page from its input, writes the PDF to its output. */
static const char program[] =
    "import logging, sys\n"
    "try:\n"
    "    from weasyprint import HTML\n"
    "except ImportError:\n"
    "    sys.exit(3)\n"
    "logging.getLogger('weasyprint').setLevel(logging.ERROR)\n"
    "def refuse(url, *rest, **more):\n"
    "    raise ValueError('a report loads nothing: ' + url)\n"
    "page = HTML(string=sys.stdin.buffer.read().decode('utf-8'), url_fetcher=refuse)\n"
    "page.write_pdf(sys.stdout.buffer, variant='pdf/ua-1', identifier=b'percuss')\n";

/* Debian's own interpreter, by its full name also for itself: it looks for its modules
 * beside the first program of that name. */
#define PYTHON "/usr/bin/python3"

static void render(int page, int pdf, int64_t date)
{
    char epoch[32];
    char *const arguments[] = {(char *)PYTHON, (char *)"-I", (char *)"-c",
                               (char *)program, NULL};

    snprintf(epoch, sizeof epoch, "%lld", (long long)date);
    if (dup2(page, STDIN_FILENO) < 0 || dup2(pdf, STDOUT_FILENO) < 0 ||
        setenv("SOURCE_DATE_EPOCH", epoch, 1) < 0 || setenv("TZ", "UTC", 1) < 0 ||
        setenv("LC_ALL", "C.UTF-8", 1) < 0)
        _exit(EXIT_FAILURE);
    execv(PYTHON, arguments);
    _exit(RENDERER_MISSING);
}

static int run_renderer(FILE *page, FILE *pdf, int64_t date, struct error *error)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        render(fileno(page), fileno(pdf), date);
    if (child < 0)
        return error_set(error, "the renderer cannot be started: %s", strerror(errno));
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return error_set(error, "the renderer is lost: %s", strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == RENDERER_MISSING)
        return error_set(error, "PDF is rendered by WeasyPrint, which is not installed: "
                                "apt-get install weasyprint, or print the HTML");
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? 0
               : error_set(error, "WeasyPrint failed to render the page");
}

static int copy(FILE *from, FILE *to, struct error *error)
{
    char bytes[65536];
    size_t count;

    rewind(from);
    while ((count = fread(bytes, 1, sizeof bytes, from)) > 0)
        if (fwrite(bytes, 1, count, to) != count)
            return error_set(error, "the PDF cannot be written: %s", strerror(errno));
    return ferror(from) ? error_set(error, "the PDF cannot be read back") : 0;
}

static int write_pdf(const struct report_subject *subject,
                     const struct report_options *options, FILE *out, struct error *error)
{
    FILE *page = tmpfile(), *pdf = tmpfile();
    int status = -1;

    if (!page || !pdf)
        error_set(error, "no temporary file: %s", strerror(errno));
    else if (report_write(report_kind("html"), subject, options, page, error) == 0) {
        if (fflush(page) || lseek(fileno(page), 0, SEEK_SET) < 0)
            error_set(error, "no temporary file: %s", strerror(errno));
        else if (run_renderer(page, pdf, subject_last_ns(subject) / 1000000000, error) ==
                 0)
            status = copy(pdf, out, error);
    }
    if (page)
        fclose(page);
    if (pdf)
        fclose(pdf);
    return status;
}

const struct report_ops report_pdf = {
    .name = "pdf",
    .summary = "the HTML page as tagged PDF with numbered pages (needs WeasyPrint)",
    .can = REPORT_OF_RUN | REPORT_OF_ASSESSMENT | REPORT_HAS_AUDIENCES,
    .write = write_pdf,
};
