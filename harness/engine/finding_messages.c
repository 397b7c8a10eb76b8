#include "engine/finding_messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line each, as many as there is room for. */
static void list_wrong(const struct tree *tree, char *text, size_t size)
{
    char one[1024];
    size_t used = 0;

    for (size_t i = 0; i < tree->violation_count; i++) {
        violation_text(tree, &tree->violations[i], one, sizeof one);
        if (used + strlen(one) + 2 > size)
            return;
        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "\n" : "", one);
    }
}

void finding_message_read(const struct campaign *campaign,
                          const struct sequence *sequence, size_t index,
                          struct tree *tree, struct finding_message *message)
{
    const struct sequence_step *step = &sequence->steps[index];

    message->name = campaign->session->messages[step->message].name;
    message->changed = step->fuzzed;
    message->bytes = sequence_bytes(sequence, index);
    message->delivery =
        delivery_is_whole(&step->delivery)
            ? ""
            : delivery_text(&step->delivery, message->how, sizeof message->how);
    message->decoded[0] = message->wrong[0] = '\0';
    if (tree_parse(tree, message->bytes, false) < 0)
        return;
    tree_describe(tree, message->decoded, sizeof message->decoded);
    list_wrong(tree, message->wrong, sizeof message->wrong);
}

static int store_message(struct store *store, const char *finding, size_t place,
                         const struct finding_message *message, struct error *error)
{
    size_t size = 2 * message->bytes.length + 1;
    char *hex = malloc(size);
    int status;

    if (!hex)
        return error_set(error, "out of memory");
    hex[0] = '\0';
    bytes_to_hex(message->bytes, hex, size);
    status = store_write(
        store, error, "INSERT INTO finding_message VALUES (?,?,?,?,?,?,?,?)", "tititttt",
        finding, (int64_t)place, message->name, (int64_t)message->changed,
        message->delivery, hex, message->decoded, message->wrong);
    free(hex);
    return status;
}

int finding_messages_store(struct store *store, const char *finding,
                           const struct campaign *campaign,
                           const struct sequence *sequence, struct error *error)
{
    struct finding_message *message = malloc(sizeof *message);
    struct tree tree;
    int status = 0;

    if (!message)
        return error_set(error, "out of memory");
    tree_init(&tree, campaign->model);
    for (size_t i = 0; status == 0 && i < sequence->count; i++) {
        finding_message_read(campaign, sequence, i, &tree, message);
        status = store_message(store, finding, i + 1, message, error);
    }
    tree_free(&tree);
    free(message);
    return status;
}
