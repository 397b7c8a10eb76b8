/* lwIP as a device without an operating system has it, with the services that its own
 * applications offer. Memory is the C library's, one block each, so that a sanitizer sees
 * what is read beside one; checksums are not looked at, since fuzzers do not compute
 * them. */
#ifndef PERCUSS_LWIPOPTS_H
#define PERCUSS_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0

#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 8

#define LWIP_IPV6 1
#define IPV6_FRAG_COPYHEADER 1 /* pointers of 64 bits need it */
#define LWIP_DHCP 1
#define LWIP_AUTOIP 1
#define LWIP_IGMP 1
#define LWIP_DNS 1
#define DNS_MAX_RETRIES 4
#define DNS_MAX_TTL 8 /* seconds: soon forgotten */
#define LWIP_SNMP 1
#define MIB2_STATS 1
#define LWIP_MDNS_RESPONDER 1
#define LWIP_NUM_NETIF_CLIENT_DATA 2
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 2
#define TCP_MSS 1460
#define TCP_WND (10 * TCP_MSS)
#define TCP_SND_BUF (12 * TCP_MSS)
#define LWIP_TCP_SACK_OUT 1
#define MQTT_OUTPUT_RINGBUF_SIZE 1024

#define LWIP_HTTPD_CGI 0
#define LWIP_HTTPD_SSI 0
#define LWIP_HTTPD_SUPPORT_POST 0

#define CHECKSUM_CHECK_IP 0
#define CHECKSUM_CHECK_UDP 0
#define CHECKSUM_CHECK_TCP 0
#define CHECKSUM_CHECK_ICMP 0
#define CHECKSUM_CHECK_ICMP6 0

#endif
