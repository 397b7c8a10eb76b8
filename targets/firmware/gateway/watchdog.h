/*
 * The gateway's watchdog: the kernel's, /dev/watchdog. board_watchdog_feed() (board.h),
 * which the pump's application calls too, feeds it. Who stops feeding it is rebooted,
 * also when the program is no more.
 */
#ifndef GATEWAY_WATCHDOG_H
#define GATEWAY_WATCHDOG_H

void watchdog_start(void);

#endif
