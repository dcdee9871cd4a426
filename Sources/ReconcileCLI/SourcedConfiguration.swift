import Diagnostics
import OptionParsing
import ReconcileLoop
import ServiceRuntime
import TextForms

/// The configuration of the controller, and where each value came from.
struct SourcedConfiguration {
  /// The configuration; it has no error.
  private(set) var configuration = ControllerConfiguration()
  /// Where each value came from; one that is not there has its default.
  private(set) var sources: [ConfigurationPlace: ValueSource] = [:]
  /// What its writer probably meant otherwise.
  private(set) var warnings: [Diagnostic] = []
  private let given: ParsedCommand<CommandOptions>

  /// Lays the command line over the environment, both over the file, and all over the defaults.
  ///
  /// A flag or variable holds for every entry of the file. Those that tell entries apart, `--repo`
  /// and `--lattice`, are refused where there are several.
  init(
    _ given: ParsedCommand<CommandOptions>, environment: [String: String]
  ) throws(ConfigurationError) {
    self.given = given
    let standard = CommandOptions.standard(in: environment)
    let file = try Self.file(given.values.configurationFile, environment, standard)
    configuration =
      overlay(
        ProcessOptions.all, given.values.process,
        [file?.process ?? FileValues(ProcessOptions.all, standard: standard.process)]
      ) { _ in .process }[0]
    configuration.repositories = overlay(
      RepositoryOptions.fileOnly + RepositoryOptions.common, given.values.repository,
      file?.repositories ?? [
        FileValues(RepositoryOptions.common, standard: standard.repository)
      ]
    ) { .repository($0) }
    if given.sources["path"] != nil {
      let folder = workingFolder()
      for index in configuration.repositories.indices {
        configuration.repositories[index].standing = folder
      }
    }
    configuration.lattices = overlay(
      LatticeOptions.ofFile, given.values.lattice,
      file?.lattices ?? [FileValues(LatticeOptions.ofFile, standard: standard.lattice)]
    ) { .lattice($0) }
    if standard.lattice.servers != LatticeConfiguration().servers { creditSharedVariable() }
    connectOnlyLattice()
    let findings =
      (file?.findings ?? []) + ambiguities
      + configuration.validate { file?.position(of: $0) }
    guard !findings.contains(where: { $0.severity == .error }) else {
      throw ConfigurationError(diagnostics: findings.sorted())
    }
    warnings = findings
  }

  private static func file(
    _ path: String?, _ environment: [String: String], _ standard: CommandOptions
  ) throws(ConfigurationError) -> ConfigurationFile? {
    guard let path else { return nil }
    do throws(FileError) {
      guard let bytes = try readFile(path, limit: 1 << 20) else {
        throw FileError(path: path, detail: "there is no such file")
      }
      return ConfigurationFile(
        bytes, path: path, environment: environment, standard: standard)
    } catch {
      let finding = Diagnostic(
        ConfigurationCode.unreadableFile.code, .error, "the configuration cannot be read: \(error)",
        remedy: "give another file with --config")
      throw ConfigurationError(diagnostics: [finding])
    }
  }

  private mutating func overlay<Values>(
    _ options: [OptionSpec<Values>], _ values: Values, _ entries: [FileValues<Values>],
    _ owner: (Int) -> ConfigurationPlace.Owner
  ) -> [Values] {
    entries.enumerated().map { index, entry in
      var merged = entry.values
      for option in options {
        let source = given.sources[option.name]
        if source != nil { option.copy(from: values, to: &merged) }
        sources[ConfigurationPlace(owner(index), option.fileKey ?? "")] =
          source ?? entry.sources[option.name]
      }
      return merged
    }
  }

  /// Where there is one lattice, every repository is for it unless it says otherwise.
  private mutating func connectOnlyLattice() {
    guard configuration.lattices.count == 1 else { return }
    let isRenamed = given.sources["lattice"] != nil
    if isRenamed {
      // Who names a lattice on the command line means the one that hosts know by that name.
      configuration.lattices[0].wireName = nil
      sources[ConfigurationPlace(.lattice(0), "wireName")] = nil
    }
    for index in configuration.repositories.indices {
      let place = ConfigurationPlace(.repository(index), "lattice")
      guard isRenamed || sources[place] == nil else { continue }
      configuration.repositories[index].lattice = configuration.lattices[0].name
      sources[place] = sources[ConfigurationPlace(.lattice(0), "name")]
    }
  }

  /// Servers that nobody else named came from everybody's variable.
  private mutating func creditSharedVariable() {
    for index in configuration.lattices.indices {
      let place = ConfigurationPlace(.lattice(index), "nats")
      sources[place] = sources[place] ?? .environment("NATS_URL")
    }
  }

  private var ambiguities: [Diagnostic] {
    [
      ("repo", configuration.repositories.count, "repositories"),
      ("lattice", configuration.lattices.count, "lattices"),
    ].compactMap { name, count, entries in
      guard let source = given.sources[name], count > 1 else { return nil }
      return Diagnostic(
        ConfigurationCode.ambiguousOption.code, .error,
        "--\(name) (\(source)) cannot tell which of \(count) \(entries) it is for",
        remedy: "write it in the file only")
    }
  }
}

/// What is wrong with a configuration.
struct ConfigurationError: DiagnosticError {
  let diagnostics: [Diagnostic]
  var disposition: Disposition { .stalled }
}
