import LatticeModel
import PlanExecution
import Testing

@testable import ReconcileLoop

@Suite("HostErrors")
struct HostErrorsTests {
  /// Something that happened on a host, at a second.
  private struct Happening: Sendable {
    var second: Int64
    var application: ApplicationName
    var host: HostID = "NA"
    var name = "web"
    var instances = 1
    var result = StepResult.failed("no")
  }

  private func moment(_ second: Int64) -> Timestamp {
    Timestamp(nanoseconds: second * 1_000_000_000)
  }

  private func errors(_ happenings: [Happening], limit: Int = 5) -> HostErrors {
    var errors = HostErrors(limit: limit)
    for happening in happenings {
      let launch = ActorLaunch(
        id: ActorID("\(happening.application)-\(happening.name)"), image: "r/web:1")
      let step = PlannedStep(
        unit: UnitKey(
          application: happening.application, kind: .actor, name: happening.name,
          host: happening.host),
        intents: [
          happening.instances > 0
            ? .run(.actor(launch), instances: happening.instances, on: happening.host)
            : .end(.actor(launch), on: happening.host)
        ],
        reason: .missing, found: .nothing)
      errors.note(happening.result, of: step, at: moment(happening.second))
    }
    return errors
  }

  private func troubles(
    _ errors: HostErrors, usable: Int = 3, at second: Int64
  ) -> [HostID: HostTrouble] {
    var errors = errors
    return errors.troubles(among: usable, at: moment(second))
  }

  private func failures(
    of applications: [ApplicationName], on host: HostID = "NA", times: Int
  ) -> [Happening] {
    (0..<times).flatMap { second in
      applications.map { Happening(second: Int64(second), application: $0, host: host) }
    }
  }

  @Test("one application that fails says nothing against any host, however often and where it does")
  func oneImage() {
    let hosts: [HostID] = ["NA", "NB", "NC"]
    let errors = errors(hosts.flatMap { failures(of: ["shop"], on: $0, times: 20) })
    #expect(troubles(errors, at: 20).isEmpty)
  }

  @Test("two applications that fail degrade a host, and make it unhealthy at the limit")
  func twoApplications() {
    let two = failures(of: ["shop", "blog"], times: 2)
    let degraded = troubles(errors(two), at: 2)
    #expect(degraded.mapValues(\.isUnhealthy) == ["NA": false])
    #expect(degraded["NA"]?.reason == "starts fail there: blog, shop")
    let unhealthy = troubles(errors(two + [Happening(second: 3, application: "blog")]), at: 3)
    #expect(unhealthy.mapValues(\.isUnhealthy) == ["NA": true])
    #expect(unhealthy["NA"]?.until == moment(603))
  }

  @Test("each error is forgotten after ten minutes, and the next one to go is named")
  func decay() {
    let errors = errors(
      [
        Happening(second: 0, application: "shop"), Happening(second: 10, application: "blog"),
        Happening(second: 20, application: "blog"), Happening(second: 30, application: "news"),
      ], limit: 4)
    #expect(errors.next == moment(600))
    #expect(troubles(errors, at: 599)["NA"]?.isUnhealthy == true)
    #expect(troubles(errors, at: 600)["NA"]?.isUnhealthy == false)
    #expect(troubles(errors, at: 619)["NA"]?.isUnhealthy == false)
    #expect(troubles(errors, at: 620).isEmpty)
    #expect(troubles(errors, at: -1).isEmpty)
  }

  @Test("what fails on most hosts alike makes none of them unhealthy")
  func shared() {
    let two = ["NA", "NB"].flatMap { failures(of: ["shop", "blog"], on: $0, times: 3) }
    let half = troubles(errors(two), usable: 4, at: 3)
    #expect(half.values.map(\.isUnhealthy) == [true, true])
    let most = troubles(errors(two), usable: 3, at: 3)
    #expect(most.count == 2 && !most.contains(where: \.value.isUnhealthy))
    #expect(most["NA"]?.reason == "starts fail there: blog, shop; so they do on most hosts")
    #expect(
      troubles(errors(two.filter { $0.host == "NA" }), usable: 1, at: 3)["NA"]?.isUnhealthy == false
    )
  }

  @Test("what starts after all, and a host that begins anew, have no errors any more")
  func forgiven() {
    var errors = errors(
      failures(of: ["shop", "blog"], times: 3)
        + [Happening(second: 3, application: "blog", result: .confirmed)])
    #expect(troubles(errors, at: 3).isEmpty)
    errors = self.errors(failures(of: ["shop", "blog"], times: 3))
    errors.reset(hosts: ["NB"])
    #expect(!troubles(errors, at: 3).isEmpty)
    errors.reset(hosts: ["NA"])
    #expect(troubles(errors, at: 3).isEmpty)
    #expect(errors.next == nil)
  }

  @Test("stops that fail, and what an outage cut short, count against nobody")
  func others() {
    let stops = failures(of: ["shop", "blog"], times: 5).map {
      Happening(second: $0.second, application: $0.application, instances: 0)
    }
    let results: [StepResult] = [.lost("gone"), .underWay, .stale, .dropped("preempted")]
    let cut = results.flatMap { result in
      failures(of: ["shop", "blog"], times: 5).map {
        Happening(second: $0.second, application: $0.application, result: result)
      }
    }
    #expect(troubles(errors(stops + cut), at: 5).isEmpty)
  }
}
