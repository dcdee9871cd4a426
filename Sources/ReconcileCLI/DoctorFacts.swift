import Diagnostics
import LatticeModel
import NATSTransport
import ReconcileLoop
import RecordKeeping

/// What was found out, or why it could not be.
enum Fact<Value: Sendable>: Sendable {
  case known(Value)
  case missing([Diagnostic])

  var value: Value? {
    guard case .known(let value) = self else { return nil }
    return value
  }
}

/// What 'doctor' judges by; a value, so that the judging needs no lattice.
struct DoctorFacts: Sendable {
  /// What git declares.
  struct Git: Sendable {
    /// The commit, short, with its summary.
    var commit: String
    /// The path, with what is laid over it.
    var path: String
    var applications: Int
    var findings: [Diagnostic] = []
    var notes: [String] = []
  }

  /// What is on record.
  struct Record: Sendable {
    var record: LatticeRecord
    var holder = LeaseHolder.nobody
    /// Where it lies, for a person.
    var place: String
    /// Whether there is none yet.
    var isAbsent = false
    /// What is to be said of the place: that it is a file, or that parts are large.
    var notes: [String] = []
  }

  /// What a connection showed.
  struct Lattice: Sendable {
    var server = ServerReport()
    var roundTrip = Duration.zero
    var jetStream: Result<JetStreamUse, NATSError>
    var accesses: [SubjectAccess] = []
    var record: Fact<Record>
    var hosts: Fact<ObservedState>
    /// What a pass would do; `nil` where it was not asked for, since something else is missing.
    var plan: Fact<PassReport>?
  }

  /// Where is looked, for a person.
  var target: String
  var lattice: LatticeName
  var git: Fact<Git>
  var connection: Fact<Lattice>
  var now: Timestamp
}

/// A subject that something needs.
struct SubjectAccess: Hashable, Sendable {
  enum Purpose: Hashable, Sendable {
    /// To see what is there.
    case looking
    /// To change it, or to put it on record.
    case commanding
  }

  /// What is asked about; its last part may stand for any.
  var subject: String
  var isSubscription = false
  var purpose: Purpose
  /// Whether asking is harmless, as nobody listens or it only reads.
  var isHarmless = false
  /// Whether this user may; `nil` where it is not known.
  var isAllowed: Bool?

  /// An id that no host has, for theirs have 56 characters.
  static let nobody = "NDOCTOR"
  /// A name that nothing has.
  static let nothing = "reconcile-doctor"

  /// The subject as it is to be allowed.
  var shown: String {
    let parts = subject.split(separator: ".").map(String.init)
    guard let last = parts.last, [Self.nobody, Self.nothing].contains(last) else { return subject }
    return parts.dropLast().joined(separator: ".") + ".*"
  }
}
