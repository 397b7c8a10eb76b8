/* lwIP's compiler port: a Cortex-M without a C library, of which only the headers are
 * used. What lwIP holds to be impossible is a fault, which tells where it was. */
#ifndef NETWORK_ARCH_CC_H
#define NETWORK_ARCH_CC_H

#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x) __builtin_trap()

#endif
