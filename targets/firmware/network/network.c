#include "network.h"

#include "board.h"
#include "bytes.h"
#include "ethernet.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/timeouts.h"

/* Locally administered, so nobody's. */
static const uint8_t hardware_address[ETHERNET_ADDRESS] = {0x02, 0x49, 0x50,
                                                           0x35, 0x30, 0x01};

static struct netif interface;
static uint32_t now_ms;
static uint32_t frame[(ETHERNET_FRAME_MAX + 3) / 4];

u32_t sys_now(void)
{
    return now_ms;
}

static err_t send_frame(struct netif *netif, struct pbuf *p)
{
    uint16_t length = p->tot_len;

    (void)netif;
    if (length > ETHERNET_FRAME_MAX) {
        return ERR_BUF;
    }
    pbuf_copy_partial(p, frame, length, 0);
    return ethernet_send(frame, length) ? ERR_OK : ERR_IF;
}

static err_t start_interface(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->mtu = 1500;
    netif->hwaddr_len = ETHERNET_ADDRESS;
    memcpy(netif->hwaddr, hardware_address, ETHERNET_ADDRESS);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    return ERR_OK;
}

void network_start(void)
{
    ip4_addr_t address, mask, gateway;

    IP4_ADDR(&address, 10, 0, 2, 15);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 0, 2, 2);
    ethernet_start(hardware_address);
    lwip_init();
    netif_add(&interface, &address, &mask, &gateway, 0, start_interface, netif_input);
    netif_set_default(&interface);
    netif_set_link_up(&interface);
    netif_set_up(&interface);
}

void network_tick(void)
{
    now_ms += BOARD_TICK_MS;
}

/* A frame for which there is no memory is lost: who sent it sends it again. */
static void take_frame(uint16_t length)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, length, PBUF_POOL);

    if (p == 0) {
        return;
    }
    pbuf_take(p, frame, length);
    if (interface.input(p, &interface) != ERR_OK) {
        pbuf_free(p);
    }
}

/* One frame at a time, so that a flood does not keep the rest of the device waiting. */
void network_serve(void)
{
    uint16_t length = ethernet_receive(frame);

    if (length > 0) {
        take_frame(length);
    }
    sys_check_timeouts();
}

bool network_is_waiting(void)
{
    return ethernet_is_waiting();
}
