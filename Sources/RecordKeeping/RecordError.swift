public import Diagnostics
public import LatticeModel
import TextForms

/// What can go wrong with what is kept of a lattice, and with the claim to command it.
public enum RecordError: DiagnosticError, Hashable {
  /// A part of the record cannot be read.
  case corrupt(key: String, detail: String)
  /// A part of the record was written by a newer program.
  case newer(key: String, version: Int)
  /// Somebody else commands the lattice just now.
  case leaseHeld(by: String)
  /// The lease was lost while it was needed.
  case leaseLost(String)
  /// The lease's bucket forgets values sooner than the lease lasts.
  case forgetfulLease(bucket: String, after: Duration)
  /// There is a record in a file and another one in JetStream.
  case twoRecords(file: String, bucket: String)
  /// There is JetStream where there was none, and the record is to be moved there.
  case recordMoves
  /// The record lies in another JetStream domain than what hosts store.
  case foreignDomain(ofHosts: String, ofRecord: String?)
  /// Somebody commands the lattice who has another record of it.
  case rivalRecord(holder: String, place: String)
  /// The record's bucket is there and lies otherwise than it is asked to.
  case unlikeBucket(bucket: String, detail: String)
  /// A file is no exported record of the lattice.
  case noRecordFile(path: String, detail: String)
  /// The bucket of the lattice holds the record of another one.
  case foreignRecord(bucket: String, of: String, lattice: String)
  /// This machine's journal of the lattice's record is of another lattice.
  case foreignJournal(path: String, of: String, lattice: String)
  /// The text of an application is too large to be kept, so that it cannot be gone back to.
  case formTooLarge(ApplicationName, bytes: Int)
  /// The file that stands in for the bucket cannot be used.
  case unusableFile(path: String, detail: String)

  /// The findings that make up the error.
  public var diagnostics: [Diagnostic] {
    let (code, message, remedy) = explanation
    return [Diagnostic(code, .error, message, remedy: remedy)]
  }

  private var explanation: (DiagnosticCode, String, String) {
    switch self {
    case .corrupt(let key, let detail):
      (
        DiagnosticCode("REC", 1), "the record's key '\(key)' cannot be read: \(detail)",
        "restore it from a backup, or delete the key: what it told is then treated as not ours"
      )
    case .newer(let key, let version):
      (
        DiagnosticCode("REC", 2),
        "the record's key '\(key)' has format \(version), which this program does not know",
        "use the newer program that wrote it"
      )
    case .leaseHeld(let holder):
      (
        DiagnosticCode("LEA", 1), "\(holder) commands this lattice just now",
        "wait until it is done; a holder that died is forgotten after 5 s"
      )
    case .leaseLost(let detail):
      (
        DiagnosticCode("LEA", 2), "the lease was lost: \(detail)",
        "nothing more was sent; run again"
      )
    case .forgetfulLease(let bucket, let age):
      (
        DiagnosticCode("LEA", 3),
        "the bucket \(bucket) forgets what it holds after \(formatDuration(age)), before a lease is "
          + "over: two could command",
        "delete the bucket, which is made again, or give it an age limit of 4 s"
      )
    case .twoRecords(let file, let bucket):
      (
        DiagnosticCode("REC", 4),
        "there is a record in \(file), from when there was no JetStream, and one in \(bucket)",
        "remove the file if the bucket's is right, or delete the bucket to have the file's moved there"
      )
    case .recordMoves:
      (
        DiagnosticCode("REC", 5), "there is JetStream now, and the record lies in a file",
        "it is moved over by itself"
      )
    case .foreignDomain(let hosts, let record):
      (
        DiagnosticCode("REC", 6),
        "the hosts keep what they store in the JetStream domain '\(escapingControlCharacters(hosts))', "
          + "the record would lie \(place(record)): a second one of this lattice",
        "give --js-domain \(escapingControlCharacters(hosts)), or the domain that is meant"
      )
    case .rivalRecord(let holder, let place):
      (
        DiagnosticCode("REC", 7),
        "\(escapingControlCharacters(holder)) commands this lattice with another record of it, in "
          + escapingControlCharacters(place),
        "give every controller of the lattice the same --js-domain, and remove the record that is "
          + "not used any more"
      )
    case .unlikeBucket(let bucket, let detail):
      (
        DiagnosticCode("REC", 8), "the bucket \(bucket) is not as it is asked for: \(detail)",
        "leave the option out, or move the record to a bucket that is made anew"
      )
    case .noRecordFile(let path, let detail):
      (
        DiagnosticCode("REC", 9), "\(path) is no record of this lattice: \(detail)",
        "give a file that 'reconcile record export' wrote, and the lattice with --lattice"
      )
    case .foreignRecord(let bucket, let other, let lattice):
      (
        DiagnosticCode("REC", 10),
        "\(bucket) holds the record of the lattice '\(escapingControlCharacters(other))', not of "
          + "'\(lattice)'",
        "restore the lattice's own record, or delete what lies there: this machine's journal knows what "
          + "it held; if the record is right, give --lattice \(escapingControlCharacters(other))"
      )
    case .foreignJournal(let path, let other, let lattice):
      (
        DiagnosticCode("REC", 11),
        "\(path) is the journal of the lattice '\(escapingControlCharacters(other))', not of "
          + "'\(lattice)'",
        "move the file away, or put the lattice's own in its place"
      )
    case .formTooLarge(let application, let bytes):
      (
        DiagnosticCode("REC", 12),
        "this form of the application '\(escapingControlCharacters(application.rawValue))' is not kept to "
          + "go back to: its text has \(bytes) bytes, and \(FormCoding.bytes) are kept",
        "revert the commit in git where it must be gone back to, or split the application"
      )
    case .unusableFile(let path, let detail):
      (
        DiagnosticCode("REC", 3), "\(path) cannot be used: \(detail)",
        "make the folder writable, or give another with --state-dir"
      )
    }
  }

  private func place(_ domain: String?) -> String {
    domain.map { "in '\(escapingControlCharacters($0))'" } ?? "outside of it"
  }

  /// What the error means for whoever might try again.
  public var disposition: Disposition {
    switch self {
    case .leaseLost, .recordMoves: .transient
    case .leaseHeld, .rivalRecord: .waiting(.seconds(5))
    case .corrupt, .newer, .unusableFile, .forgetfulLease, .twoRecords, .foreignDomain,
      .noRecordFile, .unlikeBucket, .foreignRecord, .foreignJournal, .formTooLarge:
      .stalled
    }
  }
}
