/// A place in a text: a file, a line and a column.
public struct SourcePosition: Hashable, Sendable {
  /// The path as the reader knows it, relative to the repository.
  public var path: String
  /// The line, counted from 1.
  public var line: Int
  /// The column in characters, counted from 1.
  public var column: Int

  /// Creates a position.
  ///
  /// - Parameters:
  ///   - path: The path as the reader knows it.
  ///   - line: The line, counted from 1.
  ///   - column: The column in characters, counted from 1.
  public init(path: String, line: Int, column: Int) {
    self.path = path
    self.line = line
    self.column = column
  }
}

extension SourcePosition: Comparable, CustomStringConvertible {
  /// Orders positions by path, then line, then column.
  ///
  /// - Parameters:
  ///   - left: One position.
  ///   - right: Another position.
  /// - Returns: Whether `left` comes first.
  public static func < (left: SourcePosition, right: SourcePosition) -> Bool {
    (left.path, left.line, left.column) < (right.path, right.line, right.column)
  }

  /// The form `path:line:column`.
  public var description: String { "\(path):\(line):\(column)" }
}
