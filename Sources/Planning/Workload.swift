import Diagnostics
import LatticeModel
import Scheduling

/// An actor or a provider, seen alike: something with an id and an image that hosts run.
///
/// A class, since a plan passes thousands of them around, and most are asked for no start.
final class Workload {
  let application: ApplicationName
  let kind: UnitKind
  let name: String
  let id: String
  /// The image as hosts report it.
  let image: ImageReference
  let digest: String
  /// Whether it starts with configs, which hosts do not tell.
  let hasConfigs: Bool
  /// Whether it serves components of its own host alone.
  let servesItsHostAlone: Bool
  /// Whether how many run, while any does, is somebody else's to say.
  let ignoresInstances: Bool
  /// Whether it runs where those run that it serves, having no rules of its own.
  let follows: Bool
  let update: UpdatePolicy
  let priority: Int
  let origin: SourcePosition
  let request: PlacementRequest
  /// What it is started with; made where somebody asks.
  private(set) lazy var launch = makeLaunch()
  private let makeLaunch: () -> Launch
  /// The digest of the same with its image spelt in another way.
  private let digestOfSpelling: (ImageReference) -> String
  private let changedPart: (String, ImageReference) -> LaunchPart

  init(_ actor: ActorSpec, of application: ApplicationName) {
    let digest = actor.launchDigest
    self.digest = digest
    self.application = application
    kind = .actor
    name = actor.name
    id = actor.id.rawValue
    image = actor.image
    hasConfigs = !actor.configs.isEmpty
    (servesItsHostAlone, follows) = (false, false)
    ignoresInstances = actor.ignoresInstances
    update = actor.update
    priority = actor.priority
    origin = actor.origin
    request = PlacementRequest(
      wanted: actor.instances, perHost: actor.perHost, rules: actor.spread,
      resources: actor.resources)
    makeLaunch = { .actor(actor.launch(for: application, digest: digest)) }
    digestOfSpelling = { actor.launchDigest(spelling: $0) }
    changedPart = { actor.changedPart(since: $0, spelling: $1) }
  }

  init(_ provider: ProviderSpec, of application: ApplicationName) {
    let digest = provider.launchDigest
    self.digest = digest
    self.application = application
    kind = .provider
    name = provider.name
    id = provider.id.rawValue
    image = ImageReference(provider.image.withoutScheme)
    hasConfigs = !provider.configs.isEmpty
    servesItsHostAlone = provider.image.servesItsHostAlone
    ignoresInstances = false
    follows =
      servesItsHostAlone && provider.spread.isEmpty && !provider.perHost && provider.instances > 0
    update = provider.update
    priority = provider.priority
    origin = provider.origin
    var request = PlacementRequest(
      wanted: provider.perHost ? min(1, provider.instances) : provider.instances,
      perHost: provider.perHost, rules: provider.spread, limitPerHost: 1)
    request.isProvider = true
    self.request = request
    makeLaunch = { .provider(provider.launch(for: application, digest: digest)) }
    digestOfSpelling = { provider.launchDigest(spelling: $0) }
    changedPart = { _, _ in provider.secretsMark.isEmpty ? .configs : .configsOrSecrets }
  }

  /// The image as written, for reasons.
  var declaredImage: ImageReference { launch.image }

  /// The workload itself, wherever it runs.
  var unit: UnitKey { UnitKey(application: application, kind: kind, name: name) }

  func unit(on host: HostID) -> UnitKey {
    UnitKey(application: application, kind: kind, name: name, host: host)
  }

  /// Whether a set runs the declared image and was started as declared, however its image was spelt
  /// when it was started: to spell it in another way replaces nothing.
  func likeness(of set: RunningSet, in observed: ObservedState) -> Likeness {
    let spec = observed.ownerships[Int(set.ownership)].spec
    let reported = ImageReference(observed.names[set.image])
    guard reported != image || spec != digest else { return Likeness(image: true, launch: true) }
    guard reported.names(sameImageAs: image) else {
      return Likeness(image: false, launch: spec == digest)
    }
    // Of a provider's reference hosts do not tell the scheme.
    let spellings = ["", "oci://", "https://", "http://"].lazy
      .map { ImageReference("\($0)\(reported)") }
    return Likeness(
      image: true, launch: spec == digest || spellings.contains { digestOfSpelling($0) == spec })
  }

  /// What of a set's start is another than declared.
  func changedPart(of set: RunningSet, in observed: ObservedState) -> LaunchPart {
    changedPart(
      observed.ownerships[Int(set.ownership)].spec ?? "", ImageReference(observed.names[set.image]))
  }

  /// What a set that runs as declared is given another count with: hosts refuse another spelling of
  /// its image.
  func launch(like set: RunningSet, in observed: ObservedState) -> Launch {
    guard case .actor(var launch) = launch else { return launch }
    launch.image = ImageReference(observed.names[set.image])
    launch.annotations[AnnotationKey.spec] = observed.ownerships[Int(set.ownership)].spec
    return .actor(launch)
  }
}

/// In what a set is as its workload declares it.
struct Likeness {
  /// Whether it runs the declared image.
  var image: Bool
  /// Whether it was started with the declared configs and limits.
  var launch: Bool
}

/// A set of a workload on one host, as observed: an actor's instances, or a provider as one.
struct RunningSet {
  var kind: UnitKind
  /// The host's position in the observed state.
  var host: Int
  var id: Symbol
  var image: Symbol
  var ownership: Int32
  var instances: Int
}

extension ObservedState {
  /// What the plan found, in the form that is compared again before sending.
  func found(_ set: RunningSet) -> Found {
    let image = ImageReference(names[set.image])
    let ownership = toldOwnership(set.ownership)
    return set.kind == .actor
      ? .actor(image: image, instances: set.instances, ownership: ownership)
      : .provider(image: image, ownership: ownership)
  }

  /// What a set was started with, as its host tells.
  ///
  /// Its image is the one that it claims: a host asks its policy about id and image even to end it,
  /// so another image could be another answer.
  func launch(of set: RunningSet) -> Launch {
    let host = hosts[set.host].id
    let (id, image) = (names[set.id], ImageReference(names[set.image]))
    guard set.kind == .actor else {
      let annotations = provider(ProviderID(id), on: host)?.annotations ?? [:]
      return .provider(
        ProviderLaunch(id: ProviderID(id), image: image, annotations: annotations))
    }
    let annotations = actor(ActorID(id), on: host)?.annotations ?? [:]
    return .actor(ActorLaunch(id: ActorID(id), image: image, annotations: annotations))
  }
}
