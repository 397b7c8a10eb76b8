/*
 * lwIP as one function, at one of three doors (LWIP_DOOR):
 *
 *   frames  Ethernet frames that reach a board, each behind its length
 *           (harness/generate/input.h): ARP, IPv4 and IPv6, TCP with a web server, UDP
 * with SNMP, mDNS, NetBIOS names, TFTP and a DNS query that is waiting dns     replies to
 * that query, each behind its length mqtt    what a broker sends to lwIP's MQTT client,
 * over one connection
 *
 * Each packet is a block of its exact size. The stack is set up once; behind each input
 * its connections are aborted, and its tables cleared. One thread.
 */
#include "../fuzz.h"

#include "generate/input.h"

#include <lwip/apps/httpd.h>
#include <lwip/apps/mdns.h>
#include <lwip/apps/mqtt.h>
#include <lwip/apps/netbiosns.h>
#include <lwip/apps/snmp.h>
#include <lwip/apps/tftp_server.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/init.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/nd6.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>
#include <string.h>

enum { FRAME_MINIMUM = 60, FRAME_MAXIMUM = 1514 }; /* without its checksum */
enum door { FRAMES, DNS, MQTT };

static const struct framing counted = {.kind = FRAMING_DATAGRAM};
static struct netif board;
static ip_addr_t server;

/* The clock stands still: what takes time is called by its timer's name. */
u32_t sys_now(void)
{
    return 0;
}

static err_t discard(struct netif *netif, struct pbuf *packet)
{
    (void)netif, (void)packet;
    return ERR_OK;
}

static err_t set_up_board(struct netif *netif)
{
    static const uint8_t address[6] = {0x02, 0, 0, 0, 0, 1};

    memcpy(netif->name, "pc", 2);
    memcpy(netif->hwaddr, address, sizeof address);
    netif->hwaddr_len = sizeof address;
    netif->mtu = 1500;
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = discard;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
                   NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    netif_create_ip6_linklocal_address(netif, 1);
    return ERR_OK;
}

static void *tftp_open(const char *name, const char *mode, u8_t write)
{
    (void)name, (void)mode, (void)write;
    return &board;
}

static void tftp_close(void *file)
{
    (void)file;
}

static int tftp_read(void *file, void *bytes, int count)
{
    (void)file;
    memset(bytes, 0, (size_t)count);
    return count;
}

static int tftp_write(void *file, struct pbuf *bytes)
{
    (void)file, (void)bytes;
    return 0;
}

static void start(void)
{
    static const struct tftp_context files = {tftp_open, tftp_close, tftp_read,
                                              tftp_write};
    ip4_addr_t address, mask;

    IP4_ADDR(&address, 192, 0, 2, 1);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP_ADDR4(&server, 192, 0, 2, 2);
    lwip_init();
    if (!netif_add(&board, &address, &mask, ip_2_ip4(&server), NULL, set_up_board,
                   ethernet_input))
        abort();
    netif_set_default(&board);
    netif_set_up(&board);
    netif_set_link_up(&board);
    nd6_tmr(); /* joins the multicast groups */
    dns_setserver(0, &server);
    httpd_init();
    snmp_init();
    mdns_resp_init();
    mdns_resp_add_netif(&board, "percuss", 255);
    netbiosns_init();
    tftp_init(&files);
}

static void abort_all(struct tcp_pcb **list)
{
    while (*list)
        tcp_abort(*list);
}

/* What the timers would do in minutes. */
static void clear(void)
{
    abort_all(&tcp_active_pcbs);
    while (tcp_tw_pcbs) {
        struct tcp_pcb *waiting = tcp_tw_pcbs;

        tcp_pcb_remove(&tcp_tw_pcbs, waiting);
        tcp_free(waiting);
    }
    for (int i = 0; i <= IP_REASS_MAXAGE; i++)
        ip_reass_tmr();
    for (int i = 0; i <= IPV6_REASS_MAXAGE; i++)
        ip6_reass_tmr();
    for (int i = 0; i < DNS_MAX_TTL * DNS_MAX_RETRIES; i++)
        dns_tmr();
    etharp_cleanup_netif(&board);
    nd6_cleanup_netif(&board);
}

/* A block of this length; what the bytes do not fill is 0. */
static struct pbuf *packet_of(struct view bytes, size_t length)
{
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_RAM);

    if (!packet)
        abort();
    memset(packet->payload, 0, length);
    memcpy(packet->payload, bytes.data, bytes.length);
    return packet;
}

static void resolved(const char *name, const ip_addr_t *address, void *context)
{
    (void)name, (void)address, (void)context;
}

/* The socket of a query is a new one, at the head of the list, until it is answered. */
static struct udp_pcb *services;

static void ask_for_name(void)
{
    ip_addr_t address;

    services = udp_pcbs;
    dns_gethostbyname("percuss.test", &address, resolved, NULL);
}

/* The wire has no frame below the minimum: shorter ones are filled up. */
static void receive_frame(struct view bytes)
{
    struct pbuf *packet;

    if (bytes.length > FRAME_MAXIMUM)
        return;
    packet =
        packet_of(bytes, bytes.length < FRAME_MINIMUM ? FRAME_MINIMUM : bytes.length);
    if (board.input(packet, &board) != ERR_OK)
        pbuf_free(packet);
}

static void receive_dns(struct view bytes)
{
    struct udp_pcb *query = udp_pcbs;

    if (bytes.length <= FRAME_MAXIMUM && query != services)
        query->recv(query->recv_arg, query, packet_of(bytes, bytes.length), &server, 53);
}

static void receive_each(const uint8_t *data, size_t size, void (*receive)(struct view))
{
    struct view messages[INPUT_MESSAGES];
    size_t count =
        input_split(&counted, (struct view){data, size}, messages, INPUT_MESSAGES);

    ask_for_name();
    for (size_t i = 0; i < count; i++)
        receive(messages[i]);
}

static void frames(const uint8_t *data, size_t size)
{
    receive_each(data, size, receive_frame);
}

static void dns(const uint8_t *data, size_t size)
{
    receive_each(data, size, receive_dns);
}

static void connected(mqtt_client_t *client, void *context,
                      mqtt_connection_status_t status)
{
    (void)context;
    if (status == MQTT_CONNECT_ACCEPTED) {
        mqtt_subscribe(client, "percuss/#", 2, NULL, NULL);
        mqtt_publish(client, "percuss", "1", 1, 2, 0, NULL, NULL);
    }
}

static void published(void *context, const char *topic, u32_t length)
{
    (void)context, (void)topic, (void)length;
}

static void arrived(void *context, const u8_t *data, u16_t length, u8_t flags)
{
    volatile uint8_t sum = 0;

    (void)context, (void)flags;
    for (u16_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + data[i]);
}

/* The connection's own callbacks, without TCP: segments as long as a frame holds. */
static void mqtt(const uint8_t *data, size_t size)
{
    static const struct mqtt_connect_client_info_t info = {.client_id = "percuss"};
    mqtt_client_t *client = mqtt_client_new();
    struct tcp_pcb *pcb;

    if (!client || mqtt_client_connect(client, &server, 1883, connected, NULL, &info) ||
        !tcp_active_pcbs)
        abort();
    mqtt_set_inpub_callback(client, published, arrived, NULL);
    pcb = tcp_active_pcbs;
    pcb->state = ESTABLISHED;
    pcb->connected(pcb->callback_arg, pcb, ERR_OK);
    while (size > 0 && tcp_active_pcbs == pcb && pcb->recv) {
        size_t length = size < TCP_MSS ? size : TCP_MSS;

        pcb->recv(pcb->callback_arg, pcb, packet_of((struct view){data, length}, length),
                  ERR_OK);
        data += length;
        size -= length;
    }
    mqtt_disconnect(client);
    mqtt_client_free(client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const doors[])(const uint8_t *, size_t) = {
        [FRAMES] = frames, [DNS] = dns, [MQTT] = mqtt};
    static bool started;

    if (size > INPUT_MAXIMUM)
        return 0;
    if (!started)
        start();
    started = true;
    doors[LWIP_DOOR](data, size);
    clear();
    return 0;
}
