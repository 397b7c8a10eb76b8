meta:
  id: m
  endian: be
seq:
  - {id: a, type: u2, -percuss-checksum: crc16-modbsu}
