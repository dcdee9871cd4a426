/// A subject of NATS with wildcards or not: `*` stands for one token, `>` for one or more.
struct SubjectPattern: Hashable, Sendable {
  let text: String

  /// Takes a text that is one by `isSubjectPattern`.
  init(_ text: String) { self.text = text }

  var tokens: [Substring] { text.split(separator: ".", omittingEmptySubsequences: false) }

  /// Whether some subject fits both.
  func meets(_ other: SubjectPattern) -> Bool {
    let (mine, theirs) = (tokens, other.tokens)
    for (one, another) in zip(mine, theirs) {
      if one == ">" || another == ">" { return true }
      guard one == another || one == "*" || another == "*" else { return false }
    }
    return mine.count == theirs.count
  }

  /// Whether whatever fits it fits another too.
  func isWithin(_ other: SubjectPattern) -> Bool {
    let (mine, theirs) = (tokens, other.tokens)
    for (place, wider) in theirs.enumerated() {
      if wider == ">" { return mine.count > place }
      guard place < mine.count, mine[place] != ">", wider == "*" || wider == mine[place]
      else { return false }
    }
    return mine.count == theirs.count
  }
}

/// Subjects by their tokens, each with an owner, to find those that meet another.
///
/// A look costs about the length of the subject; with wildcards in it, what they stand for.
struct SubjectTree<Owner: Comparable> {
  private struct Node {
    var children: [Substring: Int] = [:]
    /// The least owner of a subject that ends here.
    var owner: Owner?
    /// The least owner of a subject that goes on below.
    var below: Owner?
  }

  private var nodes = [Node()]

  /// Adds a subject.
  mutating func insert(_ subject: SubjectPattern, _ owner: Owner) {
    var here = 0
    for token in subject.tokens {
      nodes[here].below = [nodes[here].below, owner].compactMap(\.self).min()
      if let next = nodes[here].children[token] {
        here = next
      } else {
        nodes.append(Node())
        nodes[here].children[token] = nodes.count - 1
        here = nodes.count - 1
      }
    }
    nodes[here].owner = [nodes[here].owner, owner].compactMap(\.self).min()
  }

  /// The least owner of a subject that meets another.
  func owner(meeting subject: SubjectPattern) -> Owner? {
    var found: [Owner] = []
    var level = [0]
    for token in subject.tokens {
      let rest = level.compactMap { nodes[$0].children[">"] }
      found += rest.compactMap { nodes[$0].owner }
      if token == ">" { return (found + level.compactMap { nodes[$0].below }).min() }
      level = level.flatMap { place -> [Int] in
        let children = nodes[place].children
        guard token != "*" else { return children.filter { $0.key != ">" }.map(\.value) }
        return [token, "*"].compactMap { children[$0] }
      }
    }
    return (found + level.compactMap { nodes[$0].owner }).min()
  }
}
