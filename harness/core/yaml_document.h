/* What a document of yaml.h owns, for the files that make and change one. */
#ifndef PERCUSS_CORE_YAML_DOCUMENT_H
#define PERCUSS_CORE_YAML_DOCUMENT_H

#include "core/arena.h"
#include "core/yaml.h"

struct yaml_document {
    struct arena arena;
    struct buffer source;
    const char *file;
    struct yaml *root;
};

#endif
