/* What evidence has to state, and which criterion asks for it: a field that is missing
 * makes the criterion inconclusive, and the report says so on its first page. Nothing is
 * ever filled in. A const table. */
#ifndef PERCUSS_CRITERIA_MANDATORY_H
#define PERCUSS_CRITERIA_MANDATORY_H

enum mandatory_of {
    MANDATORY_DECLARED, /* by the assessment: asked of its store */
    MANDATORY_FINDING, /* said of findings: asked of the assessment's store, or a run's */
    MANDATORY_RUN      /* recorded by a run: asked of each run's store */
};

struct mandatory {
    const char *criterion; /* "AC-02" */
    enum mandatory_of of;
    const char *missing; /* SELECT of one text a row: what is missing, in words */
};
extern const struct mandatory mandatory[]; /* ends with {NULL} */

#endif
