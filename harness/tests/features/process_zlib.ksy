meta:
  id: process_zlib
  endian: be
seq:
  - id: a
    size: 4
    process: zlib
