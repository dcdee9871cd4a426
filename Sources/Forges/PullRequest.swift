public import HTTPRequesting

/// A pull request, or what the forge calls so, on which one comment of ours stands.
public struct PullRequest: Sendable {
  /// How many pages of comments are looked through.
  static let pages = 20

  private let forge: Forge
  private let number: Int
  private let token: String
  private let client: HTTPClient

  /// Creates a pull request; nothing is asked yet.
  ///
  /// - Parameters:
  ///   - number: Its number in the project.
  ///   - forge: The project.
  ///   - token: The token.
  ///   - client: Sends the requests.
  public init(_ number: Int, of forge: Forge, token: String, by client: HTTPClient) {
    (self.number, self.forge, self.token, self.client) = (number, forge, token, client)
  }

  /// Makes a comment, or gives the one with the same marker another text.
  ///
  /// - Parameters:
  ///   - text: The text, in Markdown.
  ///   - marker: What tells our comment from others; people do not see it.
  /// - Returns: Where people find the comment.
  /// - Throws: `ForgeError`.
  public func comment(_ text: String, marker: String) async throws(ForgeError) -> String {
    let head = "<!-- \(marker) -->\n"
    let answer: HTTPAnswer
    if let before = try await find(head) {
      answer = try await ask(
        forge.request(toEdit: before.id, on: number, into: head + text, token: token))
    } else {
      answer = try await ask(forge.request(toComment: head + text, on: number, token: token))
    }
    guard let comment = Forge.comment(in: answer.body) else {
      throw .notUnderstood(forge: forge.url, status: answer.status)
    }
    return forge.link(to: comment, on: number)
  }

  private func find(_ head: String) async throws(ForgeError) -> ForgeComment? {
    for page in 1...Self.pages {
      let answer = try await ask(
        forge.request(forCommentsOn: number, page: page, token: token))
      guard let comments = Forge.comments(in: answer.body) else {
        throw .notUnderstood(forge: forge.url, status: answer.status)
      }
      // A forge may have made its own line ends of ours.
      if let ours = comments.first(where: { $0.body.hasPrefix(head.dropLast()) }) { return ours }
      guard comments.count >= Forge.pageSize, forge.kind == .github || forge.kind == .gitlab
      else { return nil }
    }
    return nil
  }

  private func ask(_ request: OutgoingRequest) async throws(ForgeError) -> HTTPAnswer {
    let verdict: Verdict
    do throws(HTTPRequestError) {
      let answer = try await client.send(request)
      verdict = Verdict(
        answer, of: forge, about: "pull request \(number) of the project '\(forge.project)'",
        hiding: token)
      if verdict == .done { return answer }
    } catch {
      verdict = Verdict(error, of: forge)
    }
    throw verdict.error ?? .notUnderstood(forge: forge.url, status: 0)
  }
}
