/*
 * lwIP as a device of 64 KiB has it: no operating system, IPv4, TCP and ping. Frames are
 * kept in pieces of 128 bytes, as is usual where memory is short, so that a message of
 * more than some 70 bytes is a chain of pbufs.
 */
#ifndef NETWORK_LWIPOPTS_H
#define NETWORK_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_STATS 0

#define LWIP_UDP 0
#define LWIP_RAW 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define LWIP_NETIF_HOSTNAME 0

#define MEM_ALIGNMENT 4
#define MEM_SIZE (16 * 1024)
#define MEMP_SANITY_CHECK 1 /* what is given back twice is noticed */
#define MEMP_NUM_TCP_PCB 12
#define MEMP_NUM_TCP_PCB_LISTEN 2
#define MEMP_NUM_TCP_SEG 32
#define PBUF_POOL_SIZE 64
#define PBUF_POOL_BUFSIZE 128

#define TCP_MSS 536
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#define TCP_SND_QUEUELEN 16
#define TCP_OVERSIZE TCP_MSS

#endif
