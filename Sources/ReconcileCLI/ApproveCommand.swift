import Diagnostics
import JSONCoding
import LatticeModel
import OptionParsing
import Planning
import ReconcileLoop
import ServiceRuntime
import TextForms

/// The schema of an approval as published.
private let approvalSchema = "reconcile.approval/1"

/// Shows what is held until a person has judged it, and puts on record that exactly this may go on.
struct ApproveCommand: Subcommand {
  let configuration = CommandConfiguration(
    "approve", "Let exactly one plan go on that is held for a person's judgement",
    discussion: "Without a plan it shows the one that awaits approval. An approval releases what "
      + "history, a suspicion or a doubted record holds, and neither a halt nor a suspension, nor "
      + "anything that a silent host or an unreadable manifest holds. What is different by then "
      + "is another plan, and stays held. It ends after an hour, or when --until says so. A controller carries the plan out within seconds; where "
      + "none runs, 'reconcile' does.",
    examples: [
      "reconcile approve", "reconcile approve f7061e190250 --reason 'the branch was cleaned up'",
    ])
  var plan: String?
  var target = TargetOptions()
  var reason: String?
  var until: SuspensionEnd?
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.plan, "plan", isOptional: true)]
  static let options =
    including(\.target, TargetOptions.planning)
    + [
      OptionSpec<Self>(\.reason, "reason", value: "text", "Why, for the others"),
      OptionSpec(
        \.until, "until", "When it ends by itself, such as 12h or 2026-12-24T18:00:00Z"),
    ] + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let settings = try target.configuration(in: context)
    guard let id = plan else { return try await list(Reconciliation(settings), in: context) }
    guard (8...64).contains(id.count), id.allSatisfy(\.isHexDigit) else {
      throw ApprovalError.short(id)
    }
    guard let reason, !reason.isEmpty else { throw ApprovalError.noReason }
    let now = Timestamp(nanoseconds: WallClock.system.now)
    let end = (until ?? .after(.seconds(3_600))).moment(after: now)
    guard end > now else { throw ApprovalError.hasPassed(end) }
    let reconciliation = Reconciliation(settings)
    let report = try await reconciliation.dryRun()
    guard let proposal = report.proposal, proposal.id.hasPrefix(id.lowercased()) else {
      throw ApprovalError.unknown(id, awaiting: report.proposal.map { String($0.id.prefix(12)) })
    }
    guard proposal.released.count <= PlanApproval.most else {
      throw ApprovalError.tooMuch(proposal.released.count)
    }
    let approval = try await reconciliation.approve(proposal, because: reason, until: end)
    show(proposal, approval, report, .inSync, in: context)
    return .inSync
  }

  /// Shows what awaits approval; held, where anything does.
  private func list(
    _ reconciliation: Reconciliation, in context: CommandContext
  ) async throws -> ExitStatus {
    let report = try await reconciliation.dryRun()
    let status = report.proposal == nil ? ExitStatus.inSync : .held
    show(report.proposal, nil, report, status, in: context)
    return status
  }

  private func show(
    _ proposal: Proposal?, _ approval: PlanApproval?, _ report: PassReport, _ status: ExitStatus,
    in context: CommandContext
  ) {
    let console = context.console
    switch output.format {
    case .json, .ndjson:
      let members: [String: JSONValue] = [
        "schema": .string(approvalSchema), "exit": .int(Int(status.rawValue)),
        "lattice": .string(report.plan.lattice.rawValue), "awaiting": proposal?.json ?? .null,
        "approval": approval?.json ?? .null,
      ]
      console.write(line(members, isPretty: output.format == .json))
    case .text, .sarif, .github, .markdown:
      guard let proposal else { return console.write("nothing awaits approval\n") }
      if let approval {
        return console.write(
          escapingControlCharacters("approved: \(approval.timedSentence)") + "\n")
      }
      console.write(renderText(report.proposing(proposal), isColored: console.isColored))
      console.write(escapingControlCharacters(proposal.sentence) + "\n")
    }
  }
}

extension PassReport {
  /// The report of what would be done if it were approved.
  func proposing(_ proposal: Proposal) -> PassReport {
    var report = self
    (report.plan, report.remaining) = (proposal.plan, proposal.plan)
    report.planID = proposal.id
    return report
  }
}

extension Proposal {
  /// What awaits approval, why, and the command for that.
  var sentence: String {
    let short = id.prefix(12)
    return "plan \(short), \(counted(released.count, "step")) held: \(named(reasons)); "
      + "to approve exactly this: reconcile approve \(short) --reason TEXT"
  }

  /// The same for programs.
  var json: JSONValue {
    [
      "plan_id": .string("sha256:\(id)"), "steps": .int(released.count),
      "reasons": .array(reasons.map(JSONValue.string)),
    ]
  }
}

extension PlanApproval {
  /// What was approved until when, why and by whom.
  var timedSentence: String { "plan \(plan.prefix(12)) until \(moment(until)): \(reason) (\(by))" }

  /// The same for programs.
  var json: JSONValue {
    [
      "plan_id": .string("sha256:\(plan)"), "reason": .string(reason), "by": .string(by),
      "since": .string(formatTimestamp(time.nanoseconds)),
      "until": .string(formatTimestamp(until.nanoseconds)),
    ]
  }
}
