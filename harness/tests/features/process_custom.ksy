meta:
  id: process_custom
  endian: be
seq:
  - id: a
    size: 4
    process: my_process
