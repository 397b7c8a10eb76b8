meta:
  id: language_parts
  ks-version: 0.10
  endian: be
doc: The imported half of language.ksy.
params:
  - id: limit
    type: u1
  - id: is_reply
    type: bool
seq:
  - id: count
    type: u1
    valid:
      max: limit
  - id: entries
    type: entry
    size: 4
    repeat: expr
    repeat-expr: count / 2
  - id: total
    type: s8le
    if: is_reply
    valid:
      expr: '_ <= entries.size * 0x10000 or entries.size == 0'
  - id: flags
    type: b3
  - id: gap
    type: b5
    valid: 0
types:
  entry:
    seq:
      - id: key
        type: s4
        if: _io.size - _io.pos >= 4 and _parent.count < 200
        valid:
          min: -1000
      - id: half
        type: u2
        if: not _io.eof
      - id: more
        type: u1
        repeat: eos
