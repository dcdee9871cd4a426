import ConfigurationModel
import Diagnostics
import NATSTransport
import GitSource
import OptionParsing
import ServiceRuntime
import TextForms

/// The configuration of the controller, and where each value came from.
struct SourcedConfiguration {
  /// The configuration; it has no error.
  private(set) var configuration = ProcessConfiguration()
  /// Where each value came from; one that is not there has its default.
  private(set) var sources: [ConfigurationPlace: ValueSource] = [:]
  /// What its writer probably meant otherwise.
  private(set) var warnings: [Diagnostic] = []
  private let given: [String: ValueSource]

  /// Lays the command line over the environment, both over the file, and all over the defaults.
  ///
  /// A flag or variable holds for every entry of the file. Those that tell entries apart, `--repo`
  /// and `--lattice`, are refused where there are several.
  init(
    _ command: ControllerCommand, sources given: [String: ValueSource],
    environment: [String: String]
  ) throws(ConfigurationError) {
    self.given = given
    let file = try Self.file(command.file, environment)
    configuration =
      overlay(
        ProcessOptions.all, command.process,
        [file?.process ?? FileValues(ProcessOptions.all, standard: ProcessOptions.standard)]
      ) { _ in .process }[0]
    configuration.repositories = overlay(
      RepositoryOptions.ofFile, command.target.repository,
      file?.repositories ?? [
        FileValues(RepositoryOptions.ofFile, standard: RepositoryConfiguration())
      ]
    ) { .repository($0) }
    let folder = workingFolder()
    for index in configuration.repositories.indices {
      if given[RepositoryOptions.path.name] != nil {
        configuration.repositories[index].standing = folder
      }
      if given[RepositoryOptions.overlays.name] != nil {
        configuration.repositories[index].overlayStanding = folder
      }
    }
    configuration.lattices = overlay(
      LatticeOptions.ofFile, command.target.lattice,
      file?.lattices ?? [
        FileValues(
          LatticeOptions.ofFile, standard: LatticeConfiguration(), environment: environment)
      ]
    ) { .lattice($0) }
    connectOnlyLattice()
    let ofContexts = try adoptContexts(environment)
    let findings =
      (file?.findings ?? []) + ambiguities + ofContexts
      + configuration.validate { file?.position(of: $0) }
    guard !findings.contains(where: { $0.severity == .error }) else {
      throw ConfigurationError(diagnostics: findings.sorted())
    }
    warnings = findings
  }

  /// Fills in what contexts of the NATS command line say.
  ///
  /// - Returns: What a person should know of them.
  private mutating func adoptContexts(
    _ environment: [String: String]
  ) throws(ConfigurationError) -> [Diagnostic] {
    var findings: [Diagnostic] = []
    for index in configuration.lattices.indices {
      var lattice = configuration.lattices[index]
      do throws(NATSError) {
        let warning = try lattice.adoptContext(in: environment) { name in
          let key = LatticeOptions.all.first { $0.name == name }?.info.fileKey ?? ""
          return sources[ConfigurationPlace(.lattice(index), key)]
        }
        if let warning { findings.append(warning) }
      } catch {
        throw ConfigurationError(diagnostics: error.diagnostics)
      }
      configuration.lattices[index] = lattice
    }
    return findings
  }

  private static func file(
    _ path: String?, _ environment: [String: String]
  ) throws(ConfigurationError) -> ConfigurationFile? {
    guard let path else { return nil }
    do throws(FileError) {
      guard let bytes = try readFile(path, limit: 1 << 20) else {
        throw FileError(path: path, detail: "there is no such file")
      }
      return ConfigurationFile(bytes, path: path, environment: environment)
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
        let source = given[option.name]
        if source != nil { option.copy(from: values, to: &merged) }
        sources[ConfigurationPlace(owner(index), option.info.fileKey ?? "")] =
          source ?? entry.sources[option.name]
      }
      return merged
    }
  }

  /// Where there is one lattice, every repository is for it unless it says otherwise.
  private mutating func connectOnlyLattice() {
    guard configuration.lattices.count == 1 else { return }
    let isRenamed = given[LatticeOptions.name.name] != nil
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

  private var ambiguities: [Diagnostic] {
    // What opens one repository is shown to no other's server.
    let ofOne = RemoteOptions.all.filter(\.info.isSecret) + [RepositoryOptions.url]
    let names =
      ofOne.map { ($0.name, configuration.repositories.count, "repositories") }
      + [(LatticeOptions.name.name, configuration.lattices.count, "lattices")]
    return names.compactMap { name, count, entries in
      guard let source = given[name], count > 1 else { return nil }
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
