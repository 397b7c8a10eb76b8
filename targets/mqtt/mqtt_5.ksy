meta:
  id: mqtt_5
  title: MQTT 5 control packet
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  encoding: UTF-8
  imports:
    - mqtt_string
doc: |
  One control packet. What texts may hold (characters of a topic) is not in here. A server closes the
  connection of who sends what is malformed; it may say why before.
doc-ref: 'MQTT 5, 2 and 4.13 [MQTT-4.13.1-1]'
-percuss-invalid: reject|close
-percuss-framing:
  kind: varint
  offset: 1
  minimum: 2
  maximum: 131072
  beyond: unknown
params:
  - id: is_reply
    type: bool
    doc: the direction, from server to client
seq:
  - id: packet_type
    type: b4
    -percuss-enum: packet_type
    valid:
      min: 1
    doc: which control packet; what is reserved is forbidden
    doc-ref: MQTT 5, 2.1.2 Table 2-1
  - id: dup
    type: b1
    valid:
      expr: packet_type == 3 or not _
    doc: of PUBLISH, it was sent before; else reserved
    doc-ref: 'MQTT 5, 2.1.3 [MQTT-2.1.3-1]'
  - id: qos
    type: b2
    valid:
      expr: >-
        packet_type == 3 ? _ < 3
        : _ == (packet_type == 6 or packet_type == 8 or packet_type == 10 ? 1 : 0)
    doc: of PUBLISH, its quality of service; else reserved, 1 for PUBREL, SUBSCRIBE and UNSUBSCRIBE
    doc-ref: 'MQTT 5, 2.1.3 [MQTT-2.1.3-1] and 3.3.1.2 [MQTT-3.3.1-4]'
  - id: retain
    type: b1
    valid:
      expr: packet_type == 3 or not _
    doc: of PUBLISH, the server keeps it; else reserved
    doc-ref: 'MQTT 5, 2.1.3 [MQTT-2.1.3-1]'
  - id: remaining
    type: varint
    doc: number of bytes that follow
    doc-ref: MQTT 5, 2.1.4
  - id: body
    size: remaining.value
    type:
      switch-on: packet_type
      cases:
        1: connect
        2: connack
        3: publish(qos, is_reply)
        4: acknowledgement
        5: acknowledgement
        6: acknowledgement
        7: acknowledgement
        8: subscribe
        9: suback
        10: unsubscribe
        11: suback
        12: empty
        13: empty
        14: reasoned(false, is_reply)
        15: reasoned(true, is_reply)
    doc: variable header and payload
    doc-ref: MQTT 5, 2.2 and 2.3
enums:
  packet_type:
    1: connect
    2: connack
    3: publish
    4: puback
    5: pubrec
    6: pubrel
    7: pubcomp
    8: subscribe
    9: suback
    10: unsubscribe
    11: unsuback
    12: pingreq
    13: pingresp
    14: disconnect
    15: auth
  property_id:
    0x01: payload_format
    0x02: message_expiry
    0x03: content_type
    0x08: response_topic
    0x09: correlation_data
    0x0b: subscription_id
    0x11: session_expiry
    0x12: assigned_client_id
    0x13: server_keep_alive
    0x15: authentication_method
    0x16: authentication_data
    0x17: request_problem_information
    0x18: will_delay
    0x19: request_response_information
    0x1a: response_information
    0x1c: server_reference
    0x1f: reason_string
    0x21: receive_maximum
    0x22: topic_alias_maximum
    0x23: topic_alias
    0x24: maximum_qos
    0x25: retain_available
    0x26: user_property
    0x27: maximum_packet_size
    0x28: wildcard_available
    0x29: subscription_id_available
    0x2a: shared_available
types:
  connect:
    doc: CONNECT, opens the session of a client
    doc-ref: MQTT 5, 3.1
    seq:
      - id: protocol_name
        type: mqtt_string
        doc: the text MQTT
        doc-ref: 'MQTT 5, 3.1.2.1 [MQTT-3.1.2-1]'
      - id: protocol_level
        type: u1
        valid: 5
        -percuss-invalid: unknown
        doc: the version; a server that has others too reads on by their rules
        doc-ref: 'MQTT 5, 3.1.2.2 [MQTT-3.1.2-2]'
      - id: has_user_name
        type: b1
        doc: user name flag
        doc-ref: MQTT 5, 3.1.2.8
      - id: has_password
        type: b1
        doc: password flag
        doc-ref: MQTT 5, 3.1.2.9
      - id: will_retain
        type: b1
        doc: the will message is to be kept; see has_will
        doc-ref: MQTT 5, 3.1.2.7
      - id: will_qos
        type: b2
        valid:
          max: 2
        doc: quality of service of the will message
        doc-ref: 'MQTT 5, 3.1.2.6 [MQTT-3.1.2-12]'
      - id: has_will
        type: b1
        valid:
          expr: _ or (will_qos == 0 and not will_retain)
        doc: will flag; without it the two fields above are 0
        doc-ref: 'MQTT 5, 3.1.2.6, 3.1.2.7 [MQTT-3.1.2-11], [MQTT-3.1.2-13]'
      - id: clean
        type: b1
        doc: the session begins anew
        doc-ref: MQTT 5, 3.1.2.4
      - id: reserved
        type: b1
        valid: false
        doc: reserved, 0
        doc-ref: 'MQTT 5, 3.1.2.3 [MQTT-3.1.2-3]'
      - id: keep_alive
        type: u2
        doc: seconds between two packets of the client at most; 0 is without end
        doc-ref: MQTT 5, 3.1.2.10
      - id: properties
        type: properties(0xc602e20000, false)
        doc: what MQTT 5 adds
        doc-ref: MQTT 5, 3.1.2.11
      - id: client_id
        type: mqtt_string
        doc: who the client is; empty where the server is to choose
        doc-ref: 'MQTT 5, 3.1.3.1 [MQTT-3.1.3-3]'
      - id: will_properties
        type: properties(0x400100030e, false)
        if: has_will
        doc: of the will message
        doc-ref: MQTT 5, 3.1.3.2
      - id: will_topic
        type: mqtt_string
        if: has_will
        doc: where the will message goes
        doc-ref: MQTT 5, 3.1.3.3
      - id: will_message
        type: binary
        if: has_will
        doc: what is published when the connection breaks
        doc-ref: MQTT 5, 3.1.3.4
      - id: user_name
        type: mqtt_string
        if: has_user_name
        doc: who logs in
        doc-ref: MQTT 5, 3.1.3.5
      - id: password
        type: binary
        if: has_password
        doc: with what
        doc-ref: MQTT 5, 3.1.3.6
  connack:
    doc: CONNACK, the server answers CONNECT
    doc-ref: MQTT 5, 3.2
    seq:
      - id: reserved
        type: b7
        valid: 0
        doc: reserved, 0
        doc-ref: 'MQTT 5, 3.2.2.1 [MQTT-3.2.2-1]'
      - id: session_present
        type: b1
        doc: the server has a session of this client
        doc-ref: MQTT 5, 3.2.2.1.1
      - id: code
        type: u1
        doc: 0, or why the connection is refused
        doc-ref: MQTT 5, 3.2.2.2
      - id: properties
        type: properties(0x7f6946e0000, false)
        if: not _io.eof
        doc: what MQTT 5 adds; who refuses another version may leave them out
        doc-ref: MQTT 5, 3.2.2.3
  publish:
    doc: PUBLISH, a message of an application
    doc-ref: MQTT 5, 3.3
    params:
      - id: qos
        type: u1
        doc: whether it has a packet identifier
      - id: is_reply
        type: bool
        doc: only a server says subscription identifiers
    seq:
      - id: topic
        type: mqtt_string
        doc: where it goes; without wildcards
        doc-ref: 'MQTT 5, 3.3.2.1 [MQTT-3.3.2-2]'
      - id: packet_id
        type: u2
        if: qos > 0
        valid:
          min: 1
        doc: not there at quality of service 0
        doc-ref: 'MQTT 5, 3.3.2.2 [MQTT-2.2.1-3]'
      - id: properties
        type: 'properties(is_reply ? 0x4800000b0e : 0x480000030e, is_reply)'
        doc: what MQTT 5 adds
        doc-ref: 'MQTT 5, 3.3.2.3 and 3.3.4 [MQTT-3.3.4-6]'
      - id: payload
        size-eos: true
        doc: the message
        doc-ref: MQTT 5, 3.3.3
  acknowledgement:
    doc: PUBACK, PUBREC, PUBREL, PUBCOMP
    doc-ref: MQTT 5, 3.4 to 3.7
    seq:
      - id: packet_id
        type: u2
        doc: of the packet that it answers
        doc-ref: MQTT 5, 3.4.2
      - id: reason
        type: u1
        if: not _io.eof
        doc: how it went; success where it is left out
        doc-ref: MQTT 5, 3.4.2.1
      - id: properties
        type: properties(0x4080000000, false)
        if: not _io.eof
        doc: what MQTT 5 adds
        doc-ref: MQTT 5, 3.4.2.2
  subscribe:
    doc: SUBSCRIBE, asks for messages
    doc-ref: MQTT 5, 3.8
    seq:
      - id: packet_id
        type: u2
        valid:
          min: 1
        doc: not 0
        doc-ref: 'MQTT 5, 3.8.2 [MQTT-2.2.1-3]'
      - id: properties
        type: properties(0x4000000800, false)
        doc: what MQTT 5 adds
        doc-ref: MQTT 5, 3.8.2.1
      - id: filters
        type: subscription
        repeat: eos
        doc: one at least
        doc-ref: 'MQTT 5, 3.8.3 [MQTT-3.8.3-2]'
  subscription:
    doc: a topic filter with what is asked for
    doc-ref: MQTT 5, 3.8.3
    seq:
      - id: filter
        type: mqtt_string
        doc: which topics; may hold wildcards
        doc-ref: 'MQTT 5, 3.8.3 [MQTT-3.8.3-1]'
      - id: reserved
        type: b2
        valid: 0
        doc: reserved, 0
        doc-ref: 'MQTT 5, 3.8.3.1 [MQTT-3.8.3-5]'
      - id: retain_handling
        type: b2
        valid:
          max: 2
        doc: whether kept messages are sent
        doc-ref: MQTT 5, 3.8.3.1
      - id: retain_as_published
        type: b1
        doc: the retain flag stays
        doc-ref: MQTT 5, 3.8.3.1
      - id: no_local
        type: b1
        doc: not what this client publishes
        doc-ref: 'MQTT 5, 3.8.3.1 [MQTT-3.8.3-3]'
      - id: qos
        type: b2
        valid:
          max: 2
        doc: highest quality of service
        doc-ref: MQTT 5, 3.8.3.1
  suback:
    doc: SUBACK and UNSUBACK, the server answers
    doc-ref: MQTT 5, 3.9 and 3.11
    seq:
      - id: packet_id
        type: u2
        doc: of the packet that it answers
        doc-ref: MQTT 5, 3.9.2
      - id: properties
        type: properties(0x4080000000, false)
        doc: what MQTT 5 adds
        doc-ref: MQTT 5, 3.9.2.1
      - id: codes
        type: u1
        repeat: eos
        doc: one a filter, in their order
        doc-ref: 'MQTT 5, 3.9.3 [MQTT-3.9.3-1]'
  unsubscribe:
    doc: UNSUBSCRIBE, no more of these messages
    doc-ref: MQTT 5, 3.10
    seq:
      - id: packet_id
        type: u2
        valid:
          min: 1
        doc: not 0
        doc-ref: 'MQTT 5, 3.10.2 [MQTT-2.2.1-3]'
      - id: properties
        type: properties(0x4000000000, false)
        doc: what MQTT 5 adds
        doc-ref: MQTT 5, 3.10.2.1
      - id: filters
        type: mqtt_string
        repeat: eos
        doc: one at least
        doc-ref: 'MQTT 5, 3.10.3 [MQTT-3.10.3-2]'
  reasoned:
    doc: DISCONNECT and AUTH
    doc-ref: MQTT 5, 3.14 and 3.15
    params:
      - id: is_auth
        type: bool
        doc: which of the two
      - id: is_reply
        type: bool
        doc: only a client says when its session expires
    seq:
      - id: reason
        type: u1
        if: not _io.eof
        doc: why; normal or success where it is left out
        doc-ref: MQTT 5, 3.14.2.1 and 3.15.2.1
      - id: properties
        type: 'properties(is_auth ? 0x4080600000 : is_reply ? 0x4090000000 : 0x4090020000, false)'
        if: not _io.eof
        doc: what MQTT 5 adds
        doc-ref: 'MQTT 5, 3.14.2.2 [MQTT-3.14.2-2] and 3.15.2.2'
  properties:
    doc: properties with their length
    doc-ref: MQTT 5, 2.2.2
    params:
      - id: allowed
        type: u8
        doc: which may be in this packet, see property
      - id: may_repeat
        type: bool
        doc: subscription identifiers may be there several times
    seq:
      - id: length
        type: varint
        doc: number of bytes that follow
        doc-ref: MQTT 5, 2.2.2.1
      - id: list
        type: property_list(allowed, may_repeat)
        size: length.value
        doc: each may come once, but user properties and subscription identifiers
        doc-ref: MQTT 5, 2.2.2.2
  property_list:
    doc: properties one behind the other
    doc-ref: MQTT 5, 2.2.2.2
    params:
      - id: allowed
        type: u8
        doc: which may be in this packet, see property
      - id: may_repeat
        type: bool
        doc: subscription identifiers may be there several times
    seq:
      - id: items
        type: >-
          property(_index == 0 ? allowed : _index > 10 ? 0x7ffffffffff
          : items[_index - 1].allowed_behind, may_repeat)
        repeat: eos
        doc: one property
        doc-ref: MQTT 5, 2.2.2.2
    instances:
      left:
        value: 'items.size == 0 ? allowed : items[items.size - 1].allowed_behind'
        doc: those that could still follow; what is not among them is here, or may not be
        doc-ref: MQTT 5, 2.2.2.2
  property:
    doc: an identifier and a value of its type
    doc-ref: MQTT 5, 2.2.2.2 Table 2-4
    params:
      - id: allowed
        type: u8
        doc: |
          A bit for each identifier that may stand here: in this packet, and not there before. That is
          followed through ten properties only, since a packet may have thousands.
      - id: may_repeat
        type: bool
        doc: subscription identifiers may be there several times
    seq:
      - id: id
        type: u1
        -percuss-enum: property_id
        valid:
          expr: _ > 0 and _ < 43 and ((allowed >> _) & 1) == 1
        doc: which; all are below 0x80, where a variable byte integer is one byte
        doc-ref: MQTT 5, 2.2.2.2 Table 2-4
      - id: value
        type:
          switch-on: id
          cases:
            0x01: u1
            0x02: u4
            0x03: mqtt_string
            0x08: mqtt_string
            0x09: binary
            0x0b: varint
            0x11: u4
            0x12: mqtt_string
            0x13: u2
            0x15: mqtt_string
            0x16: binary
            0x17: flag
            0x18: u4
            0x19: flag
            0x1a: mqtt_string
            0x1c: mqtt_string
            0x1f: mqtt_string
            0x21: positive_2
            0x22: u2
            0x23: positive_2
            0x24: flag
            0x25: flag
            0x26: pair
            0x27: positive_4
            0x28: flag
            0x29: flag
            0x2a: flag
            _: nothing
        doc: of the type that goes with the identifier
        doc-ref: MQTT 5, 2.2.2.2 Table 2-4
    instances:
      allowed_behind:
        value: >-
          allowed & ~(id == 0x26 or id > 42 or (id == 0x0b and may_repeat) ? 0 : 1 << id)
        doc: which may follow
        doc-ref: MQTT 5, 2.2.2.2
  flag:
    doc: 0 or 1
    doc-ref: MQTT 5, 3.1.2.11.6, 3.1.2.11.7 and 3.2.2.3
    seq:
      - id: value
        type: u1
        valid:
          max: 1
        doc: no or yes; of the highest quality of service, 0 or 1
        doc-ref: MQTT 5, 3.1.2.11.6, 3.1.2.11.7 and 3.2.2.3
  positive_2:
    doc: a number that is not 0, of two bytes
    doc-ref: 'MQTT 5, 3.1.2.11.3 and 3.3.2.3.4 [MQTT-3.3.2-8]'
    seq:
      - id: value
        type: u2
        valid:
          min: 1
        doc: a number of packets that may be on their way, or of a topic; never 0
        doc-ref: 'MQTT 5, 3.1.2.11.3 and 3.3.2.3.4 [MQTT-3.3.2-8]'
  positive_4:
    doc: a number that is not 0, of four bytes
    doc-ref: MQTT 5, 3.1.2.11.4
    seq:
      - id: value
        type: u4
        valid:
          min: 1
        doc: bytes of the largest packet
        doc-ref: MQTT 5, 3.1.2.11.4
  pair:
    doc: a name and a value
    doc-ref: MQTT 5, 1.5.7
    seq:
      - id: name
        type: mqtt_string
        doc: name
        doc-ref: MQTT 5, 1.5.7
      - id: value
        type: mqtt_string
        doc: value
        doc-ref: MQTT 5, 1.5.7
  nothing:
    doc: behind an identifier that nobody knows
    doc-ref: MQTT 5, 2.2.2.2
    seq: []
  empty:
    doc: PINGREQ, PINGRESP
    doc-ref: MQTT 5, 3.12 and 3.13
    seq: []
  binary:
    doc: bytes with their length
    doc-ref: MQTT 5, 1.5.6
    seq:
      - id: length
        type: u2
        doc: number of bytes
        doc-ref: MQTT 5, 1.5.6
      - id: value
        size: length
        doc: any bytes
        doc-ref: MQTT 5, 1.5.6
  varint:
    -percuss-codec:
      name: base128-le
      maximum: 4
    doc: a length of one to four bytes, seven bits each, the lowest first
    doc-ref: MQTT 3.1.1, 2.2.3; MQTT 5, 1.5.5
    seq:
      - id: groups
        type: group(_index)
        repeat: until
        repeat-until: not _.more or _index == 3
    instances:
      value:
        value: >-
          groups[0].bits + (groups.size > 1 ? groups[1].bits << 7 : 0)
          + (groups.size > 2 ? groups[2].bits << 14 : 0)
          + (groups.size > 3 ? groups[3].bits << 21 : 0)
    types:
      group:
        params:
          - id: index
            type: u1
        seq:
          - id: more
            type: b1
            valid:
              expr: not _ or index < 3
          - id: bits
            type: b7
