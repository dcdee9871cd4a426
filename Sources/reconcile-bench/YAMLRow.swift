import BaselineC
import DesiredSources
import LatticeModel
import Manifests

extension BenchRow {
  /// Bytes of YAML to one validated model, against libyaml's events alone.
  static let yaml = BenchRow(
    name: "yaml",
    summary: "10,000 manifests of 60 lines to one validated model, one thread and all"
  ) {
    let files = SampleManifests.files(10_000)
    var model = DesiredState(revision: "bench")
    let pairs = try await Pairs(5) {
      try await processorTime {
        try readEvents(of: files)
      }
    } ours: {
      try await processorTime {
        let resolved = resolve(files.map { decodeManifests($0) }, revision: "bench", tree: "")
        guard resolved.diagnostics.isEmpty else {
          throw BenchError("a manifest has a finding: \(resolved.diagnostics[0])")
        }
        model = resolved.desired
      }
    }
    say("yaml: checksum of the model \(checksum(of: model))")
    let all = try await Pairs(5) {
      try await wallTime {
        try readEvents(of: files)
      }
    } ours: {
      try await wallTime {
        model = resolve(try await decodeAll(files), revision: "bench", tree: "").desired
      }
    }
    return [
      figure("YAML to model, \(files.count) manifests, one thread", pairs, goal: nil),
      figure("the same on all processors, by the clock", all, goal: 2),
    ]
  }
}

/// Reads the events of each file in C.
private func readEvents(of files: [ManifestFile]) throws {
  for file in files where baseline_yaml_events(file.bytes, file.bytes.count) < 0 {
    throw BenchError("libyaml refuses \(file.path)")
  }
}

private func figure(_ what: String, _ pairs: Pairs, goal: Double?) -> Figure {
  Figure(
    what: what, ours: median(pairs.ours).milliseconds,
    beside: "libyaml events in C \(median(pairs.theirs).milliseconds)",
    ratio: "\(pairs.ratio.text())x", goal: goal.map { "\(Int($0))x at most" } ?? "",
    isMet: goal.map { pairs.ratio <= $0 })
}

/// A number that every name, image, count, rule and entry of a model goes into (FNV-1a).
private func checksum(of model: DesiredState) -> String {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  func add(_ text: String) {
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
  }
  for application in model.applications {
    add("\(application.name) \(application.origin) \(application.sync.prune)")
    for actor in application.actors {
      add("\(actor.id) \(actor.image) \(actor.instances) \(actor.priority) \(actor.configs)")
      add("\(actor.resources) \(actor.spread) \(actor.update)")
    }
    for provider in application.providers {
      add("\(provider.id) \(provider.image) \(provider.perHost) \(provider.spread)")
    }
    for link in application.links { add("\(link)") }
    for config in application.configs {
      add("\(config.name) \(config.values.sorted { $0.key < $1.key })")
    }
  }
  return String(hash, radix: 16)
}
