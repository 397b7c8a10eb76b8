meta:
  id: dicom_ul
  title: DICOM upper layer protocol data unit
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  imports:
    - dicom_command
    - dicom_data
doc: |
  One PDU of the DICOM upper layer for TCP/IP. Reserved fields have no rule: they are sent as 0 and
  not tested when received. What an acceptor repeats from a request is the session's to say. The
  sub-items of the user information are the users' to negotiate: who does not know or want one may
  pass over it, so a broken one may be accepted.
doc-ref: DICOM PS3.8, 9.3
-percuss-invalid: reject|close
-percuss-framing:
  kind: length
  offset: 2
  width: 4
  adjust: 6
  minimum: 10
  maximum: 16390
params:
  - id: transfer_syntax
    type: str
    -percuss-default: 1.2.840.10008.1.2
    doc: >-
      UID of the transfer syntax that was agreed for data sets; implicit VR little endian is the
      one that everybody has
    doc-ref: DICOM PS3.8, 9.3.3.2 Table 9-18; PS3.5, 10.1
seq:
  - id: pdu_type
    type: u1
    -percuss-enum: pdu_type
    doc: which PDU; one that is not known is answered with A-ABORT
    doc-ref: DICOM PS3.8, 9.3.1 and 9.2 (AA-1, AA-8)
  - id: reserved
    type: u1
    doc: reserved, not tested
    doc-ref: DICOM PS3.8, 9.3.1
  - id: length
    type: u4
    doc: number of bytes that follow
    doc-ref: DICOM PS3.8, 9.3.1
  - id: body
    size: length
    type:
      switch-on: pdu_type
      cases:
        1: associate_rq
        2: associate_ac
        3: associate_rj
        4: p_data_tf
        5: release
        6: release
        7: abort
    doc: the variable field
    doc-ref: DICOM PS3.8, 9.3.1
enums:
  pdu_type:
    1: associate_rq
    2: associate_ac
    3: associate_rj
    4: p_data_tf
    5: release_rq
    6: release_rp
    7: abort
  item_type:
    0x10: application_context
    0x20: presentation_context_rq
    0x21: presentation_context_ac
    0x30: abstract_syntax
    0x40: transfer_syntax
    0x50: user_information
    0x51: maximum_length
    0x52: implementation_class_uid
    0x53: asynchronous_operations_window
    0x54: role_selection
    0x55: implementation_version_name
    0x56: sop_class_extended_negotiation
    0x57: sop_class_common_extended_negotiation
    0x58: user_identity_rq
    0x59: user_identity_ac
  negotiation_result:
    0: acceptance
    1: user_rejection
    2: no_reason
    3: abstract_syntax_not_supported
    4: transfer_syntaxes_not_supported
  reject_result:
    1: rejected_permanent
    2: rejected_transient
  reject_source:
    1: service_user
    2: service_provider_acse
    3: service_provider_presentation
  abort_source:
    0: service_user
    2: service_provider
  abort_reason:
    0: not_specified
    1: unrecognized_pdu
    2: unexpected_pdu
    4: unrecognized_pdu_parameter
    5: unexpected_pdu_parameter
    6: invalid_pdu_parameter_value
types:
  associate_rq:
    doc: A-ASSOCIATE-RQ, asks for an association
    doc-ref: DICOM PS3.8, 9.3.2
    seq:
      - id: protocol_version
        type: u2
        valid:
          expr: (_ & 1) == 1
        doc: one bit a version; only bit 0 is tested
        doc-ref: DICOM PS3.8, 9.3.2 Table 9-11 (protocol version)
      - id: reserved
        type: u2
        doc: reserved, not tested
        doc-ref: DICOM PS3.8, 9.3.2 Table 9-11
      - id: called_ae
        type: str
        encoding: ASCII
        size: 16
        doc: whom the request is for, padded with spaces
        doc-ref: DICOM PS3.8, 9.3.2 Table 9-11 (called AE title)
      - id: calling_ae
        type: str
        encoding: ASCII
        size: 16
        doc: who asks, padded with spaces
        doc-ref: DICOM PS3.8, 9.3.2 Table 9-11 (calling AE title)
      - id: reserved_2
        size: 32
        doc: reserved, not tested
        doc-ref: DICOM PS3.8, 9.3.2 Table 9-11
      - id: items
        type: item
        repeat: eos
        doc: application context, presentation contexts, user information
        doc-ref: DICOM PS3.8, 9.3.2 Table 9-11 (variable items)
  associate_ac:
    doc: A-ASSOCIATE-AC, accepts it
    doc-ref: DICOM PS3.8, 9.3.3
    seq:
      - id: protocol_version
        type: u2
        valid:
          expr: (_ & 1) == 1
        doc: one bit a version; only bit 0 is tested
        doc-ref: DICOM PS3.8, 9.3.3 Table 9-17 (protocol version)
      - id: reserved
        type: u2
        doc: reserved, not tested
        doc-ref: DICOM PS3.8, 9.3.3 Table 9-17
      - id: called_ae
        type: str
        encoding: ASCII
        size: 16
        doc: sent as received in the request, not tested
        doc-ref: DICOM PS3.8, 9.3.3 Table 9-17
      - id: calling_ae
        type: str
        encoding: ASCII
        size: 16
        doc: sent as received in the request, not tested
        doc-ref: DICOM PS3.8, 9.3.3 Table 9-17
      - id: reserved_2
        size: 32
        doc: sent as received in the request, not tested
        doc-ref: DICOM PS3.8, 9.3.3 Table 9-17
      - id: items
        type: item
        repeat: eos
        doc: application context, presentation contexts, user information
        doc-ref: DICOM PS3.8, 9.3.3 Table 9-17 (variable items)
  item:
    doc: an item; one of an unrecognized type is ignored and skipped
    doc-ref: DICOM PS3.8, 9.3.1
    seq:
      - id: item_type
        type: u1
        -percuss-enum: item_type
        doc: what it is
        doc-ref: DICOM PS3.8, 9.3.2 and 9.3.3
      - id: reserved
        type: u1
        doc: reserved, not tested
        doc-ref: DICOM PS3.8, 9.3.2 and 9.3.3
      - id: length
        type: u2
        doc: number of bytes that follow
        doc-ref: DICOM PS3.8, 9.3.2 and 9.3.3
      - id: body
        size: length
        type:
          switch-on: item_type
          cases:
            0x10: name
            0x20: presentation_context
            0x21: presentation_context_result
            0x50: user_information
            _: unrecognized
        doc: the content
        doc-ref: DICOM PS3.8, 9.3.2 and 9.3.3
  name:
    doc: a UID or another name, without padding
    doc-ref: DICOM PS3.8, 9.3.2.1, 9.3.2.2.1, 9.3.2.2.2 and Annex F
    seq:
      - id: value
        type: str
        encoding: ASCII
        size-eos: true
        doc: the name
        doc-ref: DICOM PS3.8, Annex F
  unrecognized:
    doc: an item that is skipped
    doc-ref: DICOM PS3.8, 9.3.1
    seq:
      - id: value
        size-eos: true
        doc: its bytes
        doc-ref: DICOM PS3.8, 9.3.1
  presentation_context:
    doc: a proposed abstract syntax with its transfer syntaxes
    doc-ref: DICOM PS3.8, 9.3.2.2
    seq:
      - id: context_id
        type: u1
        valid:
          expr: _ % 2 == 1
        doc: odd, 1 to 255
        doc-ref: DICOM PS3.8, 9.3.2.2 Table 9-13 (presentation-context-ID)
      - id: reserved
        size: 3
        doc: reserved, not tested
        doc-ref: DICOM PS3.8, 9.3.2.2 Table 9-13
      - id: items
        type: syntax_item
        repeat: eos
        doc: one abstract syntax and one or more transfer syntaxes
        doc-ref: DICOM PS3.8, 9.3.2.2 Table 9-13
  presentation_context_result:
    doc: what became of a proposed presentation context
    doc-ref: DICOM PS3.8, 9.3.3.2
    seq:
      - id: context_id
        type: u1
        valid:
          expr: _ % 2 == 1
        doc: odd, 1 to 255
        doc-ref: DICOM PS3.8, 9.3.3.2 Table 9-18 (presentation-context-ID)
      - id: reserved
        type: u1
        doc: reserved, not tested
        doc-ref: DICOM PS3.8, 9.3.3.2 Table 9-18
      - id: result
        type: u1
        -percuss-enum: negotiation_result
        valid:
          max: 4
        doc: accepted, or why not
        doc-ref: DICOM PS3.8, 9.3.3.2 Table 9-18 (result/reason)
      - id: reserved_2
        type: u1
        doc: reserved, not tested
        doc-ref: DICOM PS3.8, 9.3.3.2 Table 9-18
      - id: items
        type: syntax_item
        repeat: eos
        doc: one transfer syntax, not tested when the context is not accepted
        doc-ref: DICOM PS3.8, 9.3.3.2 Table 9-18
  syntax_item:
    doc: an abstract syntax or a transfer syntax
    doc-ref: DICOM PS3.8, 9.3.2.2.1 and 9.3.2.2.2
    seq:
      - id: item_type
        type: u1
        -percuss-enum: item_type
        doc: which of the two
        doc-ref: DICOM PS3.8, 9.3.2.2.1 and 9.3.2.2.2
      - id: reserved
        type: u1
        doc: reserved, not tested
        doc-ref: DICOM PS3.8, 9.3.2.2.1 and 9.3.2.2.2
      - id: length
        type: u2
        doc: number of bytes that follow
        doc-ref: DICOM PS3.8, 9.3.2.2.1 and 9.3.2.2.2
      - id: body
        size: length
        type:
          switch-on: item_type
          cases:
            0x30: name
            0x40: name
            _: unrecognized
        doc: the UID
        doc-ref: DICOM PS3.8, Annex F
  user_information:
    doc: what the two users of the upper layer negotiate
    doc-ref: DICOM PS3.8, 9.3.2.3
    seq:
      - id: items
        type: user_item
        repeat: eos
        doc: sub-items
        doc-ref: DICOM PS3.8, 9.3.2.3 Table 9-16; PS3.7, D.3.3
  user_item:
    doc: a sub-item of the user information
    doc-ref: DICOM PS3.8, 9.3.2.3 and D.1; PS3.7, D.3.3
    seq:
      - id: item_type
        type: u1
        -percuss-enum: item_type
        doc: what it is
        doc-ref: DICOM PS3.8, D.1; PS3.7, D.3.3
      - id: reserved
        type: u1
        doc: reserved, not tested
        doc-ref: DICOM PS3.8, D.1; PS3.7, D.3.3
      - id: length
        type: u2
        doc: number of bytes that follow
        doc-ref: DICOM PS3.8, D.1; PS3.7, D.3.3
      - id: body
        size: length
        type:
          switch-on: item_type
          cases:
            0x51: maximum_length
            0x52: name
            0x53: operations_window
            0x54: role_selection
            0x55: name
            0x56: extended_negotiation
            0x58: user_identity
            _: unrecognized
        doc: the content
        doc-ref: DICOM PS3.8, D.1; PS3.7, D.3.3
  maximum_length:
    doc: the largest variable field of a P-DATA-TF PDU that the sender takes
    doc-ref: DICOM PS3.8, D.1.1
    -percuss-invalid: accept|reject|close
    seq:
      - id: value
        type: u4
        doc: number of bytes, 0 for no limit
        doc-ref: DICOM PS3.8, D.1.1 Table D.1-1 (maximum-length-received)
  operations_window:
    doc: how many operations may be under way
    doc-ref: DICOM PS3.7, D.3.3.3
    -percuss-invalid: accept|reject|close
    seq:
      - id: invoked
        type: u2
        doc: of the requestor, 0 for no limit
        doc-ref: DICOM PS3.7, D.3.3.3.1 Table D.3-7
      - id: performed
        type: u2
        doc: of the acceptor, 0 for no limit
        doc-ref: DICOM PS3.7, D.3.3.3.1 Table D.3-7
  role_selection:
    doc: which side is SCU and SCP of a SOP class
    doc-ref: DICOM PS3.7, D.3.3.4
    -percuss-invalid: accept|reject|close
    seq:
      - id: uid_length
        type: u2
        doc: length of the UID
        doc-ref: DICOM PS3.7, D.3.3.4.1 Table D.3-9 (UID-length)
      - id: uid
        type: str
        encoding: ASCII
        size: uid_length
        doc: the SOP class
        doc-ref: DICOM PS3.7, D.3.3.4.1 Table D.3-9 (SOP-class-uid)
      - id: scu_role
        type: u1
        valid:
          max: 1
        doc: 1 when supported
        doc-ref: DICOM PS3.7, D.3.3.4.1 Table D.3-9 (SCU-role)
      - id: scp_role
        type: u1
        valid:
          max: 1
        doc: 1 when supported
        doc-ref: DICOM PS3.7, D.3.3.4.1 Table D.3-9 (SCP-role)
  extended_negotiation:
    doc: what a service class negotiates for a SOP class
    doc-ref: DICOM PS3.7, D.3.3.5
    -percuss-invalid: accept|reject|close
    seq:
      - id: uid_length
        type: u2
        doc: length of the UID
        doc-ref: DICOM PS3.7, D.3.3.5.1 Table D.3-11 (SOP-class-uid-length)
      - id: uid
        type: str
        encoding: ASCII
        size: uid_length
        doc: the SOP class
        doc-ref: DICOM PS3.7, D.3.3.5.1 Table D.3-11 (SOP-class-uid)
      - id: information
        size-eos: true
        doc: of the service class
        doc-ref: DICOM PS3.7, D.3.3.5.1 Table D.3-11 (service-class-application-information)
  user_identity:
    doc: who uses the association
    doc-ref: DICOM PS3.7, D.3.3.7
    -percuss-invalid: accept|reject|close
    seq:
      - id: identity_type
        type: u1
        valid:
          min: 1
          max: 5
        doc: name, name with passcode, Kerberos ticket, SAML assertion, JSON web token
        doc-ref: DICOM PS3.7, D.3.3.7.1 Table D.3-14 (user-identity-type)
      - id: response_requested
        type: u1
        valid:
          max: 1
        doc: 1 when the acceptor is to confirm it
        doc-ref: DICOM PS3.7, D.3.3.7.1 Table D.3-14 (positive-response-requested)
      - id: primary_length
        type: u2
        doc: length of the first field
        doc-ref: DICOM PS3.7, D.3.3.7.1 Table D.3-14 (primary-field-length)
      - id: primary
        size: primary_length
        doc: name, ticket, assertion or token
        doc-ref: DICOM PS3.7, D.3.3.7.1 Table D.3-14 (primary-field)
      - id: secondary_length
        type: u2
        doc: length of the second field
        doc-ref: DICOM PS3.7, D.3.3.7.1 Table D.3-14 (secondary-field-length)
      - id: secondary
        size: secondary_length
        doc: the passcode of type 2
        doc-ref: DICOM PS3.7, D.3.3.7.1 Table D.3-14 (secondary-field)
  associate_rj:
    doc: A-ASSOCIATE-RJ, refuses an association
    doc-ref: DICOM PS3.8, 9.3.4
    seq:
      - id: reserved
        type: u1
        doc: reserved, not tested
        doc-ref: DICOM PS3.8, 9.3.4 Table 9-21
      - id: result
        type: u1
        -percuss-enum: reject_result
        valid:
          min: 1
          max: 2
        doc: for good or for now
        doc-ref: DICOM PS3.8, 9.3.4 Table 9-21 (result)
      - id: source
        type: u1
        -percuss-enum: reject_source
        valid:
          min: 1
          max: 3
        doc: who refuses
        doc-ref: DICOM PS3.8, 9.3.4 Table 9-21 (source)
      - id: reason
        type: u1
        valid:
          expr: '_ <= 10 and (source != 2 or _ == 1 or _ == 2) and (source != 1 or _ >= 1)'
        doc: why; the meaning depends on the source
        doc-ref: DICOM PS3.8, 9.3.4 Table 9-21 (reason/diag.)
  p_data_tf:
    doc: P-DATA-TF, carries pieces of messages
    doc-ref: DICOM PS3.8, 9.3.5
    seq:
      - id: pdvs
        type: pdv
        repeat: eos
        doc: one or more presentation data values
        doc-ref: DICOM PS3.8, 9.3.5 Table 9-22
  pdv:
    doc: a command or a data set, or a piece of one
    doc-ref: DICOM PS3.8, 9.3.5.1 and Annex E
    -percuss-segments:
      bytes: fragment
      maximum: 16378
      last: (control & 2) != 0
      stream: context_id * 2 + (control & 1)
      more: {control: control & 0xfd}
    seq:
      - id: length
        type: u4
        valid:
          min: 2
        doc: number of bytes that follow
        doc-ref: DICOM PS3.8, 9.3.5.1 Table 9-23 (item-length)
      - id: context_id
        type: u1
        valid:
          expr: _ % 2 == 1
        doc: the presentation context it belongs to
        doc-ref: DICOM PS3.8, 9.3.5.1 Table 9-23 (presentation-context-ID)
      - id: control
        type: u1
        doc: message control header, bit 0 command, bit 1 last fragment, the others not tested
        doc-ref: DICOM PS3.8, E.2
      - id: fragment
        size: length - 2
        type:
          switch-on: "is_deflated and (control & 3) == 2 ? 0 : control & 3"
          cases:
            3: dicom_command
            2: dicom_data(_root.transfer_syntax)
            _: raw
        doc: a command or data set, or a part of one
        doc-ref: DICOM PS3.8, 9.3.5.1 Table 9-23 (presentation-data-value) and E.1
    instances:
      is_deflated:
        value: >-
          _root.transfer_syntax == "1.2.840.10008.1.2.1.99"
          or _root.transfer_syntax == "1.2.840.10008.1.2.4.95"
          or _root.transfer_syntax == "1.2.840.10008.1.2.4.205"
        doc: its data sets are compressed as a whole, and no elements to this grammar
  raw:
    doc: a piece of a command or data set that goes on in another fragment
    doc-ref: DICOM PS3.8, E.1
    seq:
      - id: value
        size-eos: true
        doc: its bytes
        doc-ref: DICOM PS3.8, E.1
  release:
    doc: A-RELEASE-RQ and A-RELEASE-RP, the orderly end
    doc-ref: DICOM PS3.8, 9.3.6 and 9.3.7
    seq:
      - id: reserved
        type: u4
        doc: reserved, not tested
        doc-ref: DICOM PS3.8, 9.3.6 Table 9-24 and 9.3.7 Table 9-25
  abort:
    doc: A-ABORT, the end at once
    doc-ref: DICOM PS3.8, 9.3.8
    seq:
      - id: reserved
        type: u2
        doc: reserved, not tested
        doc-ref: DICOM PS3.8, 9.3.8 Table 9-26
      - id: source
        type: u1
        -percuss-enum: abort_source
        valid:
          any-of: [0, 2]
        doc: who ends it; 1 is reserved
        doc-ref: DICOM PS3.8, 9.3.8 Table 9-26 (source)
      - id: reason
        type: u1
        -percuss-enum: abort_reason
        doc: why; not significant when the service-user aborts
        doc-ref: DICOM PS3.8, 9.3.8 Table 9-26 (reason/diag.)
