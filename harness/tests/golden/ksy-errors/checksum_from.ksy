meta:
  id: m
  endian: be
seq:
  - {id: data, size: 4}
  - {id: a, type: u2, -percuss-checksum: {algorithm: crc16-modbus, from: dtaa}}
