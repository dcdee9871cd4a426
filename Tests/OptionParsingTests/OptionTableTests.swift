import Testing

@testable import OptionParsing

@Suite("OptionTable")
struct OptionTableTests {
  enum Format: String, OptionWord { case text, json }

  struct Values: Sendable {
    var output = Format.text
    var timeout = Duration.seconds(5)
    var isVerbose = false
    var isColored = true
    var count: Int?
    var names: [String] = []
  }

  let table = OptionTable<Values>(
    program: "tool",
    options: [
      OptionSpec(\.output, "output", letter: "o", environment: "TOOL_OUTPUT", "Write so"),
      OptionSpec(
        \.timeout, "timeout", file: "timeout", range: "at least 1s",
        where: { $0 >= .seconds(1) }, "Wait so long"),
      OptionSpec(\.isVerbose, "verbose", letter: "v", "Say more"),
      OptionSpec(\.isColored, "color", letter: "c", "Use colour"),
      OptionSpec(\.count, "count", only: ["diff"], "Count"),
      OptionSpec(\.names, "name", letter: "n", "A name; may be repeated"),
    ],
    commands: [
      CommandSpec("", "Do it", examples: ["tool"]),
      CommandSpec("apply", "Apply", examples: []),
      CommandSpec("diff", "Compare", examples: []),
      CommandSpec("get hosts", operands: ["KIND?"], "List hosts", examples: ["tool get hosts"]),
    ])

  func parse(_ line: String, _ environment: [String: String] = [:]) throws -> ParsedCommand<Values>
  {
    try table.parse(
      line.split(separator: " ").map(String.init), environment: environment, standard: Values())
  }

  @Test(
    "every spelling of a value is understood",
    arguments: ["-ojson", "-o json", "-o=json", "--output=json", "--output json", "diff -vojson"])
  func spellings(_ line: String) throws {
    #expect(try parse(line).values.output == .json)
  }

  @Test("flags, inversions, repetitions, units and words are understood")
  func values() throws {
    #expect(try parse("-vc").values.isVerbose)
    #expect(try parse("--no-color").values.isColored == false)
    #expect(try parse("-n a --name b").values.names == ["a", "b"])
    #expect(try parse("--timeout 1m30s").values.timeout == .seconds(90))
    #expect(try parse("get hosts x -v").operands == ["x"])
    #expect(try parse("-v get hosts -- --x").operands == ["--x"])
    #expect(try parse("").command == "")
    #expect(try parse("diff --count 3").values.count == 3)
  }

  @Test("the command line wins over the environment, which wins over the default")
  func sources() throws {
    let environment = ["TOOL_OUTPUT": "json"]
    let below = try parse("", environment)
    #expect(below.values.output == .json)
    #expect(below.sources["output"] == .environment("TOOL_OUTPUT"))
    let above = try parse("-o text", environment)
    #expect(above.values.output == .text)
    #expect(above.sources["output"] == .commandLine)
  }

  @Test("a mapping of a file is read key by key, and an unknown key has its nearest one named")
  func file() throws {
    var file = FileValues(table.options, standard: Values())
    try file.set("timeout", to: "7s", from: .file("tool.yaml:1:1"))
    #expect(file.values.timeout == .seconds(7))
    #expect(file.sources["timeout"] == .file("tool.yaml:1:1"))
    #expect(throws: UsageError.unknownKey("timeot", nearest: "timeout")) {
      try file.set("timeot", to: "7s", from: .file("tool.yaml:2:1"))
    }
    #expect(throws: UsageError.outOfRange("0s", option: "timeout", range: "at least 1s")) {
      try file.set("timeout", to: "0s", from: .file("tool.yaml:2:1"))
    }
  }

  @Test("an option of a part reads, shows and copies within the whole")
  func within() throws {
    struct Whole: Sendable {
      var part = Values()
    }
    let options = table.options.map { OptionSpec($0, within: \Whole.part, file: "part") }
    let whole = OptionTable(program: "tool", options: options, commands: table.commands)
    let parsed = try whole.parse(["-n", "a,b", "-n", "c"], environment: [:], standard: Whole())
    #expect(parsed.values.part.names == ["a", "b", "c"])
    let names = try #require(options.first { $0.name == "name" })
    var other = Whole()
    names.copy(from: parsed.values, to: &other)
    #expect(names.text(in: other) == "a,b,c")
    #expect(options.compactMap(\.fileKey) == ["part.timeout"])
  }

  @Test("a table contradicts itself nowhere")
  func consistency() { #expect(table.inconsistencies.isEmpty) }

  @Test(
    "what is wrong is said in a sentence",
    arguments: [
      ("aply", "Unknown command 'aply'. Did you mean 'apply'?"),
      ("get host", "Unknown command 'get host'. Did you mean 'get hosts'?"),
      ("get", "The command 'get' needs one more word: hosts."),
      ("--timeot 5s", "Unknown option '--timeot'. Did you mean '--timeout'?"),
      ("-x", "Unknown option '-x'."),
      (
        "--timeout 250",
        "The value '250' is invalid for '--timeout <duration>': expected a duration with its unit, such as 30s or 1m30s."
      ),
      ("--timeout 1ms", "The value '1ms' is out of range for '--timeout <duration>': at least 1s."),
      (
        "-o xml",
        "The value 'xml' is invalid for '--output <text|json>': expected one of text, json."
      ),
      ("--output", "Missing value for '--output <text|json>'."),
      ("--output --verbose", "Missing value for '--output <text|json>'."),
      (
        "--name= --verbose",
        "The value for '--name <text>' is empty; leave the option out, or set the variable behind it."
      ),
      ("--no-color=x", "The option '--no-color' does not take any value, but 'x' was specified."),
      ("apply --count 3", "The option '--count' is not for 'apply' but for 'diff'."),
      ("diff extra", "Unexpected argument 'extra'."),
    ])
  func errors(_ line: String, _ sentence: String) {
    do {
      _ = try parse(line)
      Issue.record("understood")
    } catch {
      #expect("\(error)" == sentence)
    }
  }

  @Test("help names every command, option, default and variable")
  func help() {
    let text = table.help(for: nil, about: "A tool.", standard: Values())
    for part in ["tool get hosts", "-o, --output <text|json>", "default: text", "env: TOOL_OUTPUT"]
    {
      #expect(text.contains(part))
    }
    #expect(
      table.help(for: "get hosts", about: "", standard: Values()).contains("  tool get hosts\n"))
  }
}
