import Manifests

/// Manifests as a platform team writes them: sixty lines, no two alike.
enum SampleManifests {
  static func files(_ count: Int) -> [ManifestFile] {
    (0..<count).map { ManifestFile(path: "manifests/app-\($0).yaml", bytes: Array(text($0).utf8)) }
  }

  /// One application in sixty lines.
  static func text(_ number: Int) -> String {
    """
    # Telemetry of site \(number): most instances at the edge, the rest in the cloud.
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata:
      name: telemetry-\(number)
      annotations:
        description: Telemetry from the edge, site \(number)
    spec:
      actors:
        - name: processor
          image: registry.example.com/edge-processor:0.3.\(number)
          instances: \(2 + number % 7)
          resources: {cpu: 500m, memory: 64Mi}
          priority: \(number % 256)
          spread: edge-first
          config:
            temp_threshold: "85.\(number % 10)"
            window: 30s
          update:
            strategy: rolling
            maxUnavailable: 1
        - name: archiver
          image: registry.example.com/archiver:1.\(number).0
          instances: \(1 + number % 3)
          config: [limits]
          spread:
            - name: cloud
              requirements: {tier: cloud}
      configs:
        - name: limits
          values:
            max_bytes: "\(1_000 + number)"
            max_age: 24h
      providers:
        - name: kvredis
          image: ghcr.io/wasmcloud/keyvalue-redis:0.28.\(number)
          perHost: true
          spread:
            - {name: edge, requirements: {tier: edge}}
      links:
        - source: processor
          target: kvredis
          interface: wasi:keyvalue/store,atomics
          values: {BUCKET: "edge-\(number)", REGION: ap-east-1}
        - source: processor
          target: archiver
          interface: example:telemetry/sink
      spread:
        edge-first:
          - name: edge
            weight: 80
            requirements: {tier: edge}
            preferred: {region: ap-east-1}
          - name: cloud
            weight: 20
            requirements: {tier: cloud}
      sync:
        prune: true

    """
  }
}
