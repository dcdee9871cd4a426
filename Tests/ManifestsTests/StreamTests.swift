import Diagnostics
import LatticeModel
import Testing

@testable import Manifests

@Suite("Streams in manifests")
struct StreamTests {
  /// The findings of one stream but that nothing comes of it, as `line:column severity message; remedy`.
  private func findings(_ spec: String) -> [String] { findings([document("s", spec, "Stream")]) }

  private func findings(_ texts: [String]) -> [String] {
    let files = texts.enumerated().map {
      decodeManifests(ManifestFile(path: "\($0).yaml", bytes: Array($1.utf8)))
    }
    return resolve(files, revision: "r", tree: "t").diagnostics
      .filter { $0.code.number != ManifestCode.notActedOn.rawValue }
      .map { finding in
        "\(finding.location?.description ?? "") \(finding.severity) \(finding.message); "
          + (finding.remedy ?? "")
      }
  }

  @Test(
    "subjects that servers use among themselves are refused",
    arguments: ["'>'", "'*.>'", "'*.*'", "$JS.API.>", "$JS.>", "$SYS.>", "'*.API.x'", "$NRG.a"])
  func ofServers(_ subject: String) {
    let found = findings("{subjects: [\(subject)]}")
    #expect(found.count == 1 && found[0].hasPrefix("0.yaml:4:19 error "), "\(found)")
    #expect(found.allSatisfy { $0.contains("servers say among themselves") })
  }

  @Test(
    "the requests of lattices are refused, since the server would answer them",
    arguments: ["wasmbus.>", "wasmbus.ctl.v1.default.>", "wasmbus.*.default.>"])
  func ofLattices(_ subject: String) {
    let found = findings("{subjects: [\(subject)]}")
    #expect(found.count == 1 && found[0].contains(" error '\(subject)'"), "\(found)")
    #expect(found.allSatisfy { $0.contains("only wasmbus.evt.> can be kept") })
  }

  @Test(
    "what can be kept is silent",
    arguments: [
      "'*'", "wasmbus.evt.>", "wasmbus.evt.default.*", "$JS.EVENT.>", "orders.>", "wasmbus",
      "o.$JS",
      "wasmbusses.>",
    ])
  func kept(_ subject: String) {
    #expect(!findings("{subjects: [\(subject)]}").contains { $0.contains(" error ") })
  }

  @Test("subjects of the server's own stores are warned of")
  func stores() {
    #expect(
      findings("{subjects: [$KV.x.>]}") == [
        "0.yaml:4:19 warning '$KV.x.>' of the Stream begins with '$', as only what the server itself "
          + "keeps does; name the subjects of actors and providers"
      ])
  }

  @Test(
    "subjects of one stream that share a message are refused, with both places",
    arguments: [
      ("a", "a", true), ("a.*", "a.b", true), ("a.b.c", "a.>", true),
      ("a.*.c", "a.b.*", true), ("a.>", "a", false), ("a.*", "a.b.c", false), ("a.b", "a.c", false),
      ("a.*.>", "a.b", false), ("a.*.>", "a.b.c", true),
    ])
  func overlaps(_ one: String, _ other: String, _ isTold: Bool) {
    for list in ["\(one), \(other)", "\(other), \(one)"] {
      let found = findings("{subjects: [x, \(list)]}")
      #expect(found.count == (isTold ? 1 : 0), "\(found)")
      #expect(found.allSatisfy { $0.contains("error") && $0.hasSuffix("is at 0.yaml:4:22") })
    }
    let apart = [one, other].enumerated().map {
      document("s\($0)", "{subjects: [\($1)]}", "Stream")
    }
    let found = findings(apart)
    #expect(found.count == (isTold ? 1 : 0), "\(found)")
    #expect(found.allSatisfy { $0.hasPrefix("1.yaml:4:19") && $0.hasSuffix("at 0.yaml:4:19") })
  }

  @Test("a stream without subjects is told: a server would give it one")
  func empty() {
    #expect(
      findings("{subjects: []}") == [
        "0.yaml:4:18 error 'subjects' of the Stream has none, where a server puts the Stream's name; "
          + "add those whose messages it keeps"
      ])
  }

  @Test("two streams of one name on the server are told, whatever their documents are called")
  func names() {
    #expect(
      findings([
        document("one", "{name: ORDERS, subjects: [a]}", "Stream"),
        document("ORDERS".lowercased(), "{name: ORDERS, subjects: [b]}", "Stream"),
      ]) == [
        "1.yaml:4:7 error stream 'ORDERS' is declared twice; give one of them another name; the other "
          + "is at 0.yaml:4:7"
      ])
  }

  @Test("times and sizes that a server refuses are refused")
  func limits() {
    #expect(
      findings("{subjects: [a], maxAge: 50ms, duplicateWindow: 40ms, maxMessageSize: 2Gi}") == [
        "0.yaml:4:31 error 'maxAge' of the Stream is 50ms; write 100ms or more: a server refuses less",
        "0.yaml:4:54 error 'duplicateWindow' of the Stream is 40ms; write 100ms or more: a server "
          + "refuses less",
        "0.yaml:4:76 error 'maxMessageSize' of the Stream is more than a server takes; write less than "
          + "2Gi",
      ])
    #expect(
      findings("{subjects: [a], maxAge: 1m, duplicateWindow: 2m}") == [
        "0.yaml:4:52 error 'duplicateWindow' of the Stream is longer than its 'maxAge', which a server "
          + "refuses; write 1m or less"
      ])
    #expect(findings("{subjects: [a], maxAge: 1m, duplicateWindow: 1m, maxMessageSize: 1Gi}") == [])
  }

  @Test("a consumer's subjects are among those of its stream, and share no message")
  func filters() {
    #expect(
      findings(
        "{subjects: [orders.>, p.*], consumers: [{name: c, filterSubjects: [order.paid, p.a.b, p]}]}"
      )
        == [
          "0.yaml:4:74 error 'order.paid' of the consumer is none of the subjects of its Stream; write "
            + "one of orders.>, p.*, or one below",
          "0.yaml:4:86 error 'p.a.b' of the consumer is none of the subjects of its Stream; write "
            + "one of orders.>, p.*, or one below",
          "0.yaml:4:93 error 'p' of the consumer is none of the subjects of its Stream; write "
            + "one of orders.>, p.*, or one below",
        ])
    let twice = findings("{subjects: [o.>], consumers: [{name: c, filterSubjects: [o.*, o.a]}]}")
    #expect(
      twice.count == 1 && twice[0].contains("'o.a' of the consumer shares subjects"), "\(twice)")
    #expect(findings("{subjects: [o.>], consumers: [{name: c, filterSubjects: ['>']}]}") == [])
    // Where a subject cannot be read, nobody knows what the stream keeps.
    #expect(
      findings("{subjects: ['o..', p], consumers: [{name: c, filterSubjects: [o.a]}]}").count == 1)
  }

  @Test("a consumer that begins with the last of each subject names some")
  func start() {
    for list in ["", ", filterSubjects: []"] {
      let found = findings(
        "{subjects: [o.>], consumers: [{name: c, deliver: lastPerSubject\(list)}]}")
      #expect(found.count == 1 && found[0].hasSuffix("; add 'filterSubjects'"), "\(found)")
    }
    #expect(
      findings(
        "{subjects: [o.>], consumers: [{name: c, deliver: lastPerSubject, filterSubjects: [o.a]}]}")
        == [])
  }

  @Test("what a server refuses of the consumers of a work queue is refused, once each")
  func queues() {
    func queue(_ consumers: String) -> [String] {
      findings("{subjects: [o.>], retention: workQueue, consumers: [\(consumers)]}")
    }
    #expect(queue("{name: a, filterSubjects: [o.a]}, {name: b, filterSubjects: [o.b]}") == [])
    #expect(queue("{name: a, deliver: all, ack: explicit}") == [])
    for pair in [
      "{name: a}, {name: b}", "{name: a}, {name: b, filterSubjects: [o.b]}",
      "{name: a, filterSubjects: [o.*]}, {name: b, filterSubjects: [o.b]}",
    ] {
      let found = queue(pair)
      #expect(found.count == 1 && found[0].contains("two consumers of a workQueue"), "\(found)")
    }
    #expect(
      queue("{name: a, ack: none}").first?.contains("'ack' of the consumer is 'none'") == true)
    let late = queue("{name: a, deliver: lastPerSubject}")
    #expect(late.count == 1 && late[0].contains("write all, or give the Stream another"), "\(late)")
    #expect(queue("{name: a, ack: maybe}").count == 1)
  }
}
