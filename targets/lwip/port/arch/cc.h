/* lwIP's compiler port: hosted C17 has all it asks for. Random numbers are constants, so
 * that an input is the same conversation each time. */
#ifndef PERCUSS_LWIP_CC_H
#define PERCUSS_LWIP_CC_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define LWIP_RAND() ((u32_t)0x50455243)

#endif
