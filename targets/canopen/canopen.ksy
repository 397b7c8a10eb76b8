meta:
  id: canopen
  title: CANopen frame (classical CAN, 11-bit identifier)
  license: CC0-1.0
  ks-version: 0.10
  endian: le
  bit-endian: be
doc: |
  One classical CAN frame in the layout of the link type LINKTYPE_CAN_SOCKETCAN, with CANopen's use of
  the identifier: four bits of function code and seven of node.
doc-ref: CiA 301 V4.2.0, 7.3.5 (pre-defined connection set)
-percuss-invalid: unknown
-percuss-framing:
  kind: datagram
  minimum: 8
  maximum: 16
seq:
  - id: is_extended
    type: b1
    valid: false
    doc: a 29-bit identifier, which the pre-defined connection set does not use
  - id: is_remote
    type: b1
    doc: a remote frame asks for the data of its identifier (node guarding)
    doc-ref: CiA 301 V4.2.0, 7.2.8.2.2.1 (node guarding)
  - id: is_error
    type: b1
    valid: false
    doc: an error frame of the controller, which no node sends
  - id: unused
    type: b18
    valid: 0
    doc: the higher bits of a 29-bit identifier
  - id: function
    type: b4
    -percuss-enum: function
    doc: what the frame is for; the lower the number, the higher its priority on the bus
    doc-ref: CiA 301 V4.2.0, 7.3.5, Tables 39 and 40
  - id: node
    type: b7
    doc: the node it comes from or goes to; 0 with function 0 is NMT, with function 1 SYNC
    doc-ref: CiA 301 V4.2.0, 7.3.5
  - id: length
    type: u1
    valid:
      max: 8
    doc: number of data bytes
    -percuss-invalid: silence
  - id: fd_flags
    type: u1
    valid: 0
    doc: none in a classical frame
  - id: reserved
    type: u1
    valid: 0
  - id: raw_dlc
    type: u1
    valid: 0
    doc: a data length code above 8, which some controllers pass on
  - id: body
    size: length
    type:
      switch-on: use
      cases:
        'use::nmt': nmt
        'use::emergency': emergency
        'use::sdo_reply': sdo(true)
        'use::sdo_request': sdo(false)
        'use::error_control': error_control
        _: anything
    doc: the data of the frame
    doc-ref: CiA 301 V4.2.0, 7.2
instances:
  use:
    value: 'function == 1 and node == 0 ? 16 : function'
    enum: use
    doc: the function, with SYNC told from the emergency messages
enums:
  function:
    0: nmt
    1: sync_or_emergency
    2: time
    3: pdo1_transmit
    4: pdo1_receive
    5: pdo2_transmit
    6: pdo2_receive
    7: pdo3_transmit
    8: pdo3_receive
    9: pdo4_transmit
    10: pdo4_receive
    11: sdo_reply
    12: sdo_request
    14: error_control
  use:
    0: nmt
    1: emergency
    2: time
    11: sdo_reply
    12: sdo_request
    14: error_control
    16: sync
  nmt_command:
    1: start
    2: stop
    128: enter_pre_operational
    129: reset_node
    130: reset_communication
  node_state:
    0: boot_up
    4: stopped
    5: operational
    127: pre_operational
  request_specifier:
    0: download_segment
    1: initiate_download
    2: initiate_upload
    3: upload_segment
    4: abort
    5: block_upload
    6: block_download
  reply_specifier:
    0: upload_segment
    1: download_segment
    2: initiate_upload
    3: initiate_download
    4: abort
    5: block_download
    6: block_upload
  use_of_sdo:
    0x00: download_segment_request
    0x01: initiate_download_request
    0x02: initiate_upload_request
    0x03: upload_segment_request
    0x04: abort_request
    0x05: block_upload_request
    0x06: block_download_request
    0x10: upload_segment_reply
    0x11: download_segment_reply
    0x12: initiate_upload_reply
    0x13: initiate_download_reply
    0x14: abort_reply
    0x15: block_download_reply
    0x16: block_upload_reply
types:
  nmt:
    doc: a state change that the NMT manager orders; nobody answers
    doc-ref: CiA 301 V4.2.0, 7.2.8.3.1
    -percuss-invalid: silence
    seq:
      - id: command
        type: u1
        enum: nmt_command
        valid:
          any-of: [nmt_command::start, nmt_command::stop, nmt_command::enter_pre_operational,
                   nmt_command::reset_node, nmt_command::reset_communication]
      - id: node
        type: u1
        valid:
          max: 127
        doc: 0 is every node
  emergency:
    doc-ref: CiA 301 V4.2.0, 7.2.7.3
    seq:
      - id: error_code
        type: u2
      - id: error_register
        type: u1
      - id: vendor
        size: 5
  error_control:
    doc: a heartbeat, the boot-up message, or the answer to node guarding
    doc-ref: CiA 301 V4.2.0, 7.2.8.3.2
    seq:
      - id: toggle
        type: b1
      - id: state
        type: b7
        -percuss-enum: node_state
  sdo:
    doc: one of the eight-byte messages that read and write the object dictionary
    doc-ref: CiA 301 V4.2.0, 7.2.4.3
    -percuss-invalid: reject|silence
    params:
      - id: is_answer
        type: bool
    seq:
      - id: specifier
        type: b3
        valid:
          max: 6
        doc: what the message does; the same number means another thing in the other direction
      - id: toggle
        type: b1
        doc: alternates with each segment, 0 in the first one and elsewhere
        doc-ref: CiA 301 V4.2.0, 7.2.4.3.4
      - id: unused
        type: b2
        doc: how many of the four data bytes hold nothing; the upper two of three bits in a segment
        doc-ref: CiA 301 V4.2.0, 7.2.4.3.3
      - id: is_expedited
        type: b1
        doc: the data are in this message; the lowest bit of the unused bytes in a segment
        doc-ref: CiA 301 V4.2.0, 7.2.4.3.3
      - id: is_sized
        type: b1
        doc: the size is said; in a segment that it is the last one
        doc-ref: CiA 301 V4.2.0, 7.2.4.3.3
      - id: body
        type:
          switch-on: layout
          cases:
            'use_of_sdo::initiate_download_request': object_and_data
            'use_of_sdo::initiate_upload_request': object_and_data
            'use_of_sdo::abort_request': object_and_reason
            'use_of_sdo::initiate_upload_reply': object_and_data
            'use_of_sdo::initiate_download_reply': object_and_data
            'use_of_sdo::abort_reply': object_and_reason
            _: segment
    instances:
      layout:
        value: 'is_answer ? specifier + 16 : specifier'
        enum: use_of_sdo
  object_and_data:
    doc-ref: CiA 301 V4.2.0, 7.2.4.3.3 and 7.2.4.3.5
    seq:
      - id: index
        type: u2
        doc: the object in the dictionary
      - id: sub_index
        type: u1
      - id: data
        size: 4
        doc: the value (expedited), its size (u4), or nothing
  object_and_reason:
    doc-ref: CiA 301 V4.2.0, 7.2.4.3.17
    seq:
      - id: index
        type: u2
      - id: sub_index
        type: u1
      - id: code
        type: u4
        doc: why the transfer ends
  segment:
    doc-ref: CiA 301 V4.2.0, 7.2.4.3.4 and 7.2.4.3.6
    seq:
      - id: data
        size: 7
  anything:
    doc: process data, time, SYNC; what they hold is agreed on elsewhere
    doc-ref: CiA 301 V4.2.0, 7.2.2, 7.2.5 and 7.2.6
    seq:
      - id: data
        size-eos: true
