import JSONCoding
import LatticeModel

/// The kept forms as keys and values: 256 keys of fixed names, by a hash of the application's name.
///
/// A program that knows no forms passes over these keys.
enum FormCoding {
  static let version = 1
  static let keys = (0..<256).map(key)
  /// How many forms of an application are kept at most.
  static let forms = 10
  /// How many bytes of text a key holds at most; a larger form is not kept.
  static let bytes = 128 * 1_024

  /// The key that has the forms of an application.
  static func key(of name: ApplicationName) -> String {
    key(Int(RecordCoding.hash(of: name.rawValue) & 255))
  }

  private static func key(_ number: Int) -> String {
    "forms.\(number < 16 ? "0" : "")\(String(number, radix: 16))"
  }

  static func encode(_ forms: [KeptForm]) -> [UInt8] {
    JSONValue.object([
      "version": .int(version),
      "forms": .array(
        forms.map { form in
          [
            "application": .string(form.application.rawValue),
            "revision": .string(form.revision.rawValue), "digest": .string(form.digest),
            "time": .int(Int(form.time.nanoseconds)), "path": .string(form.path),
            "text": .string(form.text),
          ]
        }),
    ]).bytes()
  }

  /// The forms of a key; what is read back is untrusted.
  static func decode(_ bytes: [UInt8], key: String) throws(RecordError) -> [KeptForm] {
    guard let value = try? JSONValue(parsing: bytes), let list = value["forms"]?.array else {
      throw .corrupt(key: key, detail: "it has no forms")
    }
    guard value["version"]?.int == version else {
      throw .newer(key: key, version: value["version"]?.int ?? 0)
    }
    return list.compactMap { value in
      guard let name = value["application"]?.string, let revision = value["revision"]?.string,
        let digest = value["digest"]?.string, let time = value["time"]?.int,
        let path = value["path"]?.string, let text = value["text"]?.string
      else { return nil }
      return KeptForm(
        ApplicationName(name), at: Revision(revision), digest: digest,
        time: Timestamp(nanoseconds: Int64(time)), path: path, text: text)
    }
  }

  /// Returns the forms of a key with new ones: each text once, the newest first, so many of an
  /// application, and no more bytes than a key may hold.
  ///
  /// A pinned form stays whatever else goes; of what is left, the oldest that is not its
  /// application's newest goes first.
  static func adding(
    _ new: [KeptForm], to old: [KeptForm], pinned: Set<String>
  ) -> [KeptForm] {
    let fresh = new.filter { $0.text.utf8.count <= bytes }
    let known = Set(fresh.map(\.id))
    var all = (fresh + old.filter { !known.contains($0.id) }).sorted {
      ($0.time, $0.revision.rawValue) > ($1.time, $1.revision.rawValue)
    }
    var ranks: [ApplicationName: Int] = [:]
    func rank(_ form: KeptForm) -> Int {
      ranks[form.application, default: 0] += 1
      return ranks[form.application] ?? 0
    }
    all = all.filter { rank($0) <= forms || pinned.contains($0.digest) }
    var size = all.reduce(0) { $0 + $1.text.utf8.count }
    for keepsNewest in [true, false] {
      while size > bytes {
        let newest = Dictionary(
          all.map { ($0.application, $0.id) }, uniquingKeysWith: { a, _ in a })
        let spare = all.lastIndex { form in
          !pinned.contains(form.digest)
            && (keepsNewest ? newest[form.application] != form.id : !known.contains(form.id))
        }
        guard let spare else { break }
        size -= all[spare].text.utf8.count
        all.remove(at: spare)
      }
    }
    return all
  }
}

extension KeptForm {
  fileprivate var id: [String] { [application.rawValue, digest] }
}
