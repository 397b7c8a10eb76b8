meta:
  id: dicom_data
  title: DICOM data set
  license: CC0-1.0
  ks-version: 0.10
  endian: le
doc: |
  Elements in implicit VR little endian. Sequences of undefined length and their items lie flat: an
  element of undefined length has no value of its own, what it holds comes behind it. Whether a
  data set is sound is for the service behind the upper layer to say.
doc-ref: DICOM PS3.5, 7.1.3 and A.1
-percuss-invalid: accept|reject|close
seq:
  - id: elements
    type: data_element
    repeat: eos
    doc: one element after another
    doc-ref: DICOM PS3.5, 7.1
types:
  data_element:
    doc: tag, length, value
    doc-ref: DICOM PS3.5, 7.1.3
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
      - id: length
        type: u4
        doc: length of the value; 0xffffffff is undefined length
        doc-ref: DICOM PS3.5, 7.1.1 and 7.5
      - id: value
        size: length
        if: length != 0xffffffff
        doc: the value; its VR follows from the tag
        doc-ref: DICOM PS3.5, 7.1.1
