import ConfigurationModel
import Diagnostics
import LatticeModel
import NATSTransport
import OptionParsing
import ReconcileLoop
import RecordKeeping
import ServiceRuntime
import TextForms

/// Writes the record of a lattice into a file, for a backup or another server.
struct RecordExportCommand: Subcommand {
  let configuration = CommandConfiguration(
    "record export", "Write what is on record into a file",
    examples: ["reconcile record export >record.json"])
  var file: String?
  var target = TargetOptions()
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.file, "file", isOptional: true)]
  static let options = including(\.target) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let settings = try target.configuration(in: context)
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let home = try await settings.recordHome(over: transport, isWriter: false)
    let stored = home.isAbsent ? StoredRecord() : try await home.records.load()
    let bytes = RecordFileForm.bytes(of: stored.record, in: settings.lattice)
    if let file {
      do throws(FileError) { try writeFile(bytes, to: file) } catch {
        throw RecordError.unusableFile(path: error.path, detail: error.detail)
      }
      context.console.write("exported: \(stored.record.extent)\n")
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
    examples: ["reconcile record import record.json"])
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
    let imported = try RecordFileForm.record(of: bytes, path: file, for: settings.lattice)
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let home = try await settings.recordHome(over: transport, isWriter: true)
    let lease = try await home.lease(as: settings.holder)
    try await lease.acquire()
    do {
      let now = Timestamp(nanoseconds: WallClock.system.now)
      let record = try await home.records.take(imported, replaces: replaces, at: now)
      await lease.release()
      context.console.write("on record now: \(record.extent)\n")
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
