meta:
  id: hl7_mllp
  title: HL7 version 2 message in an MLLP block
  license: CC0-1.0
  ks-version: 0.10
  encoding: ASCII
  endian: be
doc: |
  One block of the minimal lower layer protocol with one message in the vertical bar encoding of
  HL7 version 2.5, with the separators that the message declares in MSH-1 and MSH-2. Escapes stay
  in the texts.
doc-ref: HL7 v2.5, chapter 2
-percuss-invalid: unknown
-percuss-framing:
  kind: terminator
  start: [0x0b]
  end: [0x1c, 0x0d]
  maximum: 65536
seq:
  - id: start_block
    contents: [0x0b]
    doc: the vertical tab in front of a message
    doc-ref: HL7 v2.5 Implementation Guide, appendix C (minimal lower layer protocol)
  - id: message
    type: message
    terminator: 0x1c
    doc: the message
    doc-ref: HL7 v2.5, 2.5.1
  - id: end_block
    contents: [0x0d]
    doc: the carriage return behind the file separator
    doc-ref: HL7 v2.5 Implementation Guide, appendix C (minimal lower layer protocol)
types:
  message:
    doc: the header and what it announces
    doc-ref: HL7 v2.5, 2.5.1 and 2.6
    seq:
      - id: header
        type: header
        terminator: 0x0d
        doc: the first segment of every message
        doc-ref: HL7 v2.5, 2.15.9
      - id: segments
        type: segment
        terminator: 0x0d
        repeat: eos
        doc: each ended by a carriage return
        doc-ref: HL7 v2.5, 2.5.2 and 2.5.4
  header:
    doc: MSH, who says what to whom in which version
    doc-ref: HL7 v2.5, 2.15.9
    seq:
      - id: segment_id
        type: str
        size: 3
        valid: '"MSH"'
        -percuss-invalid: reject|silence|close
        doc: what begins otherwise is no message
        doc-ref: HL7 v2.5, 2.5.2 and 2.15.9
      - id: field_separator
        type: u1
        doc: MSH-1, any character is possible
        doc-ref: HL7 v2.5, 2.15.9.1
      - id: encoding_characters
        type: encoding_characters
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        doc: MSH-2
        doc-ref: HL7 v2.5, 2.15.9.2 and 2.5.4
      - id: sending_application
        type: str
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        doc: MSH-3
        doc-ref: HL7 v2.5, 2.15.9.3
      - id: sending_facility
        type: str
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        doc: MSH-4
        doc-ref: HL7 v2.5, 2.15.9.4
      - id: receiving_application
        type: str
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        doc: MSH-5
        doc-ref: HL7 v2.5, 2.15.9.5
      - id: receiving_facility
        type: str
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        doc: MSH-6
        doc-ref: HL7 v2.5, 2.15.9.6
      - id: date_time
        type: str
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        valid:
          expr: _ != ""
        -percuss-invalid: accept|reject
        doc: MSH-7, required, not among what a receiver must validate
        doc-ref: HL7 v2.5, 2.15.9.7 and 2.9.2
      - id: security
        type: str
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        doc: MSH-8
        doc-ref: HL7 v2.5, 2.15.9.8
      - id: message_type
        type: message_type
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        -percuss-invalid: reject
        doc: MSH-9, required and validated by the receiver
        doc-ref: HL7 v2.5, 2.15.9.9 and 2.9.2
      - id: control_id
        type: str
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        valid:
          expr: _ != ""
        -percuss-invalid: accept|reject
        doc: MSH-10, required, what the answer names in MSA-2
        doc-ref: HL7 v2.5, 2.15.9.10 and 2.9.2
      - id: processing_id
        type: str
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        valid:
          expr: _ != ""
        -percuss-invalid: reject
        doc: MSH-11, required and validated by the receiver
        doc-ref: HL7 v2.5, 2.15.9.11 and 2.9.2
      - id: version_id
        type: str
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        eos-error: false
        valid:
          expr: _ != ""
        -percuss-invalid: reject
        doc: MSH-12, required and validated by the receiver
        doc-ref: HL7 v2.5, 2.15.9.12 and 2.9.2
      - id: more
        type: field
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        eos-error: false
        repeat: eos
        doc: MSH-13 to MSH-21, all optional
        doc-ref: HL7 v2.5, 2.15.9
    instances:
      recommended:
        value: >-
          field_separator == 0x7c and encoding_characters.component == 0x5e
          and encoding_characters.repetition == 0x7e and encoding_characters.escape == 0x5c
          and encoding_characters.subcomponent == 0x26 and encoding_characters.more.length == 0
        doc: whether the message declares the separators that the standard recommends
        doc-ref: HL7 v2.5, 2.5.4
  encoding_characters:
    doc: the other separators; the last two may be missing where nothing needs them
    doc-ref: HL7 v2.5, 2.15.9.2 and 2.5.4
    seq:
      - id: component
        type: u1
        doc: separates components
      - id: repetition
        type: u1
        doc: separates the values of a field that repeats
      - id: escape
        type: u1
        if: not _io.eof
        doc: begins and ends an escape sequence
      - id: subcomponent
        type: u1
        if: not _io.eof
        doc: separates sub-components
      - id: more
        size-eos: true
        doc: what later versions declare
  message_type:
    doc: what the message is
    doc-ref: HL7 v2.5, 2.15.9.9
    -percuss-invalid: reject
    seq:
      - id: code
        type: str
        terminator: 0x5e
        -percuss-separator: _root.message.header.encoding_characters.component
        eos-error: false
        valid:
          expr: _ != ""
        doc: MSH-9.1, the message code
        doc-ref: HL7 v2.5, 2.15.9.9 and 2.9.2
      - id: event
        type: str
        terminator: 0x5e
        -percuss-separator: _root.message.header.encoding_characters.component
        eos-error: false
        doc: MSH-9.2, the trigger event; a general acknowledgment may go without
        doc-ref: HL7 v2.5, 2.15.9.9
      - id: structure
        type: str
        terminator: 0x5e
        -percuss-separator: _root.message.header.encoding_characters.component
        eos-error: false
        doc: MSH-9.3, the message structure
        doc-ref: HL7 v2.5, 2.15.9.9
      - id: more
        type: str
        terminator: 0x5e
        -percuss-separator: _root.message.header.encoding_characters.component
        eos-error: false
        repeat: eos
        doc: components that a receiver ignores
        doc-ref: HL7 v2.5, 2.6.1
  segment:
    doc: a name and fields; one that is not expected is ignored
    doc-ref: HL7 v2.5, 2.5.2 and 2.6.1
    seq:
      - id: segment_id
        type: str
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        eos-error: false
        doc: three characters; another one is no segment that a receiver expects
        doc-ref: HL7 v2.5, 2.5.2
      - id: body
        size-eos: true
        type:
          switch-on: segment_id
          cases:
            '"MSA"': acknowledgment
            _: fields
        doc: what follows the name
        doc-ref: HL7 v2.5, 2.5.3
  acknowledgment:
    doc: MSA, which message is answered and how
    doc-ref: HL7 v2.5, 2.15.8
    -percuss-invalid: unknown
    seq:
      - id: code
        type: str
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        eos-error: false
        valid:
          any-of: ['"AA"', '"AE"', '"AR"', '"CA"', '"CE"', '"CR"']
        doc: MSA-1, accept, error or reject of the application (A) or of the receipt (C)
        doc-ref: HL7 v2.5, 2.15.8.1 and table 0008
      - id: control_id
        type: str
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        eos-error: false
        doc: MSA-2, MSH-10 of the message that is answered
        doc-ref: HL7 v2.5, 2.15.8.2
      - id: more
        type: field
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        eos-error: false
        repeat: eos
        doc: MSA-3 to MSA-6
        doc-ref: HL7 v2.5, 2.15.8
  fields:
    doc: fields by their position
    doc-ref: HL7 v2.5, 2.5.3
    seq:
      - id: fields
        type: field
        terminator: 0x7c
        -percuss-separator: _root.message.header.field_separator
        eos-error: false
        repeat: eos
        doc: the first one is number 1
        doc-ref: HL7 v2.5, 2.5.3
  field:
    doc: nothing, or one or more values
    doc-ref: HL7 v2.5, 2.5.3
    seq:
      - id: repetitions
        type: repetition
        terminator: 0x7e
        -percuss-separator: _root.message.header.encoding_characters.repetition
        eos-error: false
        repeat: eos
        doc: values of a field that repeats
        doc-ref: HL7 v2.5, 2.5.4
  repetition:
    doc: one value
    doc-ref: HL7 v2.5, 2.5.3
    seq:
      - id: components
        type: component
        terminator: 0x5e
        -percuss-separator: _root.message.header.encoding_characters.component
        eos-error: false
        repeat: eos
        doc: the parts of a value
        doc-ref: HL7 v2.5, 2.5.4
  component:
    doc: a part of a value
    doc-ref: HL7 v2.5, 2.5.3
    seq:
      - id: subcomponents
        type: str
        terminator: 0x26
        -percuss-separator: _root.message.header.encoding_characters.subcomponent
        eos-error: false
        repeat: eos
        doc: texts, with their escapes
        doc-ref: HL7 v2.5, 2.5.4
