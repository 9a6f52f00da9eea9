// What `import Ferula` brings: the nouns of metrics, and the types that Monitor takes and gives.
// Those by name, so that nothing else of their modules becomes a promise or shadows a name of the test's own. MetricModel
// as a whole, because operators such as `Timestamp + Milliseconds` come with the module alone.

@_exported import MetricModel

@_exported import struct Exposition.ExpositionError
@_exported import enum Exposition.ExpositionFormat
@_exported import struct Ingestion.IngestionFailure
@_exported import struct Ingestion.IngestionReport
@_exported import struct PromQLEngine.EngineOptions
@_exported import struct Querying.QueryAnnotation
@_exported import struct Querying.QueryFailure
@_exported import struct Querying.QueryResult
@_exported import struct Querying.QueryStatistics
@_exported import enum Querying.QueryValue
@_exported import struct Querying.VectorElement
@_exported import struct TimeSeriesStore.StoreLimits
