meta:
  id: nested
  title: A container in a container
  endian: be
seq:
  - id: length
    type: u2
  - id: container
    size: length
    type: container
types:
  container:
    seq:
      - id: tag
        type: u2
        doc: numbers the request; the reply repeats it
      - id: status
        type: u1
        doc: 0 in requests and for success
      - id: inner_length
        type: u1
      - id: inner
        size: inner_length
        type: inner
      - id: comment
        type: str
        size-eos: true
        encoding: ASCII
  inner:
    seq:
      - id: count
        type: u1
      - id: items
        type: u2
        repeat: expr
        repeat-expr: count
