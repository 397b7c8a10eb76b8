/*
 * libcoap's reader of messages as one function: the input is one datagram. What is read
 * is asked for as a server asks: every option and its value, path, query, block and
 * payload. One thread.
 */
#include "../fuzz.h"

#include <coap3/coap.h>
#include <stdlib.h>

enum { DATAGRAM_MAXIMUM = 65507 };

static volatile uint32_t seen; /* so that no look is optimised away */

static void look_at(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        seen += bytes[i];
}

static void look_at_text(coap_string_t *text)
{
    if (text)
        look_at(text->s, text->length);
    coap_delete_string(text);
}

static void look_at_options(const coap_pdu_t *pdu)
{
    coap_opt_iterator_t iterator;
    coap_block_t block;

    coap_option_iterator_init(pdu, &iterator, COAP_OPT_ALL);
    for (coap_opt_t *option; (option = coap_option_next(&iterator));) {
        look_at(coap_opt_value(option), coap_opt_length(option));
        seen += coap_decode_var_bytes(coap_opt_value(option), coap_opt_length(option));
    }
    seen += (uint32_t)coap_get_block(pdu, COAP_OPTION_BLOCK1, &block);
    seen += (uint32_t)coap_get_block(pdu, COAP_OPTION_BLOCK2, &block);
    look_at_text(coap_get_uri_path(pdu));
    look_at_text(coap_get_query(pdu));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    coap_pdu_t *pdu;
    const uint8_t *payload;
    size_t length;

    if (size > DATAGRAM_MAXIMUM)
        return 0;
    pdu = coap_pdu_init(COAP_MESSAGE_CON, COAP_EMPTY_CODE, 0, size);
    if (pdu && coap_pdu_parse(COAP_PROTO_UDP, data, size, pdu)) {
        coap_bin_const_t token = coap_pdu_get_token(pdu);

        look_at(token.s, token.length);
        look_at_options(pdu);
        if (coap_get_data(pdu, &length, &payload))
            look_at(payload, length);
    }
    coap_delete_pdu(pdu);
    return 0;
}
