/* What a device may do with a message: a set, since several answers can be right. */
#ifndef PERCUSS_CORE_OUTCOME_H
#define PERCUSS_CORE_OUTCOME_H

enum outcome {
    OUTCOME_ACCEPT = 1,  /* a success reply */
    OUTCOME_REJECT = 2,  /* the protocol's own refusal */
    OUTCOME_SILENCE = 4, /* nothing, and the link stays usable */
    OUTCOME_CLOSE = 8,   /* the device closes the connection */
    OUTCOME_UNKNOWN = 15 /* any of them: nothing is claimed */
};

/* "accept|reject" into text; "unknown" for all. Returns text. */
const char *outcome_text(unsigned outcomes, char *text, int size);
/* Reads the same form ("reject", "silence|close", "unknown"); -1 when a word is not
 * known. */
int outcome_parse(const char *text, unsigned *outcomes);

#endif
