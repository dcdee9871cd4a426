import ConfigurationModel
import ControlPlane
import Diagnostics
import HTTPServing
import ReconcileLoop
import ServiceRuntime
import Signatures

/// Which repositories take webhooks, and by which secrets.
final class WebhookTable: Sendable {
  private struct Hook {
    var form: WebhookForm
    /// `nil` where it could not be read.
    var secret: [UInt8]?
  }

  private let hooks = Lock<[String: Hook]>([:])
  private let fleet: ControllerFleet
  private let metrics: ControllerMetrics

  init(for fleet: ControllerFleet, metrics: ControllerMetrics) {
    (self.fleet, self.metrics) = (fleet, metrics)
  }

  /// Takes over which repositories take webhooks; reads the files of their secrets.
  func follow(_ configuration: ProcessConfiguration, _ logger: Logger) async {
    var fresh: [String: Hook] = [:]
    for repository in configuration.repositories {
      let webhook = repository.webhook
      guard let form = webhook.provider else { continue }
      var hook = Hook(form: form, secret: webhook.secret.map { Array($0.utf8) })
      if let path = webhook.secretFile {
        let read = await onOwnThread { Self.secret(in: path) }
        switch read {
        case .success(let secret): hook.secret = secret
        case .failure(let error):
          logger.error(
            "Secret of a webhook cannot be read, its webhooks are refused",
            metadata: [
              LogKey.repository: .string(repository.name), "error": .string("\(error)"),
            ])
        }
      }
      fresh[repository.name] = hook
    }
    hooks.withLock { [fresh] in $0 = fresh }
  }

  private static func secret(in path: String) -> Result<[UInt8], FileError> {
    Result { () throws(FileError) in
      guard var bytes = try readFile(path, limit: 4_096) else {
        throw FileError(path: path, detail: "there is no such file")
      }
      while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") {
        bytes.removeLast()
      }
      guard bytes.count >= WebhookConfiguration.leastSecret else {
        throw FileError(
          path: path, detail: "it has less than \(WebhookConfiguration.leastSecret) bytes")
      }
      return bytes
    }
  }

  /// Says whether a request was sent by whoever knows the secret, and has the repository looked at.
  func receive(_ repository: String, _ request: HTTPRequest) async -> WebhookAnswer {
    guard let hook = hooks.withLock({ $0[repository] }) else {
      metrics.webhooks.add(["", "unknown"], 1)
      return .unknown
    }
    guard let secret = hook.secret else { return .unavailable }
    guard hook.form.isProven(by: request.field, of: request.body, secret: secret) else {
      metrics.webhooks.add([repository, "refused"], 1)
      return .refused
    }
    metrics.webhooks.add([repository, "accepted"], 1)
    await fleet.trigger(repository)
    return .accepted
  }
}
