meta:
  id: m
  endian: be
seq:
  - id: a
    type: u2
    -percuss-checksum: {algorithm: crc16-modbus, polynom: 1}
