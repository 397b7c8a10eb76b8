meta:
  id: modbus_ascii
  title: Modbus ASCII frame
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  imports:
    - modbus_pdu
doc: |
  One Modbus message on a serial line in ASCII mode: a colon, address, PDU and LRC as hexadecimal
  text, carriage return and line feed. What is damaged or meant for another device stays unanswered.
doc-ref: Modbus over Serial Line V1.02, 2.5.2
-percuss-invalid: silence
-percuss-framing:
  kind: terminator
  start: 0x3a
  end: [0x0d, 0x0a]
  restart: true
  minimum: 9
  maximum: 513
params:
  - id: is_reply
    type: bool
    doc: the direction, from server to client
seq:
  - id: start
    contents: [0x3a]
    doc: a colon
    doc-ref: Modbus over Serial Line V1.02, 2.5.2.1
  - id: frame
    type: frame(is_reply)
    terminator: 0x0d
    process: percuss_hex
    doc: address, PDU and LRC, two characters a byte
    doc-ref: Modbus over Serial Line V1.02, 2.5.2
  - id: line_feed
    contents: [0x0a]
    doc: the second character of the end; diagnostics may choose another
    doc-ref: Modbus over Serial Line V1.02, 2.5.2.1
types:
  frame:
    doc: what the text says
    doc-ref: Modbus over Serial Line V1.02, 2.5.2.1
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
        size: _io.size - 2
        doc: function code and its data
        doc-ref: Modbus Application Protocol V1.1b3, 4.1
      - id: lrc
        type: u1
        doc: LRC over the address and the PDU
        doc-ref: Modbus over Serial Line V1.02, 2.5.2.2 and 6.2.1
        -percuss-checksum:
          algorithm: lrc
          from: start-of-type
