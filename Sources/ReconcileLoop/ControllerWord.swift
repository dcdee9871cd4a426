import JSONCoding
import LatticeModel

/// What a controller says of itself to others of the same lattice.
///
/// Whoever commands asks with it on the subject on which it says how it reads git, and whoever could
/// command answers with it; a question without one is answered by whoever commands, and nobody else.
struct ControllerWord: Hashable, Sendable {
  /// How many bytes of a question are read at most.
  static let limit = 4_096

  /// Which process it is; another one after a restart.
  var process: Int
  /// Its name, for people.
  var holder: String
  /// How many lattices it commands.
  var load: Int
  /// The record that it commands with, or would.
  var record: String
  /// Whether it commands this lattice.
  var commands: Bool

  init(process: Int, holder: String, load: Int, record: String, commands: Bool) {
    self.process = process
    self.holder = holder
    self.load = load
    self.record = record
    self.commands = commands
  }

  /// Reads a question or an answer; `nil` where a controller has said nothing of itself.
  init?(_ payload: [UInt8]) {
    guard payload.count <= Self.limit, let value = try? JSONValue(parsing: payload),
      let word = value["controller"], let process = word["process"]?.int,
      let holder = word["holder"]?.string, let load = word["load"]?.int, load >= 0,
      let record = word["record"]?.string, let commands = word["commands"]?.bool
    else { return nil }
    self.init(
      process: process, holder: String(holder.prefix(256)), load: load, record: record,
      commands: commands)
  }

  /// It as it is sent, beside whatever else is said.
  var members: [String: JSONValue] {
    [
      "controller": [
        "process": .int(process), "holder": .string(holder), "load": .int(load),
        "record": .string(record), "commands": .bool(commands),
      ]
    ]
  }
}
