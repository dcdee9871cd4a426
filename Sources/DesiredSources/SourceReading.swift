public import Diagnostics
public import GitSource
public import LatticeModel
import Manifests

/// What git declares at one commit, with everything that was found on the way.
public struct SourceReading: Sendable {
  /// What all manifests ask for, with the last good form of what is broken once it was held against
  /// the record.
  public var desired: DesiredState
  /// All findings of all files.
  public var diagnostics: [Diagnostic]
  /// The commit that was read.
  public var commit: GitCommit
  /// Who signed it, where that was to be known.
  public var signature: Signature?
  /// Paths on disk that differ from the commit, where that matters.
  public var uncommitted: [String]
  /// Paths that the commit has, and that are gone from disk or the index.
  public var deleted: [String] = []
  /// Paths on disk that were written since the commit and may differ.
  public var touched: [String] = []
  /// Files beside those that were read that are passed over for their ending alone.
  public var passedOver: [String] = []
  /// Files that git has and that a sparse work tree leaves out.
  public var absent: [String] = []
  /// Files and folders that a `.reconcileignore` leaves out.
  public var ignored: [String] = []
  /// Why it is not known what is not committed, where that is not known.
  public var blindSpot: String?
  /// Files that declared an application when they were last applied and declare nothing now.
  public var emptied: [String] = []
  /// What was read: the path, and of which repository.
  public var scope = ReadingScope(repository: "", path: "")
  /// The path that was read, as it is shown.
  public var shownPath: String { scope.path.shownPath }
  /// The paths of what was laid over it, the lowest first.
  public var overlayPaths: [String] = []
  /// The path that was read with what was laid over it, as it is shown: `manifests + sites/berlin`.
  public var shownLayers: String { ([shownPath] + overlayPaths).joined(separator: " + ") }
  /// The documents that something lies over, each with its files: `shop (a.yaml + b.yaml)`.
  public var overlaid: [String] {
    files.flatMap(\.file.overlaid).map { document in
      let files = ([document.origin] + document.overlays).map(\.path).joined(separator: " + ")
      return "\(document.name) (\(files))"
    }
  }
  /// What is pinned of it; one whose form cannot be read says why.
  public internal(set) var pins: [PinnedForm] = []
  /// Whether kept forms were read in place of a repository.
  public internal(set) var isOfForms = false
  /// The digest of each application's form, where they were asked for.
  public internal(set) var forms: [ApplicationName: String] = [:]
  /// What was laid over the files.
  var overlays = Overlays.none
  /// The text of a file that was read.
  public func text(of path: String) -> [UInt8]? { texts[path] }
  var texts: [String: [UInt8]] = [:]
  /// The applications that may not be declared here.
  var withdrawn: Set<ApplicationName> = []
  var files: [(path: String, file: DecodedFile)]
  /// The files that could not be read, each at its beginning.
  public internal(set) var unread: [SourcePosition]
  var refusals: [Diagnostic]
  /// Whether something could not be read that may be readable a moment later.
  public internal(set) var mayBeReadLater = false

  /// How many of the findings are errors.
  public var errorCount: Int { diagnostics.count { $0.severity == .error } }
}

extension String {
  /// A path as it is shown: the root of a repository has no name of its own.
  var shownPath: String { isEmpty ? "." : self }
}
