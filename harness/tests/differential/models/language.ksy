meta:
  id: language
  title: What the shipped protocols do not use
  ks-version: 0.10
  endian: le
  bit-endian: be
  encoding: ASCII
  imports:
    - language_parts
doc: Made for the differential test; no device speaks it. Its messages are in language.hex.
params:
  - id: is_reply
    type: bool
seq:
  - id: magic
    contents: [0x50, "A"]
  - id: version
    type: b2
    valid:
      max: 2
  - id: flag
    type: b1
  - id: wide
    type: b13
    valid:
      expr: _ % 2 == 0 or flag
  - id: kind
    type: u1
    enum: kind
    valid:
      any-of:
        - kind::number
        - kind::text
        - kind::list
        - kind::nested
  - id: offset
    type: s2
    valid:
      min: -5
      max: version + 300
  - id: name
    type: strz
  - id: tag
    type: str
    size: 2
    encoding: UTF-8
    valid:
      any-of:
        - '"ab"'
        - '"cd"'
  - id: big
    type: u8be
    if: flag and is_reply
  - id: small
    type: s1
    if: not flag or offset < 0
    valid: -1
  - id: size
    type: u1
  - id: content
    size: size
    type:
      switch-on: kind
      cases:
        'kind::text': texts
        'kind::list': language_parts(size, is_reply)
        'kind::nested': nest(3)
  - id: word
    type:
      switch-on: tag
      cases:
        '"ab"': u2
        '"cd"': s4be
        _: u1
  - id: groups
    type: pair(_index)
    repeat: expr
    repeat-expr: version
  - id: nibbles
    type: b4
    repeat: expr
    repeat-expr: 4
  - id: after
    type: u1
    valid:
      expr: '_ == (offset < 0 ? 7 : 3) or _ > groups.size'
  - id: rest
    size-eos: true
instances:
  last_group:
    value: groups.last.sum
enums:
  kind:
    0: number
    1: text
    2: list
    3: nested
types:
  texts:
    seq:
      - id: items
        type: strz
        repeat: eos
  nest:
    params:
      - id: depth
        type: u1
    seq:
      - id: length
        type: u1
        valid:
          max: depth * 4
      - id: inner
        type: nest(depth - 1)
        size: length
        if: depth > 0 and length > 0
      - id: mark
        type: u1
        valid: _root.size >> 1 & 0x7f
        if: depth == 1
  pair:
    params:
      - id: index
        type: u1
    seq:
      - id: first
        type: u1
        valid:
          min: index
          max: _root.size + 10
      - id: second
        type: u2be
        if: first & 1 == 1
    instances:
      sum:
        value: 'first + (first & 1 == 1 ? second : 0)'
