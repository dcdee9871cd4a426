import Glibc
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("A controller under a service manager")
struct ServiceManagerTests {
  @Test("it says when it works, how lattices stand, that it lives, reads anew and ends")
  func told() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let manager = try NotificationSocket(in: site.repository.folder)
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3"],
      environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "2000000"])
    try await waitUntil("it works and is in sync", within: .seconds(60)) {
      manager.messages.contains("STATUS=default: in-sync")
    }
    #expect(manager.messages.first == "READY=1")
    let alive = manager.messages.count { $0 == "WATCHDOG=1" }
    try await waitUntil("it lives on") {
      manager.messages.count { $0 == "WATCHDOG=1" } > alive + 1
    }
    controller.child.signal(SIGHUP)
    try await waitUntil("it has read anew") {
      manager.messages.filter { $0 == "READY=1" || $0 == "RELOADING=1" }
        == ["READY=1", "RELOADING=1", "READY=1"]
    }
    await controller.end()
    #expect(manager.messages.last { !$0.hasPrefix("STATUS") && $0 != "WATCHDOG=1" } == "STOPPING=1")
  }
}
