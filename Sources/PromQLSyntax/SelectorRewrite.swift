// Conditions put into every selector of a query, as ad hoc filters of a dashboard and enforcing proxies want it.
// Comes after Parser; the tree prints back as a query.

import MetricModel

extension Expression {
    /// The same query with these matchers in each of its selectors, also those inside subqueries and parameters.
    ///
    /// A matcher that a selector has already is not repeated. The ranges of nodes stay those of the first query.
    public func addingMatchers(_ added: [Matcher]) -> Expression {
        guard !added.isEmpty else { return self }
        switch self {
        case .number, .string: return self
        case .vectorSelector(let node): return .vectorSelector(node.addingMatchers(added))
        case .matrixSelector(var node):
            node.selector = node.selector.addingMatchers(added)
            return .matrixSelector(node)
        case .subquery(var node):
            node.expression = node.expression.addingMatchers(added)
            return .subquery(node)
        case .call(var node):
            node.arguments = node.arguments.map { $0.addingMatchers(added) }
            return .call(node)
        case .aggregation(var node):
            node.expression = node.expression.addingMatchers(added)
            node.parameter = node.parameter?.addingMatchers(added)
            return .aggregation(node)
        case .binary(var node):
            node.left = node.left.addingMatchers(added)
            node.right = node.right.addingMatchers(added)
            return .binary(node)
        case .unary(var node):
            node.expression = node.expression.addingMatchers(added)
            return .unary(node)
        case .parenthesized(var node):
            node.expression = node.expression.addingMatchers(added)
            return .parenthesized(node)
        }
    }
}

extension VectorSelector {
    fileprivate func addingMatchers(_ added: [Matcher]) -> VectorSelector {
        var copy = self
        copy.matchers += added.filter { !matchers.contains($0) }
        return copy
    }
}
