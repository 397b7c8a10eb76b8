meta:
  id: contexts
  title: Params of the root, in its own fields, in nested types and in an imported one
  ks-version: 0.10
  endian:
    switch-on: syntax
    cases:
      '"BE"': be
      _: le
  imports:
    - contexts_part
doc: Made for the differential test; no device speaks it. Its messages are in contexts.hex.
params:
  - id: unit
    type: u1
    enum: unit
    -percuss-default: metres
  - id: is_reply
    type: bool
  - id: bias
    type: s2
    -percuss-default: 1
  - id: mark
    type: bytes
    -percuss-default: 'hex: 01 02'
  - id: strict
    type: bool
    -percuss-default: false
  - id: syntax
    type: str
    -percuss-default: LE
seq:
  - id: length
    type: u2
    valid:
      max: 300 + bias
  - id: answer
    type: u1
    if: is_reply and not strict
  - id: body
    size: length
    type: body
  - id: part
    type: contexts_part(bias, mark)
enums:
  unit:
    1: metres
    2: feet
types:
  body:
    seq:
      - id: distance
        type:
          switch-on: _root.unit
          cases:
            unit::metres: metres
            unit::feet: feet
            _: bytes_only
      - id: rest
        size-eos: true
  metres:
    seq:
      - id: value
        type: u2
        valid:
          expr: _ < 1000 or not _root.strict
  feet:
    seq:
      - id: whole
        type: u2
      - id: twelfths
        type: u1
        valid:
          max: 11
  bytes_only:
    seq:
      - id: value
        size: 3
