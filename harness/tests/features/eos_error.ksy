meta:
  id: eos_error
  endian: be
seq:
  - id: a
    terminator: 0x0d
    eos-error: false
