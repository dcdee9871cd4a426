import JSONCoding
import LatticeModel
import ReconcileTestKit
import Testing

@testable import ReconcileLoop

@Suite("What a controller commands and what it leaves to others")
struct LatticeSharesTests {
  private let start = ContinuousClock.now

  private func word(_ process: Int, load: Int, commands: Bool = false) -> ControllerWord {
    ControllerWord(
      process: process, holder: "controller \(process)", load: load, record: "r",
      commands: commands)
  }

  /// A process that commands so many lattices.
  private func shares(of count: Int) -> LatticeShares {
    var shares = LatticeShares(process: 1)
    for index in 0..<count { shares.take(LatticeName("lattice-\(index)"), at: start) }
    return shares
  }

  @Test(
    "a lattice is given to whoever commands least, where that is two fewer, and to nobody else",
    arguments: [
      // What we command, who could command it too, by process and load, and who gets it.
      (1, [(2, 0)], nil), (2, [(2, 0)], 2), (2, [(2, 1)], nil), (3, [(2, 1)], 2),
      (3, [], nil), (3, [(2, 1), (3, 0), (4, 1)], 3), (5, [(3, 2), (2, 2)], 2), (3, [(2, 9)], nil),
      (3, [(1, 0)], nil),
    ] as [(Int, [(Int, Int)], Int?)])
  func gives(_ load: Int, _ others: [(Int, Int)], _ expected: Int?) {
    var shares = shares(of: load)
    let words = others.map { word($0.0, load: $0.1) }
    #expect(shares.give("lattice-0", among: words, at: start)?.process == expected)
  }

  @Test("one at a time: nothing else is given until somebody has what was given")
  func oneAtATime() {
    var shares = shares(of: 4)
    let other = word(2, load: 0)
    #expect(shares.give("lattice-9", among: [other], at: start) == nil)
    #expect(shares.give("lattice-0", among: [other], at: start) == other)
    #expect(shares.give("lattice-1", among: [other], at: start) == nil)
    shares.gave("lattice-0", to: 2, at: start)
    #expect(shares.load == 3)
    #expect(shares.give("lattice-1", among: [other], at: start) == nil)
    shares.leave("lattice-0")
    #expect(shares.give("lattice-1", among: [other], at: start) == other)
    shares.keep("lattice-1")
    #expect(shares.give("lattice-2", among: [other], at: start) == other)
  }

  @Test(
    "what was given is left alone for a moment, and whoever did not take it gets nothing for long")
  func distrust() {
    var shares = shares(of: 3)
    let other = word(2, load: 0)
    #expect(shares.give("lattice-0", among: [other], at: start) == other)
    shares.gave("lattice-0", to: 2, at: start)
    #expect(!shares.wants("lattice-0", at: start + .seconds(2)))
    #expect(shares.wants("lattice-1", at: start))
    let later = start + .seconds(3)
    #expect(shares.wants("lattice-0", at: later))
    shares.take("lattice-0", at: later)
    #expect(shares.give("lattice-0", among: [other], at: later + .seconds(599)) == nil)
    #expect(shares.give("lattice-0", among: [other], at: later + .seconds(600)) == other)
  }

  @Test("whoever commands more lets others go first, but nobody waits for who is gone")
  func courtesy() {
    var shares = shares(of: 2)
    #expect(shares.courtesy(for: "x", at: start) == .zero)
    shares.hear(word(2, load: 1, commands: true), of: "x", at: start)
    #expect(shares.courtesy(for: "x", at: start) == .zero)
    #expect(shares.courtesy(for: "y", at: start) == LatticeShares.courtesy)
    #expect(shares.courtesy(for: "y", at: start + .seconds(45)) == .zero)
    shares.hear(word(3, load: 2), of: "x", at: start)
    #expect(shares.courtesy(for: "x", at: start) == .zero)
  }

  /// Controllers that reach lattices or do not, and who commands which.
  private struct World {
    var random: Seeded
    var now = ContinuousClock.now
    var processes: [Int: LatticeShares] = [:]
    var reach: [Int: Set<LatticeName>] = [:]
    var holders: [LatticeName: Int] = [:]
    let lattices: [LatticeName]
    var moves = 0
    private var count = 0

    init(seed: UInt64, lattices: Int) {
      random = Seeded(seed)
      self.lattices = (0..<lattices).map { LatticeName("lattice-\($0)") }
    }

    mutating func join(reaching share: Int) {
      count += 1
      processes[count] = LatticeShares(process: count)
      reach[count] = Set(lattices.filter { _ in Int.random(in: 0..<10, using: &random) < share })
    }

    mutating func kill(_ process: Int) {
      (processes[process], reach[process]) = (nil, nil)
      holders = holders.filter { $0.value != process }
    }

    func word(of process: Int, about lattice: LatticeName) -> ControllerWord {
      ControllerWord(
        process: process, holder: "", load: processes[process]?.load ?? 0, record: "",
        commands: holders[lattice] == process)
    }

    func standbys(for lattice: LatticeName) -> [Int] {
      processes.keys.filter {
        holders[lattice] != $0 && reach[$0]?.contains(lattice) == true
          && processes[$0]?.wants(lattice, at: now) == true
      }.sorted()
    }

    /// Whoever waits least commands what nobody does; of two alike, either.
    mutating func fill() {
      for lattice in lattices.shuffled(using: &random) where holders[lattice] == nil {
        let next = standbys(for: lattice).shuffled(using: &random).min {
          wait($0, lattice) < wait($1, lattice)
        }
        guard let next else { continue }
        holders[lattice] = next
        for process in processes.keys where reach[process]?.contains(lattice) == true {
          process == next
            ? processes[process]?.take(lattice, at: now) : processes[process]?.leave(lattice)
        }
      }
    }

    private func wait(_ process: Int, _ lattice: LatticeName) -> Duration {
      processes[process]?.courtesy(for: lattice, at: now) ?? .zero
    }

    /// Everybody who commands asks who else is there, in any order, each at its own moment.
    mutating func ask() {
      for lattice in lattices.shuffled(using: &random) {
        now += .milliseconds(500)
        fill()
        guard let holder = holders[lattice] else { continue }
        let own = word(of: holder, about: lattice)
        let others = standbys(for: lattice)
        let words = others.map { word(of: $0, about: lattice) }
        for other in others { processes[other]?.hear(own, of: lattice, at: now) }
        for word in words { processes[holder]?.hear(word, of: lattice, at: now) }
        guard let next = processes[holder]?.give(lattice, among: words, at: now) else { continue }
        processes[holder]?.gave(lattice, to: next.process, at: now)
        holders[lattice] = nil
        moves += 1
        fill()
      }
      now += .seconds(15)
      fill()
    }

    /// A lattice of somebody, and somebody who could command it and commands two fewer.
    var unevenness: (LatticeName, Int, Int)? {
      for (lattice, holder) in holders {
        let load = processes[holder]?.load ?? 0
        for other in standbys(for: lattice) where (processes[other]?.load ?? 0) <= load - 2 {
          return (lattice, holder, other)
        }
      }
      return nil
    }
  }

  @Test("whoever comes and goes, in the end all is even, nothing is left alone, and nothing moves")
  func property() {
    for seed in 1...200 as ClosedRange<UInt64> {
      var world = World(seed: seed, lattices: Int(seed % 12) + 1)
      let isFull = seed % 2 == 0
      for _ in 0..<Int(seed % 5) + 1 { world.join(reaching: isFull ? 10 : 6) }
      for _ in 0..<6 {
        world.ask()
        if Bool.random(using: &world.random), world.processes.count > 1,
          let victim = world.processes.keys.sorted().randomElement(using: &world.random)
        {
          world.kill(victim)
        } else {
          world.join(reaching: isFull ? 10 : 6)
        }
      }
      // Longer than anybody is distrusted.
      for _ in 0..<45 { world.ask() }
      let moves = world.moves
      for _ in 0..<10 { world.ask() }
      #expect(world.moves == moves, "seed \(seed)")
      #expect(world.unevenness == nil, "seed \(seed): \(world.unevenness as Any)")
      for lattice in world.lattices {
        let canBe = world.reach.values.contains { $0.contains(lattice) }
        #expect((world.holders[lattice] != nil) == canBe, "seed \(seed): \(lattice)")
      }
      // Each of the seven who came costs its share at most, and who went costs nothing but balance.
      #expect(moves <= 7 * world.lattices.count, "seed \(seed)")
      for (process, shares) in world.processes {
        let commanded = Set(world.holders.filter { $0.value == process }.keys)
        #expect(shares.commanded == commanded, "seed \(seed)")
      }
    }
  }

  @Test("what a controller says of itself is read as it was written, and nothing else is")
  func words() {
    let word = word(7, load: 3, commands: true)
    #expect(ControllerWord(bytes(of: word)) == word)
    let long = ControllerWord(
      process: 1, holder: String(repeating: "x", count: 3_000), load: 0, record: "",
      commands: false)
    #expect(ControllerWord(bytes(of: long))?.holder.count == 256)
    for text in [
      "", "{}", "[]", #"{"controller":{}}"#,
      #"{"controller":{"process":1,"holder":"a","load":-1,"record":"","commands":true}}"#,
      #"{"controller":"\#(String(repeating: "x", count: 5_000))"}"#,
    ] { #expect(ControllerWord(Array(text.utf8)) == nil, "\(text.prefix(80))") }
  }

  private func bytes(of word: ControllerWord) -> [UInt8] {
    JSONValue.object(word.members).bytes()
  }
}
