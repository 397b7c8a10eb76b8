/* Anomalies of the pieces of a message that spans frames. Frames keep what they say:
 * their numbers are those of the right order. */
#include "generate/anomaly.h"

#include <stdio.h>

static bool session_has_pieces(const struct session *session)
{
    for (size_t i = 0; i < session->message_count; i++)
        if (session->messages[i].pieces)
            return true;
    return false;
}

/* Nothing follows the last piece: it can change places with none, and end nothing. */
static uint64_t piece_count(const struct site *site)
{
    size_t frames = site->session->messages[site->message].frames;

    return site->node == 0 && frames > 1 ? (frames - 1) * PIECE_WAYS + 2 : 0;
}

static void piece_arrange(const struct site *site, uint64_t k,
                          struct arrangement *arrangement)
{
    (void)site;
    arrangement->way = (enum piece_way)(PIECE_LEFT_OUT + k % PIECE_WAYS);
    arrangement->piece = (unsigned)(k / PIECE_WAYS);
}

static void piece_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    static const char *const ways[] = {[PIECE_LEFT_OUT] = "left out",
                                       [PIECE_TWICE] = "twice",
                                       [PIECE_LATE] = "behind the next",
                                       [PIECE_ENDS] = "and no more"};
    struct arrangement arrangement = {0};

    piece_arrange(site, k, &arrangement);
    snprintf(text, size, "piece %u %s", arrangement.piece + 1, ways[arrangement.way]);
}

extern const struct anomaly_ops anomaly_piece;
const struct anomaly_ops anomaly_piece = {
    .name = "piece",
    .applies = "split messages",
    .summary = "a piece of a message left out, sent twice, too late, or the last one",
    .cwe = "CWE-841",
    .example = "the second of three frames of a record never comes",
    .wanted = session_has_pieces,
    .count = piece_count,
    .arrange = piece_arrange,
    .label = piece_label,
};
