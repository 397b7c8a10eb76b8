meta:
  id: modbus_tcp
  title: Modbus TCP application data unit
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  imports:
    - modbus_pdu
doc: |
  One Modbus message on TCP: the MBAP header and the PDU. The length field counts the unit
  identifier and the PDU.
doc-ref: Modbus Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3
-percuss-invalid: unknown
-percuss-framing:
  kind: length
  offset: 4
  width: 2
  adjust: 6
  minimum: 8
  maximum: 260
params:
  - id: is_reply
    type: bool
    doc: the direction, from server to client
seq:
  - id: transaction_id
    type: u2
    doc: numbers the request; the server copies it into the reply
    doc-ref: Modbus Messaging on TCP/IP V1.0b, 3.1.3 (transaction identifier)
    -percuss-sequence: true
  - id: protocol_id
    type: u2
    valid: 0
    doc: 0 is Modbus; a message with another value is discarded
    doc-ref: Modbus Messaging on TCP/IP V1.0b, 3.1.3 and 4.4.2.2 (MBAP header check)
    -percuss-invalid: silence|close
  - id: length
    type: u2
    valid:
      min: 2
      max: 254
    doc: number of bytes that follow, unit identifier and PDU together
    doc-ref: Modbus Messaging on TCP/IP V1.0b, 3.1.3 (length)
    -percuss-invalid: reject|silence|close
  - id: unit_id
    type: u1
    doc: the device behind a gateway; 0xff or 0 for a device that is addressed by IP
    doc-ref: Modbus Messaging on TCP/IP V1.0b, 3.1.3 and 4.4.1.2 (unit identifier)
  - id: pdu
    type: modbus_pdu(is_reply)
    size: length - 1
    doc: function code and its data
    doc-ref: Modbus Application Protocol V1.1b3, 4.1
    -percuss-invalid: reject|silence|close
