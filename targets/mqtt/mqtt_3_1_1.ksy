meta:
  id: mqtt_3_1_1
  title: MQTT 3.1.1 control packet
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  encoding: UTF-8
  imports:
    - mqtt_string
doc: |
  One control packet. What a packet may hold beside its form (characters of a topic, which property
  goes where) is not in here. A server closes the connection of who sends what is malformed; the
  answer to a CONNECT may say why.
doc-ref: 'MQTT 3.1.1, 2 and 4.8 [MQTT-4.8.0-1]'
-percuss-invalid: reject|close
-percuss-framing:
  kind: varint
  offset: 1
  minimum: 2
  maximum: 131072
  beyond: unknown
seq:
  - id: packet_type
    type: b4
    -percuss-enum: packet_type
    valid:
      min: 1
      max: 14
    doc: which control packet; what is reserved is forbidden
    doc-ref: MQTT 3.1.1, 2.2.1 Table 2.1
  - id: dup
    type: b1
    valid:
      expr: packet_type == 3 or not _
    doc: of PUBLISH, it was sent before; else reserved
    doc-ref: 'MQTT 3.1.1, 2.2.2 [MQTT-2.2.2-2]'
  - id: qos
    type: b2
    valid:
      expr: >-
        packet_type == 3 ? _ < 3
        : _ == (packet_type == 6 or packet_type == 8 or packet_type == 10 ? 1 : 0)
    doc: of PUBLISH, its quality of service; else reserved, 1 for PUBREL, SUBSCRIBE and UNSUBSCRIBE
    doc-ref: 'MQTT 3.1.1, 2.2.2 [MQTT-2.2.2-2] and 3.3.1.2 [MQTT-3.3.1-4]'
  - id: retain
    type: b1
    valid:
      expr: packet_type == 3 or not _
    doc: of PUBLISH, the server keeps it; else reserved
    doc-ref: 'MQTT 3.1.1, 2.2.2 [MQTT-2.2.2-2]'
  - id: remaining
    type: varint
    doc: number of bytes that follow
    doc-ref: MQTT 3.1.1, 2.2.3
  - id: body
    size: remaining.value
    type:
      switch-on: packet_type
      cases:
        1: connect
        2: connack
        3: publish(qos)
        4: acknowledgement
        5: acknowledgement
        6: acknowledgement
        7: acknowledgement
        8: subscribe
        9: suback
        10: unsubscribe
        11: acknowledgement
        12: empty
        13: empty
        14: empty
    doc: variable header and payload
    doc-ref: MQTT 3.1.1, 2.3 and 2.4
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
types:
  connect:
    doc: CONNECT, opens the session of a client
    doc-ref: MQTT 3.1.1, 3.1
    seq:
      - id: protocol_name
        type: mqtt_string
        doc: the text MQTT
        doc-ref: 'MQTT 3.1.1, 3.1.2.1 [MQTT-3.1.2-1]'
      - id: protocol_level
        type: u1
        valid: 4
        -percuss-invalid: unknown
        doc: the version; a server that has others too reads on by their rules
        doc-ref: 'MQTT 3.1.1, 3.1.2.2 [MQTT-3.1.2-2]'
      - id: has_user_name
        type: b1
        doc: user name flag
        doc-ref: MQTT 3.1.1, 3.1.2.8
      - id: has_password
        type: b1
        valid:
          expr: not _ or has_user_name
        doc: password flag
        doc-ref: 'MQTT 3.1.1, 3.1.2.9 [MQTT-3.1.2-22]'
      - id: will_retain
        type: b1
        doc: the will message is to be kept; see has_will
        doc-ref: MQTT 3.1.1, 3.1.2.7
      - id: will_qos
        type: b2
        valid:
          max: 2
        doc: quality of service of the will message
        doc-ref: 'MQTT 3.1.1, 3.1.2.6 [MQTT-3.1.2-14]'
      - id: has_will
        type: b1
        valid:
          expr: _ or (will_qos == 0 and not will_retain)
        doc: will flag; without it the two fields above are 0
        doc-ref: 'MQTT 3.1.1, 3.1.2.6, 3.1.2.7 [MQTT-3.1.2-13], [MQTT-3.1.2-15]'
      - id: clean
        type: b1
        doc: the session begins anew
        doc-ref: MQTT 3.1.1, 3.1.2.4
      - id: reserved
        type: b1
        valid: false
        doc: reserved, 0
        doc-ref: 'MQTT 3.1.1, 3.1.2.3 [MQTT-3.1.2-3]'
      - id: keep_alive
        type: u2
        doc: seconds between two packets of the client at most; 0 is without end
        doc-ref: MQTT 3.1.1, 3.1.2.10
      - id: client_id
        type: mqtt_string
        doc: who the client is; empty where the server is to choose
        doc-ref: 'MQTT 3.1.1, 3.1.3.1 [MQTT-3.1.3-3]'
      - id: will_topic
        type: mqtt_string
        if: has_will
        doc: where the will message goes
        doc-ref: MQTT 3.1.1, 3.1.3.2
      - id: will_message
        type: binary
        if: has_will
        doc: what is published when the connection breaks
        doc-ref: MQTT 3.1.1, 3.1.3.3
      - id: user_name
        type: mqtt_string
        if: has_user_name
        doc: who logs in
        doc-ref: MQTT 3.1.1, 3.1.3.4
      - id: password
        type: binary
        if: has_password
        doc: with what
        doc-ref: MQTT 3.1.1, 3.1.3.5
  connack:
    doc: CONNACK, the server answers CONNECT
    doc-ref: MQTT 3.1.1, 3.2
    seq:
      - id: reserved
        type: b7
        valid: 0
        doc: reserved, 0
        doc-ref: MQTT 3.1.1, 3.2.2.1
      - id: session_present
        type: b1
        doc: the server has a session of this client
        doc-ref: MQTT 3.1.1, 3.2.2.2
      - id: code
        type: u1
        valid:
          max: 5
        doc: 0, or why the connection is refused
        doc-ref: MQTT 3.1.1, 3.2.2.3
  publish:
    doc: PUBLISH, a message of an application
    doc-ref: MQTT 3.1.1, 3.3
    params:
      - id: qos
        type: u1
    seq:
      - id: topic
        type: mqtt_string
        doc: where it goes; without wildcards
        doc-ref: 'MQTT 3.1.1, 3.3.2.1 [MQTT-3.3.2-2]'
      - id: packet_id
        type: u2
        if: qos > 0
        valid:
          min: 1
        doc: not there at quality of service 0
        doc-ref: 'MQTT 3.1.1, 3.3.2.2 [MQTT-2.3.1-1]'
      - id: payload
        size-eos: true
        doc: the message
        doc-ref: MQTT 3.1.1, 3.3.3
  acknowledgement:
    doc: PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK
    doc-ref: MQTT 3.1.1, 3.4 to 3.7 and 3.11
    seq:
      - id: packet_id
        type: u2
        doc: of the packet that it answers
        doc-ref: MQTT 3.1.1, 2.3.1
  subscribe:
    doc: SUBSCRIBE, asks for messages
    doc-ref: MQTT 3.1.1, 3.8
    seq:
      - id: packet_id
        type: u2
        valid:
          min: 1
        doc: not 0
        doc-ref: 'MQTT 3.1.1, 3.8.2 [MQTT-2.3.1-1]'
      - id: filters
        type: subscription
        repeat: eos
        doc: one at least
        doc-ref: 'MQTT 3.1.1, 3.8.3 [MQTT-3.8.3-3]'
  subscription:
    doc: a topic filter with what is asked for
    doc-ref: MQTT 3.1.1, 3.8.3
    seq:
      - id: filter
        type: mqtt_string
        doc: which topics; may hold wildcards
        doc-ref: 'MQTT 3.1.1, 3.8.3 [MQTT-3.8.3-1]'
      - id: reserved
        type: b6
        valid: 0
        doc: reserved, 0
        doc-ref: 'MQTT 3.1.1, 3.8.3.1 [MQTT-3-8.3-4]'
      - id: qos
        type: b2
        valid:
          max: 2
        doc: highest quality of service
        doc-ref: 'MQTT 3.1.1, 3.8.3.1 [MQTT-3-8.3-4]'
  suback:
    doc: SUBACK, the server answers SUBSCRIBE
    doc-ref: MQTT 3.1.1, 3.9
    seq:
      - id: packet_id
        type: u2
        doc: of the packet that it answers
        doc-ref: 'MQTT 3.1.1, 3.9.2 [MQTT-3.8.4-2]'
      - id: codes
        type: u1
        repeat: eos
        doc: one a filter, in their order
        doc-ref: 'MQTT 3.1.1, 3.9.3 [MQTT-3.9.3-1], [MQTT-3.9.3-2]'
  unsubscribe:
    doc: UNSUBSCRIBE, no more of these messages
    doc-ref: MQTT 3.1.1, 3.10
    seq:
      - id: packet_id
        type: u2
        valid:
          min: 1
        doc: not 0
        doc-ref: 'MQTT 3.1.1, 3.10.2 [MQTT-2.3.1-1]'
      - id: filters
        type: mqtt_string
        repeat: eos
        doc: one at least
        doc-ref: 'MQTT 3.1.1, 3.10.3 [MQTT-3.10.3-2]'
  empty:
    doc: PINGREQ, PINGRESP, DISCONNECT
    doc-ref: MQTT 3.1.1, 3.12 to 3.14
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
