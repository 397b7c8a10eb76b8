meta:
  id: doc
  endian: be
doc: text
doc-ref: a clause
seq:
  - id: a
    type: u1
    doc: text
    doc-ref:
      - one
      - two
