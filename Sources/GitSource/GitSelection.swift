/// The files under a path, and what there was not read.
public struct GitSelection: Hashable, Sendable {
  /// The endings of file names that manifests have.
  public static let manifestSuffixes = [".yaml", ".yml", ".json"]

  /// The files, in the order of the bytes of their paths.
  public var files: [GitFile]
  /// What was refused, in the same order.
  ///
  /// Anything here means that the reading is incomplete.
  public var refused: [GitRefusal]
  /// The paths of files beside those that were read, which were passed over for their ending alone
  /// though they begin as manifests do; 64 are looked into.
  public var passedOver: [String] = []
  /// The paths of files that git has and that a sparse work tree leaves out.
  public var absent: [String] = []
  /// The paths of files and folders that a `.reconcileignore` leaves out; what lies in such a folder is
  /// not looked at.
  public var ignored: [String] = []
  /// What their paths, or those of folders that they lie in, are patterns of, where the path that was
  /// named is none.
  var pattern: PathPattern?
  /// What leaves them out.
  var rules = IgnoreRules()

  /// Creates a selection.
  ///
  /// - Parameters:
  ///   - files: The files, in the order of the bytes of their paths.
  ///   - refused: What was refused, in the same order.
  public init(files: [GitFile] = [], refused: [GitRefusal] = []) {
    self.files = files
    self.refused = refused
  }

  /// Whether everything under the path was read.
  public var isComplete: Bool { refused.isEmpty }
}

extension GitSelection {
  /// Whether a file or folder is one of the pattern that was named, or may lead to one.
  func isAskedFor(_ path: String, mayLead: Bool) -> Bool {
    guard let pattern else { return true }
    let names = path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
    return names.indices.contains { pattern.fit(of: Array(names[...$0])) == .whole }
      || mayLead && pattern.fit(of: names) == .begun
  }
}
