import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue, type Registry } from "prom-client";

/** What one process counted, as prom-client gives it for sending. */
export type MetricsReport = readonly MetricObjectWithValues<MetricValue<string>>[];

const inOne = async (reports: readonly MetricsReport[]): Promise<MetricsReport> =>
  await AggregatorRegistry.aggregate(reports.map((report) => [...report])).getMetricsAsJSON();

/** Of a process that has ended, only what it counted stays true; what it measured is gone. */
const countersOf = (report: MetricsReport): MetricsReport => report.filter(({ type }) => String(type) === "counter");

/**
 * The metrics of several processes as one: counters of processes that have ended stay in the sums, so that what was counted
 * does not go back.
 */
export class WorkerMetrics {
  #ended: MetricsReport = [];

  async ended(last: MetricsReport): Promise<void> {
    this.#ended = await inOne([this.#ended, countersOf(last)]);
  }

  async text(reports: readonly MetricsReport[]): Promise<string> {
    return await AggregatorRegistry.aggregate([this.#ended, ...reports].map((report) => [...report])).metrics();
  }
}

/** Lets the registry say what other processes counted after what it knows itself. Names must not occur in both. */
export function sayAlso(registry: Registry, others: () => Promise<string>): void {
  const own = registry.metrics.bind(registry);
  registry.metrics = async () => `${await own()}${await others()}`;
}
