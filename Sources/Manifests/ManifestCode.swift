import Diagnostics

/// The kinds of findings about manifests; numbers are never reused.
enum ManifestCode: Int {
  case wrongVersion = 1
  case wrongKind
  case missingKey
  case wrongType
  case unknownKey
  case invalidName
  case invalidValue
  case duplicateName
  case unknownReference
  case notActedOn
  case documentSkipped
  case collision
  case declaredTwice
  case dependencyCycle
  case otherDialect
  case surprisingText
  case tagLatest
  case emptyValue
  case unreadReference
  case moreFindings
  case addressTwice
  case neverBeside
  case renamed
  case neverRuns
  case likelySecret
  case takesEverything
  case overNothing
  case daemonTwice
  case unused
  case invisible

  var code: DiagnosticCode { DiagnosticCode("MAN", rawValue) }
}
