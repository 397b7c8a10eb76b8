meta:
  id: tls
  title: TLS record with what of a handshake is not encrypted
  license: CC0-1.0
  ks-version: 0.10
  endian: be
doc: |
  One record of TLS 1.2 or 1.3. Handshake messages are read where they are not encrypted: all of TLS
  1.2's up to ChangeCipherSpec, ClientHello and ServerHello of 1.3; what is encrypted is bytes. Who
  cannot parse a message ends the connection with an alert (RFC 8446, 6), or at least ends it. A
  handshake message may span records: one that is not complete is waited for. Extensions that are of
  no use in the version that is chosen, or to this server, need not be read, so a broken one of these
  may be accepted.
doc-ref: RFC 8446, 5.1; RFC 5246, 6.2.1
-percuss-invalid: reject|close
-percuss-framing:
  kind: length
  offset: 3
  width: 2
  adjust: 5
  minimum: 5
  maximum: 18437
params:
  - id: negotiated
    type: u2
    -percuss-default: 0
    doc: the version that a ServerHello chose on this connection, 0 before
    doc-ref: RFC 8446, 4.1.3 and 4.2.1
  - id: cipher_suite
    type: u2
    -percuss-default: 0xc02b
    doc: >-
      the cipher suite that it chose, which decides how key exchange messages read; the default is one
      with ephemeral elliptic curves
    doc-ref: RFC 5246, 7.4.3; RFC 8422, 5.4
seq:
  - id: content_type
    type: u1
    -percuss-enum: content_type
    doc: what the record carries; one that is not known is an unexpected message
    doc-ref: RFC 8446, 5 and 5.1
  - id: version
    type: u2
    doc: 0x0301 in a first ClientHello, else 0x0303; TLS 1.3 ignores it
    doc-ref: RFC 8446, 5.1; RFC 5246, 6.2.1
  - id: length
    type: u2
    valid:
      max: 18432
    doc: number of bytes that follow, 2^14 at most, and what encryption adds
    doc-ref: RFC 8446, 5.1 and 5.2; RFC 5246, 6.2.1 and 6.2.3
  - id: body
    size: length
    type:
      switch-on: content_type
      cases:
        20: change_cipher_spec
        21: alert
        22: handshake_messages
        23: opaque
        24: heartbeat
    doc: the fragment
    doc-ref: RFC 8446, 5.1
instances:
  is_ecdhe:
    value: >-
      (cipher_suite >= 0xc006 and cipher_suite <= 0xc00a)
      or (cipher_suite >= 0xc010 and cipher_suite <= 0xc014)
      or cipher_suite == 0xc023 or cipher_suite == 0xc024 or cipher_suite == 0xc027
      or cipher_suite == 0xc028 or cipher_suite == 0xc02b or cipher_suite == 0xc02c
      or cipher_suite == 0xc02f or cipher_suite == 0xc030
      or (cipher_suite >= 0xc0ac and cipher_suite <= 0xc0af)
      or cipher_suite == 0xcca8 or cipher_suite == 0xcca9
    doc: both sides make a key on an elliptic curve
    doc-ref: RFC 8422, 6
enums:
  content_type:
    20: change_cipher_spec
    21: alert
    22: handshake
    23: application_data
    24: heartbeat
  handshake_type:
    0: hello_request
    1: client_hello
    2: server_hello
    4: new_session_ticket
    8: encrypted_extensions
    11: certificate
    12: server_key_exchange
    13: certificate_request
    14: server_hello_done
    15: certificate_verify
    16: client_key_exchange
    20: finished
    22: certificate_status
    24: key_update
  extension_type:
    0: server_name
    1: max_fragment_length
    5: status_request
    10: supported_groups
    11: ec_point_formats
    13: signature_algorithms
    15: heartbeat
    16: application_layer_protocol_negotiation
    22: encrypt_then_mac
    23: extended_main_secret
    28: record_size_limit
    35: session_ticket
    41: pre_shared_key
    42: early_data
    43: supported_versions
    44: cookie
    45: psk_key_exchange_modes
    49: post_handshake_auth
    50: signature_algorithms_cert
    51: key_share
    0xff01: renegotiation_info
  named_group:
    23: secp256r1
    24: secp384r1
    25: secp521r1
    29: x25519
    30: x448
  alert_level:
    1: warning
    2: fatal
  alert_description:
    0: close_notify
    10: unexpected_message
    20: bad_record_mac
    22: record_overflow
    40: handshake_failure
    42: bad_certificate
    47: illegal_parameter
    50: decode_error
    51: decrypt_error
    70: protocol_version
    71: insufficient_security
    80: internal_error
    86: inappropriate_fallback
    90: user_canceled
    100: no_renegotiation
    109: missing_extension
    110: unsupported_extension
    112: unrecognized_name
    116: certificate_required
    120: no_application_protocol
types:
  opaque:
    doc: bytes that are encrypted, or that nobody looks into here
    doc-ref: RFC 8446, 5.2
    seq:
      - id: bytes
        size-eos: true
        doc: the bytes
        doc-ref: RFC 8446, 5.2
  nothing:
    doc: a message or extension without content
    doc-ref: RFC 5246, 7.4.1.1 and 7.4.5
  change_cipher_spec:
    doc: what is sent behind it is encrypted (TLS 1.2), or nothing at all (1.3)
    doc-ref: RFC 5246, 7.1; RFC 8446, 5
    seq:
      - id: type
        type: u1
        valid: 1
        doc: always 1
        doc-ref: RFC 5246, 7.1; RFC 8446, 5
  alert:
    doc: why a connection ends, or a warning
    doc-ref: RFC 8446, 6; RFC 5246, 7.2
    -percuss-invalid: silence|reject|close
    seq:
      - id: level
        type: u1
        -percuss-enum: alert_level
        valid:
          min: 1
          max: 2
        doc: warning or fatal
        doc-ref: RFC 5246, 7.2; RFC 8446, 6
      - id: description
        type: u1
        -percuss-enum: alert_description
        doc: what is wrong
        doc-ref: RFC 8446, 6; RFC 5246, 7.2
  heartbeat:
    doc: a request to repeat the payload, or its answer; one that does not fit is dropped
    doc-ref: RFC 6520, 4
    -percuss-invalid: silence|reject|close
    seq:
      - id: type
        type: u1
        valid:
          min: 1
          max: 2
        doc: request or response
        doc-ref: RFC 6520, 3
      - id: payload_length
        type: u2
        doc: number of bytes of the payload
        doc-ref: RFC 6520, 4
      - id: payload
        size: payload_length
        doc: what is repeated
        doc-ref: RFC 6520, 4
      - id: padding
        size-eos: true
        doc: 16 random bytes at least
        doc-ref: RFC 6520, 4
  handshake_messages:
    doc: one or more handshake messages
    doc-ref: RFC 8446, 5.1
    seq:
      - id: messages
        type: handshake
        repeat: eos
        doc: the messages
        doc-ref: RFC 8446, 5.1
  handshake:
    doc: a handshake message
    doc-ref: RFC 8446, 4; RFC 5246, 7.4
    seq:
      - id: msg_type
        type: u1
        -percuss-enum: handshake_type
        doc: which one; one that is not expected is answered with the alert unexpected_message
        doc-ref: RFC 8446, 4; RFC 5246, 7.4
      - id: length
        type: b24
        -percuss-invalid: silence|reject|close
        doc: number of bytes that follow
        doc-ref: RFC 8446, 4; RFC 5246, 7.4
      - id: body
        size: length
        -percuss-invalid: silence|reject|close
        type:
          switch-on: msg_type
          cases:
            0: nothing
            1: client_hello
            2: server_hello
            4: opaque
            8: opaque
            11: certificate
            12: server_key_exchange
            13: certificate_request
            14: nothing
            15: certificate_verify
            16: client_key_exchange
            20: finished
            22: opaque
            24: opaque
        doc: the content
        doc-ref: RFC 8446, 4; RFC 5246, 7.4
  client_hello:
    doc: what a client offers
    doc-ref: RFC 8446, 4.1.2; RFC 5246, 7.4.1.2
    -percuss-invalid: reject|close
    seq:
      - id: version
        type: u2
        doc: the highest version that is offered, but for TLS 1.3, where it is 0x0303
        doc-ref: RFC 8446, 4.1.2 (legacy_version); RFC 5246, 7.4.1.2 (client_version)
      - id: random
        size: 32
        doc: random bytes
        doc-ref: RFC 8446, 4.1.2 (random)
      - id: session_id_length
        type: u1
        valid:
          max: 32
        doc: length of the session's name
        doc-ref: RFC 8446, 4.1.2 (legacy_session_id)
      - id: session_id
        size: session_id_length
        doc: the name of an earlier session, or what a server of TLS 1.3 repeats
        doc-ref: RFC 8446, 4.1.2 (legacy_session_id)
      - id: cipher_suites_length
        type: u2
        valid:
          min: 2
        doc: length of the list in bytes
        doc-ref: RFC 8446, 4.1.2 (cipher_suites)
      - id: cipher_suites
        size: cipher_suites_length
        type: numbers
        doc: what the client can encrypt with
        doc-ref: RFC 8446, 4.1.2 (cipher_suites)
      - id: compression_methods_length
        type: u1
        valid:
          min: 1
        doc: length of the list
        doc-ref: RFC 8446, 4.1.2 (legacy_compression_methods)
      - id: compression_methods
        size: compression_methods_length
        doc: one byte, 0
        doc-ref: RFC 8446, 4.1.2 (legacy_compression_methods)
      - id: extensions
        type: client_extensions
        if: not _io.eof
        doc: extensions; a client of TLS 1.2 may leave the field out
        doc-ref: RFC 8446, 4.2; RFC 5246, 7.4.1.4
  numbers:
    doc: a list of 16-bit numbers
    doc-ref: RFC 8446, 3.4
    seq:
      - id: values
        type: u2
        repeat: eos
        doc: the numbers
        doc-ref: RFC 8446, 3.4
  client_extensions:
    doc: the extensions of a ClientHello
    doc-ref: RFC 8446, 4.2
    seq:
      - id: length
        type: u2
        doc: number of bytes that follow
        doc-ref: RFC 8446, 4.1.2 (extensions)
      - id: list
        size: length
        type: client_extension_list
        doc: the extensions
        doc-ref: RFC 8446, 4.1.2 (extensions)
  client_extension_list:
    doc: no two of the same type
    doc-ref: RFC 8446, 4.2
    seq:
      - id: items
        type: client_extension
        repeat: eos
        doc: the extensions
        doc-ref: RFC 8446, 4.2
  client_extension:
    doc: an extension of a ClientHello; one that is not known is passed over
    doc-ref: RFC 8446, 4.2
    seq:
      - id: type
        type: u2
        -percuss-enum: extension_type
        doc: which one
        doc-ref: RFC 8446, 4.2
      - id: length
        type: u2
        doc: number of bytes that follow
        doc-ref: RFC 8446, 4.2
      - id: body
        size: length
        type:
          switch-on: type
          cases:
            0: server_names
            1: one_byte
            5: status_request
            10: number_list
            11: byte_list
            13: number_list
            15: one_byte
            16: protocol_names
            22: flag
            23: flag
            28: one_number
            35: opaque
            41: pre_shared_keys
            42: flag
            43: supported_versions
            44: cookie
            45: byte_list
            49: flag
            50: number_list
            51: key_shares
            0xff01: byte_list
            _: opaque
        doc: the content
        doc-ref: RFC 8446, 4.2
  flag:
    doc: an extension without content
    doc-ref: RFC 7366, 2; RFC 7627, 5.1
    -percuss-invalid: accept|reject|close
  one_byte:
    doc: an extension with one byte
    doc-ref: RFC 6066, 4; RFC 6520, 2
    -percuss-invalid: accept|reject|close
    seq:
      - id: value
        type: u1
        doc: the largest fragment (1 to 4), or whether heartbeats may be sent (1, 2)
        doc-ref: RFC 6066, 4; RFC 6520, 2
  one_number:
    doc: an extension with one number
    doc-ref: RFC 8449, 4
    -percuss-invalid: accept|reject|close
    seq:
      - id: value
        type: u2
        valid:
          min: 64
        doc: the largest record that is taken
        doc-ref: RFC 8449, 4
  number_list:
    doc: an extension with a list of groups or signature algorithms
    doc-ref: RFC 8446, 4.2.7 and 4.2.3
    seq:
      - id: length
        type: u2
        valid:
          min: 2
        doc: length of the list in bytes
        doc-ref: RFC 8446, 4.2.7 and 4.2.3
      - id: list
        size: length
        type: numbers
        doc: what the client can do, in the order of its preference
        doc-ref: RFC 8446, 4.2.7 and 4.2.3
  byte_list:
    doc: an extension with a list of bytes
    doc-ref: RFC 8422, 5.1.2; RFC 8446, 4.2.9; RFC 5746, 3.2
    -percuss-invalid: accept|reject|close
    seq:
      - id: length
        type: u1
        doc: length of the list
        doc-ref: RFC 8422, 5.1.2; RFC 8446, 4.2.9; RFC 5746, 3.2
      - id: list
        size: length
        doc: point formats, modes, or what proves a renegotiation
        doc-ref: RFC 8422, 5.1.2; RFC 8446, 4.2.9; RFC 5746, 3.2
  server_names:
    doc: whom the client wants to speak to
    doc-ref: RFC 6066, 3
    seq:
      - id: length
        type: u2
        valid:
          min: 1
        doc: length of the list in bytes
        doc-ref: RFC 6066, 3
      - id: list
        size: length
        type: server_name_list
        doc: one name of a type
        doc-ref: RFC 6066, 3
  server_name_list:
    doc: names of a server
    doc-ref: RFC 6066, 3
    seq:
      - id: names
        type: server_name
        repeat: eos
        doc: the names
        doc-ref: RFC 6066, 3
  server_name:
    doc: a name of a server
    doc-ref: RFC 6066, 3
    seq:
      - id: name_type
        type: u1
        doc: 0 is a host's name
        doc-ref: RFC 6066, 3
      - id: length
        type: u2
        valid:
          min: 1
        -percuss-invalid: accept|reject|close
        doc: length of the name
        doc-ref: RFC 6066, 3
      - id: name
        size: length
        doc: the name
        doc-ref: RFC 6066, 3
  status_request:
    doc: the client asks for the state of the certificate; a server may pass over it
    doc-ref: RFC 6066, 8
    -percuss-invalid: accept|reject|close
    seq:
      - id: status_type
        type: u1
        doc: 1 is OCSP
        doc-ref: RFC 6066, 8
      - id: responders_length
        type: u2
        doc: length of the list of responders
        doc-ref: RFC 6066, 8
      - id: responders
        size: responders_length
        doc: responders that the client trusts
        doc-ref: RFC 6066, 8
      - id: extensions_length
        type: u2
        doc: length of the extensions of the request
        doc-ref: RFC 6066, 8
      - id: extensions
        size: extensions_length
        doc: their DER encoding
        doc-ref: RFC 6066, 8
  protocol_names:
    doc: which protocols the client speaks; a server that knows none of this passes over it
    doc-ref: RFC 7301, 3.1
    -percuss-invalid: accept|reject|close
    seq:
      - id: length
        type: u2
        valid:
          min: 2
        doc: length of the list in bytes
        doc-ref: RFC 7301, 3.1
      - id: list
        size: length
        type: protocol_name_list
        doc: names, in the order of preference
        doc-ref: RFC 7301, 3.1
  protocol_name_list:
    doc: names of protocols
    doc-ref: RFC 7301, 3.1
    seq:
      - id: names
        type: protocol_name
        repeat: eos
        doc: the names
        doc-ref: RFC 7301, 3.1
  protocol_name:
    doc: a name of a protocol
    doc-ref: RFC 7301, 3.1
    seq:
      - id: length
        type: u1
        valid:
          min: 1
        doc: length of the name
        doc-ref: RFC 7301, 3.1
      - id: name
        size: length
        doc: the name
        doc-ref: RFC 7301, 3.1
  supported_versions:
    doc: the versions that the client speaks
    doc-ref: RFC 8446, 4.2.1
    seq:
      - id: length
        type: u1
        valid:
          min: 2
          max: 254
        doc: length of the list in bytes
        doc-ref: RFC 8446, 4.2.1
      - id: list
        size: length
        type: numbers
        doc: versions, in the order of preference
        doc-ref: RFC 8446, 4.2.1
  cookie:
    doc: what a HelloRetryRequest said
    doc-ref: RFC 8446, 4.2.2
    -percuss-invalid: accept|reject|close
    seq:
      - id: length
        type: u2
        valid:
          min: 1
        doc: length of the cookie
        doc-ref: RFC 8446, 4.2.2
      - id: cookie
        size: length
        doc: the cookie
        doc-ref: RFC 8446, 4.2.2
  key_shares:
    doc: public keys for some of the groups
    doc-ref: RFC 8446, 4.2.8
    seq:
      - id: length
        type: u2
        doc: length of the list in bytes; an empty one asks for a HelloRetryRequest
        doc-ref: RFC 8446, 4.2.8
      - id: list
        size: length
        type: key_share_list
        doc: the keys
        doc-ref: RFC 8446, 4.2.8
  key_share_list:
    doc: no two of the same group
    doc-ref: RFC 8446, 4.2.8
    seq:
      - id: keys
        type: key_share
        repeat: eos
        doc: the keys
        doc-ref: RFC 8446, 4.2.8
  key_share:
    doc: a public key
    doc-ref: RFC 8446, 4.2.8
    seq:
      - id: group
        type: u2
        -percuss-enum: named_group
        doc: the group that it is of
        doc-ref: RFC 8446, 4.2.7
      - id: length
        type: u2
        valid:
          min: 1
        doc: length of the key
        doc-ref: RFC 8446, 4.2.8
      - id: key
        size: length
        doc: the key; of a curve of NIST a byte 4 and both coordinates
        doc-ref: RFC 8446, 4.2.8.2
  pre_shared_keys:
    doc: tickets of earlier sessions, with proofs over the message up to them
    doc-ref: RFC 8446, 4.2.11
    -percuss-invalid: accept|reject|close
    seq:
      - id: identities_length
        type: u2
        valid:
          min: 7
        doc: length of the list of tickets in bytes
        doc-ref: RFC 8446, 4.2.11
      - id: identities
        size: identities_length
        type: psk_identity_list
        doc: the tickets
        doc-ref: RFC 8446, 4.2.11
      - id: binders_length
        type: u2
        valid:
          min: 33
        doc: length of the list of proofs in bytes
        doc-ref: RFC 8446, 4.2.11
      - id: binders
        size: binders_length
        type: psk_binder_list
        doc: a proof for each ticket
        doc-ref: RFC 8446, 4.2.11.2
  psk_identity_list:
    doc: tickets
    doc-ref: RFC 8446, 4.2.11
    -percuss-invalid: accept|reject|close
    seq:
      - id: items
        type: psk_identity
        repeat: eos
        doc: the tickets
        doc-ref: RFC 8446, 4.2.11
  psk_identity:
    doc: a ticket
    doc-ref: RFC 8446, 4.2.11
    -percuss-invalid: accept|reject|close
    seq:
      - id: length
        type: u2
        valid:
          min: 1
        doc: length of the ticket
        doc-ref: RFC 8446, 4.2.11
      - id: identity
        size: length
        doc: the ticket
        doc-ref: RFC 8446, 4.2.11
      - id: obfuscated_ticket_age
        type: u4
        doc: how old it is, and a secret number
        doc-ref: RFC 8446, 4.2.11.1
  psk_binder_list:
    doc: proofs
    doc-ref: RFC 8446, 4.2.11.2
    -percuss-invalid: accept|reject|close
    seq:
      - id: items
        type: psk_binder
        repeat: eos
        doc: the proofs
        doc-ref: RFC 8446, 4.2.11.2
  psk_binder:
    doc: a proof that the client has the ticket's key
    doc-ref: RFC 8446, 4.2.11.2
    -percuss-invalid: accept|reject|close
    seq:
      - id: length
        type: u1
        valid:
          min: 32
        doc: length of the proof
        doc-ref: RFC 8446, 4.2.11
      - id: binder
        size: length
        doc: an HMAC over the message up to the list of proofs
        doc-ref: RFC 8446, 4.2.11.2
  server_hello:
    doc: what the server chose, or (with a certain random value) a HelloRetryRequest
    doc-ref: RFC 8446, 4.1.3 and 4.1.4; RFC 5246, 7.4.1.3
    -percuss-invalid: reject|close
    seq:
      - id: version
        type: u2
        doc: the version; TLS 1.3 says 0x0303
        doc-ref: RFC 8446, 4.1.3 (legacy_version)
      - id: random
        size: 32
        doc: random bytes, or those that make it a HelloRetryRequest
        doc-ref: RFC 8446, 4.1.3 (random)
      - id: session_id_length
        type: u1
        valid:
          max: 32
        doc: length of the session's name
        doc-ref: RFC 8446, 4.1.3 (legacy_session_id_echo)
      - id: session_id
        size: session_id_length
        doc: the session's name; in TLS 1.3 what the client said
        doc-ref: RFC 8446, 4.1.3 (legacy_session_id_echo)
      - id: cipher_suite
        type: u2
        doc: one of those that the client offered
        doc-ref: RFC 8446, 4.1.3 (cipher_suite)
      - id: compression_method
        type: u1
        valid: 0
        doc: none
        doc-ref: RFC 8446, 4.1.3 (legacy_compression_method)
      - id: extensions
        type: server_extensions
        if: not _io.eof
        doc: answers to extensions of the client
        doc-ref: RFC 8446, 4.1.3 (extensions); RFC 5246, 7.4.1.4
    instances:
      is_retry:
        value: >-
          random == [0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e,
          0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2,
          0xc8, 0xa8, 0x33, 0x9c]
        doc: it is a HelloRetryRequest
        doc-ref: RFC 8446, 4.1.3 (random)
  server_extensions:
    doc: the extensions of a ServerHello
    doc-ref: RFC 8446, 4.2
    seq:
      - id: length
        type: u2
        doc: number of bytes that follow
        doc-ref: RFC 8446, 4.1.3 (extensions)
      - id: list
        size: length
        type: server_extension_list
        doc: the extensions
        doc-ref: RFC 8446, 4.1.3 (extensions)
  server_extension_list:
    doc: no two of the same type
    doc-ref: RFC 8446, 4.2
    seq:
      - id: items
        type: server_extension
        repeat: eos
        doc: the extensions
        doc-ref: RFC 8446, 4.2
  server_extension:
    doc: the answer to an extension
    doc-ref: RFC 8446, 4.2
    seq:
      - id: type
        type: u2
        -percuss-enum: extension_type
        doc: which one
        doc-ref: RFC 8446, 4.2
      - id: length
        type: u2
        doc: number of bytes that follow
        doc-ref: RFC 8446, 4.2
      - id: body
        size: length
        type:
          switch-on: type
          cases:
            0: nothing
            1: one_byte
            5: nothing
            11: byte_list
            15: one_byte
            16: protocol_names
            22: nothing
            23: nothing
            28: one_number
            35: nothing
            41: selected
            43: selected
            44: cookie
            51: selected_key
            0xff01: byte_list
            _: opaque
        doc: the content
        doc-ref: RFC 8446, 4.2
  selected:
    doc: a version, or which ticket
    doc-ref: RFC 8446, 4.2.1 and 4.2.11
    seq:
      - id: value
        type: u2
        doc: what the server chose
        doc-ref: RFC 8446, 4.2.1 and 4.2.11
  selected_key:
    doc: the server's public key; a HelloRetryRequest has the group alone
    doc-ref: RFC 8446, 4.2.8
    seq:
      - id: group
        type: u2
        -percuss-enum: named_group
        doc: the group
        doc-ref: RFC 8446, 4.2.8
      - id: share
        type: public_key_16
        if: not _io.eof
        doc: the key
        doc-ref: RFC 8446, 4.2.8
  public_key_16:
    doc: a public key behind 16 bits of length
    doc-ref: RFC 8446, 4.2.8
    seq:
      - id: length
        type: u2
        valid:
          min: 1
        doc: length of the key
        doc-ref: RFC 8446, 4.2.8
      - id: key
        size: length
        doc: the key
        doc-ref: RFC 8446, 4.2.8
  certificate:
    doc: a chain of certificates (TLS 1.2)
    doc-ref: RFC 5246, 7.4.2
    -percuss-invalid: reject|close
    seq:
      - id: length
        type: b24
        doc: length of the list in bytes
        doc-ref: RFC 5246, 7.4.2
      - id: list
        size: length
        type: certificate_list
        doc: the sender's own first
        doc-ref: RFC 5246, 7.4.2
  certificate_list:
    doc: certificates
    doc-ref: RFC 5246, 7.4.2
    seq:
      - id: items
        type: certificate_entry
        repeat: eos
        doc: the certificates
        doc-ref: RFC 5246, 7.4.2
  certificate_entry:
    doc: a certificate
    doc-ref: RFC 5246, 7.4.2
    seq:
      - id: length
        type: b24
        valid:
          min: 1
        doc: length of the certificate
        doc-ref: RFC 5246, 7.4.2
      - id: data
        size: length
        doc: its DER encoding
        doc-ref: RFC 5246, 7.4.2
  server_key_exchange:
    doc: the server's key for this connection, signed
    doc-ref: RFC 5246, 7.4.3; RFC 8422, 5.4
    -percuss-invalid: reject|close
    seq:
      - id: ecdhe
        type: server_ecdhe
        if: _root.is_ecdhe
        doc: on an elliptic curve
        doc-ref: RFC 8422, 5.4
      - id: other
        size-eos: true
        if: not _root.is_ecdhe
        doc: in another way
        doc-ref: RFC 5246, 7.4.3
  server_ecdhe:
    doc: a public key on a curve, and its signature
    doc-ref: RFC 8422, 5.4
    seq:
      - id: curve_type
        type: u1
        valid: 3
        doc: a curve that has a name
        doc-ref: RFC 8422, 5.4
      - id: group
        type: u2
        -percuss-enum: named_group
        doc: the curve
        doc-ref: RFC 8422, 5.1.1
      - id: key_length
        type: u1
        valid:
          min: 1
        doc: length of the key
        doc-ref: RFC 8422, 5.4
      - id: key
        size: key_length
        doc: the key
        doc-ref: RFC 8422, 5.4
      - id: algorithm
        type: u2
        doc: hash and signature algorithm
        doc-ref: RFC 5246, 7.4.1.4.1 and 7.4.3
      - id: signature_length
        type: u2
        doc: length of the signature
        doc-ref: RFC 5246, 4.7
      - id: signature
        size: signature_length
        doc: over both random values and the key
        doc-ref: RFC 5246, 7.4.3
  certificate_request:
    doc: the server asks for the client's certificate (TLS 1.2)
    doc-ref: RFC 5246, 7.4.4
    -percuss-invalid: reject|close
    seq:
      - id: types_length
        type: u1
        valid:
          min: 1
        doc: length of the list of types
        doc-ref: RFC 5246, 7.4.4
      - id: types
        size: types_length
        doc: types of certificates
        doc-ref: RFC 5246, 7.4.4
      - id: algorithms_length
        type: u2
        valid:
          min: 2
        doc: length of the list of algorithms in bytes
        doc-ref: RFC 5246, 7.4.4
      - id: algorithms
        size: algorithms_length
        type: numbers
        doc: hash and signature algorithms
        doc-ref: RFC 5246, 7.4.4
      - id: authorities_length
        type: u2
        doc: length of the list of authorities in bytes
        doc-ref: RFC 5246, 7.4.4
      - id: authorities
        size: authorities_length
        doc: names of authorities, each behind 16 bits of length
        doc-ref: RFC 5246, 7.4.4
  certificate_verify:
    doc: a signature over the handshake
    doc-ref: RFC 5246, 7.4.8
    -percuss-invalid: reject|close
    seq:
      - id: algorithm
        type: u2
        doc: hash and signature algorithm
        doc-ref: RFC 5246, 7.4.8
      - id: length
        type: u2
        doc: length of the signature
        doc-ref: RFC 5246, 4.7
      - id: signature
        size: length
        doc: the signature
        doc-ref: RFC 5246, 7.4.8
  client_key_exchange:
    doc: the client's key for this connection
    doc-ref: RFC 5246, 7.4.7; RFC 8422, 5.7
    -percuss-invalid: silence|reject|close
    seq:
      - id: ecdhe
        type: public_key_8
        if: _root.is_ecdhe
        doc: on an elliptic curve
        doc-ref: RFC 8422, 5.7
      - id: other
        size-eos: true
        if: not _root.is_ecdhe
        doc: in another way
        doc-ref: RFC 5246, 7.4.7
  public_key_8:
    doc: a public key behind 8 bits of length
    doc-ref: RFC 8422, 5.7
    seq:
      - id: length
        type: u1
        valid:
          min: 1
        doc: length of the key
        doc-ref: RFC 8422, 5.4 and 5.7
      - id: key
        size: length
        doc: the key
        doc-ref: RFC 8422, 5.7
  finished:
    doc: a hash over the handshake
    doc-ref: RFC 5246, 7.4.9
    -percuss-invalid: reject|close
    seq:
      - id: verify_data
        size-eos: true
        doc: 12 bytes, which only who has the key can make
        doc-ref: RFC 5246, 7.4.9
