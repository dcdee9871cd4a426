import Glibc
import ReconcileTestKit
import ServiceRuntime
import Testing

/// The executable before a terminal, whose output is a file as `> plan.json` would make it.
final class Terminal {
  /// TIOCSPTLCK and TIOCGPTN of <asm-generic/ioctls.h>, which the C library keeps to itself.
  private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

  private let child: ChildProcess
  private let master: Int32
  private let output: String
  private(set) var screen = ""

  init(
    _ site: Site, _ arguments: [String], environment: [String: String] = [:]
  ) throws {
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    var (locked, number): (Int32, UInt32) = (0, 0)
    guard master >= 0, ioctl(master, Self.setLock, &locked) == 0,
      ioctl(master, Self.getNumber, &number) == 0
    else { throw ChildProcess.SpawnError.refused("no terminal") }
    let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    output = "\(site.repository.folder)/output"
    let file = open(output, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
    defer {
      close(slave)
      close(file)
    }
    child = try ChildProcess(
      Site.executable, arguments, environment: site.environment.merging(environment) { $1 },
      directory: site.repository.path,
      input: slave, output: file, errorOutput: slave)
  }

  deinit {
    child.signal(SIGKILL)
    close(master)
  }

  func type(_ text: String) { _ = text.withCString { write(master, $0, strlen($0)) } }

  func signal(_ number: Int32) { child.signal(number) }

  func wait(for text: String) async throws {
    try await waitUntil("the screen shows '\(text)'") {
      read()
      return screen.contains(text)
    }
  }

  func end() async throws -> Run {
    let ending = await child.wait()
    read()
    guard case .exited(let status) = ending else { throw ChildProcess.SpawnError.refused("killed") }
    return Run(status: status, output: readFile(output), errors: screen)
  }

  private func read() {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(master, &bytes, bytes.count)
      guard count > 0 else { return }
      screen += String(decoding: bytes[..<count], as: UTF8.self)
    }
  }
}
