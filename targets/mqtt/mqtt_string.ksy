meta:
  id: mqtt_string
  title: MQTT data representations
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  encoding: UTF-8
doc: A UTF-8 encoded string.
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
