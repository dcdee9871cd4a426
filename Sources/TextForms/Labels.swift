/// What a DNS label is, for whoever wrote another text.
public let dnsLabelRule =
  "lower-case letters, digits and '-', at most 63, a letter or digit first and last"

/// Returns whether a text is a DNS label, by `dnsLabelRule`.
///
/// - Parameter text: The text.
/// - Returns: Whether it is one.
public func isDNSLabel(_ text: String) -> Bool {
  let bytes = text.utf8
  guard (1...63).contains(bytes.count), bytes.first != dash, bytes.last != dash else {
    return false
  }
  return bytes.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), dash: true
    default: false
    }
  }
}

private let dash = UInt8(ascii: "-")
