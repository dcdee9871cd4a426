import Testing

@testable import OptionParsing

@Suite("CommandTable")
struct CommandTableTests {
  enum Format: String, OptionWord { case text, json }

  /// What all commands share.
  struct Values: OptionGroup {
    var output = Format.text
    var timeout = Duration.seconds(5)
    var isVerbose = false
    var isColored = true
    var names: [String] = []

    static let options = [
      OptionSpec<Self>(\.output, "output", letter: "o", environment: "TOOL_OUTPUT", "Write so"),
      OptionSpec(
        \.timeout, "timeout", file: "timeout", range: "at least 1s",
        where: { $0 >= .seconds(1) }, "Wait so long"),
      OptionSpec(\.isVerbose, "verbose", letter: "v", "Say more"),
      OptionSpec(\.isColored, "color", letter: "c", "Use colour"),
      OptionSpec(
        \.names, "name", letter: "n", shared: "NAMES", file: "names", "A name; may be repeated"),
    ]
  }

  protocol ToolCommand: ParsableCommand {
    var values: Values { get }
  }

  struct Apply: ToolCommand {
    let configuration: CommandConfiguration
    var values = Values()
    static let options = including(\.values)
  }

  struct Diff: ToolCommand {
    let configuration = CommandConfiguration("diff", "Compare")
    var values = Values()
    var count: Int?
    static let options =
      including(\.values) + [OptionSpec<Self>(\.count, "count", "Count")]
  }

  struct Hosts: ToolCommand {
    let configuration = CommandConfiguration(
      "get hosts", "List hosts", examples: ["tool get hosts"])
    var values = Values()
    var limit = 0
    var kinds: [String] = []
    static let options = including(\.values)
    static let arguments = [
      ArgumentSpec<Self>(\.limit, "limit"), ArgumentSpec(\.kinds, "kind"),
    ]
  }

  static func spec(_ command: some ToolCommand) -> CommandSpec<any ToolCommand> {
    CommandSpec(command) { $0 }
  }

  let table = CommandTable(
    program: "tool", version: "1.2.3", about: "A tool.",
    commands: [
      spec(Apply(configuration: CommandConfiguration("", "Do it", examples: ["tool"]))),
      spec(Apply(configuration: CommandConfiguration("apply", "Apply"))), spec(Diff()),
      spec(Hosts()),
    ])

  func parse(
    _ line: String, _ environment: [String: String] = [:]
  ) throws -> ParsedCommand<any ToolCommand> {
    let arguments = line.split(separator: " ").map(String.init)
    guard case .run(let parsed) = try table.parse(arguments, environment: environment) else {
      throw UsageError.unknownCommand(line, nearest: nil)
    }
    return parsed
  }

  func shown(_ line: String) throws -> String? {
    let arguments = line.split(separator: " ").map(String.init)
    guard case .show(let text) = try table.parse(arguments, environment: [:]) else { return nil }
    return text
  }

  @Test(
    "every spelling of a value is understood",
    arguments: ["-ojson", "-o json", "-o=json", "--output=json", "--output json", "diff -vojson"])
  func spellings(_ line: String) throws {
    #expect(try parse(line).command.values.output == .json)
  }

  @Test("flags, inversions, repetitions, units and words are understood")
  func values() throws {
    #expect(try parse("-vc").command.values.isVerbose)
    #expect(try parse("--no-color").command.values.isColored == false)
    #expect(try parse("-n a --name b").command.values.names == ["a", "b"])
    #expect(try parse("--timeout 1m30s").command.values.timeout == .seconds(90))
    #expect(try parse("").command.configuration.name == "")
    #expect((try parse("--count 3 diff").command as? Diff)?.count == 3)
    let hosts = try #require(try parse("-v get hosts 3 -- a --x").command as? Hosts)
    #expect(hosts.limit == 3 && hosts.kinds == ["a", "--x"] && hosts.values.isVerbose)
    #expect((try parse("get hosts 3").command as? Hosts)?.kinds == [])
  }

  @Test("options come out as they stood on the command line, in their order")
  func given() throws {
    let given = try parse("-vojson --name=a diff --count 3").given
    #expect(given.map(\.option.name) == ["verbose", "output", "name", "count"])
    #expect(given.flatMap(\.words) == ["-v", "-o", "json", "--name=a", "--count", "3"])
  }

  @Test("the command line wins over the environment, which wins over the default")
  func sources() throws {
    let environment = ["TOOL_OUTPUT": "json", "NAMES": "x,y"]
    let below = try parse("", environment)
    #expect(below.command.values.output == .json && below.command.values.names == ["x", "y"])
    #expect(below.sources == ["output": .environment("TOOL_OUTPUT")])
    let above = try parse("-o text -n z", environment)
    #expect(above.command.values.output == .text && above.command.values.names == ["z"])
    #expect(above.sources == ["output": .commandLine, "name": .commandLine])
    let apart = try parse("diff", ["TOOL_OUTPUT": "", "NAMES": ","])
    #expect(apart.command.values.names.isEmpty && apart.sources.isEmpty)
  }

  @Test("a mapping of a file is read key by key, and an unknown key has its nearest one named")
  func file() throws {
    var file = FileValues(Values.options, standard: Values(), environment: ["NAMES": "x"])
    try file.set("timeout", to: "7s", from: .file("tool.yaml:1:1"))
    #expect(file.values.timeout == .seconds(7))
    #expect(file.sources["timeout"] == .file("tool.yaml:1:1"))
    #expect(file.values.names == ["x"] && file.sources["name"] == .environment("NAMES"))
    for name in ["a", "b"] { try file.set("names", to: name, from: .file("tool.yaml:3:1")) }
    #expect(file.values.names == ["a", "b"] && file.sources["name"] == .file("tool.yaml:3:1"))
    #expect(throws: UsageError.unknownKey("timeot", nearest: "timeout")) {
      try file.set("timeot", to: "7s", from: .file("tool.yaml:2:1"))
    }
    #expect(throws: UsageError.outOfRange("0s", option: "timeout", range: "at least 1s")) {
      try file.set("timeout", to: "0s", from: .file("tool.yaml:2:1"))
    }
  }

  @Test("an option of a part shows and copies within the whole, and has a longer key")
  func within() throws {
    let options = Diff.including(\.values, Values.options, file: "part")
    let names = try #require(options.first { $0.name == "name" })
    let parsed = try #require(try parse("-n a,b -n c diff").command as? Diff)
    var other = Diff()
    names.copy(from: parsed, to: &other)
    #expect(names.text(in: other) == "a,b,c")
    #expect(options.compactMap(\.info.fileKey) == ["part.timeout", "part.names"])
  }

  @Test("a table contradicts itself nowhere, and says where one does")
  func consistency() {
    #expect(table.inconsistencies.isEmpty)
    let odd = CommandTable(
      program: "tool", version: "", about: "", commands: [Self.spec(Diff()), Self.spec(Odd())])
    #expect(
      odd.inconsistencies == [
        "command diff stands twice", "option count differs between commands",
      ])
  }

  struct Odd: ToolCommand {
    let configuration = CommandConfiguration("diff", "Compare otherwise")
    var values = Values()
    var count = 3
    static let options =
      including(\.values) + [OptionSpec<Self>(\.count, "count", "Count")]
  }

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
        "-o jsn",
        "The value 'jsn' is invalid for '--output <text|json>': expected one of text, json. Did you mean 'json'?"
      ),
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
      ("get hosts", "Missing expected argument '<limit>'."),
      ("get hosts x", "The value 'x' is invalid for '<limit>': expected a whole number."),
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
  func help() throws {
    let text = try #require(try shown("--help"))
    for part in ["tool get hosts", "-o, --output <text|json>", "default: text", "env: TOOL_OUTPUT"]
    {
      #expect(text.contains(part))
    }
    #expect(!text.contains("--count"))
    let hosts = try #require(try shown("get hosts -h"))
    #expect(hosts.contains("  tool get hosts\n"))
    #expect(hosts.contains("Usage: tool get hosts <limit> [<kind> ...] [options]\n"))
    #expect(try table.help(for: ["get", "hosts"]) == hosts)
    #expect(try table.help(for: []) == text)
    #expect(try shown("diff --version") == "tool 1.2.3\n")
  }

  @Test("the table in Markdown says which commands have an option, where not all do")
  func markdown() {
    #expect(
      table.markdown.hasPrefix(
        """
        ## Options

        | option | environment | key | default | only for | meaning |
        |---|---|---|---|---|---|
        | `-o, --output <text\\|json>` | `TOOL_OUTPUT` |  | `text` |  | Write so |

        """))
    #expect(table.markdown.contains("| `--count <number>` |  |  |  | diff | Count |\n"))
  }
}
