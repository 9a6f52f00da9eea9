// The modules that `import Ferula` brings: what a test needs to make samples, ask about them and read the answer.

@_exported import Exposition
@_exported import Ingestion
@_exported import MetricModel
@_exported import PromQLEngine
@_exported import PromQLSyntax
@_exported import Querying
@_exported import TimeSeriesStore
