import Diagnostics
import JSONCoding
import ReconcileTestKit
import Testing
import YAMLTree

@testable import Manifests

@Suite("Schemas of manifests")
struct SchemaTests {
  @Test("the files in schemas are what the decoder reads by; 'make schemas' writes them")
  func files() {
    #expect(
      ManifestSchema.all.map(\.path) == [
        "schemas/v1/application.json", "schemas/v1/policy.json", "schemas/v1/hostprofile.json",
        "schemas/v1/lattice.json", "schemas/v1/stream.json",
      ])
    for schema in ManifestSchema.all {
      let isWritten = readFile("\(repositoryRoot)/\(schema.path)") == schema.text
      #expect(isWritten, "\(schema.path) is another; run 'make schemas' and look at the difference")
    }
  }

  @Test("each example names the schema that it is held against, for editors")
  func modelines() throws {
    for file in try repositoryFiles("manifests") {
      let text = String(decoding: file.bytes, as: UTF8.self)
      let kind = try #require(try documents(in: file).first?.kind)
      let path = try #require(ManifestSchema.all.first { $0.kind == kind }?.path)
      #expect(text.hasPrefix("# yaml-language-server: $schema=../\(path)\n"), "\(file.path)")
    }
  }

  @Test("schema and decoder say the same of every example, and of what is made of it")
  func agreement() async throws {
    var cases: [(what: String, kind: String, value: JSONValue)] = []
    for file in try repositoryFiles("manifests") + repositoryFiles("Tests/ManifestsTests/Bad") {
      for (number, document) in try documents(in: file).enumerated() {
        cases.append(("\(file.path)#\(number)", document.kind, document.value))
      }
    }
    let seeds = cases.filter { $0.what.hasPrefix("manifests/") } + Self.others
    cases += Self.others
    for (number, seed) in seeds.enumerated() {
      var chance = Seeded(UInt64(number))
      for mutation in mutations(of: seed.value).shuffled(using: &chance).prefix(Self.most) {
        cases.append(("\(seed.what): \(mutation.what)", seed.kind, mutation.value))
      }
    }
    let verdicts = try await SchemaJudge.verdicts(on: cases.map { ($0.kind, $0.value) })
    try #require(verdicts.count == cases.count)
    var disagreements: [String] = []
    var counts = (good: 0, bad: 0)
    for (one, verdict) in zip(cases, verdicts) {
      let errors = errors(in: one.value.bytes()).filter { !isBeyondSchemas($0) }
      if errors.isEmpty { counts.good += 1 } else { counts.bad += 1 }
      guard errors.isEmpty != (verdict == nil) else { continue }
      disagreements.append(
        "\(one.what)\n  decoder: \(errors.first ?? "good")\n  schema: \(verdict ?? "good")")
    }
    #expect(disagreements.prefix(20) == [])
    #expect(counts.good > 200 && counts.bad > 1_000, "\(counts)")
  }

  /// How many changes of each example are tried; all of them would take a minute.
  private static let most = 300

  /// Documents of the kinds that no example has, and an application with what needs somebody else.
  private static let others =
    [("HostProfile", hostProfile), ("Lattice", lattice), ("Stream", stream)].map { kind, spec in
      (
        what: kind, kind: kind,
        value: [
          "apiVersion": "reconcile.dev/v1", "kind": .string(kind),
          "metadata": ["name": "a", "labels": ["app.example.com/team": "x"]], "spec": spec,
        ] as JSONValue
      )
    } + [(what: "Application", kind: "Application", value: besideOthers)]

  private static let hostProfile: JSONValue = [
    "match": [
      "labels": ["tier": "edge"],
      "ids": ["NBMLOJXSPSO6K7OUNKPJUNBZJ4Y6EBYWDISGKHKX7GINJO25ANUZRJ7B"],
    ],
    "capacity": ["cpu": "3500m", "memory": "900Mi", "actors": 40], "cordoned": false,
    "drain": true, "labels": ["rack": "r7"],
  ]

  private static let lattice: JSONValue = [
    "dialect": "v1", "site": "region", "failureDetection": ["probe": "0s", "maxErrors": 3],
    "onUnreachable": ["replaceAfter": "10m", "reconnect": "preferOriginal"],
    "maintenance": [
      ["days": ["Sat", "Sun"], "start": "02:00", "duration": "4h", "timeZone": "Europe/Oslo"]
    ],
    "limits": ["commandsInFlight": 16, "perHost": 2],
    "sites": [
      "ap-east-1": ["failureDetection": ["silence": "2m", "heartbeatTimeout": "3m"]],
      "eu-1": ["maintenance": [], "limits": ["perHost": 1]],
    ],
  ]

  private static let stream: JSONValue = [
    "name": "ORDERS", "subjects": ["orders.>", "returns.*.done"], "storage": "memory",
    "retention": "workQueue", "discard": "new", "replicas": 3, "maxMessages": 1_000_000,
    "maxMessagesPerSubject": 10, "maxBytes": "1Gi", "maxMessageSize": "1Mi", "maxAge": "24h",
    "duplicateWindow": "2m",
    "consumers": [
      [
        "name": "billing", "filterSubjects": ["orders.paid"], "deliver": "all",
        "ack": "explicit", "ackWait": "1m", "maxDeliver": 5, "maxAckPending": 100,
      ]
    ],
  ]

  private static let besideOthers: JSONValue = [
    "apiVersion": "reconcile.dev/v1", "kind": "Application", "metadata": ["name": "a"],
    "spec": [
      "actors": [["name": "x", "image": "r/x:1", "config": ["theirs"]]],
      "secretStores": [["name": "vault", "backend": "v", "properties": ["role": "r"]]],
      "configs": [["name": "theirs", "external": true], ["name": "ours", "values": [:]]],
      "links": [
        [
          "source": "x", "target": ["application": "b", "name": "y"], "interface": "a:b/c",
          "sourceConfig": ["theirs"], "targetConfig": ["ours", "theirs"],
          "targetSecrets": [["name": "s", "properties": ["policy": "vault", "key": "k"]]],
        ]
      ],
    ],
  ]

  // MARK: What a schema cannot say

  /// Something in a document that only the decoder refuses.
  private struct Beyond {
    let why: String
    var kind = "Application"
    /// The `spec` of a document with it.
    let spec: String
    /// A part of the decoder's message.
    let message: String
  }

  private static let beyond = [
    Beyond(
      why: "two parts of one name",
      spec: "{actors: [{name: x, image: 'r/x:1'}, {name: x, image: 'r/y:1'}]}",
      message: "is declared twice in"),
    Beyond(
      why: "two rules of one name",
      spec: "{spread: {s: [{name: a}, {name: a, weight: 1}]}}", message: "has two rules"),
    Beyond(
      why: "a spread that is not declared",
      spec: "{actors: [{name: x, image: 'r/x:1', spread: s}]}",
      message: "there is no spread"),
    Beyond(
      why: "a config that is not declared",
      spec: "{actors: [{name: x, image: 'r/x:1', config: [c]}]}",
      message: "there is no config"),
    Beyond(
      why: "a store of secrets that is not declared",
      spec: "{secretStores: [{name: s, backend: b}], actors: [{name: x, image: 'r/x:1', "
        + "secrets: [{name: k, properties: {policy: t, key: k}}]}]}",
      message: "there is no store"),
    Beyond(
      why: "a name that is none for a secret",
      spec: "{secretStores: [{name: s, backend: b}], actors: [{name: x, image: 'r/x:1', "
        + "secrets: [{name: '', properties: {policy: s, key: k}}]}]}",
      message: "is no name for the secret"),
    Beyond(
      why: "weights that are all 0",
      spec: "{actors: [{name: x, image: 'r/x:1', spread: [{name: a, weight: 0}]}]}",
      message: "all weights of its spread are 0"),
    Beyond(
      why: "a start that has too little time",
      spec: "{actors: [{name: x, image: 'r/x:1', update: {startTimeout: 9s}}]}",
      message: "is '9s'"),
    Beyond(
      why: "an interface that stands twice",
      spec: "{links: [{source: a, target: a, interface: 'a:b/c,c'}], "
        + "actors: [{name: a, image: 'r/a:1'}]}",
      message: "'interface' is 'a:b/c,c'"),
    Beyond(
      why: "a time finer than a nanosecond",
      spec: "{actors: [{name: x, image: 'r/x:1', maxLatency: 1.5ns}]}", message: "is '1.5ns'"),
    Beyond(
      why: "a number that does not fit",
      spec: "{actors: [{name: x, image: 'r/x:1', resources: {memory: 9999999999Gi}}]}",
      message: "is '9999999999Gi'"),
    Beyond(
      why: "a size that is no whole number of bytes",
      spec: "{actors: [{name: x, image: 'r/x:1', resources: {memory: 1.0001k}}]}",
      message: "is '1.0001k'"),
    Beyond(
      why: "a whole number that is written as another",
      spec: "{actors: [{name: x, image: 'r/x:1', priority: 1.0}]}", message: "is '1.0', not a whole"
    ),
    Beyond(
      why: "two consumers of one name", kind: "Stream",
      spec: "{subjects: [a], consumers: [{name: x}, {name: x, ack: none}]}",
      message: "is declared twice in"),
    Beyond(
      why: "a subject that servers use among themselves", kind: "Stream",
      spec: "{subjects: [$JS.API.>]}",
      message: "servers say among themselves"),
    Beyond(
      why: "a subject of a lattice's requests", kind: "Stream",
      spec: "{subjects: [wasmbus.>]}",
      message: "takes the requests of lattices"),
    Beyond(
      why: "a stream without subjects", kind: "Stream", spec: "{subjects: []}",
      message: "of the Stream has none"),
    Beyond(
      why: "two subjects that share a message", kind: "Stream",
      spec: "{subjects: [a, '*']}",
      message: "shares subjects with another"),
    Beyond(
      why: "a time that is too short for a server", kind: "Stream",
      spec: "{subjects: [a], maxAge: 99ms}",
      message: "'maxAge' of the Stream is 99ms"),
    Beyond(
      why: "a duplicate window that is too short for a server", kind: "Stream",
      spec: "{subjects: [a], duplicateWindow: 99ms}",
      message: "'duplicateWindow' of the Stream is 99ms"),
    Beyond(
      why: "a duplicate window that outlasts the messages", kind: "Stream",
      spec: "{subjects: [a], maxAge: 1s, duplicateWindow: 2s}",
      message: "longer than its 'maxAge'"),
    Beyond(
      why: "a message that is larger than a server takes", kind: "Stream",
      spec: "{subjects: [a], maxMessageSize: 2Gi}",
      message: "more than a server takes"),
    Beyond(
      why: "a consumer of what its stream does not keep", kind: "Stream",
      spec: "{subjects: [a], consumers: [{name: x, filterSubjects: [b]}]}",
      message: "is none of the subjects"),
    Beyond(
      why: "a consumer that begins with the last of no subject", kind: "Stream",
      spec: "{subjects: [a], consumers: [{name: x, deliver: lastPerSubject}]}",
      message: "names none"),
    Beyond(
      why: "how a consumer of a work queue acknowledges", kind: "Stream",
      spec: "{subjects: [a], retention: workQueue, consumers: [{name: x, ack: all}]}",
      message: "refuses for a workQueue"),
    Beyond(
      why: "two consumers of one subject of a work queue", kind: "Stream",
      spec: "{subjects: [a], retention: workQueue, consumers: [{name: x}, {name: y}]}",
      message: "two consumers of a workQueue"),
  ]

  @Test("what a schema cannot say is a short list, and the decoder says it")
  func beyondSchemas() async throws {
    var documents: [(kind: String, value: JSONValue)] = []
    for one in Self.beyond {
      let bytes = Array(document("a", one.spec, one.kind).utf8)
      let errors = errors(in: bytes)
      #expect(errors.count == 1, "\(one.why)")
      #expect(errors.allSatisfy { $0.contains(one.message) }, "\(one.why): \(errors)")
      documents += try self.documents(in: ("0.yaml", bytes))
    }
    let verdicts = try await SchemaJudge.verdicts(on: documents)
    #expect(verdicts == Self.beyond.map { _ in nil })
  }

  /// Whether only the decoder can say so; that a link leads nowhere is said beside other mistakes.
  private func isBeyondSchemas(_ error: String) -> Bool {
    Self.beyond.contains { error.contains($0.message) }
      || error.contains("has neither an actor nor a provider")
  }

  // MARK: Documents

  /// What the decoder says against the form of one document: that of another tool is none of ours.
  private func errors(in bytes: [UInt8]) -> [String] {
    let decoded = decodeManifests(ManifestFile(path: "m.yaml", bytes: bytes))
    return decoded.diagnostics.filter { $0.severity == .error }.map(\.message)
      + decoded.skipped.counts.keys.map { "it is passed over as '\($0)'" }
  }

  /// The documents of a file that have a kind of their own, as JSON; none of one with an error of
  /// YAML.
  private func documents(
    in file: (path: String, bytes: [UInt8])
  ) throws -> [(kind: String, value: JSONValue)] {
    let reading = parseYAMLDocuments(file.bytes, path: file.path)
    guard reading.error == nil else { return [] }
    return reading.documents.compactMap(\.root).compactMap { root in
      guard let kind = root["kind"]?.text, ManifestSchema.all.contains(where: { $0.kind == kind })
      else { return nil }
      return (kind, JSONValue(root))
    }
  }
}

extension JSONValue {
  /// What a node means, as the decoder takes it.
  init(_ node: YAMLNode) {
    switch node.kind {
    case .mapping:
      self = .object(
        Dictionary(
          node.entries.map { ($0.key.text, JSONValue($0.value)) }, uniquingKeysWith: { $1 }))
    case .sequence: self = .array(node.elements.map { JSONValue($0) })
    case .scalar:
      self =
        switch node.scalarType {
        case .null: .null
        case .boolean: .bool(node.bool == true)
        case .integer: node.int.map { .int($0) } ?? .double(node.double ?? 0)
        case .float: .double(node.double ?? 0)
        case .string, nil: .string(node.text)
        }
    }
  }
}
