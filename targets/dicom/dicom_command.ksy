meta:
  id: dicom_command
  title: DICOM command set
  license: CC0-1.0
  ks-version: 0.10
  endian: le
doc: |
  The command set of a DIMSE message, whole in one fragment, in implicit VR little endian. Which
  elements an operation needs is not said here, and a receiver need not check the encoding.
doc-ref: DICOM PS3.7, 6.3.1
-percuss-invalid: accept|reject|close
seq:
  - id: group
    type: u2
    valid: 0
    doc: all elements of a command have group 0
    doc-ref: DICOM PS3.7, 6.3.1
  - id: element
    type: u2
    valid: 0
    doc: Command Group Length comes first
    doc-ref: DICOM PS3.7, 6.3.1 and E.1
  - id: length
    type: u4
    valid: 4
    doc: length of the value that follows
    doc-ref: DICOM PS3.7, 6.3.1
  - id: group_length
    type: u4
    doc: number of bytes behind this element up to the end of the command
    doc-ref: DICOM PS3.7, E.1 (0000,0000)
  - id: body
    type: command_elements
    size: group_length
    doc: the other elements
    doc-ref: DICOM PS3.7, E.1 (0000,0000)
instances:
  command_field:
    value: >-
      body.elements[0].element == 0x0100 ? body.elements[0].command
      : body.elements[1].element == 0x0100 ? body.elements[1].command
      : body.elements[2].command
    doc: the operation, wherever the optional element before it leaves it
  message_id:
    value: >-
      body.elements[1].element == 0x0110 ? body.elements[1].number
      : body.elements[2].element == 0x0110 ? body.elements[2].number
      : body.elements[3].number
    doc: of a request
  responded_id:
    value: >-
      body.elements[1].element == 0x0120 ? body.elements[1].number
      : body.elements[2].element == 0x0120 ? body.elements[2].number
      : body.elements[3].number
    doc: message ID being responded to
  is_ordered:
    doc: commands have at most seven elements here
    doc-ref: DICOM PS3.7, 6.3.1
    value: >-
      (body.elements.size < 2 or body.elements[0].element < body.elements[1].element)
      and (body.elements.size < 3 or body.elements[1].element < body.elements[2].element)
      and (body.elements.size < 4 or body.elements[2].element < body.elements[3].element)
      and (body.elements.size < 5 or body.elements[3].element < body.elements[4].element)
      and (body.elements.size < 6 or body.elements[4].element < body.elements[5].element)
      and (body.elements.size < 7 or body.elements[5].element < body.elements[6].element)
      and (body.elements.size < 8 or body.elements[6].element < body.elements[7].element)
  data_set_type:
    value: >-
      body.elements[2].element == 0x0800 ? body.elements[2].number
      : body.elements[3].element == 0x0800 ? body.elements[3].number
      : body.elements[4].element == 0x0800 ? body.elements[4].number
      : body.elements[5].number
    doc: 0x0101 when no data set follows
  status:
    value: >-
      body.elements[3].element == 0x0900 ? body.elements[3].number
      : body.elements[4].element == 0x0900 ? body.elements[4].number
      : body.elements[5].number
    doc: of a response
enums:
  command_tag:
    0x0002: affected_sop_class
    0x0003: requested_sop_class
    0x0100: command_field
    0x0110: message_id
    0x0120: message_id_being_responded_to
    0x0600: move_destination
    0x0700: priority
    0x0800: data_set_type
    0x0900: status
    0x0901: offending_element
    0x0902: error_comment
    0x0903: error_id
    0x1000: affected_sop_instance
    0x1001: requested_sop_instance
    0x1002: event_type
    0x1005: attribute_identifiers
    0x1008: action_type
    0x1020: remaining_suboperations
    0x1021: completed_suboperations
    0x1022: failed_suboperations
    0x1023: warning_suboperations
    0x1030: move_originator
    0x1031: move_originator_message_id
  command:
    0x0001: c_store_rq
    0x8001: c_store_rsp
    0x0010: c_get_rq
    0x8010: c_get_rsp
    0x0020: c_find_rq
    0x8020: c_find_rsp
    0x0021: c_move_rq
    0x8021: c_move_rsp
    0x0030: c_echo_rq
    0x8030: c_echo_rsp
    0x0fff: c_cancel_rq
types:
  command_elements:
    doc: elements in ascending order of their tags
    doc-ref: DICOM PS3.7, 6.3.1
    seq:
      - id: elements
        type: command_element
        repeat: eos
        doc: one element after another
        doc-ref: DICOM PS3.7, 6.3.1
  command_element:
    doc: one element of the command group
    doc-ref: DICOM PS3.7, 6.3.1 and E.1
    seq:
      - id: group
        type: u2
        valid: 0
        doc: all elements of a command have group 0
        doc-ref: DICOM PS3.7, 6.3.1
      - id: element
        type: u2
        -percuss-enum: command_tag
        doc: which element
        doc-ref: DICOM PS3.7, E.1
      - id: length
        type: u4
        valid:
          expr: _ % 2 == 0 and (_ == 2 or not is_short)
        doc: length of the value, even; 2 for a number
        doc-ref: DICOM PS3.7, 6.3.1; PS3.5, 6.2 (US) and 7.1.1
      - id: command
        type: u2
        -percuss-enum: command
        if: element == 0x0100
        doc: the operation; 0x8000 more in its response
        doc-ref: DICOM PS3.7, E.1 (0000,0100)
      - id: number
        type: u2
        if: is_short and element != 0x0100
        doc: the value of any other element with VR US
        doc-ref: DICOM PS3.7, E.1
      - id: further
        size: length - 2
        if: is_short
        doc: further values; no element of a command has any
        doc-ref: DICOM PS3.7, E.1 (VM 1)
      - id: uid
        type: str
        encoding: ASCII
        size: length
        if: is_uid
        doc: the value of an element with VR UI, padded to even length with a NUL
        doc-ref: DICOM PS3.5, 6.2 (UI) and 9
      - id: value
        size: length
        if: not is_short and not is_uid
        doc: any other value
        doc-ref: DICOM PS3.7, E.1
    instances:
      is_short:
        value: >-
          element == 0x0100 or element == 0x0110 or element == 0x0120 or element == 0x0700
          or element == 0x0800 or element == 0x0900 or element == 0x0903 or element == 0x1002
          or element == 0x1008 or element == 0x1020 or element == 0x1021 or element == 0x1022
          or element == 0x1023 or element == 0x1031
        doc: its VR is US
      is_uid:
        value: element == 0x0002 or element == 0x0003 or element == 0x1000 or element == 0x1001
        doc: its VR is UI
