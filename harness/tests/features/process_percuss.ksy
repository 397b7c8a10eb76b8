meta:
  id: process_percuss
  endian: be
seq:
  - id: a
    size: 4
    process: percuss_hex
  - id: b
    size-eos: true
    process: percuss_slip
