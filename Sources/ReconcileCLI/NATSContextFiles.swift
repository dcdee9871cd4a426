import ConfigurationModel
import Diagnostics
import Glibc
import NATSTransport
import OptionParsing
import ServiceRuntime
import TextForms

/// The contexts that the NATS command line has saved for this user.
struct NATSContextFiles {
  private let folder: String
  private let home: String?

  /// Finds where they lie; nothing is read.
  init(in environment: [String: String]) {
    home = environment["HOME"]
    let base =
      environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 }
      ?? "\(environment["HOME"] ?? "")/.config"
    folder = base + "/nats"
  }

  /// Reads a context.
  ///
  /// - Parameter name: Its name, or `-` for the one that is selected.
  /// - Returns: The context.
  /// - Throws: `NATSError.noContext` where there is none, `.unusableContext` where it cannot be read.
  func context(_ name: String) throws(NATSError) -> NATSContext {
    let name = name == "-" ? selected : name
    guard NATSContext.isName(name) else { throw absent(name) }
    let path = "\(folder)/context/\(name).json"
    let bytes: [UInt8]?
    do throws(FileError) { bytes = try readFile(path, limit: 1 << 20) } catch {
      throw .unusableContext(path: path, detail: error.detail)
    }
    guard let bytes else { throw absent(name) }
    return try NATSContext(parsing: bytes, home: home, path: path)
  }

  private var selected: String {
    let bytes = (try? readFile(folder + "/context.txt", limit: 1 << 12)) ?? []
    let text = String(decoding: bytes, as: UTF8.self)
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private func absent(_ name: String) -> NATSError {
    .noContext(name.isEmpty ? "-" : name, known: known, folder: folder + "/context")
  }

  /// The names of those that there are, the first twenty.
  private var known: [String] {
    guard let directory = opendir(folder + "/context") else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(".json") { names.append(String(name.dropLast(5))) }
    }
    return Array(names.sorted().prefix(20))
  }
}

extension LatticeConfiguration {
  /// Fills in what a context of the NATS command line says, if one is named.
  ///
  /// - Parameters:
  ///   - environment: The environment, which says where contexts lie.
  ///   - source: Where the value of an option came from, by its name.
  /// - Returns: What a person should know of it.
  /// - Throws: `NATSError` where there is no such context, or it cannot be used.
  mutating func adoptContext(
    in environment: [String: String], _ source: (String) -> ValueSource?
  ) throws(NATSError) -> Diagnostic? {
    guard let name = context else { return nil }
    let found = try NATSContextFiles(in: environment).context(name)
    let given = LatticeOptions.contextParts.filter { _, names in
      // What other programs read too stands below a context that was named for this one.
      names.contains { source($0).map { $0 != .environment("NATS_URL") } ?? false }
    }
    adopt(found, except: Set(given.keys))
    guard !found.unused.isEmpty else { return nil }
    let keys = found.unused.map { "'\($0)'" }.joined(separator: ", ")
    return Diagnostic(
      DiagnosticCode("NAT", 23), .warning,
      "the NATS context '\(escapingControlCharacters(name))' has \(keys), which is not used",
      remedy: "give what it stands for with the options of the connection")
  }
}
