import Diagnostics
import GitSource
import JSONCoding
import LatticeDialects
import LatticeModel
import Manifests
import RecordKeeping
import Signatures
import YAMLTree

/// What is fed, by name.
///
/// A target ends the process where something is not as it must be.
let fuzzTargets: [String: @Sendable ([UInt8]) -> Void] = [
  "yaml": readYAML, "manifest": readManifest, "convert": convert, "json": readJSON,
  "record": readRecord, "wire": readWire, "address": readAddress, "known-hosts": readKnownHosts,
  "signature": readSignature,
]

/// Whatever the bytes are, each place that is told lies in the text.
private func readYAML(_ bytes: [UInt8]) {
  let reading = parseYAMLDocuments(bytes, path: "fuzz.yaml")
  let lines = bytes.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } + 1
  for document in reading.documents {
    must(
      document.mark.line >= 1 && document.mark.line <= lines + 1, "a document begins in the text")
  }
  _ = commentsOfYAML(bytes)
}

/// What is sound stays sound, and the same, when it is written out.
private func readManifest(_ bytes: [UInt8]) {
  let decoded = decodeManifests(ManifestFile(path: "fuzz.yaml", bytes: bytes))
  for diagnostic in decoded.diagnostics {
    must(!diagnostic.description.isEmpty, "a finding says something")
  }
  let resolved = resolve([decoded], revision: Revision("fuzz"), tree: "")
  guard !decoded.hasErrors, !resolved.desired.applications.isEmpty else { return }
  let once = rendered(bytes)
  let again = decodeManifests(ManifestFile(path: "fuzz.yaml", bytes: once))
  must(!again.hasErrors, "what is written out is sound:\n\(String(decoding: once, as: UTF8.self))")
  must(
    again.applications.map(\.application.name) == decoded.applications.map(\.application.name),
    "what is written out declares the same")
  must(rendered(once) == once, "what is written out is written out alike")
}

private func rendered(_ bytes: [UInt8]) -> [UInt8] {
  let documents = renderManifests(ManifestFile(path: "fuzz.yaml", bytes: bytes), with: .none)
  return Array(documents.map(\.text).joined(separator: "---\n").utf8)
}

/// What wadm's form says without an error, the native form says without one, with the same ids.
private func convert(_ bytes: [UInt8]) {
  let file = ManifestFile(path: "fuzz.yaml", bytes: bytes)
  guard let text = convertWadm(file).text else { return }
  let native = decodeManifests(ManifestFile(path: "fuzz.yaml", bytes: Array(text.utf8)))
  must(!native.hasErrors, "the native form is sound:\n\(text)")
  must(native.ids == decodeManifests(file).ids, "the native form has the same ids:\n\(text)")
}

extension DecodedFile {
  fileprivate var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
  fileprivate var ids: [[String]] {
    applications.map { manifest in
      manifest.application.actors.map(\.id.rawValue)
        + manifest.application.providers.map(\.id.rawValue)
    }
  }
}

/// What was read and written is read as the same.
private func readJSON(_ bytes: [UInt8]) {
  guard let value = try? JSONValue(parsing: bytes) else { return }
  for isPretty in [false, true] {
    let again = try? JSONValue(parsing: value.bytes(isPretty: isPretty))
    must(again == value, "what is written is read alike")
  }
}

/// The first byte chooses the key; what was read and written is read as the same record.
private func readRecord(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  let keys = RecordCoding.parts + RecordCoding.brakes
  var record = LatticeRecord()
  let key = keys[Int(first) % keys.count]
  guard (try? RecordCoding.decode(Array(bytes.dropFirst()), key: key, into: &record)) != nil else {
    return
  }
  record.halt = nil
  (record.suspensions, record.approvals, record.planApprovals) = ([], [], [])
  var again = LatticeRecord()
  for (key, value) in RecordCoding.encode(record) {
    must(
      (try? RecordCoding.decode(value, key: key, into: &again)) != nil, "what is written is read")
  }
  must(again == record, "what is written is read alike")
}

private func readWire(_ bytes: [UInt8]) {
  var events = EventDecoder()
  _ = try? events.decode(bytes)
  _ = try? decodeReply(bytes)
  _ = try? decodeAnswer(bytes)
  _ = try? decodeInventory(bytes)
  _ = try? decodeLinks(bytes)
  _ = try? decodeConfig(bytes)
  _ = try? decodeStoredLinks(bytes)
  _ = try? decodeStoredConfig(bytes)
}

private func readAddress(_ bytes: [UInt8]) {
  let text = String(decoding: bytes, as: UTF8.self)
  _ = try? GitReference(text)
  _ = try? RepositoryAddress(text)
}

/// The first line is a host, and what follows vouches for keys: never for one that is not in it.
private func readKnownHosts(_ bytes: [UInt8]) {
  let (host, text) = firstLine(of: bytes)
  let known = KnownHosts(text)
  must(known.verdict(on: Array("no key".utf8), of: host) != .known, "nobody vouches for this key")
}

/// The first line is what a header says, and the rest a body: nothing is proven without the secret.
///
/// The whole is a commit or a tag too.
private func readSignature(_ bytes: [UInt8]) {
  let (proof, body) = firstLine(of: bytes)
  for form in WebhookForm.allCases {
    let isProven = form.isProven(
      by: { _ in proof }, of: Array(body.utf8), secret: Array("a secret of nobody".utf8))
    must(!isProven, "nothing is proven without the secret")
  }
  _ = try? SignedObject(commit: String(repeating: "0", count: 40), bytes)
  _ = try? SignedObject(tag: String(repeating: "0", count: 40), bytes)
}

private func firstLine(of bytes: [UInt8]) -> (line: String, rest: String) {
  let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
  return (
    String(decoding: line, as: UTF8.self),
    String(decoding: bytes.dropFirst(line.count + 1), as: UTF8.self)
  )
}

/// Ends the process, as libFuzzer wants of what is not as it must be.
private func must(_ holds: Bool, _ what: @autoclosure () -> String) {
  if !holds { fatalError(what()) }
}
