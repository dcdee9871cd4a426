import Diagnostics
import LatticeDialects
import LatticeModel
import NATSTransport
import ReconcileLoop
import RecordKeeping
import TextForms

/// The judging; pure.
extension DoctorFacts {
  /// How many findings of one kind are told one by one.
  private static let mostTold = 20

  /// What was looked at, from the ground up.
  func lines() -> [CheckLine] {
    let ground = [.ok(.configuration, target)] + gitLines
    switch connection {
    case .missing(let findings):
      let rest = CheckLine.warning(
        .nats, 1, "JetStream, permissions, record and hosts are not checked",
        "mend the connection first")
      return ground + findings.map { CheckLine(.nats, $0) } + [rest]
    case .known(let lattice):
      return ground + serverLines(lattice) + jetStreamLines(lattice)
        + permissionLines(lattice.accesses) + recordLines(lattice.record)
        + hostLines(lattice) + planLines(lattice.plan)
    }
  }

  private var gitLines: [CheckLine] {
    switch git {
    case .missing(let findings): return findings.map { CheckLine(.git, $0) }
    case .known(let git):
      let head = CheckLine.ok(
        .git,
        "commit \(git.commit); path \(git.path); \(counted(git.applications, "application"))")
      return [head] + told(git.findings.map { CheckLine(.git, $0) }, .git)
        + git.notes.map { .warning(.git, 2, $0, "commit or check out what is meant to be read") }
    }
  }

  // MARK: The server

  private func serverLines(_ lattice: Lattice) -> [CheckLine] {
    let server = lattice.server
    let version = server.version.map { "nats-server \($0)" } ?? "a server"
    var lines = [
      CheckLine.ok(
        .nats,
        "\(version) answers in \(roughly(lattice.roundTrip))"
          + (server.account.map { ", account \($0)" } ?? ""))
    ]
    if let version = server.version, !Self.isTried(version) {
      lines.append(
        .warning(
          .nats, 3, "nats-server \(version) was not tried", "use one from 2.9 up to 2.x"))
    } else if server.version == nil {
      lines.append(
        .ok(
          .nats,
          "the server tells neither its version nor its clock nor what this user may do: it is "
            + "older than 2.10, or the user may not use $SYS.REQ.USER.INFO"))
    }
    if let lead = server.clockLead, abs(lead / .seconds(1)) > 2 {
      let size = roughly(lead < .zero ? .zero - lead : lead)
      lines.append(
        .warning(
          .nats, 4, "the server's clock is \(size) \(lead < .zero ? "behind" : "ahead of") ours",
          "have both follow one time service: suspensions and ages are told by these clocks"))
    } else if server.clockLead != nil {
      lines.append(.ok(.nats, "the server's clock and ours agree"))
    }
    return lines
  }

  private static func isTried(_ version: String) -> Bool {
    let parts = version.split(separator: ".").prefix(2).compactMap { Int($0) }
    return parts.count == 2 && parts[0] == 2 && parts[1] >= 9
  }

  private func jetStreamLines(_ lattice: Lattice) -> [CheckLine] {
    switch lattice.jetStream {
    case .success(let use):
      let limits = [
        "\(use.storage)" + (use.storageLimit.map { " of \($0)" } ?? "") + " bytes",
        "\(use.streams)" + (use.streamLimit.map { " of \($0)" } ?? "") + " streams",
      ]
      var lines = [
        CheckLine.ok(
          .jetStream,
          "\(limits.joined(separator: ", ")); how soon it syncs to disk (sync_interval, 2m unless "
            + "set) is not told over NATS")
      ]
      if let limit = use.storageLimit, use.storage / 9 >= limit / 10 {
        lines.append(
          .warning(
            .jetStream, 5, "more than nine tenths of the account's storage are used",
            "raise max_storage of the account, or remove streams"))
      }
      if let limit = use.streamLimit, use.streams + 2 > limit {
        lines.append(
          .warning(
            .jetStream, 5, "the account may have \(limit) streams and has \(use.streams)",
            "raise max_streams: the record and its lease take one each"))
      }
      return lines
    case .failure(.permissionDenied):
      return [.ok(.jetStream, "this user may not ask for its limits (INFO of its API)")]
    case .failure(let error):
      return [
        .warning(
          .jetStream, 6, "there is no JetStream for this user: \(error.sentence)",
          "enable it (jetstream in the server's configuration, and for the account): hosts keep "
            + "links and configs there, and the record is in a file of one machine without it")
      ]
    }
  }

  private func permissionLines(_ accesses: [SubjectAccess]) -> [CheckLine] {
    let parts = [SubjectAccess.Purpose.looking, .commanding].flatMap { purpose -> [CheckLine] in
      let all = accesses.filter { $0.purpose == purpose }
      let denied = all.filter { $0.isAllowed == false }
      let word = purpose == .looking ? "look" : "command"
      guard denied.isEmpty else {
        let subjects = denied.map { "\($0.isSubscription ? "subscribe" : "publish") \($0.shown)" }
        var line = CheckLine.warning(
          .permissions, purpose == .looking ? 7 : 8,
          "this NATS user may not \(word): \(named(subjects, upTo: 12))",
          "allow these subjects"
            + (purpose == .looking ? "" : ", or use this user for looking only"))
        if purpose == .looking { line.level = .failed }
        return [line]
      }
      let untold = all.count { $0.isAllowed == nil }
      let rest = untold == 0 ? "" : "; of \(untold) more it is not told, and nothing was sent there"
      return [.ok(.permissions, "may \(word): \(counted(all.count - untold, "subject"))\(rest)")]
    }
    return accesses.isEmpty ? [] : parts
  }

  // MARK: The record

  private func recordLines(_ fact: Fact<Record>) -> [CheckLine] {
    switch fact {
    case .missing(let findings): return findings.map { CheckLine(.record, $0) }
    case .known(let found):
      let record = found.record
      let applied = counted(record.applied.count, "application")
      var lines = [
        CheckLine.ok(
          .record,
          found.isAbsent
            ? "nothing is on record yet" : "\(applied) on record in \(found.place)")
      ]
      switch found.holder {
      case .nobody: lines.append(.ok(.record, "nobody holds the lease"))
      case .held(let name): lines.append(.ok(.record, "\(excerpt(name)) holds the lease"))
      case .unknown(let reason):
        lines.append(
          .warning(
            .record, 9, "who holds the lease cannot be told: \(reason)",
            "allow the subjects of its bucket"))
      }
      lines += found.notes.map {
        .warning(.record, 10, $0, "see JetStream above, and docs/controller.md")
      }
      if let halt = record.halt {
        lines.append(
          .warning(
            .record, 11, "all commanding is halted: \(excerpt(halt))",
            "delete the key 'halt' of the record's bucket once it may go on"))
      }
      for suspension in record.suspensions where suspension.stands(at: now) {
        lines.append(
          .warning(
            .record, 11,
            "suspended: \(suspension.scope.words), by \(excerpt(suspension.by)): "
              + excerpt(suspension.reason), "'reconcile resume' lifts it"))
      }
      return lines + told(pinLines(record), .record)
    }
  }

  private func pinLines(_ record: LatticeRecord) -> [CheckLine] {
    record.pins.map { pin in
      .warning(
        .record, 11, "pinned, whatever git says: \(pin.timedSentence)",
        "'reconcile resume --app \(pin.application)' ends it")
    }
  }

  // MARK: Hosts

  private func hostLines(_ lattice: Lattice) -> [CheckLine] {
    switch lattice.hosts {
    case .missing(let findings): return findings.map { CheckLine(.hosts, $0) }
    case .known(let observed):
      let record = lattice.record.value?.record ?? LatticeRecord()
      let healths = observed.hosts.map { ($0, $0.health(record.trouble(of: $0.id, at: now))) }
      let counts = Dictionary(healths.map { ($0.1.word, 1) }, uniquingKeysWith: +)
      let words = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      var head = CheckLine.ok(
        .hosts,
        "\(counted(observed.hosts.count, "host")): \(words.joined(separator: ", "))"
          + listed("; wasmCloud ", Set(observed.hosts.map(\.report.version)))
          + listed(
            "; labels ",
            Set(observed.hosts.flatMap(\.labels.keys).filter { !$0.hasPrefix("hostcore.") })))
      if !observed.hosts.contains(where: \.isUsable) {
        head.level = .failed
        head.code = DiagnosticCode("DOC", 18)
        head.remedy = "see that hosts of wasmCloud 1.x run and reach this server"
      }
      let bad = healths.compactMap { host, health in line(of: host, health) }
      let known = Set(observed.hosts.map(\.id))
      let missing = record.hosts.filter { !known.contains($0.key) }.map { id, host in
        CheckLine.warning(
          .hosts, 13, "\(id) (\(host.report.friendlyName)) is on record and does not answer",
          "start it; where it is gone for good, say --forget-host \(id)")
      }.sorted { $0.message < $1.message }
      let new = record.hosts.isEmpty ? [] : known.subtracting(record.hosts.keys)
      let unseen =
        new.isEmpty
        ? [] : [CheckLine.ok(.hosts, "not on record yet: \(named(new.map(\.rawValue).sorted()))")]
      return [head] + unseen + told(bad, .hosts) + told(missing, .hosts)
    }
  }

  private func line(of host: HostState, _ health: HostHealth) -> CheckLine? {
    let name = "\(host.id) (\(host.report.friendlyName))"
    switch health {
    case .healthy: return nil
    case .unsupported:
      return .warning(
        .hosts, 12, "\(name) speaks the control interface of before 1.0: it is left alone",
        "run a host of wasmCloud 1.x")
    case .degraded(let reason), .unhealthy(let reason):
      return .warning(.hosts, 14, "\(name) is \(health.word): \(reason)", "see the log of the host")
    case .silent, .lost:
      let cause = explanation(of: "heartbeat timeout")
      return .warning(
        .hosts, 14, "\(name) is \(health.word)", cause?.remedy ?? "see that its process runs")
    }
  }

  // MARK: The plan

  private func planLines(_ fact: Fact<PassReport>?) -> [CheckLine] {
    switch fact {
    case nil: return []
    case .missing(let findings): return findings.map { CheckLine(.plan, $0) }
    case .known(let report):
      let plan = report.plan
      let commands = commandedDialect.commandCount(of: plan)
      let head = CheckLine.ok(
        .plan,
        report.isInSync ? "in sync" : "\(counted(commands, "command")) to send: reconcile diff")
      let held = heldRuns(of: plan).map { run in
        CheckLine.warning(
          .plan, 15, "\(name(run.map(\.step.unit))): \(run[0].detail)", run[0].remedy)
      }
      let unplaced = plan.unplaceable.map { item in
        CheckLine(
          area: .plan, level: .warning, message: sentence(item),
          code: DiagnosticCode("HST", item.reasons.contains { $0.contains("full") } ? 8 : 10),
          remedy: "add hosts, widen the rules, or want fewer")
      }
      let unreached = plan.unreached.map {
        CheckLine.warning(
          .plan, 16, "\($0.application): \($0.sentence)", "run the server on the same hosts")
      }
      let doubts = report.historyDoubts.map {
        CheckLine.warning(
          .plan, 19, $0,
          "where the clone is shallow, run git fetch --unshallow; else push a commit that descends "
            + "from it, or say --allow-non-fast-forward")
      }
      return [head] + told(doubts, .plan) + told(held, .plan) + told(unplaced, .plan)
        + told(unreached, .plan)
    }
  }

  /// Lines up to a number, and how many more there are.
  private func told(_ lines: [CheckLine], _ area: CheckArea) -> [CheckLine] {
    guard let last = lines.dropFirst(Self.mostTold).first else { return lines }
    let rest = CheckLine(
      area: area, level: last.level, message: "and \(lines.count - Self.mostTold) more",
      code: last.code)
    return lines.prefix(Self.mostTold) + [rest]
  }
}

/// Names with what stands before them; nothing where there are none.
private func listed(_ words: String, _ names: Set<String>) -> String {
  let names = names.filter { !$0.isEmpty }.sorted()
  return names.isEmpty ? "" : words + named(names.map { excerpt($0) }, upTo: 5)
}
