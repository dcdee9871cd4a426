import NATSTransport

/// Returns the command line that carries out what another one showed; without passwords.
func applyCommand(for arguments: [String]) -> String {
  let looking: Set<String> = ["diff", "apply", "--dry-run", "--exit-zero", "--no-wait"]
  return commandLine(["reconcile"] + arguments.filter { !looking.contains($0) })
}

/// Returns the command line that shows what became of what another one sent; without passwords.
func lookCommand(for arguments: [String]) -> String {
  let sending: Set<String> = ["apply", "--no-wait", "--yes", "-y"]
  var words = arguments
  while let place = words.firstIndex(of: "--timeout") {
    words.removeSubrange(place..<min(place + 2, words.count))
  }
  words.removeAll { sending.contains($0) || $0.hasPrefix("--timeout=") }
  return commandLine(["reconcile", "diff"] + words)
}

private func commandLine(_ words: [String]) -> String {
  words.map { shellQuoted(withoutPassword($0)) }.joined(separator: " ")
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
