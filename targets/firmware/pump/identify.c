/* Read device identification, function 43 with MEI type 14 (V1.1b3, 6.21). */
#include "bytes.h"
#include "device.h"

#define MEI_TYPE 14
#define CONFORMITY 0x82 /* regular, stream and individual access */
#define LAST_BASIC 2

enum access { ACCESS_BASIC = 1, ACCESS_REGULAR, ACCESS_EXTENDED, ACCESS_INDIVIDUAL };

static const char *const objects[] = {
    "percuss",               /* VendorName */
    "IP-50",                 /* ProductCode */
    DEVICE_VERSION_TEXT,     /* MajorMinorRevision */
    "https://pump.example/", /* VendorUrl */
    "Infusion Pump",         /* ProductName */
    "IP-50 single channel",  /* ModelName */
    "therapy",               /* UserApplicationName */
};
#define LAST_REGULAR ((uint8_t)(sizeof objects / sizeof objects[0] - 1))

static void start_reply(struct pdu_reply *reply, uint8_t access)
{
    reply->bytes[1] = MEI_TYPE;
    reply->bytes[2] = access;
    reply->bytes[3] = CONFORMITY;
    reply->bytes[4] = 0; /* all fit: no more follows, */
    reply->bytes[5] = 0; /* so no next object */
    reply->bytes[6] = 0;
    reply->length = 7;
}

static void add_object(struct pdu_reply *reply, uint8_t id)
{
    uint8_t *at = reply->bytes + reply->length;
    uint8_t length = 0;

    while (objects[id][length] != '\0') {
        at[2 + length] = (uint8_t)objects[id][length];
        length++;
    }
    at[0] = id;
    at[1] = length;
    reply->bytes[6]++;
    reply->length = (uint16_t)(reply->length + 2 + length);
}

/* A stream holds its job until the last object is in the reply. An unknown first object
 * restarts it at the beginning, says 6.21. */
static int stream(struct jobs *jobs, struct pdu_reply *reply, uint8_t first, uint8_t last)
{
    bool unknown = first > last;

    jobs->held = true;
    for (uint8_t id = unknown ? 0 : first; id <= last; id++) {
        add_object(reply, id);
    }
    if (PUMP_DEFECTIVE && unknown) { /* D10: the restarted stream keeps its job */
        return EXCEPTION_NONE;
    }
    jobs->held = false;
    return EXCEPTION_NONE;
}

int identify_serve(struct device *device, struct pdu_view request,
                   struct pdu_reply *reply)
{
    uint8_t access, object;

    if (request.length >= 2 && request.bytes[1] != MEI_TYPE) {
        return EXCEPTION_FUNCTION;
    }
    if (request.length != 4) {
        return EXCEPTION_VALUE;
    }
    access = request.bytes[2];
    object = request.bytes[3];
    start_reply(reply, access);
    switch (access) {
    case ACCESS_BASIC: return stream(&device->jobs, reply, object, LAST_BASIC);
    case ACCESS_REGULAR:
    case ACCESS_EXTENDED: /* answered at the device's own conformity level */
        return stream(&device->jobs, reply, object, LAST_REGULAR);
    case ACCESS_INDIVIDUAL:
        if (object > LAST_REGULAR) {
            return EXCEPTION_ADDRESS;
        }
        add_object(reply, object);
        return EXCEPTION_NONE;
    default: return EXCEPTION_VALUE;
    }
}
