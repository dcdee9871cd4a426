/// Values that options are read into: a command, or what several commands include.
///
/// ## Usage
///
/// ```swift
/// struct OutputOptions: OptionGroup {
///   var format = OutputFormat.text
///
///   static let options = [
///     OptionSpec<Self>(\.format, "output", letter: "o", "How results are written")
///   ]
/// }
/// ```
public protocol OptionGroup: Sendable {
  /// The options, in the order of help texts.
  static var options: [OptionSpec<Self>] { get }
}

extension OptionGroup {
  /// Returns the options of a group that is part of this one.
  ///
  /// - Parameter path: Where the group is.
  /// - Returns: Its options, bound to the place.
  public static func including<Group: OptionGroup>(
    _ path: any WritableKeyPath<Self, Group> & Sendable
  ) -> [OptionSpec<Self>] { including(path, Group.options) }

  /// Returns some options of a value that is part of this one.
  ///
  /// - Parameters:
  ///   - path: Where the value is.
  ///   - options: Its options.
  ///   - group: The key of the value in the configuration file, if it has one.
  /// - Returns: The options, bound to the place.
  public static func including<Part: Sendable>(
    _ path: any WritableKeyPath<Self, Part> & Sendable, _ options: [OptionSpec<Part>],
    file group: String? = nil
  ) -> [OptionSpec<Self>] { options.map { OptionSpec($0, within: path, file: group) } }
}
