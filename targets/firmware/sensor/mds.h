/* What the sensor is and measures: its attributes, configurations and readings. */
#ifndef MDS_H
#define MDS_H

#include <stdbool.h>
#include <stdint.h>

#include "mder.h"

#define MDS_ID_LENGTH 8
#define MDS_TIME_LENGTH 8
#define MDS_CONFIGURATIONS 2

struct mds {
    uint8_t time[MDS_TIME_LENGTH]; /* absolute, BCD: century, year, month, day, h, m, s,
                                      1/100 */
    uint8_t measured;              /* objects, in the order of the configuration */
    uint16_t reading;              /* number of the next scan report */
};

extern const uint8_t mds_id[MDS_ID_LENGTH];
extern const uint16_t
    mds_configurations[MDS_CONFIGURATIONS]; /* identifiers, best first */

void mds_start(struct mds *mds);

/* Writes the attribute (identifier, length, value); false if the sensor has no such one.
 */
bool mds_put_attribute(const struct mds *mds, unsigned configuration, uint16_t id,
                       struct writer *writer);

/* All of them; returns how many. */
uint16_t mds_put_attributes(const struct mds *mds, unsigned configuration,
                            struct writer *writer);

/* ConfigReport and ScanReportInfoFixed. */
void mds_put_configuration(unsigned configuration, struct writer *writer);
void mds_put_reading(const struct mds *mds, struct writer *writer);

/* The configuration that was agreed on, by its index. */
void mds_choose(struct mds *mds, int configuration);

/* False if it is no date and time. */
bool mds_set_time(struct mds *mds, const uint8_t time[MDS_TIME_LENGTH]);

#endif
