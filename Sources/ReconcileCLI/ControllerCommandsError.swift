import ConfigurationModel
import Diagnostics
import NATSTransport
import ReconcileLoop
import RecordKeeping
import TextForms

/// A controller commands the lattice, so that a pass has nothing to do there.
struct ControllerCommandsError: DiagnosticError {
  let holder: String

  /// Asks whoever has a lease whether that is a controller.
  ///
  /// It is `nil` of any other error, and where whoever has the lease is none; costs a question.
  ///
  /// - Parameters:
  ///   - error: What a pass was ended by.
  ///   - settings: What the pass was to do.
  init?(_ error: any Error, _ settings: PassConfiguration) async {
    guard case RecordError.leaseHeld(let holder) = error,
      let transport = try? await NATSConnection.connect(settings.nats)
    else { return nil }
    defer { transport.close() }
    let answer = await CommanderAnswer.asking(about: settings.lattice, over: transport)
    guard answer.holder == holder else { return nil }
    self.holder = holder
  }

  var diagnostics: [Diagnostic] {
    [
      Diagnostic(
        DiagnosticCode("LEA", 1), .error,
        "a controller (\(escapingControlCharacters(holder))) commands this lattice: it does this itself",
        remedy: "'reconcile trigger' has it look now, and 'reconcile status' says where it stands")
    ]
  }

  var disposition: Disposition { .waiting(.seconds(5)) }
}
