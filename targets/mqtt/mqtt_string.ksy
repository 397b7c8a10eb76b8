meta:
  id: mqtt_string
  title: MQTT data representations
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  encoding: UTF-8
doc: A UTF-8 encoded string; its types are what both versions of MQTT have besides.
doc-ref: MQTT 3.1.1, 1.5.3; MQTT 5, 1.5.4
seq:
  - id: length
    type: u2
    doc: number of bytes of the text
    doc-ref: MQTT 3.1.1, 1.5.3; MQTT 5, 1.5.4
  - id: value
    type: str
    size: length
    doc: well-formed UTF-8 without U+0000
    doc-ref: '[MQTT-1.5.3-1], [MQTT-1.5.3-2]; [MQTT-1.5.4-1], [MQTT-1.5.4-2]'
types:
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
