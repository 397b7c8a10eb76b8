meta:
  id: modbus_rtu
  title: Modbus RTU frame
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  imports:
    - modbus_pdu
doc: |
  One Modbus message on a serial line in RTU mode. A pause of 3.5 characters ends it (1.75 ms above
  19,200 Bd); what is damaged or meant for another device stays unanswered.
doc-ref: Modbus over Serial Line V1.02, 2.5.1
-percuss-invalid: silence
-percuss-framing:
  kind: silence
  silence-us: 1750
  minimum: 4
  maximum: 256
params:
  - id: is_reply
    type: bool
    doc: the direction, from server to client
seq:
  - id: address
    type: u1
    valid:
      min: 0
      max: 247
    doc: 0 is broadcast (carried out, never answered), 1 to 247 one device; the rest is reserved
    doc-ref: Modbus over Serial Line V1.02, 2.2
  - id: pdu
    type: modbus_pdu(is_reply)
    size: _io.size - 3
    doc: function code and its data
    doc-ref: Modbus Application Protocol V1.1b3, 4.1
  - id: crc
    type: u2le
    doc: CRC-16 over the address and the PDU, low byte first
    doc-ref: Modbus over Serial Line V1.02, 2.5.1.2 and 6.2.2
    -percuss-checksum:
      algorithm: crc16-modbus
      from: start-of-message
