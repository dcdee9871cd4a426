/// A commit or an annotated tag, parted into what is signed and the signature; pure.
public struct SignedObject: Hashable, Sendable {
  /// What it is, as errors call it: `commit 13e615b`, `tag v1.2`.
  public let subject: String
  /// The full id.
  public let id: String
  /// What it is about: the tree of a commit, the commit that a tag names.
  public let target: String
  /// The name that a tag gives itself; `nil` of a commit.
  public let tagName: String?
  /// The bytes that were signed.
  let payload: [UInt8]
  /// The signature in its armour; `nil` where there is none.
  let signature: [UInt8]?
  /// When it was made, in seconds since 1970.
  let time: Int64

  /// Parts a commit.
  ///
  /// - Parameters:
  ///   - id: The full id.
  ///   - bytes: The bytes that the id is made of.
  /// - Throws: `SignatureError.unreadable` where it is no commit, or has two signatures.
  public init(commit id: String, _ bytes: [UInt8]) throws(SignatureError) {
    subject = "commit \(id.prefix(7))"
    self.id = id
    var header = Header(bytes, of: subject)
    var (payload, signature, tree, committer) = ([] as [UInt8], nil as [UInt8]?, "", "")
    while let field = header.next() {
      switch field.name {
      case "gpgsig":
        guard signature == nil else {
          throw .unreadable(subject, detail: "it carries two signatures")
        }
        signature = field.value
      // Of the same commit under another kind of id; no part of what is signed, as for git.
      case "gpgsig-sha256": break
      case "tree":
        guard payload.isEmpty else { throw .unreadable(subject, detail: "it has two trees") }
        tree = field.text
        payload += field.line
      case "committer":
        committer = field.text
        payload += field.line
      default: payload += field.line
      }
    }
    time = try Self.time(of: committer, subject)
    guard !tree.isEmpty else { throw .unreadable(subject, detail: "it has no tree") }
    (self.payload, self.signature) = (payload + header.rest, signature)
    (target, tagName) = (tree, nil)
  }

  /// Parts an annotated tag.
  ///
  /// - Parameters:
  ///   - id: The full id.
  ///   - bytes: The bytes that the id is made of.
  /// - Throws: `SignatureError.unreadable` where it is no tag of a commit.
  public init(tag id: String, _ bytes: [UInt8]) throws(SignatureError) {
    var header = Header(bytes, of: "tag")
    var fields: [String: String] = [:]
    while let field = header.next() {
      if fields[field.name] == nil { fields[field.name] = field.text }
    }
    let name = fields["tag"] ?? ""
    subject = "tag \(name)"
    guard let target = fields["object"], !name.isEmpty else {
      throw .unreadable(subject, detail: "it names nothing")
    }
    guard fields["type"] == "commit" else {
      throw .unreadable(subject, detail: "it is that of a \(fields["type"] ?? "nothing")")
    }
    time = try Self.time(of: fields["tagger"] ?? "", subject)
    let start = Self.signatureStart(in: bytes)
    payload = Array(bytes[..<(start ?? bytes.endIndex)])
    signature = start.map { Array(bytes[$0...]) }
    (self.id, self.target, tagName) = (id, target, name)
  }

  /// Where the last signature begins: at the beginning of a line, as git looks for it.
  private static func signatureStart(in bytes: [UInt8]) -> Int? {
    var (start, line) = (nil as Int?, 0)
    while line < bytes.count {
      if SignatureForm(of: bytes[line...]) != nil { start = line }
      guard let end = bytes[line...].firstIndex(of: UInt8(ascii: "\n")) else { break }
      line = end + 1
    }
    return start
  }

  /// The moment in `Name <mail> SECONDS +ZONE`.
  private static func time(of person: String, _ subject: String) throws(SignatureError) -> Int64 {
    let words = person.split(separator: " ")
    guard words.count >= 2, let seconds = Int64(words[words.count - 2]),
      (0...9_000_000_000) ~= seconds
    else { throw .unreadable(subject, detail: "it does not say when it was made") }
    return seconds
  }
}

/// The kind of a signature, by its first line.
enum SignatureForm {
  case ssh
  case gpg
  /// Of a certificate, which nothing here verifies.
  case x509

  init?(of bytes: some Sequence<UInt8>) {
    let marks: [(SignatureForm, String)] = [
      (.ssh, "-----BEGIN SSH SIGNATURE-----"), (.gpg, "-----BEGIN PGP SIGNATURE-----"),
      (.x509, "-----BEGIN SIGNED MESSAGE-----"),
    ]
    guard let mark = marks.first(where: { bytes.starts(with: $0.1.utf8) }) else { return nil }
    self = mark.0
  }
}

/// The lines of an object up to the first empty one.
private struct Header {
  struct Field {
    var name: String
    /// The lines as they stand there.
    var line: [UInt8]
    /// The value; of several lines without the space that each further one begins with.
    var value: [UInt8]
    var text: String {
      String(
        decoding: value.last == UInt8(ascii: "\n") ? value.dropLast() : value[...], as: UTF8.self)
    }
  }

  /// What is not read yet; after the last field the empty line and the message.
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8], of subject: String) { rest = bytes[...] }

  mutating func next() -> Field? {
    let (feed, space) = (UInt8(ascii: "\n"), UInt8(ascii: " "))
    guard let first = rest.first, first != feed else { return nil }
    var line = takeLine()
    let name = line.prefix { $0 != space && $0 != feed }
    var value = Array(line.dropFirst(name.count).drop { $0 == space })
    while rest.first == space {
      let more = takeLine()
      line += more
      value += more.dropFirst()
    }
    return Field(
      name: String(decoding: name, as: UTF8.self), line: Array(line), value: value)
  }

  private mutating func takeLine() -> ArraySlice<UInt8> {
    let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
    defer { rest = rest[end...] }
    return rest[..<end]
  }
}
