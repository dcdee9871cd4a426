// swift-tools-version: 6.2
import PackageDescription

// The house, bottom to top: each library target names what it may import, and nothing else.
// `.ci/check-imports` holds the `import` lines of every file against this list.

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let strictC: [CSetting] = [
  .treatAllWarnings(as: .error),
  .enableWarning("all"),
  .enableWarning("extra"),
]

/// A library target with its one-screen README beside the sources.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, exclude: ["README.md"], swiftSettings: strict)
}

/// The test target of a room; `exclude` lists folders of goldens and fixtures.
func tests(
  of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.init(stringLiteral: name)] + dependencies,
    exclude: exclude, swiftSettings: strict)
}

/// A map of a C library that Debian ships; exactly one room imports it.
func door(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
  name: "reconcile",
  products: [
    .executable(name: "reconcile", targets: ["reconcile"]),
    .library(name: "LatticeSimulator", targets: ["LatticeSimulator"]),
  ],
  targets: [
    // Doors to C.
    door("CLibYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
    door("CNats", pkgConfig: "libnats", apt: "libnats-dev"),
    door("CGit2", pkgConfig: "libgit2", apt: "libgit2-dev"),
    door("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    door("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
    door("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    .target(name: "CPosix", cSettings: strictC),

    // Ground floor: what a package would be elsewhere.
    room("TextForms"),
    room("JSONCoding"),
    room("Digests", ["CCrypto"]),
    room("OptionParsing", ["TextForms"]),
    room("ServiceRuntime", ["TextForms", "CPosix"]),
    room("HTTPServing", ["ServiceRuntime", "CMicroHTTPD"]),
    room("HTTPRequesting", ["ServiceRuntime", "CCurl"]),

    // The staircase.
    room("Diagnostics", ["TextForms"]),
    room("LatticeModel", ["Diagnostics", "TextForms"]),
    room("YAMLTree", ["Diagnostics", "TextForms", "CLibYAML"]),
    room(
      "GitSource",
      ["Diagnostics", "TextForms", "JSONCoding", "Digests", "ServiceRuntime", "CGit2"]),
    room(
      "Forges", ["Diagnostics", "TextForms", "JSONCoding", "HTTPRequesting", "ServiceRuntime"]),
    room("Signatures", ["Diagnostics", "TextForms", "Digests", "ServiceRuntime"]),
    room(
      "NATSTransport",
      ["Diagnostics", "TextForms", "JSONCoding", "Digests", "ServiceRuntime", "CNats"]),
    room("Manifests", ["Diagnostics", "LatticeModel", "YAMLTree", "JSONCoding", "TextForms"]),
    room(
      "DesiredSources",
      [
        "Diagnostics", "LatticeModel", "GitSource", "Signatures", "Manifests", "Digests",
        "ServiceRuntime",
        "TextForms",
      ]),
    room("Scheduling", ["Diagnostics", "LatticeModel", "TextForms"]),
    room("Planning", ["Diagnostics", "LatticeModel", "Scheduling", "Digests", "TextForms"]),
    room("LatticeDialects", ["Diagnostics", "LatticeModel", "JSONCoding", "TextForms"]),
    room(
      "LatticeObservation",
      ["Diagnostics", "LatticeModel", "NATSTransport", "LatticeDialects", "ServiceRuntime"]),
    room(
      "RecordKeeping",
      [
        "Diagnostics", "LatticeModel", "NATSTransport", "JSONCoding", "ServiceRuntime", "TextForms",
      ]),
    room(
      "PlanExecution",
      [
        "Diagnostics", "LatticeModel", "NATSTransport", "LatticeDialects", "LatticeObservation",
        "RecordKeeping",
        "JSONCoding", "ServiceRuntime", "TextForms",
      ]),
    room(
      "ConfigurationModel",
      [
        "Diagnostics", "LatticeModel", "GitSource", "Signatures", "Forges", "NATSTransport",
        "DesiredSources", "LatticeObservation", "PlanExecution", "ServiceRuntime", "TextForms",
      ]),
    room(
      "ReconcileLoop",
      [
        "Diagnostics", "LatticeModel", "GitSource", "Signatures", "HTTPRequesting",
        "Forges", "NATSTransport", "DesiredSources", "Planning", "LatticeDialects", "LatticeObservation", "RecordKeeping", "PlanExecution",
        "ConfigurationModel", "JSONCoding", "ServiceRuntime", "TextForms",
      ]),
    room(
      "LatticeSimulator",
      [
        "Diagnostics", "LatticeModel", "NATSTransport", "LatticeDialects", "JSONCoding", "Digests",
        "ServiceRuntime", "TextForms",
      ]),
    room("ControlPlane", ["HTTPServing", "ServiceRuntime", "TextForms"]),
    room(
      "ReconcileCLI",
      [
        "Diagnostics", "LatticeModel", "YAMLTree", "GitSource", "Signatures", "HTTPRequesting",
        "Forges", "NATSTransport", "Manifests",
        "DesiredSources", "Scheduling", "Planning", "LatticeDialects", "LatticeObservation",
        "RecordKeeping", "PlanExecution", "ConfigurationModel", "ReconcileLoop", "ControlPlane",
        "HTTPServing", "LatticeSimulator", "JSONCoding", "Digests", "OptionParsing",
        "ServiceRuntime", "TextForms",
      ]),
    .executableTarget(
      name: "reconcile", dependencies: ["GitSource", "ReconcileCLI", "ServiceRuntime"],
      swiftSettings: strict),

    // Not shipped: the test kit, the raw C loops and the benchmark beside them.
    .target(
      name: "ReconcileTestKit",
      dependencies: [
        "Diagnostics", "LatticeModel", "NATSTransport", "LatticeDialects", "LatticeSimulator",
        "JSONCoding", "ServiceRuntime", "TextForms",
      ], exclude: ["README.md"], swiftSettings: strict),
    .target(
      name: "BaselineC", dependencies: ["CLibYAML", "CNats", "CGit2"], exclude: ["README.md"],
      cSettings: strictC),
    .executableTarget(
      name: "reconcile-bench",
      dependencies: [
        "BaselineC", "reconcile", "Diagnostics", "LatticeModel", "YAMLTree", "GitSource",
        "NATSTransport", "Manifests", "DesiredSources", "Scheduling", "Planning", "LatticeDialects",
        "LatticeObservation", "PlanExecution", "ConfigurationModel", "ReconcileLoop",
        "LatticeSimulator", "JSONCoding", "Digests", "ServiceRuntime", "TextForms",
      ], exclude: ["README.md"], swiftSettings: strict),
    // Not shipped either: faults against the controller on a clock of their own. The C target takes
    // the place of the system's clocks in whatever links it, so nothing else may.
    .target(name: "CVirtualTime", cSettings: strictC),
    .executableTarget(
      name: "reconcile-chaos",
      dependencies: [
        "CVirtualTime", "GitSource", "LatticeModel", "NATSTransport", "DesiredSources",
        "LatticeDialects", "LatticeObservation", "RecordKeeping", "PlanExecution",
        "ConfigurationModel", "ReconcileLoop", "LatticeSimulator", "JSONCoding", "ServiceRuntime",
      ], exclude: ["README.md"], swiftSettings: strict),
    // Nor this: what comes from outside, fed with bytes that libFuzzer makes up.
    .executableTarget(
      name: "reconcile-fuzz",
      dependencies: [
        "Diagnostics", "GitSource", "JSONCoding", "LatticeDialects", "LatticeModel", "Manifests",
        "RecordKeeping", "Signatures", "YAMLTree",
      ], exclude: ["README.md"], swiftSettings: strict),

    tests(of: "TextForms"),
    tests(of: "JSONCoding", ["TextForms"]),
    tests(of: "Digests"),
    tests(of: "OptionParsing", ["TextForms"]),
    tests(of: "ServiceRuntime", ["JSONCoding", "TextForms"]),
    tests(of: "HTTPServing", ["ServiceRuntime", "ReconcileTestKit"]),
    tests(of: "HTTPRequesting", ["JSONCoding", "ServiceRuntime", "ReconcileTestKit"]),
    tests(
      of: "Forges",
      ["Diagnostics", "HTTPRequesting", "JSONCoding", "ServiceRuntime", "ReconcileTestKit"]),
    tests(of: "Diagnostics", ["TextForms"]),
    tests(of: "LatticeModel", ["ReconcileTestKit", "TextForms"]),
    tests(of: "YAMLTree", ["Diagnostics", "ReconcileTestKit"]),
    tests(of: "GitSource", ["Diagnostics", "Digests", "ServiceRuntime", "ReconcileTestKit"]),
    tests(of: "Signatures", ["Diagnostics", "ServiceRuntime", "ReconcileTestKit"]),
    tests(
      of: "NATSTransport",
      ["Diagnostics", "JSONCoding", "LatticeSimulator", "ServiceRuntime", "ReconcileTestKit"]),
    tests(
      of: "Manifests",
      [
        "Diagnostics", "LatticeModel", "YAMLTree", "JSONCoding", "ServiceRuntime",
        "ReconcileTestKit",
      ],
      exclude: ["Bad", "Golden"]),
    tests(
      of: "DesiredSources",
      [
        "Diagnostics", "GitSource", "Signatures", "LatticeModel", "ServiceRuntime",
        "ReconcileTestKit",
      ]),
    tests(of: "Scheduling", ["LatticeModel", "ReconcileTestKit"]),
    tests(
      of: "Planning",
      ["Diagnostics", "LatticeModel", "Scheduling", "Manifests", "ReconcileTestKit"]),
    tests(
      of: "LatticeDialects",
      ["LatticeModel", "JSONCoding", "LatticeSimulator", "ReconcileTestKit"]),
    tests(
      of: "LatticeObservation",
      [
        "LatticeModel", "NATSTransport", "LatticeDialects", "RecordKeeping", "LatticeSimulator",
        "JSONCoding", "ServiceRuntime", "ReconcileTestKit",
      ]),
    tests(
      of: "RecordKeeping",
      [
        "Diagnostics", "LatticeModel", "NATSTransport", "LatticeSimulator", "ServiceRuntime",
        "ReconcileTestKit",
      ]),
    tests(
      of: "PlanExecution",
      [
        "LatticeModel", "NATSTransport", "LatticeDialects", "LatticeObservation", "RecordKeeping",
        "LatticeSimulator", "ServiceRuntime", "ReconcileTestKit",
      ]),
    tests(
      of: "LatticeSimulator",
      [
        "LatticeModel", "NATSTransport", "LatticeDialects", "JSONCoding", "ServiceRuntime",
        "ReconcileTestKit",
      ]),
    tests(
      of: "ConfigurationModel",
      [
        "Diagnostics", "LatticeModel", "Signatures", "NATSTransport", "DesiredSources", "PlanExecution",
        "ServiceRuntime",
      ]),
    tests(
      of: "ReconcileLoop",
      [
        "Diagnostics", "Forges", "LatticeModel", "DesiredSources", "Planning", "LatticeObservation",
        "RecordKeeping", "PlanExecution", "ConfigurationModel", "LatticeSimulator", "GitSource",
        "NATSTransport", "JSONCoding", "ServiceRuntime", "ReconcileTestKit",
      ]),
    tests(
      of: "ControlPlane", ["HTTPServing", "ReconcileLoop", "ServiceRuntime", "ReconcileTestKit"],
      exclude: ["Golden"]),
    tests(
      of: "ReconcileCLI",
      [
        "Diagnostics", "Forges", "LatticeModel", "GitSource", "Manifests", "DesiredSources", "Planning",
        "LatticeObservation", "RecordKeeping", "PlanExecution", "ConfigurationModel",
        "ReconcileLoop", "OptionParsing", "JSONCoding", "ServiceRuntime", "ReconcileTestKit",
      ], exclude: ["Golden"]),
    // End to end: the built executable, a real nats-server, a real git repository.
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "reconcile", "Diagnostics", "GitSource", "LatticeModel", "NATSTransport", "LatticeDialects", "RecordKeeping",
        "LatticeSimulator", "JSONCoding", "ServiceRuntime", "TextForms", "ReconcileTestKit",
      ], exclude: ["Golden"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6])
