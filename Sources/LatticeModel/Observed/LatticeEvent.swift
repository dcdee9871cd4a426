/// Something that a host says has changed.
///
/// Heartbeats carry a whole inventory and are believed unless they are old. All other events are hints to look: real
/// hosts announced ten links and kept two, and since 1.1.1 a rescale is announced with the
/// annotations and image from before it.
public enum LatticeEvent: Hashable, Sendable {
  /// A host says what it runs, every 30 s.
  case hostHeartbeat(HostReport)
  /// A host has started, empty.
  case hostStarted(HostID)
  /// A host has stopped in an orderly way, with all it ran.
  case hostStopped(HostID)
  /// A host's labels are now these, all of them.
  case labelsChanged(HostID, labels: [String: String])
  /// An instance set was started, rescaled or, with 0 instances, stopped.
  case actorScaled(ActorID, host: HostID, instances: Int)
  /// An instance set could not be scaled.
  case actorScaleFailed(ActorID, host: HostID, image: ImageReference, error: String)
  /// A provider's process was started.
  case providerStarted(ProviderID, host: HostID)
  /// A provider could not be started.
  case providerStartFailed(ProviderID, host: HostID, error: String)
  /// A provider was stopped.
  case providerStopped(ProviderID, host: HostID)
  /// A provider answered a health check; `nil` says that nothing has changed.
  case providerHealth(ProviderID, host: HostID, isHealthy: Bool?)
  /// A link was put.
  case linkSet(LinkDefinition)
  /// A link was refused.
  case linkSetFailed(LinkDefinition, error: String)
  /// The first link of a key was deleted.
  case linkDeleted(LinkKey)
  /// A named config was put.
  case configSet(ConfigName)
  /// A named config was deleted.
  case configDeleted(ConfigName)
}
