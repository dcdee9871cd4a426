import LatticeModel
import OptionParsing
import TextForms

/// Which rows of a listing are shown, and in which order; all as they come where nothing is given.
struct ListingOptions: OptionGroup {
  var selection = SelectionOptions()
  var hosts: [String] = []
  var labels = LabelOptions()
  var sort: String?

  static let host = OptionSpec<Self>(
    \.hosts, "host", value: "id",
    "This host only, by its name or the beginning of its id; may be repeated")
  static let options =
    including(\.selection) + [host] + including(\.labels) + [
      OptionSpec<Self>(\.sort, "sort", value: "column", "By this column, the smallest first")
    ]

  /// The options given that say which rows are shown.
  var filters: [String] {
    [
      (SelectionOptions.app.name, selection.applications), (Self.host.name, hosts),
      (LabelOptions.label.name, labels.labels),
    ].filter { !$0.1.isEmpty }.map { "--\($0.0)" }
  }

  /// Returns whether a host is among those that are meant.
  func takes(_ host: HostState) -> Bool {
    let isMeant =
      hosts.isEmpty
      || hosts.contains { host.id.rawValue.hasPrefix($0) || host.report.friendlyName == $0 }
    return isMeant && labels.labels.allSatisfy { matches($0, host.labels) }
  }

  /// Returns whether something of an application, or of none, is meant.
  func takes(_ application: String?) -> Bool {
    let names = selection.applications
    return names.isEmpty || application.map(names.contains) ?? false
  }

  private func matches(_ label: String, _ labels: [String: String]) -> Bool {
    let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let value = labels[String(parts[0])] else { return false }
    return parts.count == 1 || value == parts[1]
  }
}

/// Labels of hosts: those that they have, or must have.
struct LabelOptions: OptionGroup {
  var labels: [String] = []

  static let label = OptionSpec<Self>(
    \.labels, "label", value: "key=value", "A label of the hosts; may be repeated")
  static let options = [label]
}
