/// The keys of log metadata.
///
/// One fact has one name in every line and in every room.
public enum LogKey {
  /// The lattice that a line is about.
  public static let lattice = "lattice"
  /// The repository that a line is about, by its name.
  public static let repository = "repository"
  /// The commit that the desired state came from.
  public static let revision = "revision"
  /// The counter of the observed state.
  public static let generation = "generation"
  /// The application that a line is about.
  public static let application = "application"
  /// The id of a provider.
  public static let providerID = "provider.id"
  /// The id of a host.
  public static let hostID = "host.id"
  /// The name of a link.
  public static let linkName = "link.name"
  /// A command in one line.
  public static let command = "command"
  /// The stable code of a reason.
  public static let reasonCode = "reason.code"
  /// The stable code of an error.
  public static let errorCode = "error.code"
  /// How many commands a plan holds.
  public static let planCommands = "plan.commands"
  /// The number of a try, from 1.
  public static let attempt = "attempt"
  /// How long something took, in milliseconds.
  public static let duration = "duration.ms"
}
