meta:
  id: numbers
  title: Reals, bit and byte orders, and base-128 groups
  ks-version: 0.10
  endian: be
  encoding: ASCII
doc: Made for the differential test; no device speaks it. Its messages are in numbers.hex.
seq:
  - id: order
    type: str
    size: 2
  - id: length
    type: base128
  - id: body
    type: body
  - id: bits
    type: bits
  - id: numbers
    type: base128
    repeat: expr
    repeat-expr: bits.few
  - id: content
    size: length.value
types:
  base128:
    -percuss-codec:
      name: base128-le
      maximum: 3
    seq:
      - id: groups
        type: group(_index)
        repeat: until
        repeat-until: not _.more or _index == 2
    instances:
      value:
        value: >-
          groups[0].bits + (groups.size > 1 ? groups[1].bits << 7 : 0)
          + (groups.size > 2 ? groups[2].bits << 14 : 0)
    types:
      group:
        params:
          - id: index
            type: u1
        seq:
          - id: more
            type: b1
            valid:
              expr: not _ or index < 2
          - id: bits
            type: b7
  body:
    meta:
      endian:
        switch-on: _root.order
        cases:
          '"II"': le
          _: be
    seq:
      - id: word
        type: u2
      - id: rate
        type: f4
        valid:
          max: 1000
      - id: big
        type: f8
      - id: fixed
        type: f4le
      - id: inner
        type: inner
    types:
      inner:
        seq:
          - id: long
            type: s8
            valid:
              min: -5
  bits:
    meta:
      bit-endian: le
    seq:
      - id: few
        type: b2
      - id: more
        type: b11
      - id: flag
        type: b1
      - id: last
        type: b2
