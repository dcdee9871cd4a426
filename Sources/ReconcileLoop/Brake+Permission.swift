import LatticeObservation
import RecordKeeping

extension Brake {
  /// What may be sent now.
  var permission: CommandPermission {
    if isOn { return .none }
    return isStopping ? .finishing : .all
  }
}
