import Testing

@testable import ServiceRuntime

@Suite("What a service manager is told")
struct ServiceNotifierTests {
  @Test(
    "only what waits for it is told",
    arguments: [
      (["NOTIFY_SOCKET": "/run/n"], true, nil), ([:], false, nil),
      (["NOTIFY_SOCKET": "vsock:2:3"], false, nil),
      (["NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "3000000"], true, 3),
      (["NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7"], true, 3),
      (["NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "8"], true, nil),
      (["NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "-1"], true, nil),
    ] as [([String: String], Bool, Int?)])
  func found(_ environment: [String: String], _ isThere: Bool, _ seconds: Int?) {
    let notifier = ServiceNotifier(environment: environment, process: 7)
    #expect((notifier != nil) == isThere)
    #expect(notifier?.watchdog == seconds.map { .seconds($0) })
  }

  @Test("a status is one line, and nobody is waited for")
  func statusIsOneLine() {
    let message = ServiceNotifier.Message.status("a: in-sync\nREADY=1")
    #expect(message.text == #"STATUS=a: in-sync\nREADY=1"#)
    let nobody = ServiceNotifier(environment: ["NOTIFY_SOCKET": "/nowhere/at/all"], process: 7)
    nobody?.tell(.ready)
  }
}
