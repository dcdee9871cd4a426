extension SampleManifests {
  /// Applications of four objects: a config, a provider, a link and an actor.
  static func fourObjects(_ count: Int) -> [(path: String, text: String)] {
    (0..<count).map { number in
      (
        "manifests/shop-\(number).yaml",
        """
        apiVersion: reconcile.dev/v1
        kind: Application
        metadata:
          name: shop-\(number)
        spec:
          configs:
            - name: settings
              values: {currency: EUR, shop: "\(number)"}
          actors:
            - name: web
              image: registry.example.com/web:1.\(number).0
              config: [settings]
          providers:
            - name: store
              image: ghcr.io/wasmcloud/keyvalue-redis:0.28.2
          links:
            - source: web
              target: store
              interface: wasi:keyvalue/store,atomics

        """
      )
    }
  }

  /// One application of one actor.
  static func web(instances: Int) -> (path: String, text: String) {
    (
      "manifests/web.yaml",
      """
      apiVersion: reconcile.dev/v1
      kind: Application
      metadata:
        name: web
      spec:
        actors:
          - name: web
            image: registry.example.com/web:1.0.0
            instances: \(instances)

      """
    )
  }

  /// One application of actors, each twenty instances over two zones.
  static func twoZones(actors count: Int) -> [(path: String, text: String)] {
    let actors = (0..<count).map { number in
      """
          - name: worker-\(number)
            image: registry.example.com/worker-\(number):1.0.0
            instances: 20
            spread: zones

      """
    }
    let text = """
      apiVersion: reconcile.dev/v1
      kind: Application
      metadata:
        name: fleet
      spec:
        spread:
          zones:
            - {name: a, weight: 50, requirements: {zone: a}}
            - {name: b, weight: 50, requirements: {zone: b}}
        actors:
      \(actors.joined())
      """
    return [("manifests/fleet.yaml", text)]
  }
}
