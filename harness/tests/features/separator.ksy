meta:
  id: separator
  endian: be
  encoding: ASCII
seq:
  - id: separators
    type: separators
  - id: fields
    type: field
    terminator: 0x7c
    -percuss-separator: _root.separators.field
    eos-error: false
    repeat: eos
types:
  separators:
    seq:
      - {id: field, type: u1}
      - {id: part, type: u1}
  field:
    seq:
      - id: first
        type: str
        terminator: 0x5e
        -percuss-separator: _root.separators.part
        consume: false
        eos-error: false
      - id: others
        type: part
        repeat: eos
  part:
    seq:
      - id: separator
        contents: '^'
        -percuss-separator: _root.separators.part
      - id: value
        type: str
        terminator: 0x5e
        -percuss-separator: _root.separators.part
        consume: false
        eos-error: false
