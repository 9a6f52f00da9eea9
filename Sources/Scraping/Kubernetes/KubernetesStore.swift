// The objects of one source as they are known now, and which targets must be made again when one of them changes.
// Written by its watches, one for each kind; tells the source's DiscoveryRecord.

import FerulaConfiguration
import MetricModel
import Synchronization

final class KubernetesStore: Sendable {
    /// More than a cluster can have; an API server that says more is not believed.
    static let objectsMax = 1_000_000

    private typealias Name = KubernetesTargets.Name

    private struct State {
        var objects: [Name: KubernetesObject] = [:]
        /// Kind and namespace of the lists that have not been read once.
        var missing: Set<ListName>
        /// What each group looked at, and the other way round.
        var dependencies: [Name: Set<Name>] = [:]
        var dependents: [Name: Set<Name>] = [:]
        var failures: [ListName: String] = [:]

        /// Nil: every list is followed.
        var failure: String? {
            failures.isEmpty ? nil : Set(failures.values).sorted { $0.isBefore($1) }.joined(separator: "; ")
        }
    }
    struct ListName: Hashable, Sendable {
        var kind: KubernetesKind
        var namespace: String?
    }

    private let configuration: KubernetesDiscoveryConfiguration
    private let main: KubernetesKind
    private let record: DiscoveryRecord
    /// Guards all objects; groups are made under it, in the order of the events.
    private let state: Mutex<State>

    init(_ configuration: KubernetesDiscoveryConfiguration, lists: [ListName], record: DiscoveryRecord) {
        self.configuration = configuration
        main = configuration.role.kind
        self.record = record
        state = Mutex(State(missing: Set(lists)))
    }

    /// How many objects, groups and edges between them are kept.
    var sizes: [Int] {
        state.withLock { [$0.objects.count, $0.dependencies.count, $0.dependents.count] }
    }

    /// What is known stays, until the list can be followed again.
    func failed(_ list: ListName, _ reason: String) {
        record.count(.kubernetesFailure)
        state.withLock { state in
            state.failures[list] = reason
            record.failed(state.failure ?? reason)
        }
    }

    /// The server answers: nothing is wrong with this list any more.
    func recovered(_ list: ListName) {
        state.withLock { state in
            guard state.failures.removeValue(forKey: list) != nil else { return }
            record.update([], removing: [], failure: state.failure)
        }
    }

    /// A whole list: what is not in it is gone.
    func replaceAll(_ list: ListName, _ objects: [String: KubernetesObject], keepingFailure: Bool = false) {
        let (kind, namespace) = (list.kind, list.namespace)
        update { state in
            state.missing.remove(list)
            if !keepingFailure { state.failures[list] = nil }
            var changed: Set<Name> = []
            for (name, known) in state.objects where name.kind == kind {
                guard namespace == nil || known.meta.namespace == namespace, objects[name.key] == nil else { continue }
                state.objects[name] = nil
                changed.insert(name)
            }
            for (key, object) in objects {
                let name = Name(kind: kind, key: key)
                if Self.put(object, name, &state) { changed.insert(name) }
            }
            return changed
        }
    }

    func apply(_ events: [KubernetesEvent], _ kind: KubernetesKind) {
        guard !events.isEmpty else { return }
        for event in events { record.count(.kubernetesEvent(role: kind.rawValue, event: event.type.label)) }
        update { state in
            var changed: Set<Name> = []
            for event in events {
                let name = Name(kind: kind, key: event.object.meta.key)
                if event.type == .deleted {
                    if state.objects.removeValue(forKey: name) != nil { changed.insert(name) }
                } else if Self.put(event.object, name, &state) {
                    changed.insert(name)
                }
            }
            return changed
        }
    }

    /// True when it is new or different.
    private static func put(_ object: KubernetesObject, _ name: KubernetesTargets.Name, _ state: inout State) -> Bool {
        if let known = state.objects[name] {
            guard known != object else { return false }
        } else if state.objects.count >= objectsMax {
            return false
        }
        state.objects[name] = object
        return true
    }

    /// `body` returns the names of what changed. Nothing is told before every list has been read once: targets without
    /// half of their labels would be other targets.
    private func update(_ body: (inout State) -> Set<KubernetesTargets.Name>) {
        state.withLock { state in
            let wasComplete = state.missing.isEmpty
            let changed = body(&state)
            guard state.missing.isEmpty else { return }
            guard wasComplete else {
                let names = state.objects.keys.filter { $0.kind == main }.sorted { $0.key.isBefore($1.key) }
                record.replaceAll(with: names.compactMap { group($0, &state) }, failure: state.failure)
                return
            }
            var wanted = changed.filter { $0.kind == main }
            for name in changed { wanted.formUnion(state.dependents[name] ?? []) }
            var groups: [DiscoveredGroup] = []
            var gone: [String] = []
            for name in wanted {
                if let group = group(name, &state) {
                    groups.append(group)
                } else {
                    forget(name, &state)
                    gone.append(main.groupPrefix + name.key)
                }
            }
            record.update(groups, removing: gone, failure: state.failure)
        }
    }

    /// Nil when there is no such object now.
    private func group(_ name: KubernetesTargets.Name, _ state: inout State) -> DiscoveredGroup? {
        guard let object = state.objects[name] else { return nil }
        let objects = state.objects
        var targets = KubernetesTargets(configuration) { objects[$0] }
        let group = targets.group(of: object)
        forget(name, &state)
        state.dependencies[name] = targets.dependencies
        for other in targets.dependencies { state.dependents[other, default: []].insert(name) }
        return group
    }

    private func forget(_ name: KubernetesTargets.Name, _ state: inout State) {
        for other in state.dependencies.removeValue(forKey: name) ?? [] {
            state.dependents[other]?.remove(name)
            if state.dependents[other]?.isEmpty == true { state.dependents[other] = nil }
        }
    }
}

extension KubernetesDiscoveryConfiguration.Role {
    var kind: KubernetesKind {
        switch self {
        case .node: .node
        case .service: .service
        case .pod: .pod
        case .endpoints: .endpoints
        case .endpointslice: .endpointslice
        case .ingress: .ingress
        }
    }
}

extension KubernetesKind {
    /// Of the keys of its groups.
    var groupPrefix: String { self == .service ? "svc/" : rawValue + "/" }
}

extension KubernetesEvent.Kind {
    /// As Prometheus counts them.
    fileprivate var label: String {
        switch self {
        case .added: "add"
        case .modified: "update"
        case .deleted: "delete"
        case .bookmark, .error: "other"
        }
    }
}
