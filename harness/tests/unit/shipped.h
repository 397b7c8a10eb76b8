/* Every session that is shipped, with each of its models. */
#ifndef PERCUSS_TESTS_SHIPPED_H
#define PERCUSS_TESTS_SHIPPED_H

#define SHIPPED_FILE(path) PROJECT_FOLDER "/targets/" path
static const struct {
    const char *model, *session;
} shipped[] = {
    {SHIPPED_FILE("modbus/modbus_tcp.ksy"), SHIPPED_FILE("modbus/registers.yaml")},
    {SHIPPED_FILE("modbus/modbus_rtu.ksy"), SHIPPED_FILE("modbus/pump.yaml")},
    {SHIPPED_FILE("modbus/modbus_ascii.ksy"), SHIPPED_FILE("modbus/pump_ascii.yaml")},
    {SHIPPED_FILE("canopen/canopen.ksy"), SHIPPED_FILE("canopen/session.yaml")},
    {SHIPPED_FILE("coap/coap.ksy"), SHIPPED_FILE("coap/session.yaml")},
    {SHIPPED_FILE("dicom/dicom_ul.ksy"), SHIPPED_FILE("dicom/session.yaml")},
    {SHIPPED_FILE("dicom/dicom_ul.ksy"), SHIPPED_FILE("dicom/explicit.yaml")},
    {SHIPPED_FILE("dicom/dicom_ul.ksy"), SHIPPED_FILE("dicom/archive.yaml")},
    {SHIPPED_FILE("dicom/dicom_ul.ksy"), SHIPPED_FILE("dicom/scu.yaml")},
    {SHIPPED_FILE("ethernet/ethernet.ksy"), SHIPPED_FILE("ethernet/session.yaml")},
    {SHIPPED_FILE("hl7/hl7_mllp.ksy"), SHIPPED_FILE("hl7/session.yaml")},
    {SHIPPED_FILE("hl7/hl7_mllp.ksy"), SHIPPED_FILE("hl7/sender.yaml")},
    {SHIPPED_FILE("lis/lis1a.ksy"), SHIPPED_FILE("lis/session.yaml")},
    {SHIPPED_FILE("mqtt/mqtt_3_1_1.ksy"), SHIPPED_FILE("mqtt/session_3_1_1.yaml")},
    {SHIPPED_FILE("mqtt/mqtt_5.ksy"), SHIPPED_FILE("mqtt/session_5.yaml")},
    {SHIPPED_FILE("phd/ieee11073.ksy"), SHIPPED_FILE("phd/session.yaml")},
    {SHIPPED_FILE("tls/tls.ksy"), SHIPPED_FILE("tls/session.yaml")},
};
enum { SHIPPED = sizeof shipped / sizeof shipped[0] };

#endif
