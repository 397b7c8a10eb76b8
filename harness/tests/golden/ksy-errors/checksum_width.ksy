meta:
  id: m
  endian: be
seq:
  - {id: a, type: u1, -percuss-checksum: crc16-modbus}
