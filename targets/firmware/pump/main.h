/* The tick interrupt, which the vector table needs to know. */
#ifndef PUMP_MAIN_H
#define PUMP_MAIN_H

void main_on_tick(void);

#endif
