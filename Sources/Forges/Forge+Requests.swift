public import HTTPRequesting
import JSONCoding
import TextForms

/// A comment that is there already.
public struct ForgeComment: Hashable, Sendable {
  /// Its number on the forge.
  public var id: Int
  /// Its text.
  public var body: String
  /// Where people find it, where the forge says so.
  public var url: String?
}

/// What a forge is asked, in its own words; pure.
extension Forge {
  /// How many characters a description has at most: GitHub takes no more.
  static let descriptionLimit = 140
  /// How many comments are asked for at once.
  static let pageSize = 100

  /// Returns the request that says how a commit stands.
  ///
  /// - Parameters:
  ///   - status: What is said.
  ///   - token: The token.
  /// - Returns: The request.
  public func request(for status: CommitStatus, token: String) -> OutgoingRequest {
    var members: [String: JSONValue] = [
      "state": .string(word(status.state)),
      "description": .string(excerpt(oneLine(status.description), upTo: Self.descriptionLimit)),
      (kind == .gitlab ? "name" : "context"): .string(status.context),
    ]
    if let target = status.target { members["target_url"] = .string(target) }
    let revision = percentEncoded(status.revision, keeping: "")
    return request(.post, "\(projectAPI)/statuses/\(revision)", members, token)
  }

  /// Returns the request for comments of a pull request, the oldest first.
  ///
  /// - Parameters:
  ///   - number: The pull request.
  ///   - page: Which hundred of them, from 1; Gitea answers with all at once.
  ///   - token: The token.
  /// - Returns: The request.
  func request(forCommentsOn number: Int, page: Int, token: String) -> OutgoingRequest {
    let query =
      switch kind {
      case .github: "?per_page=\(Self.pageSize)&page=\(page)"
      case .gitlab: "?sort=asc&per_page=\(Self.pageSize)&page=\(page)"
      case .gitea, .forgejo: ""
      }
    return request(.get, comments(on: number) + query, nil, token)
  }

  /// Returns the request that makes a comment.
  func request(toComment text: String, on number: Int, token: String) -> OutgoingRequest {
    request(.post, comments(on: number), ["body": .string(text)], token)
  }

  /// Returns the request that gives a comment another text.
  func request(
    toEdit comment: Int, on number: Int, into text: String, token: String
  ) -> OutgoingRequest {
    switch kind {
    case .gitlab:
      request(.put, "\(comments(on: number))/\(comment)", ["body": .string(text)], token)
    case .github, .gitea, .forgejo:
      request(.patch, "\(projectAPI)/issues/comments/\(comment)", ["body": .string(text)], token)
    }
  }

  /// Where people find a comment.
  func link(to comment: ForgeComment, on number: Int) -> String {
    if let url = comment.url { return url }
    return switch kind {
    case .gitlab: "\(url)/\(project)/-/merge_requests/\(number)#note_\(comment.id)"
    case .github: "\(url)/\(project)/pull/\(number)#issuecomment-\(comment.id)"
    case .gitea, .forgejo: "\(url)/\(project)/pulls/\(number)#issuecomment-\(comment.id)"
    }
  }

  /// The comments in an answer; `nil` where it is none that a forge gives.
  static func comments(in body: [UInt8]) -> [ForgeComment]? {
    guard let list = (try? JSONValue(parsing: body))?.array else { return nil }
    return list.compactMap(comment)
  }

  /// The comment in an answer; `nil` where it is none that a forge gives.
  static func comment(in body: [UInt8]) -> ForgeComment? {
    (try? JSONValue(parsing: body)).flatMap(comment)
  }

  private static func comment(_ value: JSONValue) -> ForgeComment? {
    guard let id = value["id"]?.int else { return nil }
    return ForgeComment(
      id: id, body: value["body"]?.string ?? "", url: value["html_url"]?.string)
  }

  private func comments(on number: Int) -> String {
    kind == .gitlab
      ? "\(projectAPI)/merge_requests/\(number)/notes" : "\(projectAPI)/issues/\(number)/comments"
  }

  private func word(_ state: CommitStatus.State) -> String {
    switch state {
    case .pending: "pending"
    case .success: "success"
    case .failure: kind == .gitlab ? "failed" : "failure"
    case .error: kind == .gitlab ? "failed" : "error"
    }
  }

  private func request(
    _ method: OutgoingRequest.Method, _ url: String, _ body: [String: JSONValue]?,
    _ token: String
  ) -> OutgoingRequest {
    var request = OutgoingRequest(method, url)
    request.fields["Accept"] = "application/json"
    switch kind {
    case .github:
      request.fields["Accept"] = "application/vnd.github+json"
      request.fields["X-GitHub-Api-Version"] = "2022-11-28"
      request.secrets["Authorization"] = "Bearer \(token)"
    case .gitlab: request.secrets["PRIVATE-TOKEN"] = token
    case .gitea, .forgejo: request.secrets["Authorization"] = "token \(token)"
    }
    if let body {
      request.fields["Content-Type"] = "application/json"
      request.body = JSONValue.object(body).bytes()
    }
    return request
  }
}
