import Foundation
import Glibc
import JSONCoding
import ServiceRuntime

/// A NATS operator made for a test: a system account and one for the application, each with a user,
/// as a server in operator mode wants them.
///
/// Keys and signatures are made by `openssl`.
public final class NATSOperator: Sendable {
  private let folder: String
  /// The lines of a server's configuration that make it trust the operator.
  public let configuration: String
  /// The path of the credentials of the system account's user.
  public let systemCredentials: String
  /// The path of the credentials of the application account's user.
  public let credentials: String

  /// Makes the keys and signs the claims, in a folder that goes with this.
  ///
  /// - Throws: An error where `openssl` fails.
  public init() async throws {
    var template = Array("/tmp/reconcile-keys.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw NATSServerProcess.StartError.notReady("no temporary folder")
    }
    let folder = String(
      decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    self.folder = folder
    let root = try await NKey(.operator, in: folder)
    let system = try await NKey(.account, in: folder)
    let application = try await NKey(.account, in: folder)
    systemCredentials = "\(folder)/system.creds"
    credentials = "\(folder)/application.creds"
    try await Self.writeUser(of: system, to: systemCredentials, in: folder)
    try await Self.writeUser(of: application, to: credentials, in: folder)
    let endless = ["subs", "data", "payload", "imports", "exports", "conn", "leaf"]
    let stores = ["mem_storage", "disk_storage", "streams", "consumer"]
    func account(_ limits: [String]) -> JSONValue {
      var members = Dictionary(limits.map { ($0, JSONValue.int(-1)) }, uniquingKeysWith: { $1 })
      members["wildcards"] = true
      return ["type": "account", "version": 2, "limits": .object(members)]
    }
    let preloaded = [
      (system.text, try await root.claim(system, account(endless))),
      (application.text, try await root.claim(application, account(endless + stores))),
    ].map { "  \($0): \($1)\n" }.joined()
    configuration = """
      operator: \(try await root.claim(root, ["type": "operator", "version": 2]))
      system_account: \(system.text)
      resolver: MEMORY
      resolver_preload: {
      \(preloaded)}
      """
  }

  deinit { removeFolder(folder) }

  private static func writeUser(of account: NKey, to path: String, in folder: String) async throws {
    let user = try await NKey(.user, in: folder)
    let claims: JSONValue = [
      "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1,
    ]
    try writeFile(
      path,
      """
      -----BEGIN NATS USER JWT-----
      \(try await account.claim(user, claims))
      ------END NATS USER JWT------

      -----BEGIN USER NKEY SEED-----
      \(user.seed)
      ------END USER NKEY SEED------

      """)
  }
}

/// A key pair as NATS writes it.
private struct NKey {
  /// The kinds, as they stand in a key's first five bits.
  enum Kind: UInt8 {
    case account = 0
    case `operator` = 112
    case user = 160
  }

  /// The public key.
  let text: String
  /// The secret key.
  let seed: String
  private let file: String

  /// The fixed bytes before the secret of an Ed25519 key in PKCS#8.
  private static let header: [UInt8] = [
    0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
  ]

  init(_ kind: Kind, in folder: String) async throws {
    let secret = (0..<32).map { _ in UInt8.random(in: 0...255) }
    file = "\(folder)/\(UUID().uuidString).der"
    try Data(Self.header + secret).write(to: URL(fileURLWithPath: file))
    let encoded = try await openssl(
      ["pkey", "-inform", "DER", "-in", file, "-pubout", "-outform", "DER"])
    text = Self.base32([kind.rawValue] + encoded.suffix(32))
    seed = Self.base32([18 << 3 | kind.rawValue >> 5, kind.rawValue << 3] + secret)
  }

  /// A signed statement about another key, or this one: a JSON web token.
  func claim(_ subject: NKey, _ members: JSONValue) async throws -> String {
    let head: JSONValue = ["typ": "JWT", "alg": "ed25519-nkey"]
    let body: JSONValue = [
      "iat": 1, "iss": .string(text), "sub": .string(subject.text), "name": "test", "nats": members,
    ]
    let signed = "\(Self.base64(head.bytes())).\(Self.base64(body.bytes()))"
    let signature = try await openssl(
      ["pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", file, "-in", "/dev/stdin"],
      input: Array(signed.utf8))
    return "\(signed).\(Self.base64(signature))"
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }

  /// Bytes and their CRC-16 (XMODEM, low byte first) in base32 without padding.
  private static func base32(_ body: [UInt8]) -> String {
    let sum: UInt16 = body.reduce(0) { sum, byte in
      (0..<8).reduce(sum ^ UInt16(byte) << 8) { sum, _ in
        sum & 0x8000 != 0 ? sum << 1 ^ 0x1021 : sum << 1
      }
    }
    let bytes = body + [UInt8(sum & 0xFF), UInt8(sum >> 8)]
    let bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    return String(
      stride(from: 0, to: bits.count, by: 5).map { start in
        let group = bits[start..<min(start + 5, bits.count)]
        return digits[group.reduce(0) { $0 << 1 | Int($1) } << (5 - group.count)]
      })
  }
}

private func openssl(_ arguments: [String], input: [UInt8] = []) async throws -> [UInt8] {
  let run = try await ChildProcess.run("openssl", arguments, input: input)
  guard run.ending == .exited(0) else {
    throw NATSServerProcess.StartError.notReady(
      "openssl \(arguments.joined(separator: " ")): "
        + String(decoding: run.errorOutput, as: UTF8.self))
  }
  return run.output
}
