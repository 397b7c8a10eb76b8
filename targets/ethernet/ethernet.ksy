meta:
  id: ethernet
  title: Ethernet frame with ARP or IPv4
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  bit-endian: be
doc: |
  One Ethernet II frame without its check sequence, with what a small device on a network takes
  from it: ARP, and IPv4 with ICMP or TCP. Nothing of it is answered that is not right in every
  field, so a wrong one is expected to get silence.
doc-ref: IEEE 802.3-2018, 3.1.1
-percuss-invalid: silence
-percuss-framing:
  kind: datagram
  minimum: 14
  maximum: 1514
seq:
  - id: destination
    size: 6
    doc: the address of the interface that shall take the frame; all ones mean every one
    doc-ref: IEEE 802.3-2018, 3.2.4
  - id: source
    size: 6
    doc-ref: IEEE 802.3-2018, 3.2.5
  - id: ethertype
    type: u2
    enum: ethertype
    doc-ref: IEEE 802.3-2018, 3.2.6
  - id: packet
    type:
      switch-on: ethertype
      cases:
        ethertype::arp: arp
        ethertype::ipv4: ipv4
        _: unknown
  - id: padding
    size-eos: true
    doc: fills the frame up to 60 bytes
    doc-ref: IEEE 802.3-2018, 3.2.8
    -percuss-invalid: unknown
types:
  unknown:
    doc: A protocol that is none of this model's.
    -percuss-invalid: silence
    seq:
      - id: data
        size-eos: true
  arp:
    doc: Who has this protocol address, and the reply.
    doc-ref: RFC 826
    seq:
      - id: hardware
        type: u2
        valid: 1
      - id: protocol
        type: u2
        valid: 0x800
      - id: hardware_length
        type: u1
        valid: 6
      - id: protocol_length
        type: u1
        valid: 4
      - id: operation
        type: u2
        enum: arp_operation
        valid:
          any-of: ['arp_operation::request', 'arp_operation::reply']
      - id: sender_hardware
        size: 6
      - id: sender
        type: u4
      - id: target_hardware
        size: 6
      - id: target
        type: u4
  ipv4:
    doc: A packet without options, not in fragments.
    doc-ref: RFC 791, 3.1
    seq:
      - id: header
        type: ipv4_header
      - id: body
        size: header.total_length - 20
        type:
          switch-on: header.protocol
          cases:
            protocol::icmp: icmp
            protocol::tcp: tcp
            _: unknown
  ipv4_header:
    seq:
      - id: version
        type: b4
        valid: 4
      - id: header_words
        type: b4
        valid: 5
        doc: the length of the header in words of 32 bits; options are not in this model
      - id: service
        type: u1
      - id: total_length
        type: u2
        valid:
          min: 20
          max: 1500
      - id: identification
        type: u2
      - id: reserved
        type: b1
        doc: zero; who receives it does not look
      - id: do_not_fragment
        type: b1
      - id: more_fragments
        type: b1
        valid: false
      - id: fragment_offset
        type: b13
        valid: 0
      - id: time_to_live
        type: u1
      - id: protocol
        type: u1
        enum: protocol
      - id: checksum
        type: u2
        -percuss-checksum: internet
        doc-ref: RFC 791, 3.1 (header checksum)
      - id: source
        type: u4
      - id: destination
        type: u4
  icmp:
    doc: What an echo has behind the checksum stands in other messages, too, with other meanings.
    doc-ref: RFC 792
    seq:
      - id: type
        type: u1
        enum: icmp_type
      - id: code
        type: u1
      - id: checksum
        type: u2
        -percuss-checksum: internet
      - id: identifier
        type: u2
      - id: sequence
        type: u2
      - id: data
        size-eos: true
  tcp:
    doc-ref: RFC 9293, 3.1
    seq:
      - id: source
        type: u2
      - id: destination
        type: u2
      - id: sequence
        type: u4
      - id: acknowledgement
        type: u4
      - id: header_words
        type: b4
        valid:
          min: 5
      - id: reserved
        type: b4
        -percuss-invalid: unknown
      - id: congestion
        type: b2
      - id: urg
        type: b1
      - id: ack
        type: b1
      - id: psh
        type: b1
      - id: rst
        type: b1
      - id: syn
        type: b1
      - id: fin
        type: b1
      - id: window
        type: u2
      - id: checksum
        type: u2
        -percuss-checksum:
          algorithm: internet
          plus: >-
            _parent.header.source + _parent.header.destination +
            _parent.header.protocol.to_i + _parent.header.total_length - 20
        doc-ref: RFC 9293, 3.1 (checksum)
      - id: urgent
        type: u2
      - id: options
        size: header_words * 4 - 20
      - id: data
        size-eos: true
enums:
  ethertype:
    0x0800: ipv4
    0x0806: arp
  arp_operation:
    1: request
    2: reply
  protocol:
    1: icmp
    6: tcp
  icmp_type:
    0: echo_reply
    3: unreachable
    8: echo
    11: time_exceeded
    12: parameter_problem
