public import HTTPServing

/// What becomes of a webhook.
public enum WebhookAnswer: Hashable, Sendable {
  /// Whoever sent it knows the secret; the repository is looked at.
  case accepted
  /// Whoever sent it does not.
  case refused
  /// There is no such repository, or it takes none.
  case unknown
  /// Whether its sender knows the secret cannot be told now.
  case unavailable
}

/// Returns the page on which forges announce pushes: `POST /hooks/<repository>`.
///
/// It answers 202 at once: what a push brings is read of the repository and never of the request.
/// A body may have 1 MiB.
///
/// - Parameter receive: Says what becomes of a request for a repository.
/// - Returns: The route.
public func webhookPage(
  _ receive: @escaping @Sendable (_ repository: String, HTTPRequest) async -> WebhookAnswer
) -> Route {
  Route(.post, "/hooks/", takesName: true, bodyBytes: 1 << 20) { request in
    let name = String(request.path.dropFirst("/hooks/".count))
    return switch await receive(name, request) {
    case .accepted: HTTPResponse("the repository is looked at\n", status: 202)
    case .refused: HTTPResponse("the signature or token is not that of the secret\n", status: 401)
    case .unknown: HTTPResponse("no such repository takes webhooks\n", status: 404)
    case .unavailable: HTTPResponse("the secret cannot be read\n", status: 503)
    }
  }
}
