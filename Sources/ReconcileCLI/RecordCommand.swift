import ConfigurationModel
import Diagnostics
import LatticeModel
import NATSTransport
import OptionParsing
import ReconcileLoop
import RecordKeeping
import ServiceRuntime
import TextForms

/// Writes the record of a lattice into a file, with its history and forms, for a backup or another server.
struct RecordExportCommand: Subcommand {
  let configuration = CommandConfiguration(
    "record export", "Write what is on record into a file",
    discussion:
      "With the history, and the forms that 'rollback' goes back to: these have values of configs "
      + "as git has them.",
    examples: ["reconcile record export >record.json"], unused: TargetOptions.reading)
  var file: String?
  var hasForms = true
  var target = TargetOptions()
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.file, "file", isOptional: true)]
  static let options =
    including(\.target)
    + [
      OptionSpec<Self>(\.hasForms, "forms", "Leave out the forms, and what they have of manifests")
    ]
    + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let settings = try target.configuration(in: context)
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let home = try await settings.recordHome(over: transport, isWriter: false)
    let (contents, errors) = try await home.exported(withForms: hasForms)
    let bytes = RecordFileForm.bytes(of: contents, in: settings.lattice)
    for error in errors { context.console.say("left out: \(error.sentence)") }
    if let file {
      do throws(FileError) { try writeFile(bytes, to: file) } catch {
        throw RecordError.unusableFile(path: error.path, detail: error.detail)
      }
      let rest = [
        counted(contents.forms.count, "form"), "\(contents.history.count) of history",
      ]
      context.console.write(
        "exported: \(([contents.record.extent] + rest).joined(separator: ", "))\n")
    } else {
      context.console.write(String(decoding: bytes, as: UTF8.self))
    }
    return .inSync
  }
}

/// Puts an exported record beside the one of the lattice, or in its place.
struct RecordImportCommand: Subcommand {
  let configuration = CommandConfiguration(
    "record import", "Put an exported record beside what is on record, or in its place",
    examples: ["reconcile record import record.json"], unused: TargetOptions.reading)
  var file = ""
  var replaces = false
  var target = TargetOptions()
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.file, "file")]
  static let options =
    including(\.target)
    + [OptionSpec<Self>(\.replaces, "replace", "Put it in the place of what is on record")]
    + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let settings = try target.configuration(in: context)
    guard let bytes = try readFile(file) else {
      throw RecordError.unusableFile(path: file, detail: "there is no such file")
    }
    let imported = try RecordFileForm.contents(of: bytes, path: file, for: settings.lattice)
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let home = try await settings.recordHome(over: transport, isWriter: true)
    let lease = try await home.lease(as: settings.holder)
    try await lease.acquire()
    do {
      let now = Timestamp(nanoseconds: WallClock.system.now)
      let taken = try await home.take(imported, replaces: replaces, at: now)
      await lease.release()
      for error in taken.unkept { context.console.say("left out: \(error.sentence)") }
      if taken.entries == 0, !imported.history.isEmpty {
        context.console.say("left out: the history, as there is one here")
      }
      context.console.write("on record now: \(taken.record.extent)\n")
      return .inSync
    } catch {
      await lease.release()
      throw error
    }
  }
}

extension LatticeRecord {
  /// How much it holds.
  fileprivate var extent: String {
    [
      counted(applied.count, "application"), counted(links.count, "link"),
      counted(configs.count, "config"), counted(hosts.count, "host"),
    ].joined(separator: ", ")
  }
}
