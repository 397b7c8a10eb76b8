meta:
  id: lis2a
  title: ASTM E1394 (LIS2-A2) records
  license: CC0-1.0
  ks-version: 0.10
  endian: be
doc: Whole records, as the frames of a line carry them.
doc-ref: ASTM E1394-97 (CLSI LIS2-A2), 6
-percuss-invalid: accept|reject|silence
seq:
  - id: records
    type: record
    repeat: eos
    doc-ref: ASTM E1394-97, 6.6
enums:
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
        doc: ends the record; not there where it goes on in the next frame
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
        size: 4
        if: letter == 72
        doc: of fields, repeats, components and escapes; the model reads the usual ones only
        doc-ref: ASTM E1394-97, 6.4 and 7.1.2
      - id: fields
        type: field
        repeat: eos
        doc: field 2 and those behind it
        doc-ref: ASTM E1394-97, 6.6.2
  field:
    -percuss-invalid: accept|reject|silence
    doc-ref: ASTM E1394-97, 6.6.2
    seq:
      - id: delimiter
        contents: '|'
      - id: content
        type: repeats
        terminator: 0x7c
        consume: false
        eos-error: false
  repeats:
    -percuss-invalid: accept|reject|silence
    doc-ref: ASTM E1394-97, 6.6.3
    seq:
      - id: first
        type: components
        terminator: 0x5c
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
      - id: content
        type: components
        terminator: 0x5c
        consume: false
        eos-error: false
  components:
    -percuss-invalid: accept|reject|silence
    doc-ref: ASTM E1394-97, 6.6.4
    seq:
      - id: first
        type: component
        terminator: 0x5e
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
      - id: content
        type: component
        terminator: 0x5e
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
