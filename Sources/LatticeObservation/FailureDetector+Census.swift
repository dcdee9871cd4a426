import LatticeModel

extension FailureDetector {
  /// Who vanished together, and who answered meanwhile: counted once for all suspects.
  struct Census {
    private struct Site {
      var living = 0
      var suspects = 0
      /// How many of those that we have heard fell silent in each round.
      var rounds: [Int: Int] = [:]
      /// The same of those that we never heard, and that may not be there at all.
      var expected: [Int: Int] = [:]
      /// When the last question was put that one of those that answer has answered.
      var questioned: ContinuousClock.Instant?
    }

    private var living = 0
    private let count: Int
    private var sites: [String?: Site] = [:]
    /// How many suspects began in each round.
    private var rounds: [Int: Int] = [:]
    /// When one of those that answer was last heard.
    private(set) var lastHeard: ContinuousClock.Instant?
    /// Since when somebody has answered all the time.
    private var answersSince: ContinuousClock.Instant?

    init(_ watched: [HostID: Watched]) {
      count = watched.count
      for entry in watched.values where !entry.isLost {
        living += 1
        var site = sites[entry.site] ?? Site()
        site.living += 1
        if let round = entry.suspect?.round {
          site.suspects += 1
          if entry.seen == nil {
            site.expected[round, default: 0] += 1
          } else {
            site.rounds[round, default: 0] += 1
          }
          rounds[round, default: 0] += 1
        } else {
          if let asked = entry.questioned { site.questioned = max(site.questioned ?? asked, asked) }
          lastHeard = max(lastHeard ?? entry.heard, entry.heard)
          answersSince = min(answersSince ?? entry.answersSince, entry.answersSince)
        }
        sites[entry.site] = site
      }
    }

    /// Whoever was found lost no longer counts: half of all hosts do not vanish at once.
    mutating func lose(_ entry: Watched) {
      living -= 1
      sites[entry.site]?.living -= 1
      sites[entry.site]?.suspects -= 1
      guard let round = entry.suspect?.round else { return }
      if entry.seen == nil {
        sites[entry.site]?.expected[round]? -= 1
      } else {
        sites[entry.site]?.rounds[round]? -= 1
      }
    }

    /// Whether nobody is left of a suspect's site, and the last two or more of it vanished within three
    /// rounds; who was silent before may be cut off with them by now.
    func isSiteGone(_ entry: Watched) -> Bool {
      guard entry.site != nil, let site = sites[entry.site], site.living > 1,
        site.suspects == site.living, site.living < count
      else { return false }
      let rounds = site.rounds.isEmpty ? site.expected : site.rounds
      guard let last = rounds.filter({ $0.value > 0 }).keys.max() else { return false }
      return (0...3).reduce(0) { $0 + (rounds[last - $1] ?? 0) } > 1
    }

    /// Whether most hosts vanished within three rounds of a suspect.
    func areMostGone(with suspect: Suspect) -> Bool {
      let together = (-3...3).reduce(0) { $0 + (rounds[suspect.round + $1] ?? 0) }
      return together > 1 && together * 2 > living
    }

    /// Whether one at a suspect's site, where there is another, answered what it was asked after the
    /// refusal: an answer that was on its way meanwhile says nothing of a site that was just cut.
    func neighbourAnswered(_ entry: Watched, after suspect: Suspect) -> Bool {
      guard entry.site != nil, let site = sites[entry.site], site.living > 1 else { return true }
      guard let refusedAt = suspect.refusedAt, let asked = site.questioned else { return false }
      return asked >= refusedAt
    }

    /// Whether another host answered all the time: the first to come back says nothing of the rest.
    func anotherAnswered(since moment: ContinuousClock.Instant) -> Bool {
      answersSince.map { $0 <= moment } ?? false
    }
  }
}
