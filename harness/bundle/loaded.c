#include "bundle/loaded.h"

#include "bundle/folder.h"
#include "bundle/manifest.h"

#include <dirent.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DPKG_LISTS "/var/lib/dpkg/info"
#define DPKG_STATUS "/var/lib/dpkg/status"

/* --- what the dynamic linker knows -------------------------------------------------- */

/* Of the dynamic section; its addresses are absolute once it is loaded, on most machines.
 */
static void take_needs(struct loaded_object *object, const struct dl_phdr_info *info,
                       const ElfW(Dyn) * section)
{
    const char *strings = NULL;

    for (const ElfW(Dyn) *entry = section; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_STRTAB)
            strings = (const char *)(entry->d_un.d_ptr < info->dlpi_addr
                                         ? info->dlpi_addr + entry->d_un.d_ptr
                                         : entry->d_un.d_ptr);
    for (const ElfW(Dyn) *entry = section; strings && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_NEEDED && object->need_count < LOADED_NEEDS)
            object->needs[object->need_count++] = strdup(strings + entry->d_un.d_val);
}

static struct loaded_object *add_object(struct loaded *loaded)
{
    if (loaded->count == loaded->capacity) {
        size_t capacity = loaded->capacity ? loaded->capacity * 2 : 32;
        void *grown = realloc(loaded->objects, capacity * sizeof *loaded->objects);

        if (!grown)
            return NULL;
        loaded->objects = grown;
        loaded->capacity = capacity;
    }
    loaded->objects[loaded->count] = (struct loaded_object){0};
    return &loaded->objects[loaded->count++];
}

/* What has no file, as the kernel's own object, is no part of the program. */
static int take_object(struct dl_phdr_info *info, size_t size, void *context)
{
    bool program = !info->dlpi_name[0];
    const char *slash = strrchr(info->dlpi_name, '/');
    struct loaded_object *object;

    (void)size;
    if (!program && !slash)
        return 0;
    object = add_object(context);
    if (!object)
        return -1;
    object->name = strdup(program ? "" : slash + 1);
    object->path = realpath(program ? "/proc/self/exe" : info->dlpi_name, NULL);
    for (size_t i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            take_needs(object, info,
                       (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr));
    return object->name && object->path ? 0 : -1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct loaded_object *)a)->name,
                  ((const struct loaded_object *)b)->name);
}

/* --- packages ----------------------------------------------------------------------- */

/* Old lists have /lib where the file is in /usr/lib. */
static const char *without_usr(const char *path)
{
    return strncmp(path, "/usr/", 5) == 0 ? path + 4 : path;
}

/* "libzstd1:amd64.list": the package, and its architecture where it is named. */
static void set_package(struct loaded_object *object, const char *list)
{
    size_t name = strcspn(list, ":."), whole = strlen(list) - strlen(".list");

    /* A package's name may have dots; only the architecture follows a colon. */
    if (list[name] == '.')
        name = strcspn(list, ":") < whole ? strcspn(list, ":") : whole;
    free(object->package);
    free(object->architecture);
    object->package = strndup(list, name);
    object->architecture =
        list[name] == ':' ? strndup(list + name + 1, whole - name - 1) : NULL;
}

static void search_list(struct loaded *loaded, const char *name)
{
    char path[FOLDER_PATH], *line = NULL;
    size_t capacity = 0;
    FILE *file = NULL;

    if (folder_path(path, DPKG_LISTS, name, &(struct error){0}) == 0)
        file = fopen(path, "r");
    while (file && getline(&line, &capacity, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (!strstr(line, ".so"))
            continue;
        for (size_t i = 0; i < loaded->count; i++)
            if (strcmp(without_usr(line), without_usr(loaded->objects[i].path)) == 0)
                set_package(&loaded->objects[i], name);
    }
    free(line);
    if (file)
        fclose(file);
}

static void find_packages(struct loaded *loaded)
{
    static const char suffix[] = ".list";
    DIR *folder = opendir(DPKG_LISTS);
    struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        size_t length = strlen(entry->d_name);

        if (length > sizeof suffix &&
            strcmp(entry->d_name + length + 1 - sizeof suffix, suffix) == 0)
            search_list(loaded, entry->d_name);
    }
    if (folder)
        closedir(folder);
}

struct stanza {
    char package[128], version[128], architecture[32];
};

static void end_stanza(struct loaded *loaded, struct stanza *stanza)
{
    for (size_t i = 0; i < loaded->count; i++) {
        struct loaded_object *object = &loaded->objects[i];

        if (!object->package || object->version || !stanza->version[0] ||
            strcmp(object->package, stanza->package) != 0 ||
            (object->architecture &&
             strcmp(object->architecture, stanza->architecture) != 0))
            continue;
        object->version = strdup(stanza->version);
        if (!object->architecture)
            object->architecture = strdup(stanza->architecture);
    }
    *stanza = (struct stanza){0};
}

/* "Key: value": its value when it is the key's. */
static void take_field(const char *line, const char *key, char *value, size_t size)
{
    size_t length = strlen(key);

    if (strncmp(line, key, length) == 0)
        snprintf(value, size, "%s", line + length);
}

static void find_versions(struct loaded *loaded)
{
    FILE *file = fopen(DPKG_STATUS, "r");
    struct stanza stanza = {0};
    char *line = NULL;
    size_t capacity = 0;

    while (file && getline(&line, &capacity, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        take_field(line, "Package: ", stanza.package, sizeof stanza.package);
        take_field(line, "Version: ", stanza.version, sizeof stanza.version);
        take_field(line, "Architecture: ", stanza.architecture,
                   sizeof stanza.architecture);
        if (!line[0])
            end_stanza(loaded, &stanza);
    }
    end_stanza(loaded, &stanza);
    free(line);
    if (file)
        fclose(file);
}

/* --- all ---------------------------------------------------------------------------- */

int loaded_list(struct loaded *loaded, struct error *error)
{
    struct hash hash;

    *loaded = (struct loaded){0};
    if (dl_iterate_phdr(take_object, loaded) < 0)
        return error_set(error, "the list of loaded libraries cannot be read");
    qsort(loaded->objects, loaded->count, sizeof *loaded->objects, by_name);
    for (size_t i = 0; i < loaded->count; i++) {
        struct loaded_object *object = &loaded->objects[i];

        if (manifest_hash(object->path, &hash, error) < 0)
            return -1;
        hash_to_text(&hash, object->sha256);
    }
    find_packages(loaded);
    find_versions(loaded);
    return 0;
}

void loaded_free(struct loaded *loaded)
{
    for (size_t i = 0; i < loaded->count; i++) {
        struct loaded_object *object = &loaded->objects[i];

        for (size_t k = 0; k < object->need_count; k++)
            free(object->needs[k]);
        free(object->name);
        free(object->path);
        free(object->package);
        free(object->version);
        free(object->architecture);
    }
    free(loaded->objects);
    *loaded = (struct loaded){0};
}
