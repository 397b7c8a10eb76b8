meta:
  id: lis1a
  title: ASTM E1381 (LIS1-A) line with E1394 (LIS2-A2) records
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  imports:
    - lis2a
doc: |
  What one side says at a time: control characters, or one frame with its records. LF ends a frame,
  and a receiver judges it then; EOT ends a session even inside a frame.
doc-ref: ASTM E1381-02 (CLSI LIS1-A), 6
-percuss-invalid: reject|silence
-percuss-framing:
  kind: terminator
  start: [0x02]
  end: [0x0d, 0x0a]
  single: [0x05, 0x06, 0x15, 0x04]
  maximum: 300
seq:
  - id: line
    type: control
    repeat: until
    repeat-until: _.code == 2 or _io.eof
    doc: control characters; STX begins a frame
    doc-ref: ASTM E1381-02, 6.2 and 6.3
  - id: frame
    type: frame
    if: line.last.code == 2
    doc: what stands behind STX
    doc-ref: ASTM E1381-02, 6.3.1
enums:
  control:
    2: stx
    4: eot
    5: enq
    6: ack
    21: nak
  frame_end:
    3: etx
    23: etb
types:
  control:
    doc-ref: ASTM E1381-02, 6.2 and 6.3
    seq:
      - id: code
        type: u1
        -percuss-enum: control
        valid:
          any-of: [2, 4, 5, 6, 21]
  frame:
    doc: what is longer than a frame holds goes on in the next one, which waits for an ACK
    doc-ref: ASTM E1381-02, 6.3.1
    -percuss-segments:
      bytes: text
      maximum: 240
      last: end == 3
      more: {end: 23}
      next: {number: (number - 0x2f) % 8 + 0x30}
      acknowledged: true
    seq:
      - id: number
        type: u1
        valid:
          min: 0x30
          max: 0x37
        doc: a digit, 1 for the first frame behind ENQ, then one more each, modulo 8
        doc-ref: ASTM E1381-02, 6.3.2
      - id: text
        type: lis2a
        size: '_io.size - _io.pos < 5 ? 0 : _io.size - _io.pos - 5'
        doc: at most 240 characters, none of them a control character of the link
        doc-ref: ASTM E1381-02, 6.3.1.2 and 6.6
        -percuss-invalid: accept|reject|silence
      - id: end
        type: u1
        -percuss-enum: frame_end
        valid:
          any-of: [3, 23]
        doc: ETX ends a record, ETB says that it goes on in the next frame
        doc-ref: ASTM E1381-02, 6.3.1
      - id: checksum
        type: str
        size: 2
        encoding: ASCII
        -percuss-number: {base: 16, digits: 2}
        -percuss-checksum: {algorithm: sum8, from: number}
        doc: sum of the characters from the number to ETX or ETB, modulo 256, in two digits
        doc-ref: ASTM E1381-02, 6.3.3
      - id: trailer
        contents: [0x0d, 0x0a]
        doc-ref: ASTM E1381-02, 6.3.1
