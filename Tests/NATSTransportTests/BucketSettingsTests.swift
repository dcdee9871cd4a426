import JSONCoding
import Testing

@testable import NATSTransport

@Suite("Bucket settings")
struct BucketSettingsTests {
  /// Copies are asked for only where there is a cluster, so who is alone must be known by what it says:
  /// answers of nats-server 2.9.10, 2.12.8, and of three of 2.15.1.
  @Test(
    "a server is in a cluster that has a name, and in none that is only led",
    arguments: [
      (#"{"config": {"num_replicas": 1}}"#, false),
      (#"{"config": {"num_replicas": 1}, "cluster": {"leader": "NCI2G7DPJWU27AUADIWW"}}"#, false),
      (#"{"config": {"num_replicas": 1}, "cluster": {"name": "edge", "leader": "n1"}}"#, true),
    ])
  func clusters(answer: String, isClustered: Bool) throws {
    let bucket = NATSKeyValue.description(of: try JSONValue(parsing: Array(answer.utf8)))
    #expect(bucket.isClustered == isClustered)
    var settings = BucketSettings()
    settings.replicas = 3
    #expect(settings.differences(from: bucket) == ["it has 1 of 3 copies"])
  }
}
