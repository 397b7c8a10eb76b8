/*
 * DCMTK as one function: the input is what a client sends over one connection. An
 * association is accepted and its commands are served as DCMTK's own servers do, into
 * memory and without their files: C-ECHO, and C-STORE of every storage class. The
 * connection is a pair of sockets. PDUs, commands and elements are in blocks that the
 * library allocates by their lengths. In C++, since the library has no other interface.
 * One thread.
 */
extern "C" {
#include "../fuzz.h"
}

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmnet/dimse.h>
#include <dcmtk/dcmnet/diutil.h>
#include <dcmtk/dcmnet/dul.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INPUT_MAXIMUM = 1 << 16, TIMEOUT_S = 1 };

/* The library's own state, made once. */
static T_ASC_Network *network;

/* Elements announce up to 4 GiB, which the library asks for at once and can do without.
 */
extern "C" const char *__asan_default_options(void);
extern "C" const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=64";
}

static void start(int socket)
{
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    dcmDisableGethostbyaddr.set(OFTrue);
    dcmExternalSocketHandle.set(socket); /* hence no socket listens */
    if (ASC_initializeNetwork(NET_ACCEPTOR, 0, TIMEOUT_S, &network).bad())
        abort();
}

/* storescp's own preference: explicit VR, little endian first. */
static OFCondition negotiate(T_ASC_Association *association)
{
    static const char *verification[] = {UID_VerificationSOPClass};
    static const char *syntaxes[] = {UID_LittleEndianExplicitTransferSyntax,
                                     UID_BigEndianExplicitTransferSyntax,
                                     UID_LittleEndianImplicitTransferSyntax};
    OFCondition status = ASC_acceptContextsWithPreferredTransferSyntaxes(
        association->params, verification, 1, syntaxes, 3);

    if (status.good())
        status = ASC_acceptContextsWithPreferredTransferSyntaxes(
            association->params, dcmAllStorageSOPClassUIDs,
            numberOfDcmAllStorageSOPClassUIDs, syntaxes, 3);
    return status.good() ? ASC_acknowledgeAssociation(association) : status;
}

/* Is it the object of the command? dcmqrscp asks before it writes a file, storescp after.
 */
static void compare(void *, T_DIMSE_StoreProgress *progress, T_DIMSE_C_StoreRQ *request,
                    char *, DcmDataset **data_set, T_DIMSE_C_StoreRSP *response,
                    DcmDataset **)
{
    DIC_UI kind, instance;

    if (progress->state != DIMSE_StoreEnd || !data_set || !*data_set ||
        response->DimseStatus != STATUS_Success)
        return;
    if (!DU_findSOPClassAndInstanceInDataSet(*data_set, kind, sizeof kind, instance,
                                             sizeof instance, OFFalse))
        response->DimseStatus = STATUS_STORE_Error_CannotUnderstand;
    else if (strcmp(kind, request->AffectedSOPClassUID) != 0 ||
             strcmp(instance, request->AffectedSOPInstanceUID) != 0)
        response->DimseStatus = STATUS_STORE_Error_DataSetDoesNotMatchSOPClass;
}

static OFCondition store(T_ASC_Association *association, T_DIMSE_Message *message,
                         T_ASC_PresentationContextID context)
{
    DcmFileFormat file;
    DcmDataset *data_set = file.getDataset();

    return DIMSE_storeProvider(association, context, &message->msg.CStoreRQ, NULL, OFTrue,
                               &data_set, compare, NULL, DIMSE_BLOCKING, 0);
}

static OFCondition serve_one(T_ASC_Association *association)
{
    T_ASC_PresentationContextID context = 0;
    DcmDataset *detail = NULL;
    T_DIMSE_Message message;
    OFCondition status =
        DIMSE_receiveCommand(association, DIMSE_BLOCKING, 0, &context, &message, &detail);

    delete detail;
    if (status.bad())
        return status;
    switch (message.CommandField) {
    case DIMSE_C_ECHO_RQ:
        return DIMSE_sendEchoResponse(association, context, &message.msg.CEchoRQ,
                                      STATUS_Success, NULL);
    case DIMSE_C_STORE_RQ: return store(association, &message, context);
    default: return DIMSE_BADCOMMANDTYPE;
    }
}

/* One association, until one side ends it. */
static void serve(void)
{
    T_ASC_Association *association = NULL;
    OFCondition status = ASC_receiveAssociation(network, &association, ASC_DEFAULTMAXPDU);

    if (status.good())
        status = negotiate(association);
    if (status.good()) {
        while (status.good())
            status = serve_one(association);
        if (status == DUL_PEERREQUESTEDRELEASE)
            ASC_acknowledgeRelease(association);
        else if (status != DUL_PEERABORTEDASSOCIATION)
            ASC_abortAssociation(association);
    }
    ASC_dropSCPAssociation(association, TIMEOUT_S);
    ASC_destroyAssociation(&association);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];

    if (size > INPUT_MAXIMUM)
        return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ||
        write(ends[1], data, size) != (ssize_t)size || shutdown(ends[1], SHUT_WR) < 0)
        abort();
    if (!network)
        start(ends[0]);
    dcmExternalSocketHandle.set(ends[0]);
    serve();
    close(ends[1]);
    return 0;
}
