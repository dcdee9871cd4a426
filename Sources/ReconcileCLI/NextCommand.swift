import NATSTransport

/// Returns the command line that carries out what another one showed; without passwords.
func applyCommand(for arguments: [String]) -> String {
  let looking: Set<String> = ["diff", "apply", "--dry-run", "--exit-zero", "--no-wait"]
  let words = arguments.filter { !looking.contains($0) }.map { shellQuoted(withoutPassword($0)) }
  return (["reconcile"] + words).joined(separator: " ")
}

/// Returns an argument whose addresses have neither user nor password nor token.
private func withoutPassword(_ word: String) -> String {
  guard word.contains("@"), word.contains(":") else { return word }
  let option = word.hasPrefix("--") ? word.prefix { $0 != "=" } + "=" : ""
  let servers = word.dropFirst(option.count).split(separator: ",").map(String.init)
  return option + NATSOptions(servers: servers).publicServers.joined(separator: ",")
}

/// Returns a word as a shell takes it for one word.
private func shellQuoted(_ word: String) -> String {
  let isPlain = word.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "-")...UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "@"),
      UInt8(ascii: "_"), UInt8(ascii: ","), UInt8(ascii: "+"):
      true
    default: false
    }
  }
  return isPlain && !word.isEmpty
    ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}
