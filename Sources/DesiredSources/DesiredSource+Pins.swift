import Diagnostics
import LatticeModel
import Manifests

extension SourceReading {
  /// What of pins is about this reading: what it declares, and what was applied from where it reads.
  ///
  /// Another repository's application is that repository's pass to keep.
  func pinned(_ pins: [PinnedForm], _ record: LatticeRecord) -> [PinnedForm] {
    let own = Set(desired.applications.map(\.name) + desired.frozen.map(\.name))
    return pins.filter { pinned in
      let name = pinned.pin.application
      guard !own.contains(name) else { return true }
      guard let seen = record.applied[name]?.scope else { return false }
      return seen.repository == scope.repository && scope.covers(seen.path)
    }
  }

  /// Notes what is pinned; nothing is touched of what is pinned to a form that cannot be read.
  mutating func note(_ pins: [PinnedForm], _ manifests: [ApplicationManifest]) {
    self.pins = pins
    let readable = Set(manifests.map(\.application.name))
    for index in pins.indices where !readable.contains(pins[index].pin.application) {
      let name = pins[index].pin.application
      self.pins[index].form = nil
      self.pins[index].obstacle = pins[index].obstacle ?? "its form cannot be decoded"
      desired.applications.removeAll { $0.name == name }
      desired.frozen.removeAll { $0.name == name }
      desired.frozen.append(FrozenApplication(name: name, origin: .unknown(name)))
    }
    desired.frozen.sort { $0.name < $1.name }
  }
}

extension SourcePosition {
  /// Stands for the place of an application whose form cannot be read.
  static func unknown(_ name: ApplicationName) -> SourcePosition {
    SourcePosition(path: "the kept form of \(name)", line: 1, column: 1)
  }
}
