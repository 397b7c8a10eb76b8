meta:
  id: lis1a
  title: ASTM E1381 (LIS1-A) line with E1394 (LIS2-A2) records
  license: CC0-1.0
  ks-version: 0.10
  endian: be
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
  record_type:
    67: comment
    72: header
    76: terminator
    77: manufacturer
    79: order
    80: patient
    81: query
    82: result
    83: scientific
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
        type: text
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
  text:
    -percuss-invalid: accept|reject|silence
    doc: whole records; of what goes on in the next frame a piece
    doc-ref: ASTM E1394-97 (CLSI LIS2-A2), 6
    seq:
      - id: records
        type: record
        repeat: eos
  record:
    -percuss-invalid: accept|reject|silence
    doc-ref: ASTM E1394-97, 6.6
    seq:
      - id: content
        type: content
        terminator: 0x0d
        consume: false
        eos-error: false
      - id: cr
        type: u1
        valid: 13
        if: not _io.eof
        doc: ends the record; in a frame by itself not there where it goes on in the next one
        doc-ref: ASTM E1394-97, 6.6.1
  content:
    -percuss-invalid: accept|reject|silence
    doc: the record's letter, then its fields
    doc-ref: ASTM E1394-97, 6.6 and 7 to 14
    seq:
      - id: letter
        type: u1
        -percuss-enum: record_type
      - id: delimiters
        type: delimiters
        if: letter == 72
        doc: what separates the rest of the message, when it is the frame's first record
        doc-ref: ASTM E1394-97, 6.4 and 7.1.2
      - id: fields
        type: field
        repeat: eos
        doc: field 2 and those behind it
        doc-ref: ASTM E1394-97, 6.6.2
  delimiters:
    -percuss-invalid: accept|reject|silence
    doc: four characters; usually |\^&
    doc-ref: ASTM E1394-97, 6.4 and 7.1.2
    seq:
      - {id: field, type: u1}
      - {id: repeat, type: u1}
      - {id: component, type: u1}
      - {id: escape, type: u1}
  field:
    -percuss-invalid: accept|reject|silence
    doc-ref: ASTM E1394-97, 6.6.2
    seq:
      - id: delimiter
        contents: '|'
        -percuss-separator: _root.frame.text.records[0].content.delimiters.field
      - id: content
        type: repeats
        terminator: 0x7c
        -percuss-separator: _root.frame.text.records[0].content.delimiters.field
        consume: false
        eos-error: false
  repeats:
    -percuss-invalid: accept|reject|silence
    doc-ref: ASTM E1394-97, 6.6.3
    seq:
      - id: first
        type: components
        terminator: 0x5c
        -percuss-separator: _root.frame.text.records[0].content.delimiters.repeat
        consume: false
        eos-error: false
      - id: others
        type: further_repeat
        repeat: eos
  further_repeat:
    -percuss-invalid: accept|reject|silence
    doc-ref: ASTM E1394-97, 6.6.3
    seq:
      - id: delimiter
        contents: [0x5c]
        -percuss-separator: _root.frame.text.records[0].content.delimiters.repeat
      - id: content
        type: components
        terminator: 0x5c
        -percuss-separator: _root.frame.text.records[0].content.delimiters.repeat
        consume: false
        eos-error: false
  components:
    -percuss-invalid: accept|reject|silence
    doc-ref: ASTM E1394-97, 6.6.4
    seq:
      - id: first
        type: component
        terminator: 0x5e
        -percuss-separator: _root.frame.text.records[0].content.delimiters.component
        consume: false
        eos-error: false
      - id: others
        type: further_component
        repeat: eos
  further_component:
    -percuss-invalid: accept|reject|silence
    doc-ref: ASTM E1394-97, 6.6.4
    seq:
      - id: delimiter
        contents: '^'
        -percuss-separator: _root.frame.text.records[0].content.delimiters.component
      - id: content
        type: component
        terminator: 0x5e
        -percuss-separator: _root.frame.text.records[0].content.delimiters.component
        consume: false
        eos-error: false
  component:
    -percuss-invalid: accept|reject|silence
    doc-ref: ASTM E1394-97, 6.6.4
    seq:
      - id: value
        size-eos: true
        valid:
          expr: _.length == 0 or _.min >= 0x20
        doc: characters; an escape among them is not taken apart
        doc-ref: ASTM E1394-97, 6.4.6 and 6.6.5
