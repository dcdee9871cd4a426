import HTTPRequesting
import JSONCoding

/// What an answer of a forge means; pure.
enum Verdict: Hashable, Sendable {
  /// It did as it was asked.
  case done
  /// It may do so later, after this time where it says how long.
  case later(Duration?, ForgeError)
  /// It does not, and will not as long as nobody changes something elsewhere.
  case denied(ForgeError)
  /// It never takes this.
  case refused(ForgeError)

  /// The longest time that a forge may have us wait: an hour.
  static let longestWait = Duration.seconds(3_600)

  /// Reads an answer.
  ///
  /// - Parameters:
  ///   - answer: The answer.
  ///   - forge: Whose it is.
  ///   - what: What it was asked for, where it says that there is no such thing.
  ///   - token: What must not be shown even where the forge repeats it.
  init(_ answer: HTTPAnswer, of forge: Forge, about what: String, hiding token: String) {
    let name = forge.url
    let words = Self.words(in: answer.body).replacing(token, with: "***")
    switch answer.status {
    case 200...299: self = .done
    case 401: self = .denied(.unknownToken(forge: name))
    // Whoever asks too often is told so with 403 too, and with when to come back.
    case 403 where Self.wait(answer) != nil, 429:
      self = .later(Self.wait(answer), .failing(forge: name, status: answer.status))
    case 403: self = .denied(.forbidden(forge: name, words: words))
    case 404: self = .denied(.notFound(forge: name, what: what))
    // GitLab says so where a commit has that status already.
    case 400 where forge.kind == .gitlab && words.contains("Cannot transition status via"):
      self = .done
    case 500...599: self = .later(Self.wait(answer), .failing(forge: name, status: answer.status))
    case 400...499: self = .refused(.refused(forge: name, status: answer.status, words: words))
    default: self = .denied(.notUnderstood(forge: name, status: answer.status))
    }
  }

  init(_ error: HTTPRequestError, of forge: Forge) {
    let name = forge.url
    func fails(_ reason: String) -> Verdict {
      .later(nil, .unreachable(forge: name, reason: reason))
    }
    switch error {
    case .unfit(let reason): self = .refused(.unreachable(forge: name, reason: reason))
    case .unreachable(let words): self = fails(words)
    case .untrusted(let words): self = .denied(.unreachable(forge: name, reason: words))
    case .overdue(let span): self = fails("no answer within \(span / .seconds(1)) s")
    case .tooLong(let bytes):
      self = .refused(.unreachable(forge: name, reason: "its answer has more than \(bytes) bytes"))
    case .cancelled: self = fails("it was told to stop")
    }
  }

  /// Why it was not done, if it was not.
  var error: ForgeError? {
    switch self {
    case .done: nil
    case .later(_, let error), .denied(let error), .refused(let error): error
    }
  }

  private static func wait(_ answer: HTTPAnswer) -> Duration? {
    answer.fields["retry-after"].flatMap { Int($0) }.map {
      min(longestWait, .seconds(max(0, $0)))
    }
  }

  /// What a forge says about an error: GitHub and Gitea a text, GitLab also a text for each field.
  private static func words(in body: [UInt8]) -> String {
    guard let answer = try? JSONValue(parsing: body) else { return "" }
    let message = answer["message"] ?? answer["error"]
    if let text = message?.string { return text }
    return message.map { String(decoding: $0.bytes(), as: UTF8.self) } ?? ""
  }
}
