meta:
  id: ieee11073
  title: Personal health device APDU
  license: CC0-1.0
  ks-version: 0.10
  endian: be
doc: |
  One APDU of the exchange protocol between an agent (a sensor) and its manager, in the medical
  device encoding rules. What a message may say in a state of the association, and what it must
  repeat from another, is the session's to know. How values of measurements read depends on the
  configuration that the agent reported before.
doc-ref: ISO/IEEE 11073-20601, Annexes A and F
-percuss-invalid: reject
-percuss-framing:
  kind: length
  offset: 2
  width: 2
  adjust: 4
  minimum: 4
  maximum: 2048
params:
  - id: configuration
    type: u2
    enum: known_configuration
    -percuss-default: none
    doc: identifier of the configuration that the agent reported last
    doc-ref: ISO/IEEE 11073-20601, 8.8 and Annex A (ConfigId)
seq:
  - id: choice
    type: u2
    -percuss-enum: choice
    doc: which APDU; one that is not known is answered with an abort
    doc-ref: ISO/IEEE 11073-20601, Annex A
  - id: length
    type: u2
    doc: number of bytes that follow
    doc-ref: ISO/IEEE 11073-20601, Annexes A and F
  - id: body
    size: length
    type:
      switch-on: choice
      cases:
        0xe200: association_request
        0xe300: association_response
        0xe400: reason
        0xe500: reason
        0xe600: reason
        0xe700: presentation
        0xf000: nothing
        0xf001: nothing
    doc: the content
    doc-ref: ISO/IEEE 11073-20601, Annex A
enums:
  known_configuration:
    0: none
    0x0190: saturation
    0x4000: saturation_and_rate
  choice:
    0xe200: aarq
    0xe300: aare
    0xe400: rlrq
    0xe500: rlre
    0xe600: abrt
    0xe700: prst
    0xf000: button
    0xf001: button_held
  association_result:
    0: accepted
    1: rejected_permanent
    2: rejected_transient
    3: accepted_unknown_config
    4: rejected_no_common_protocol
    5: rejected_no_common_parameter
    6: rejected_unknown
    7: rejected_unauthorized
    8: rejected_unsupported_version
  data_protocol:
    0: none
    0x5079: exchange_20601
    0xffff: manufacturer
  operation:
    0x0100: event_report
    0x0101: confirmed_event_report
    0x0103: get
    0x0104: set
    0x0105: confirmed_set
    0x0106: action
    0x0107: confirmed_action
    0x0201: event_report_response
    0x0203: get_response
    0x0205: set_response
    0x0207: action_response
    0x0300: error
    0x0400: rejection
  event:
    0x0d1c: configuration
    0x0d1d: fixed_scan_report
  action:
    0x0c17: set_time
  attribute:
    0x0928: model
    0x092f: type
    0x0984: system_id
    0x0987: time
    0x0996: unit
    0x0a44: configuration
    0x0a5a: system_types
  error:
    1: no_such_object
    9: no_such_action
    24: not_allowed
  problem:
    0: unrecognized_apdu
    2: badly_structured
    101: unrecognized_operation
    103: resource_limitation
  configuration_result:
    0: accepted
    1: unsupported
    2: unknown
types:
  nothing:
    doc: >-
      the sensor's only key, pressed or held down; not of the standard, an emulated sensor has no
      other way to be touched
    doc-ref: PO-10 manual, APDUs
    seq: []
  reason:
    doc: why an association is released or aborted; the reasons are open
    doc-ref: ISO/IEEE 11073-20601, Annex A (RlrqApdu, RlreApdu, AbrtApdu)
    seq:
      - id: reason
        type: u2
        doc: 0 is normal or undefined
        doc-ref: ISO/IEEE 11073-20601, Annex A
  association_request:
    doc: AARQ, an agent asks for an association
    doc-ref: ISO/IEEE 11073-20601, Annex A (AarqApdu)
    seq:
      - id: version
        type: u4
        valid:
          expr: (_ & 0x80000000) != 0
        doc: one bit a version of the association protocol
        doc-ref: ISO/IEEE 11073-20601, Annex A (AssociationVersion)
      - id: count
        type: u2
        doc: number of data protocols
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataProtoList)
      - id: length
        type: u2
        doc: number of bytes of the list
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataProtoList)
      - id: list
        size: length
        type: protocols
        doc: the data protocols that the agent offers
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataProtoList)
  protocols:
    doc: a list of data protocols
    doc-ref: ISO/IEEE 11073-20601, Annex A (DataProtoList)
    seq:
      - id: items
        type: protocol
        repeat: expr
        repeat-expr: _parent.count
        doc: the preferred one first
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataProtoList)
  protocol:
    doc: a data protocol and what is to be known about it
    doc-ref: ISO/IEEE 11073-20601, Annex A (DataProto)
    seq:
      - id: protocol
        type: u2
        -percuss-enum: data_protocol
        doc: which protocol
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataProtoId)
      - id: length
        type: u2
        doc: number of bytes of the information
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataProto)
      - id: information
        size: length
        type:
          switch-on: protocol
          cases:
            0x5079: agent_information
            _: opaque
        doc: what the protocol says of it
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataProto)
  association_response:
    doc: AARE, a manager's answer
    doc-ref: ISO/IEEE 11073-20601, Annex A (AareApdu)
    seq:
      - id: result
        type: u2
        -percuss-enum: association_result
        doc: accepted, accepted but the configuration must be sent, or why not
        doc-ref: ISO/IEEE 11073-20601, Annex A (AssociateResult)
      - id: protocol
        type: u2
        -percuss-enum: data_protocol
        valid:
          expr: _ == 0x5079 or (result != 0 and result != 3)
        doc: the data protocol that was chosen, none when refused
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataProtoId) and 8.7
      - id: length
        type: u2
        doc: number of bytes of the information
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataProto)
      - id: information
        size: length
        type:
          switch-on: protocol
          cases:
            0x5079: manager_information
            _: opaque
        doc: what the protocol says of it
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataProto)
  opaque:
    doc: bytes that this protocol says nothing about
    doc-ref: ISO/IEEE 11073-20601, Annex A (ANY DEFINED BY)
    seq:
      - id: value
        size-eos: true
        doc: the bytes
        doc-ref: ISO/IEEE 11073-20601, Annex A (ANY DEFINED BY)
  agent_information:
    doc: what the two sides must know of each other
    doc-ref: ISO/IEEE 11073-20601, Annex A (PhdAssociationInformation)
    seq:
      - id: version
        type: u4
        valid:
          expr: (_ & 0x80000000) != 0
        doc: one bit a version of the data protocol
        doc-ref: ISO/IEEE 11073-20601, Annex A (ProtocolVersion)
      - id: encoding
        type: u2
        valid:
          expr: (_ & 0x8000) != 0
        doc: one bit an encoding; the medical device encoding rules are the first
        doc-ref: ISO/IEEE 11073-20601, Annex A (EncodingRules)
      - id: nomenclature
        type: u4
        valid:
          expr: (_ & 0x80000000) != 0
        doc: one bit a version of the nomenclature
        doc-ref: ISO/IEEE 11073-20601, Annex A (NomenclatureVersion)
      - id: functional_units
        type: u4
        doc: one bit an extension
        doc-ref: ISO/IEEE 11073-20601, Annex A (FunctionalUnits)
      - id: system_type
        type: u4
        valid: 0x00800000
        doc: agent
        doc-ref: ISO/IEEE 11073-20601, Annex A (SystemType)
      - id: id_length
        type: u2
        valid: 8
        doc: number of bytes of the identifier, always 8
        doc-ref: ISO/IEEE 11073-20601, Annex A (OCTET STRING)
      - id: system_id
        size: id_length
        doc: EUI-64 of the sender
        doc-ref: ISO/IEEE 11073-20601, Annex A (OCTET STRING)
      - id: configuration
        type: u2
        doc: configuration of the agent; 0 from a manager
        doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigId)
      - id: request_modes
        type: u2
        doc: who asks for data, and how
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataReqModeCapab)
      - id: agent_flows
        type: u1
        doc: flows that the agent may start
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataReqModeCapab)
      - id: manager_flows
        type: u1
        doc: flows that the manager may start
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataReqModeCapab)
      - id: options
        type: attribute_list
        doc: extensions
        doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeList)
  manager_information:
    doc: what the two sides must know of each other
    doc-ref: ISO/IEEE 11073-20601, Annex A (PhdAssociationInformation)
    seq:
      - id: version
        type: u4
        valid:
          expr: (_ & 0x80000000) != 0
        doc: one bit a version of the data protocol
        doc-ref: ISO/IEEE 11073-20601, Annex A (ProtocolVersion)
      - id: encoding
        type: u2
        valid:
          expr: _ == 0x8000
        doc: one bit an encoding; the medical device encoding rules are the first
        doc-ref: ISO/IEEE 11073-20601, Annex A (EncodingRules)
      - id: nomenclature
        type: u4
        valid:
          expr: (_ & 0x80000000) != 0
        doc: one bit a version of the nomenclature
        doc-ref: ISO/IEEE 11073-20601, Annex A (NomenclatureVersion)
      - id: functional_units
        type: u4
        doc: one bit an extension
        doc-ref: ISO/IEEE 11073-20601, Annex A (FunctionalUnits)
      - id: system_type
        type: u4
        valid: '0x80000000'
        doc: manager
        doc-ref: ISO/IEEE 11073-20601, Annex A (SystemType)
      - id: id_length
        type: u2
        valid: 8
        doc: number of bytes of the identifier, always 8
        doc-ref: ISO/IEEE 11073-20601, Annex A (OCTET STRING)
      - id: system_id
        size: id_length
        doc: EUI-64 of the sender
        doc-ref: ISO/IEEE 11073-20601, Annex A (OCTET STRING)
      - id: configuration
        type: u2
        doc: configuration of the agent; 0 from a manager
        doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigId)
      - id: request_modes
        type: u2
        doc: who asks for data, and how
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataReqModeCapab)
      - id: agent_flows
        type: u1
        doc: flows that the agent may start
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataReqModeCapab)
      - id: manager_flows
        type: u1
        doc: flows that the manager may start
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataReqModeCapab)
      - id: options
        type: attribute_list
        doc: extensions
        doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeList)
  attribute_list:
    doc: attributes
    doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeList)
    seq:
      - id: count
        type: u2
        doc: number of attributes
        doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeList)
      - id: length
        type: u2
        doc: number of bytes of the list
        doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeList)
      - id: list
        size: length
        type: attributes
        doc: the attributes
        doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeList)
  attributes:
    doc: the attributes of a list
    doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeList)
    seq:
      - id: items
        type: attribute
        repeat: expr
        repeat-expr: _parent.count
        doc: one after the other
        doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeList)
  attribute:
    doc: an attribute and its value
    doc-ref: ISO/IEEE 11073-20601, Annex A (AVA-Type)
    seq:
      - id: attribute
        type: u2
        -percuss-enum: attribute
        doc: which attribute
        doc-ref: ISO/IEEE 11073-20601, Annex A (AVA-Type)
      - id: length
        type: u2
        doc: number of bytes of the value
        doc-ref: ISO/IEEE 11073-20601, Annex A (AVA-Type)
      - id: value
        size: length
        type:
          switch-on: attribute
          cases:
            0x0928: model_name
            0x092f: nomenclature_type
            0x0984: octets
            0x0987: absolute_time
            0x0996: number
            0x0a44: number
            0x0a5a: system_types
            _: opaque
        doc: its value
        doc-ref: ISO/IEEE 11073-20601, Annex A (AVA-Type)
  number:
    doc: a code or identifier
    doc-ref: ISO/IEEE 11073-20601, Annex A (INT-U16)
    seq:
      - id: number
        type: u2
        doc: its value
        doc-ref: ISO/IEEE 11073-20601, Annex A (INT-U16)
  octets:
    doc: bytes with their number
    doc-ref: ISO/IEEE 11073-20601, Annex F (OCTET STRING)
    seq:
      - id: length
        type: u2
        doc: number of bytes
        doc-ref: ISO/IEEE 11073-20601, Annex F
      - id: value
        size: length
        doc: the bytes
        doc-ref: ISO/IEEE 11073-20601, Annex F
  model_name:
    doc: manufacturer and model
    doc-ref: ISO/IEEE 11073-20601, Annex A (SystemModel)
    seq:
      - id: manufacturer
        type: octets
        doc: who makes it
        doc-ref: ISO/IEEE 11073-20601, Annex A (SystemModel)
      - id: model
        type: octets
        doc: what it is called
        doc-ref: ISO/IEEE 11073-20601, Annex A (SystemModel)
  nomenclature_type:
    doc: a code of the nomenclature in its partition
    doc-ref: ISO/IEEE 11073-20601, Annex A (TYPE)
    seq:
      - id: partition
        type: u2
        doc: part of the nomenclature
        doc-ref: ISO/IEEE 11073-20601, Annex A (NomPartition)
      - id: code
        type: u2
        doc: code in this part
        doc-ref: ISO/IEEE 11073-20601, Annex A (OID-Type)
  system_types:
    doc: the specializations that the agent follows
    doc-ref: ISO/IEEE 11073-20601, Annex A (TypeVerList)
    seq:
      - id: count
        type: u2
        doc: how many
        doc-ref: ISO/IEEE 11073-20601, Annex A (TypeVerList)
      - id: length
        type: u2
        doc: number of bytes of the list
        doc-ref: ISO/IEEE 11073-20601, Annex A (TypeVerList)
      - id: list
        size: length
        type: type_versions
        doc: the specializations
        doc-ref: ISO/IEEE 11073-20601, Annex A (TypeVerList)
  type_versions:
    doc: a list of specializations
    doc-ref: ISO/IEEE 11073-20601, Annex A (TypeVerList)
    seq:
      - id: items
        type: type_version
        repeat: expr
        repeat-expr: _parent.count
        doc: one after the other
        doc-ref: ISO/IEEE 11073-20601, Annex A (TypeVerList)
  type_version:
    doc: a specialization and its version
    doc-ref: ISO/IEEE 11073-20601, Annex A (TypeVer)
    seq:
      - id: code
        type: u2
        doc: its code
        doc-ref: ISO/IEEE 11073-20601, Annex A (TypeVer)
      - id: version
        type: u2
        doc: its version
        doc-ref: ISO/IEEE 11073-20601, Annex A (TypeVer)
  absolute_time:
    doc: a time in binary coded decimals
    doc-ref: ISO/IEEE 11073-20601, Annex A (AbsoluteTime)
    seq:
      - id: century
        type: u1
        valid:
          expr: _ >= 0x19 and _ <= 0x21 and (_ & 0xf) <= 9
        doc: 19 to 21
        doc-ref: ISO/IEEE 11073-20601, Annex A (AbsoluteTime)
      - id: year
        type: u1
        valid:
          expr: _ <= 0x99 and (_ & 0xf) <= 9
        doc: 00 to 99
        doc-ref: ISO/IEEE 11073-20601, Annex A (AbsoluteTime)
      - id: month
        type: u1
        valid:
          expr: _ >= 0x01 and _ <= 0x12 and (_ & 0xf) <= 9
        doc: 01 to 12
        doc-ref: ISO/IEEE 11073-20601, Annex A (AbsoluteTime)
      - id: day
        type: u1
        valid:
          expr: _ >= 0x01 and _ <= 0x31 and (_ & 0xf) <= 9
        doc: 01 to 31
        doc-ref: ISO/IEEE 11073-20601, Annex A (AbsoluteTime)
      - id: hour
        type: u1
        valid:
          expr: _ <= 0x23 and (_ & 0xf) <= 9
        doc: 00 to 23
        doc-ref: ISO/IEEE 11073-20601, Annex A (AbsoluteTime)
      - id: minute
        type: u1
        valid:
          expr: _ <= 0x59 and (_ & 0xf) <= 9
        doc: 00 to 59
        doc-ref: ISO/IEEE 11073-20601, Annex A (AbsoluteTime)
      - id: second
        type: u1
        valid:
          expr: _ <= 0x59 and (_ & 0xf) <= 9
        doc: 00 to 59
        doc-ref: ISO/IEEE 11073-20601, Annex A (AbsoluteTime)
      - id: hundredth
        type: u1
        valid:
          expr: _ <= 0x99 and (_ & 0xf) <= 9
        doc: 00 to 99
        doc-ref: ISO/IEEE 11073-20601, Annex A (AbsoluteTime)
  presentation:
    doc: PRST, carries one operation or its result
    doc-ref: ISO/IEEE 11073-20601, Annex A (PrstApdu)
    seq:
      - id: length
        type: u2
        doc: number of bytes that follow
        doc-ref: ISO/IEEE 11073-20601, Annex A (PrstApdu)
      - id: data
        size: length
        type: data_apdu
        doc: operation or result
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataApdu)
  data_apdu:
    doc: an operation or its result
    doc-ref: ISO/IEEE 11073-20601, Annex A (DataApdu)
    seq:
      - id: invoke_id
        type: u2
        doc: repeated by the response
        doc-ref: ISO/IEEE 11073-20601, Annex A (InvokeIDType)
      - id: operation
        type: u2
        -percuss-enum: operation
        doc: what it is
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataApdu)
      - id: length
        type: u2
        doc: number of bytes that follow
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataApdu)
      - id: body
        size: length
        type:
          switch-on: operation
          cases:
            0x0100: event_report
            0x0101: event_report
            0x0103: get
            0x0104: set
            0x0105: set
            0x0106: action
            0x0107: action
            0x0201: event_response
            0x0203: get_response
            0x0205: get_response
            0x0207: action_response
            0x0300: error
            0x0400: rejection
        doc: what the operation needs
        doc-ref: ISO/IEEE 11073-20601, Annex A
  event_report:
    doc: the agent reports its configuration or measurements
    doc-ref: ISO/IEEE 11073-20601, 7.3 and Annex A (EventReportArgumentSimple)
    seq:
      - id: handle
        type: u2
        doc: which object; 0 is the agent itself
        doc-ref: ISO/IEEE 11073-20601, Annex A (EventReportArgumentSimple)
      - id: time
        type: u4
        doc: relative time; all ones where there is none
        doc-ref: ISO/IEEE 11073-20601, Annex A (EventReportArgumentSimple)
      - id: event
        type: u2
        -percuss-enum: event
        doc: what is reported
        doc-ref: ISO/IEEE 11073-20601, Annex A (EventReportArgumentSimple)
      - id: length
        type: u2
        doc: number of bytes of the report
        doc-ref: ISO/IEEE 11073-20601, Annex A (EventReportArgumentSimple)
      - id: information
        size: length
        type:
          switch-on: event
          cases:
            0x0d1c: configuration_report
            0x0d1d: scan_report
            _: opaque
        doc: the report
        doc-ref: ISO/IEEE 11073-20601, Annex A
  configuration_report:
    doc: which objects the agent has
    doc-ref: ISO/IEEE 11073-20601, 8.8 and Annex A (ConfigReport)
    seq:
      - id: configuration
        type: u2
        doc: identifier of the configuration
        doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigReport)
      - id: count
        type: u2
        doc: number of objects
        doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigObjectList)
      - id: length
        type: u2
        doc: number of bytes of the list
        doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigObjectList)
      - id: list
        size: length
        type: objects
        doc: the objects
        doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigObjectList)
  objects:
    doc: a list of objects
    doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigObjectList)
    seq:
      - id: items
        type: object
        repeat: expr
        repeat-expr: _parent.count
        doc: one after the other
        doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigObjectList)
  object:
    doc: an object and its attributes
    doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigObject)
    seq:
      - id: object_class
        type: u2
        doc: 6 is a numeric
        doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigObject)
      - id: handle
        type: u2
        doc: how it is named from now on
        doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigObject)
      - id: attributes
        type: attribute_list
        doc: what is known of it beforehand
        doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigObject)
  scan_report:
    doc: measurements in the format that the configuration fixes
    doc-ref: ISO/IEEE 11073-20601, Annex A (ScanReportInfoFixed)
    seq:
      - id: request
        type: u2
        doc: 0xf000 when the agent reports by itself
        doc-ref: ISO/IEEE 11073-20601, Annex A (DataReqId)
      - id: report
        type: u2
        doc: counts the reports
        doc-ref: ISO/IEEE 11073-20601, Annex A (ScanReportInfoFixed)
      - id: count
        type: u2
        doc: number of observations
        doc-ref: ISO/IEEE 11073-20601, Annex A (ScanReportInfoFixed)
      - id: length
        type: u2
        doc: number of bytes of the list
        doc-ref: ISO/IEEE 11073-20601, Annex A (ScanReportInfoFixed)
      - id: list
        size: length
        type: observations
        doc: the observations
        doc-ref: ISO/IEEE 11073-20601, Annex A (ScanReportInfoFixed)
  observations:
    doc: a list of observations
    doc-ref: ISO/IEEE 11073-20601, Annex A (ScanReportInfoFixed)
    seq:
      - id: items
        type: observation
        repeat: expr
        repeat-expr: _parent.count
        doc: one after the other
        doc-ref: ISO/IEEE 11073-20601, Annex A (ObservationScanFixed)
  observation:
    doc: one object's values
    doc-ref: ISO/IEEE 11073-20601, Annex A (ObservationScanFixed)
    seq:
      - id: handle
        type: u2
        doc: which object
        doc-ref: ISO/IEEE 11073-20601, Annex A (ObservationScanFixed)
      - id: length
        type: u2
        doc: number of bytes of the values
        doc-ref: ISO/IEEE 11073-20601, Annex A (ObservationScanFixed)
      - id: values
        size: length
        type:
          switch-on: is_numeric
          cases:
            true: numeric_values
            _: opaque
        doc: as the configuration says; of one that is not known, bytes
        doc-ref: ISO/IEEE 11073-20601, Annex A (ObservationScanFixed)
    instances:
      is_numeric:
        value: >-
          (_root.configuration == known_configuration::saturation and handle == 1)
          or (_root.configuration == known_configuration::saturation_and_rate
          and (handle == 1 or handle == 10))
        doc: saturation (handle 1) or pulse rate (handle 10) of a configuration that has it
  numeric_values:
    doc: what the attribute value map of a numeric names, the value and its time
    doc-ref: ISO/IEEE 11073-20601, 6.3 and Annex A (AttrValMap)
    seq:
      - id: exponent
        type: b4
        doc: power of ten, in two's complement
        doc-ref: ISO/IEEE 11073-20601, Annex F (SFLOAT-Type)
      - id: mantissa
        type: b12
        doc: in two's complement; 0x7ff is not a number, 0x800 not at this resolution
        doc-ref: ISO/IEEE 11073-20601, Annex F (SFLOAT-Type)
      - id: time
        type: absolute_time
        doc: when it was measured
        doc-ref: ISO/IEEE 11073-20601, Annex A (AbsoluteTime)
  event_response:
    doc: the manager has taken a report
    doc-ref: ISO/IEEE 11073-20601, 7.3 and Annex A (EventReportResultSimple)
    seq:
      - id: handle
        type: u2
        valid: 0
        doc: as reported
        doc-ref: ISO/IEEE 11073-20601, Annex A (EventReportResultSimple)
      - id: time
        type: u4
        doc: relative time
        doc-ref: ISO/IEEE 11073-20601, Annex A (EventReportResultSimple)
      - id: event
        type: u2
        -percuss-enum: event
        doc: as reported
        doc-ref: ISO/IEEE 11073-20601, Annex A (EventReportResultSimple)
      - id: length
        type: u2
        doc: number of bytes of the answer
        doc-ref: ISO/IEEE 11073-20601, Annex A (EventReportResultSimple)
      - id: information
        size: length
        type:
          switch-on: event
          cases:
            0x0d1c: configuration_response
            0x0d1d: no_information
        doc: the answer; to an event that is not known there is none
        doc-ref: ISO/IEEE 11073-20601, Annex A (EventReportResultSimple)
  configuration_response:
    doc: whether the manager can use the configuration
    doc-ref: ISO/IEEE 11073-20601, 8.8 and Annex A (ConfigReportRsp)
    seq:
      - id: configuration
        type: u2
        doc: the configuration that was reported
        doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigReportRsp)
      - id: result
        type: u2
        -percuss-enum: configuration_result
        valid:
          max: 2
        doc: accepted, unsupported or unknown
        doc-ref: ISO/IEEE 11073-20601, Annex A (ConfigResult)
  no_information:
    doc: an answer without content
    doc-ref: ISO/IEEE 11073-20601, Annex A
    seq: []
  get:
    doc: asks for attributes, for all if none is named
    doc-ref: ISO/IEEE 11073-20601, 7.3 and Annex A (GetArgumentSimple)
    seq:
      - id: handle
        type: u2
        doc: which object; 0 is the agent itself
        doc-ref: ISO/IEEE 11073-20601, Annex A (GetArgumentSimple)
      - id: count
        type: u2
        doc: number of attributes
        doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeIdList)
      - id: length
        type: u2
        doc: number of bytes of the list
        doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeIdList)
      - id: list
        size: length
        type: attribute_ids
        doc: the attributes
        doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeIdList)
  attribute_ids:
    doc: a list of attribute identifiers
    doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeIdList)
    seq:
      - id: items
        type: u2
        -percuss-enum: attribute
        repeat: expr
        repeat-expr: _parent.count
        doc: which attributes
        doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeIdList)
  get_response:
    doc: attributes and their values
    doc-ref: ISO/IEEE 11073-20601, 7.3 and Annex A (GetResultSimple)
    seq:
      - id: handle
        type: u2
        doc: which object
        doc-ref: ISO/IEEE 11073-20601, Annex A (GetResultSimple)
      - id: attributes
        type: attribute_list
        doc: those that the object has
        doc-ref: ISO/IEEE 11073-20601, Annex A (GetResultSimple)
  set:
    doc: changes attributes
    doc-ref: ISO/IEEE 11073-20601, 7.3 and Annex A (SetArgumentSimple)
    seq:
      - id: handle
        type: u2
        doc: which object
        doc-ref: ISO/IEEE 11073-20601, Annex A (SetArgumentSimple)
      - id: count
        type: u2
        doc: number of changes
        doc-ref: ISO/IEEE 11073-20601, Annex A (ModificationList)
      - id: length
        type: u2
        doc: number of bytes of the list
        doc-ref: ISO/IEEE 11073-20601, Annex A (ModificationList)
      - id: list
        size: length
        type: modifications
        doc: the changes
        doc-ref: ISO/IEEE 11073-20601, Annex A (ModificationList)
  modifications:
    doc: a list of changes
    doc-ref: ISO/IEEE 11073-20601, Annex A (ModificationList)
    seq:
      - id: items
        type: modification
        repeat: expr
        repeat-expr: _parent.count
        doc: one after the other
        doc-ref: ISO/IEEE 11073-20601, Annex A (ModificationList)
  modification:
    doc: what is done with an attribute
    doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeModEntry)
    seq:
      - id: operator
        type: u2
        doc: 0 replaces the value
        doc-ref: ISO/IEEE 11073-20601, Annex A (ModifyOperator)
      - id: attribute
        type: attribute
        doc: the attribute and its value
        doc-ref: ISO/IEEE 11073-20601, Annex A (AttributeModEntry)
  action:
    doc: asks an object to do something
    doc-ref: ISO/IEEE 11073-20601, 7.3 and Annex A (ActionArgumentSimple)
    seq:
      - id: handle
        type: u2
        doc: which object
        doc-ref: ISO/IEEE 11073-20601, Annex A (ActionArgumentSimple)
      - id: action
        type: u2
        -percuss-enum: action
        doc: what to do
        doc-ref: ISO/IEEE 11073-20601, Annex A (ActionArgumentSimple)
      - id: length
        type: u2
        doc: number of bytes of the argument
        doc-ref: ISO/IEEE 11073-20601, Annex A (ActionArgumentSimple)
      - id: information
        size: length
        type:
          switch-on: action
          cases:
            0x0c17: set_time
            _: opaque
        doc: the argument
        doc-ref: ISO/IEEE 11073-20601, Annex A (ActionArgumentSimple)
  set_time:
    doc: sets the clock
    doc-ref: ISO/IEEE 11073-20601, 6.3 and Annex A (SetTimeInvoke)
    seq:
      - id: time
        type: absolute_time
        doc: the new time
        doc-ref: ISO/IEEE 11073-20601, Annex A (SetTimeInvoke)
      - id: accuracy
        type: u4
        doc: how accurate it is, as a floating point number
        doc-ref: ISO/IEEE 11073-20601, Annex A (SetTimeInvoke)
  action_response:
    doc: an action was done
    doc-ref: ISO/IEEE 11073-20601, 7.3 and Annex A (ActionResultSimple)
    seq:
      - id: handle
        type: u2
        doc: which object
        doc-ref: ISO/IEEE 11073-20601, Annex A (ActionResultSimple)
      - id: action
        type: u2
        -percuss-enum: action
        doc: what was done
        doc-ref: ISO/IEEE 11073-20601, Annex A (ActionResultSimple)
      - id: length
        type: u2
        doc: number of bytes that follow
        doc-ref: ISO/IEEE 11073-20601, Annex A (ActionResultSimple)
      - id: information
        size: length
        doc: what the action returns
        doc-ref: ISO/IEEE 11073-20601, Annex A (ActionResultSimple)
  error:
    doc: an operation was understood and not done
    doc-ref: ISO/IEEE 11073-20601, Annex A (ErrorResult)
    seq:
      - id: error
        type: u2
        -percuss-enum: error
        doc: why
        doc-ref: ISO/IEEE 11073-20601, Annex A (RoerErrorValue)
      - id: length
        type: u2
        doc: number of bytes that follow
        doc-ref: ISO/IEEE 11073-20601, Annex A (ErrorResult)
      - id: parameter
        size: length
        doc: more about it
        doc-ref: ISO/IEEE 11073-20601, Annex A (ErrorResult)
  rejection:
    doc: an operation was not understood
    doc-ref: ISO/IEEE 11073-20601, Annex A (RejectResult)
    seq:
      - id: problem
        type: u2
        -percuss-enum: problem
        doc: why
        doc-ref: ISO/IEEE 11073-20601, Annex A (RorjProblem)
