import Diagnostics
import JSONCoding
import ReconcileTestKit
import Testing

@testable import LatticeDialects

@Suite("What failures of hosts mean")
struct FailureTableTests {
  @Test(
    "the errors of the field have a cause and a remedy",
    arguments: [
      ("actor start failed: invalid claim", 1), ("link definition not found", 2),
      ("provider start failed: image pull", 3), ("NATS connection refused", 4),
      ("NATS subscription timeout", 5), ("capability denied", 6), ("host not found", 7),
      ("actor scale failed: insufficient resources", 8), ("heartbeat timeout", 9),
      ("failover failed: no healthy target", 10),
      (
        "failed to fetch provider: failed to fetch OCI bytes: tcp connect error: Connection refused",
        3
      ),
      ("policy request failed: request timed out: deadline has elapsed", 6),
      ("failed: no space left on device", 8),
      ("nobody listens on wasmbus.ctl.v1.default.component.scale.NABC", 7),
    ])
  func field(_ words: String, _ number: Int) throws {
    let finding = try #require(explanation(of: words))
    #expect(finding.code == DiagnosticCode("HST", number), "\(finding)")
    #expect(finding.remedy?.isEmpty == false)
  }

  @Test("what nobody knows has no explanation, however long it is")
  func unknown() {
    #expect(explanation(of: "") == nil)
    #expect(explanation(of: "the moon is full") == nil)
    #expect(explanation(of: String(repeating: "x", count: 1 << 20) + "invalid claim") == nil)
  }

  @Test(
    "whatever real hosts refused or failed has an explanation",
    arguments: [
      "v1.9.2/commands", "v1.9.2/claims-and-archive", "v1.9.2/policy-changes", "v0.82.0/commands",
    ])
  func recorded(_ name: String) throws {
    var seen = 0
    for message in try Recording(name).messages {
      let data = message.json?["data"] ?? message.json
      let isRefusal = message.json?["success"]?.bool == false
      let texts = [data?["error"]?.string, isRefusal ? data?["message"]?.string : nil]
      for text in texts.compactMap({ $0 }) where !text.isEmpty {
        seen += 1
        let isKnown = explanation(of: text) != nil || Self.plain.contains { text.contains($0) }
        #expect(isKnown, "\(text)")
      }
    }
    #expect(seen > 0)
  }

  /// What says itself what is to be done, or comes of no command of ours.
  private static let plain = [
    "config data should be a map", "hostcore.* labels cannot", "not found",
  ]
}
