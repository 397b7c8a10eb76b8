meta:
  id: coap
  title: Constrained Application Protocol message
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  bit-endian: be
doc: |
  One CoAP message in one datagram. The options lie behind the token up to the end or the payload
  marker, which reads here as a last option of number difference 15 and length 15. A rule that is
  broken is a message format error: the session says what that means for each type of message.
doc-ref: RFC 7252, 3
-percuss-invalid: reject
-percuss-framing:
  kind: datagram
  minimum: 4
  maximum: 65507
seq:
  - id: version
    type: b2
    valid: 1
    doc: 1; a message of another version is silently ignored
    doc-ref: RFC 7252, 3 (Ver)
    -percuss-invalid: silence
  - id: type
    type: b2
    -percuss-enum: message_type
    doc: whether the message wants an acknowledgement, or is one
    doc-ref: RFC 7252, 3 (T)
  - id: token_length
    type: b4
    valid:
      max: 8
    doc: bytes of the token; 9 to 15 are a message format error
    doc-ref: RFC 7252, 3 (TKL) and 4.2
  - id: code_class
    type: b3
    -percuss-enum: code_class
    doc: request, or what became of it; 1, 6 and 7 are reserved
    doc-ref: RFC 7252, 3 (Code) and 12.1
  - id: code_detail
    type: b5
    doc: the method of a request; 0.00 is an empty message
    doc-ref: RFC 7252, 3 (Code) and 12.1
  - id: message_id
    type: u2
    doc: numbers the message; its acknowledgement or reset repeats it
    doc-ref: RFC 7252, 3 (Message ID) and 4.4
    -percuss-sequence: true
  - id: token
    size: token_length
    valid:
      expr: _.length == 0 or not is_empty
    doc: joins response and request; an empty message has none
    doc-ref: RFC 7252, 5.3.1 and 4.1
  - id: options
    type: >-
      option(_index == 0 ? 0 : options[_index - 1].number,
      _index == 0 ? false : options[_index - 1].is_refused_until,
      _index == 0 ? false : options[_index - 1].has_observe_until,
      _index == 0 ? -1 : options[_index - 1].block1_until,
      _index == 0 ? -1 : options[_index - 1].block2_until)
    repeat: until
    repeat-until: _.is_marker or _io.eof
    if: has_options
    doc: options in ascending order of their numbers, and the payload marker
    doc-ref: RFC 7252, 3.1
  - id: payload
    size-eos: true
    valid:
      expr: _.length > 0
    if: has_payload
    doc: what follows the marker, never nothing
    doc-ref: RFC 7252, 3 (payload marker) and 4.2
  - id: excess
    size-eos: true
    valid:
      expr: _.length == 0
    if: is_empty
    doc: an empty message ends behind its message ID
    doc-ref: RFC 7252, 4.1
instances:
  code:
    value: code_class * 32 + code_detail
    doc: class and detail in one number
  is_empty:
    value: code_class == 0 and code_detail == 0
    doc: neither request nor response
  total:
    value: _io.size
    doc: bytes of the message
    doc-ref: RFC 7252, 4.6
  has_options:
    value: not is_empty and _io.size > token_length + 4
    doc: something follows the token
  has_payload:
    value: 'has_options ? options.last.is_marker : false'
    doc: the marker stands behind the options
  has_refused_option:
    value: 'has_options ? options.last.is_refused_until : false'
    doc: a critical option that counts as not recognised
    doc-ref: RFC 7252, 5.4.1, 5.4.3 and 5.4.5
  is_beyond_numbers:
    value: 'has_options ? options.size > 10 or options.last.number > 65535 : false'
    doc: an option number that no registry can give, or more options than are looked through
    doc-ref: RFC 7252, 12.2
  block1:
    value: 'has_options ? options.last.block1_until : -1'
    doc: the value of Block1, -1 without it
    doc-ref: RFC 7959, 2.1
  block2:
    value: 'has_options ? options.last.block2_until : -1'
    doc: the value of Block2, -1 without it
    doc-ref: RFC 7959, 2.1
  has_observe:
    value: 'has_options ? options.last.has_observe_until : false'
    doc: Observe is among the options
    doc-ref: RFC 7641, 2
enums:
  message_type:
    0: confirmable
    1: non_confirmable
    2: acknowledgement
    3: reset
  code_class:
    0: request
    2: success
    4: client_error
    5: server_error
  option:
    1: if_match
    3: uri_host
    4: etag
    5: if_none_match
    6: observe
    7: uri_port
    8: location_path
    9: oscore
    11: uri_path
    12: content_format
    14: max_age
    15: uri_query
    16: hop_limit
    17: accept
    19: q_block1
    20: location_query
    21: edhoc
    23: block2
    27: block1
    28: size2
    31: q_block2
    35: proxy_uri
    39: proxy_scheme
    60: size1
    252: echo
    258: no_response
    292: request_tag
types:
  option:
    doc: |
      Number and length each take a nibble and, from 13 on, one or two bytes more. A value is one of
      three fields, so that its length can be computed from it; one that outgrows its field is sent
      with a length that does not fit.
    doc-ref: RFC 7252, 3.1
    params:
      - id: number_before
        type: u4
        doc: the number of the option before, 0 for the first
      - id: refused_before
        type: bool
        doc: one before this is refused
      - id: observe_before
        type: bool
        doc: one before this is Observe
      - id: block1_before
        type: s4
        doc: the value of Block1 if it stands before this, else -1
      - id: block2_before
        type: s4
        doc: the value of Block2 if it stands before this, else -1
    seq:
      - id: delta
        type: b4
        doc: difference to the number before; 13 and 14 are continued, 15 only begins the marker
        doc-ref: RFC 7252, 3.1 (Option Delta)
      - id: length
        type: b4
        valid:
          expr: '(delta == 15 and _ == 15) or (delta != 15 and _ != 15)'
        doc: bytes of the value; 13 and 14 are continued, 15 is the marker's alone
        doc-ref: RFC 7252, 3.1 (Option Delta and Option Length)
      - id: delta_8
        type: u1
        if: delta == 13
        doc: the difference less 13
        doc-ref: RFC 7252, 3.1 (Option Delta)
      - id: delta_16
        type: u2
        if: delta == 14
        doc: the difference less 269
        doc-ref: RFC 7252, 3.1 (Option Delta)
      - id: length_8
        type: u1
        if: length == 13
        doc: the length less 13
        doc-ref: RFC 7252, 3.1 (Option Length)
      - id: length_16
        type: u2
        if: length == 14
        doc: the length less 269
        doc-ref: RFC 7252, 3.1 (Option Length)
      - id: value
        size: length
        if: length < 13
        doc: a value of less than 13 bytes
        doc-ref: RFC 7252, 3.1 (Value) and 3.2
      - id: value_8
        size: length_8 + 13
        if: length == 13
        doc: a value of 13 to 268 bytes
        doc-ref: RFC 7252, 3.1 (Value) and 3.2
      - id: value_16
        size: length_16 + 269
        if: length == 14
        doc: a value of 269 bytes and more
        doc-ref: RFC 7252, 3.1 (Value) and 3.2
    instances:
      is_marker:
        value: delta == 15
        doc: no option, but what divides options and payload
      difference:
        value: 'delta == 13 ? delta_8 + 13 : delta == 14 ? delta_16 + 269 : delta == 15 ? 0 : delta'
        doc: what is added to the number before
      number:
        value: number_before + difference
        doc: which option
        doc-ref: RFC 7252, 3.1 and 12.2
      name:
        value: number
        enum: option
        doc: the same by its name
      value_length:
        value: 'length == 13 ? length_8 + 13 : length == 14 ? length_16 + 269 : length'
        doc: bytes of the value
      unsigned:
        value: >-
          length == 0 ? 0 : length == 1 ? value[0] : length == 2 ? value[0] * 256 + value[1]
          : length == 3 ? value[0] * 65536 + value[1] * 256 + value[2] : -1
        doc: the value of an option that is a number of up to three bytes
        doc-ref: RFC 7252, 3.2 (uint)
      is_registered:
        value: >-
          number == 1 or number == 3 or number == 5 or number == 7 or number == 9 or number == 11
          or number == 13 or number == 15 or number == 17 or number == 19 or number == 21
          or number == 23 or number == 27 or number == 31 or number == 35 or number == 39
          or number >= 2048
        doc: critical options that the registry has, and those that vendors may have
        doc-ref: RFC 7252, 12.2
      has_bad_length:
        value: >-
          (number == 1 and value_length > 8) or (number == 5 and value_length > 0)
          or (number == 3 and (value_length < 1 or value_length > 255))
          or ((number == 7 or number == 17) and value_length > 2)
          or ((number == 11 or number == 15) and value_length > 255)
          or ((number == 23 or number == 27) and value_length > 3)
          or (number == 35 and (value_length < 1 or value_length > 1034))
          or (number == 39 and (value_length < 1 or value_length > 255))
        doc: a critical option whose length its definition does not allow
        doc-ref: RFC 7252, 5.4.3 and 5.10; RFC 7959, 2.1
      is_surplus:
        value: >-
          delta == 0 and (number == 3 or number == 5 or number == 7 or number == 17
          or number == 23 or number == 27 or number == 35 or number == 39)
        doc: a critical option that is there twice and must not be
        doc-ref: RFC 7252, 5.4.5
      is_refused:
        value: >-
          not is_marker and ((number % 2 == 1 and not is_registered) or has_bad_length or is_surplus)
        doc: a critical option that counts as not recognised
        doc-ref: RFC 7252, 5.4.1, 5.4.3 and 5.4.5
      is_refused_until:
        value: is_refused or refused_before
        doc: this option or one before it is refused
      has_observe_until:
        value: observe_before or (number == 6 and not is_marker)
        doc: this option or one before it is Observe
      block1_until:
        value: 'number == 27 and not is_marker ? unsigned : block1_before'
        doc: Block1 here or before
      block2_until:
        value: 'number == 23 and not is_marker ? unsigned : block2_before'
        doc: Block2 here or before
