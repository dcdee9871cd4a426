import TextForms

/// What `gpg --status-fd` says of one signature; pure.
enum GPGStatus: Hashable {
  case good(Signer)
  /// What was signed is something else.
  case bad(key: String)
  /// The key is not in the keyring.
  case unknownKey(String)
  /// The key, or the signature, was good once.
  case refused(signer: String, reason: String)
  /// What it says cannot be understood.
  case unclear(String)

  /// Reads the lines; what does not begin with `[GNUPG:]` counts for nothing.
  init(_ output: [UInt8]) {
    let lines = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline)
      .filter { $0.hasPrefix("[GNUPG:] ") }.map {
        $0.split(separator: " ").dropFirst().map(String.init)
      }
    let words = ["GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG"]
    let results = lines.filter { words.contains($0.first ?? "") }
    guard results.count == 1, let result = results.first, result.count >= 2 else {
      self = .unclear(
        results.count > 1 ? "it holds several signatures" : "gpg finds no signature in it")
      return
    }
    let (keyID, name) = (result[1], result.dropFirst(2).joined(separator: " "))
    let signer = excerpt("\(name) (gpg \(keyID))", upTo: 200)
    switch result[0] {
    case "GOODSIG":
      let valid = lines.filter { $0.first == "VALIDSIG" }
      guard valid.count == 1, let fingerprint = valid[0].dropFirst().first,
        fingerprint.hasSuffix(keyID)
      else {
        self = .unclear("gpg does not say which key is good")
        return
      }
      let primary = valid[0].count > 10 ? valid[0][10] : fingerprint
      self = .good(Signer(name: excerpt(name, upTo: 160), key: "gpg \(primary)"))
    case "EXPSIG": self = .refused(signer: signer, reason: "the signature has expired")
    case "EXPKEYSIG": self = .refused(signer: signer, reason: "the key has expired")
    case "REVKEYSIG": self = .refused(signer: signer, reason: "the key was revoked")
    case "BADSIG": self = .bad(key: signer)
    default:
      let isUnknown = lines.contains { $0.first == "NO_PUBKEY" }
      self =
        isUnknown
        ? .unknownKey("gpg \(excerpt(result.count > 7 ? result[7] : keyID))")
        : .unclear("gpg cannot check a signature of its kind")
    }
  }
}
