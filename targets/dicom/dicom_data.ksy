meta:
  id: dicom_data
  title: DICOM data set
  license: CC0-1.0
  ks-version: 0.10
  endian:
    switch-on: transfer_syntax
    cases:
      '"1.2.840.10008.1.2.2"': be
      _: le
doc: |
  Elements in the encoding of the transfer syntax: implicit VR little endian, explicit VR big endian,
  and explicit VR little endian for all others, also those that compress images. Sequences of
  undefined length and their items lie flat: an element of undefined length has no value of its own,
  what it holds comes behind it. Whether a data set is sound is for the service behind the upper
  layer to say.
doc-ref: DICOM PS3.5, 7.1 and Annex A
-percuss-invalid: accept|reject|close
params:
  - id: transfer_syntax
    type: str
    -percuss-default: 1.2.840.10008.1.2
    doc: its UID
    doc-ref: DICOM PS3.5, Annex A
seq:
  - id: elements
    type: data_element
    repeat: eos
    doc: one element after another
    doc-ref: DICOM PS3.5, 7.1
instances:
  is_explicit:
    value: transfer_syntax != "1.2.840.10008.1.2"
    doc: elements say their VR
types:
  data_element:
    doc: tag, VR where the transfer syntax has it, length, value
    doc-ref: DICOM PS3.5, 7.1.2 and 7.1.3
    -percuss-invalid: accept|reject|close
    seq:
      - id: group
        type: u2
        doc: first half of the tag
        doc-ref: DICOM PS3.5, 7.1.1
      - id: element
        type: u2
        doc: second half of the tag
        doc-ref: DICOM PS3.5, 7.1.1
      - id: vr
        type: str
        encoding: ASCII
        size: 2
        if: has_vr
        doc: the value representation, two letters
        doc-ref: DICOM PS3.5, 6.2 and 7.1.2
      - id: data
        type:
          switch-on: vr
          cases:
            '"OB"': reserved_and_value
            '"OD"': reserved_and_value
            '"OF"': reserved_and_value
            '"OL"': reserved_and_value
            '"OV"': reserved_and_value
            '"OW"': reserved_and_value
            '"SQ"': reserved_and_value
            '"SV"': reserved_and_value
            '"UC"': reserved_and_value
            '"UN"': reserved_and_value
            '"UR"': reserved_and_value
            '"UT"': reserved_and_value
            '"UV"': reserved_and_value
            _: short_value
        if: has_vr
        doc: length and value
        doc-ref: DICOM PS3.5, 7.1.2
      - id: length
        type: u4
        if: not has_vr
        doc: length of the value; 0xffffffff is undefined length
        doc-ref: DICOM PS3.5, 7.1.1 and 7.5
      - id: value
        size: length
        if: not has_vr and length != 0xffffffff
        doc: the value; its VR follows from the tag
        doc-ref: DICOM PS3.5, 7.1.1
    instances:
      has_vr:
        value: _parent.is_explicit and group != 0xfffe
        doc: items and the marks of their end have none in any transfer syntax
  short_value:
    doc: a value of at most 65,534 bytes
    doc-ref: DICOM PS3.5, 7.1.2 Table 7.1-2
    seq:
      - id: length
        type: u2
        doc: length of the value
        doc-ref: DICOM PS3.5, 7.1.2 Table 7.1-2
      - id: value
        size: length
        doc: the value
        doc-ref: DICOM PS3.5, 7.1.2 Table 7.1-2
  reserved_and_value:
    doc: a value of any length
    doc-ref: DICOM PS3.5, 7.1.2 Table 7.1-1
    seq:
      - id: reserved
        type: u2
        doc: reserved, sent as 0
        doc-ref: DICOM PS3.5, 7.1.2 Table 7.1-1
      - id: length
        type: u4
        doc: length of the value; 0xffffffff is undefined length
        doc-ref: DICOM PS3.5, 7.1.2 Table 7.1-1 and 7.5
      - id: value
        size: length
        if: length != 0xffffffff
        doc: the value
        doc-ref: DICOM PS3.5, 7.1.2 Table 7.1-1
