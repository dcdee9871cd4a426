import CGit2
import Glibc

/// Returns whether values of `safe.directory` name a folder, as git reads them.
///
/// An empty value takes back all before it, `*` names every folder, and `/*` at the end all that lie
/// in one.
///
/// - Parameters:
///   - folder: The work tree, or the bare repository.
///   - values: The values in the order in which git reads them.
///   - home: What `~/` stands for.
/// - Returns: Whether it is among them.
func isTrustedFolder(_ folder: String, _ values: [String], home: String?) -> Bool {
  values.reduce(false) { isTrusted, value in
    guard !value.isEmpty else { return false }
    let path = value.hasPrefix("~/") ? (home ?? "~") + value.dropFirst() : value
    let isNamed =
      path.hasSuffix("/*")
      ? folder.hasPrefix(path.dropLast()) : path == folder || path == folder + "/"
    return isTrusted || value == "*" || isNamed
  }
}

/// What git's configuration says of `safe.directory`: that of the system, of a person and of the
/// environment.
///
/// A repository has no say in whether it is trusted.
enum SafeDirectories {
  static var home: String? { variable("HOME") }

  /// The values in the order in which git reads them.
  static func read() -> [String] { files.flatMap(values) + valuesOfEnvironment }

  private static var files: [String] {
    let system = variable("GIT_CONFIG_SYSTEM") ?? "/etc/gitconfig"
    let own = variable("XDG_CONFIG_HOME") ?? home.map { $0 + "/.config" }
    let personal = [own.map { $0 + "/git/config" }, home.map { $0 + "/.gitconfig" }]
    let isHidden = ["1", "true", "yes", "on"].contains(variable("GIT_CONFIG_NOSYSTEM") ?? "")
    return (isHidden ? [] : [system])
      + (variable("GIT_CONFIG_GLOBAL").map { [$0] } ?? personal.compactMap(\.self))
  }

  private static func values(in file: String) -> [String] {
    guard
      let configuration = try? GitObject(
        git_config_free, from: { git_config_open_ondisk($0, file) }),
      let iterator = try? GitObject(
        git_config_iterator_free,
        from: {
          git_config_multivar_iterator_new($0, configuration.pointer, "safe.directory", nil)
        })
    else { return [] }
    var values: [String] = []
    var entry: UnsafeMutablePointer<git_config_entry>?
    while git_config_next(&entry, iterator.pointer) == 0 {
      values.append(entry?.pointee.value.map { String(cString: $0) } ?? "")
    }
    return values
  }

  private static var valuesOfEnvironment: [String] {
    let count = Int(variable("GIT_CONFIG_COUNT") ?? "") ?? 0
    return (0..<max(0, min(count, 1000))).compactMap { number in
      variable("GIT_CONFIG_KEY_\(number)")?.lowercased() == "safe.directory"
        ? variable("GIT_CONFIG_VALUE_\(number)") ?? "" : nil
    }
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
