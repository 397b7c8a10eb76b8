meta:
  id: tlv
  title: Records of type, length and value
  endian: be
doc: A device's readings as a chain of records, one datagram a chain.
seq:
  - id: records
    type: record
    repeat: eos
types:
  record:
    seq:
      - id: kind
        type: u1
        enum: kind
      - id: length
        type: u2
        doc: bytes of the value
      - id: value
        size: length
        type:
          switch-on: kind
          cases:
            kind::identifier: identifier
            kind::name: name
            kind::reading: reading
            kind::status: status
            _: unknown
  identifier:
    seq:
      - id: number
        type: u4
  name:
    seq:
      - id: text
        type: str
        size-eos: true
        encoding: ASCII
  reading:
    seq:
      - id: value
        type: s2
  status:
    seq:
      - id: code
        type: u1
  unknown:
    seq:
      - id: data
        size-eos: true
enums:
  kind:
    1: identifier
    2: name
    3: reading
    0x80: status
