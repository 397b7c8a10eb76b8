/* What the tests of a campaign's bookkeeping share: one on Modbus over TCP whose device
 * nobody reaches. */
#ifndef PERCUSS_TESTS_CAMPAIGNS_H
#define PERCUSS_TESTS_CAMPAIGNS_H

#include "engine/campaign.h"
#include "scratch.h"

/* `more`: further keys, each on its own line. `path`: of the file that it was read from.
 */
static inline struct campaign *need_campaign(const char *folder, const char *more,
                                             char path[SCRATCH_PATH])
{
    struct error error = {""};
    struct campaign *campaign;
    char text[1000];

    assert_true(snprintf(text, sizeof text,
                         "campaign: test\ntarget:\n"
                         "  model: " PROJECT_FOLDER "/targets/modbus/modbus_tcp.ksy\n"
                         "  session: " PROJECT_FOLDER "/targets/modbus/registers.yaml\n"
                         "device: {kind: external}\n"
                         "link: {kind: tcp, address: '127.0.0.1:9'}\n%s",
                         more) < (int)sizeof text);
    scratch_write(folder, "campaign.yaml", text, path);
    campaign = campaign_load(path, "/build", NULL, &error);
    if (!campaign)
        fail_msg("%s", error.text);
    return campaign;
}

#endif
