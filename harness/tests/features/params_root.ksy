meta:
  id: params_root
  endian: be
params:
  - id: is_reply
    type: bool
  - id: version
    type: u1
    enum: version
    -percuss-default: old
    doc: what the two sides agreed on; a session says when they did
  - id: delimiter
    type: bytes
    -percuss-default: 'hex: 7c'
seq:
  - id: number
    type:
      switch-on: version
      cases:
        version::old: u1
        _: u2
  - id: body
    type: body
enums:
  version:
    1: old
    2: new
types:
  body:
    seq:
      - id: mark
        size: 1
        valid: _root.delimiter
