/// What each name of one mapping or list stands for.
///
/// Most have a few, which are found by looking at each; an index is made where there are more.
struct NameTable<Value> {
  private static var few: Int { 16 }

  private var entries: [(name: String, value: Value)] = []
  private var index: [String: Int] = [:]

  /// The names, in the order in which they were declared.
  var names: [String] { entries.map(\.name) }

  /// What a name stands for.
  subscript(name: String) -> Value? { place(of: name).map { entries[$0].value } }

  /// Lets a name stand for a value.
  ///
  /// - Returns: What it stood for before.
  @discardableResult
  mutating func declare(_ name: String, _ value: Value) -> Value? {
    if let place = place(of: name) {
      defer { entries[place].value = value }
      return entries[place].value
    }
    entries.append((name, value))
    if entries.count > Self.few {
      if index.isEmpty {
        for place in entries.indices { index[entries[place].name] = place }
      } else {
        index[name] = entries.count - 1
      }
    }
    return nil
  }

  private func place(of name: String) -> Int? {
    index.isEmpty ? entries.indices.first { entries[$0].name == name } : index[name]
  }
}
