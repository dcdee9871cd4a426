internal import HTTPServing
internal import TextForms

extension HealthReport {
  /// The page of `/livez`.
  func livePage(isVerbose: Bool) -> HTTPResponse { Self.page(progress, isVerbose) }

  /// The page of `/readyz`.
  func readyPage(isVerbose: Bool) -> HTTPResponse {
    Self.page(readiness, isVerbose, beside: isVerbose ? standings + errors : unknown)
  }

  /// `ok`, or what fails, a line each; verbose shows what holds too, and whatever is beside it is shown.
  private static func page(
    _ checks: [HealthCheck], _ isVerbose: Bool, beside others: [HealthCheck] = []
  ) -> HTTPResponse {
    let isGood = checks.allSatisfy { $0.failure == nil }
    let shown = (isVerbose ? checks : checks.filter { $0.failure != nil }) + others
    let lines = shown.map { check in
      // A reason may quote what a server or a file said.
      escapingControlCharacters("\(check.name): \(check.failure ?? "ok")") + "\n"
    }
    return HTTPResponse(
      lines.joined() + (isGood ? "ok\n" : ""), status: isGood ? 200 : 503)
  }
}
