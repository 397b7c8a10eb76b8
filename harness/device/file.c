#include "device/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASHED_MAXIMUM = 1 << 30 };

int file_load(const char *path, size_t maximum, struct buffer *bytes, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), status = -1;
    struct stat file;
    size_t size;

    *bytes = buffer_make(maximum);
    if (fd < 0 || fstat(fd, &file) < 0) {
        error_set(error, "cannot read '%s': %s", path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(file.st_mode) || file.st_size < 0 || (size_t)file.st_size > maximum ||
        buffer_reserve(bytes, (size_t)file.st_size) < 0) {
        error_set(error, "'%s' is not a regular file of at most %zu bytes", path,
                  maximum);
        goto out;
    }
    size = (size_t)file.st_size;
    while (bytes->length < size) {
        ssize_t count = read(fd, bytes->data + bytes->length, size - bytes->length);

        if (count == 0 || (count < 0 && errno != EINTR))
            break;
        if (count > 0)
            bytes->length += (size_t)count;
    }
    status = 0;
out:
    if (fd >= 0)
        close(fd);
    return status;
}

const char *file_hash_text(const char *path, char text[HASH_TEXT])
{
    struct buffer bytes;
    struct hash hash;

    if (file_load(path, HASHED_MAXIMUM, &bytes, NULL) == 0) {
        hash = hash_of(buffer_view(&bytes));
        hash_to_text(&hash, text);
    } else {
        snprintf(text, HASH_TEXT, "unreadable");
    }
    buffer_free(&bytes);
    return text;
}

void file_program_folder(char *folder, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", folder, size - 1);
    char *slash;

    folder[length > 0 ? length : 0] = '\0';
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
}
