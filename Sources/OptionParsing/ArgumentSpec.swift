import TextForms

/// One word behind a command's name, or any number of them: bound to a place in the command.
///
/// A list takes every word that is left; anything else must be there, unless it is optional.
public struct ArgumentSpec<Values: Sendable>: Sendable {
  let name: String
  let isList: Bool
  let isOptional: Bool
  private let expectation: String
  private let choices: [String]
  private let set: @Sendable (inout Values, String, Bool) -> Bool

  /// Creates an argument.
  ///
  /// - Parameters:
  ///   - path: The place of the value.
  ///   - name: What help texts and errors call it.
  ///   - isOptional: Whether it may be left out.
  public init<Value: OptionValue>(
    _ path: any WritableKeyPath<Values, Value> & Sendable, _ name: String,
    isOptional: Bool = false
  ) {
    self.name = name
    self.isOptional = isOptional
    isList = Value.isList
    expectation = Value.expectation ?? name
    choices = words(ofChoice: Value.valueName)
    set = { values, text, isFirst in
      guard let value = Value.parse(text) else { return false }
      values[keyPath: path] = isFirst ? value : values[keyPath: path].adding(value)
      return true
    }
  }

  /// The argument as it stands in help texts.
  var usage: String { isList ? "[<\(name)> ...]" : isOptional ? "[<\(name)>]" : "<\(name)>" }

  /// Takes its words from the front of those that are left.
  func read(_ words: inout ArraySlice<String>, into values: inout Values) throws(UsageError) {
    guard isList || isOptional || !words.isEmpty else { throw .missingArgument(name) }
    let own = isList ? words : words.prefix(1)
    words = words.dropFirst(own.count)
    for (index, word) in own.enumerated() {
      guard set(&values, word, index == 0) else {
        throw .invalidValue(
          word, option: "<\(name)>", expected: expectation,
          nearest: nearestWord(to: word, in: choices))
      }
    }
  }
}
