public import Diagnostics

/// A place in a YAML text, without the name of the file.
public struct YAMLMark: Hashable, Sendable {
  /// The line, counted from 1.
  public var line: Int
  /// The column in characters, counted from 1.
  public var column: Int

  /// Creates a mark.
  ///
  /// - Parameters:
  ///   - line: The line, counted from 1.
  ///   - column: The column in characters, counted from 1.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// Returns the same place with the name of its file.
  ///
  /// - Parameter path: The path as the reader knows it.
  /// - Returns: The place in that file.
  public func position(_ path: String) -> SourcePosition {
    SourcePosition(path: path, line: line, column: column)
  }
}
