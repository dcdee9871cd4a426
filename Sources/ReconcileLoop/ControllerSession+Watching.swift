import ConfigurationModel
import DesiredSources
import Diagnostics
import LatticeModel
import LatticeObservation
import NATSTransport
import RecordKeeping
import ServiceRuntime
import Signatures

/// What the session watches: each watcher only says that something happened.
extension ControllerSession {
  /// The subject on which a cycle is asked for.
  static func triggerSubject(_ lattice: LatticeName, _ repository: String) -> String {
    "reconcile.trigger.\(lattice).\(repository)"
  }

  /// Reads the reference again and again, with jitter; costs the reading of a reference each.
  func watchRepository() async {
    var seen: String?
    while !Task.isCancelled {
      var pause = settings.interval
      do {
        let head = try await source.head(unless: mustRead ? nil : seen, every: settings.interval)
        noteSource(.reference, nil)
        if head != seen {
          logger.debug("Reference means another commit", metadata: [LogKey.revision: .string(head)])
        }
        let isOverdue =
          mustRead && !retries.isPending && (lease.isHeld || settings.mode == .observe)
        if head != seen || isOverdue {
          inbox.trigger(head != seen ? .revision : .interval)
        }
        seen = head
      } catch {
        noteSource(.reference, error)
        // A server that was away for a moment is not asked for its sake alone half a minute later.
        if case .transient? = (error as? any DiagnosticError)?.disposition {
          pause = min(pause, .seconds(5))
        }
      }
      try? await Task.sleep(for: pause * Double.random(in: 0.9...1.1))
    }
  }

  /// Learns what is new in a repository on another machine because somebody says that something is.
  private func followNow() async {
    guard source.isRemote else { return }
    do {
      _ = try await source.head()
      noteSource(.reference, nil)
    } catch {
      noteSource(.reference, error)
    }
  }

  /// Tells once of an error of the repository, and once of its end.
  func noteSource(_ part: Told.SourcePart, _ error: (any Error)?) {
    let text = error?.sentence
    defer {
      let age = health.noteSource(told.sourceErrors.values.min())
      metrics.sourceStale.set([settings.repository], age / .seconds(1))
    }
    guard text != told.sourceErrors[part] else { return }
    told.sourceErrors[part] = text
    measureFailures()
    guard let error else { return logger.notice("Repository can be read again") }
    logger.fail(
      error is SignatureError
        ? "Commit is refused, the last good revision stands"
        : "Repository cannot be read, the last good revision stands", error)
    health.fail(error)
  }

  /// Answers whoever asks for a cycle, once it is done.
  func watchRequests() async {
    let subject = Self.triggerSubject(settings.pass.lattice, settings.repository)
    var pause = RetryPause()
    while !Task.isCancelled {
      do {
        let requests = try await transport.subscribe(to: subject, queue: nil, limit: 1_000)
        if pause.due != nil { logger.notice("Requests are heard again") }
        pause.end()
        for await batch in requests {
          await followNow()
          inbox.note { arrivals in
            for message in batch.elements { arrivals.note(requestOf: message.reply) }
          }
        }
      } catch {
        guard !Task.isCancelled else { return }
        if pause.due == nil {
          logger.fail("Requests cannot be heard, the reference is read at its interval", error)
        }
      }
      let next = pause.fail(at: .now, fraction: Double.random(in: 0...1))
      try? await Task.sleep(until: next, clock: .continuous)
    }
  }

  /// Has the repository read whenever the bell is rung, by whoever commands if that is not us.
  func watchBell() async {
    while await bell.wait() {
      if lease.isHeld || settings.mode == .observe {
        await followNow()
        inbox.note { $0.note(requestOf: nil) }
      } else {
        let subject = Self.triggerSubject(settings.pass.lattice, settings.repository)
        try? await transport.publish([], to: subject, replyTo: nil)
      }
    }
  }

  /// Ends the work over a record in a file once there is JetStream, where others look for it.
  func watchHome() async throws {
    guard home.file != nil else { return }
    while !Task.isCancelled {
      guard let isToBeMoved = try? await home.isToBeMoved() else { return }
      guard !isToBeMoved else { throw RecordError.recordMoves }
      try? await Task.sleep(for: .seconds(1))
    }
  }

  /// Makes the buckets again where somebody removed them, or the server forgot them.
  func restoreHome() async {
    guard let isNew = try? await home.restore() else { return }
    // What we know of the record may be of a bucket that is not there any more.
    record = nil
    guard isNew else { return }
    logger.warning(
      "Record is gone, a new one is begun",
      metadata: [
        "bucket": .string(RecordStore.bucket(settings.pass.lattice)),
        "remedy": .string(
          "what this machine's journal knows of it is taken from there; else restore the bucket from a "
            + "backup if there is one: until then only what is declared counts as ours"),
      ])
  }

  /// Has everybody pinged at once whenever the server says that a connection has ended.
  func watchDisconnections() async {
    guard let system = settings.system else { return }
    var pause = RetryPause(first: .seconds(10))
    while !Task.isCancelled {
      do {
        let connection = try await NATSConnection.connect(system)
        defer { connection.close() }
        let events = try await connection.subscribe(
          to: "$SYS.ACCOUNT.*.DISCONNECT", queue: nil, limit: 10_000)
        if pause.due != nil { logger.notice("System account can be used again") }
        pause.end()
        for await _ in events {
          // A request sent into the first 20 ms after a death is swallowed, not refused.
          try? await Task.sleep(for: .milliseconds(20))
          observer.probeNow()
        }
      } catch {
        guard !Task.isCancelled else { return }
        if pause.due == nil {
          logger.fail("System account cannot be used, losses are found by pings alone", error)
        }
      }
      let next = pause.fail(at: .now, fraction: Double.random(in: 0...1))
      try? await Task.sleep(until: next, clock: .continuous)
    }
  }
}
