import JSONCoding
import LatticeModel
import OptionParsing
import Testing

@testable import ReconcileCLI

@Suite("Tables of what is there")
struct ListingTests {
  /// Three hosts in two zones; `shop` runs on two of them, something of nobody on the third.
  private static let observed: ObservedState = {
    var state = ObservedState()
    for (host, name, zone, instances) in [
      ("NAAA", "red", "a", 12), ("NAAB", "green", "a", 3), ("NBBB", "blue", "b", 3),
    ] {
      var report = HostReport(host: HostID(host))
      (report.friendlyName, report.labels) = (name, ["zone": zone, "gpu": "yes"])
      if host == "NBBB" { report.labels["gpu"] = nil }
      report.actors = [
        ReportedActor(
          id: "web", image: "r/web:1",
          annotations: host == "NBBB" ? [:] : ["wasmcloud.dev/appspec": "shop"],
          instances: instances)
      ]
      state.note(report, at: Timestamp(nanoseconds: 1))
    }
    return state
  }()

  private static func shown(
    app: [String] = [], host: [String] = [], label: [String] = []
  ) -> ListingOptions {
    var options = ListingOptions()
    options.selection.applications = app
    (options.hosts, options.labels.labels) = (host, label)
    return options
  }

  @Test(
    "an application, hosts and labels say which rows are shown",
    arguments: [
      (shown(), ["NAAA", "NAAB", "NBBB"]), (shown(app: ["shop"]), ["NAAA", "NAAB"]),
      (shown(app: ["no"]), []), (shown(host: ["NAA"]), ["NAAA", "NAAB"]),
      (shown(host: ["NAAB", "blue"]), ["NAAB", "NBBB"]), (shown(host: ["lue"]), []),
      (shown(label: ["zone=a"]), ["NAAA", "NAAB"]), (shown(label: ["gpu"]), ["NAAA", "NAAB"]),
      (shown(label: ["gpu", "zone=b"]), []), (shown(label: ["zone="]), []),
      (shown(app: ["shop"], host: ["red"], label: ["zone=a"]), ["NAAA"]),
    ])
  func rows(_ shown: ListingOptions, _ hosts: [String]) {
    let actors = Listing(actors: Self.observed, shown)
    #expect(actors.rows.map { $0[1].string ?? "" } == hosts)
    let now = Timestamp(nanoseconds: 1)
    let listing = Listing(hosts: Self.observed, record: LatticeRecord(), at: now, shown)
    #expect(listing.rows.map { $0[0].string ?? "" } == hosts)
  }

  @Test("numbers are sorted as numbers, texts as texts, rows without a value last")
  func sorting() throws {
    let actors = Listing(actors: Self.observed)
    func hosts(by column: String) throws -> [String] {
      try actors.sorted(by: column).rows.map { $0[1].string ?? "" }
    }
    #expect(try hosts(by: "instances") == ["NAAB", "NBBB", "NAAA"])
    #expect(try hosts(by: "host") == ["NAAA", "NAAB", "NBBB"])
    #expect(try hosts(by: "application") == ["NAAA", "NAAB", "NBBB"])
    let error = #expect(throws: UsageError.self) { try actors.sorted(by: "imag") }
    #expect(error?.description.contains("Did you mean 'image'?") == true)
  }
}
