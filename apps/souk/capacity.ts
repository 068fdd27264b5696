/** What a day asks of the marketplace. Rates are those of its worst minute. */
export type Demand = {
  /** Orders a second that must be taken. */
  ordersPerSecond: number
  /** Pages and API reads a second besides. */
  readsPerSecond: number
  linesPerOrder: number
  /** People looking at pages at once, for sessions and caches. */
  people: number
  /** Orders kept, for the size of the database. */
  ordersPerDay: number
}

/** What a machine and the code cost. Microseconds of one core, unless the name says otherwise. */
export type Costs = {
  edgeUs: number
  workerUs: number
  databaseUs: number
  readUs: number
  pageUs: number
  /** Part of a core that is planned with; the rest is for the second wave and a lost node. */
  utilisation: number
  coresPerPod: number
  coresPerDatabase: number
  /** From the last byte of a commit to its being on disk, on the standby too if it is synchronous. */
  flushMs: number
  /** Orders that commit together. */
  batch: number
  walBytesPerOrder: number
  /** On top, for whole pages after a checkpoint. */
  fullPageShare: number
  heapBytesPerOrder: number
  eventsPerOrder: number
  bytesPerPerson: number
}

/**
 * Measured on two cores with payments, goods and messages on (docs/performance.md); the bytes are those of one line.
 * They stop being true when the order path changes: then `souk bench floor` says what they are now.
 */
export const measuredCosts: Costs = {
  edgeUs: 62,
  workerUs: 35,
  databaseUs: 66,
  readUs: 250,
  pageUs: 3_000,
  utilisation: 0.6,
  coresPerPod: 1,
  coresPerDatabase: 8,
  flushMs: 2,
  batch: 50,
  walBytesPerOrder: 1_900,
  fullPageShare: 1,
  heapBytesPerOrder: 1_250,
  eventsPerOrder: 3,
  bytesPerPerson: 2_000,
}

export type Capacity = {
  edgePods: number
  workerPods: number
  readPods: number
  storefrontPods: number
  gatewayPods: number
  databaseShards: number
  /** Connections an edge needs that writes orders (Little's law), at least 5. */
  poolPerShard: number
  /** What one hot product can sell a second: its row is held from the update to the flush. */
  hotProductPerSecond: number
  /** From sending to the answer, when the batcher keeps up. */
  answerMs: number
  walMegabytesPerSecond: number
  gigabytesPerMonth: number
  kafkaPartitions: number
  /** After a minute in which nobody read the log. */
  catchUpSeconds: number
  redisMegabytes: number
}

/** n machines bear a load that costs `us` each, and still bear it when one of them is lost. */
const machines = (perSecond: number, us: number, cores: number, utilisation: number): number =>
  perSecond === 0 ? 1 : Math.ceil((perSecond * us) / 1e6 / (cores * utilisation)) + 1

/** The formulas of docs/guides/scaling.md. Lines beyond the first cost a tenth of an order each. */
export function capacityFor(demand: Demand, costs: Costs): Capacity {
  const { ordersPerSecond: rate } = demand
  const weight = 1 + (demand.linesPerOrder - 1) * 0.1
  const { utilisation, coresPerPod } = costs
  const batchMs = costs.flushMs + (costs.batch * costs.databaseUs * weight) / 1_000
  const busyConnections = (rate / costs.batch) * (batchMs / 1_000)
  const shards = Math.max(
    1,
    Math.ceil((rate * costs.databaseUs * weight) / 1e6 / (costs.coresPerDatabase * utilisation)),
  )
  const workerPods = machines(rate, costs.workerUs * weight, coresPerPod, utilisation)
  const drainPerSecond = (workerPods * coresPerPod * 0.85 * 1e6) / (costs.workerUs * weight)
  return {
    edgePods: machines(rate, costs.edgeUs * weight, coresPerPod, utilisation),
    workerPods,
    readPods: machines(demand.readsPerSecond, costs.readUs, coresPerPod, utilisation),
    storefrontPods: machines(demand.readsPerSecond / 3, costs.pageUs, coresPerPod, utilisation),
    gatewayPods: machines(rate + demand.readsPerSecond, 60, coresPerPod, utilisation),
    databaseShards: shards,
    poolPerShard: Math.max(5, Math.ceil((busyConnections / shards) * 2)),
    hotProductPerSecond: Math.floor(costs.batch / (batchMs / 1_000)),
    answerMs: Math.round(1.5 * batchMs * 10) / 10,
    walMegabytesPerSecond: round((rate * costs.walBytesPerOrder * weight * (1 + costs.fullPageShare)) / 1e6),
    gigabytesPerMonth: round((demand.ordersPerDay * 30 * costs.heapBytesPerOrder * weight) / 1e9),
    // At least one for every reader, and room to double.
    kafkaPartitions: Math.max(12, Math.ceil((workerPods * 2) / 12) * 12),
    catchUpSeconds: Math.ceil((rate * 60) / Math.max(1, drainPerSecond - rate)),
    redisMegabytes: Math.ceil((demand.people * costs.bytesPerPerson) / 1e6) + 64,
  }
}

const round = (value: number) => Math.round(value * 10) / 10

/** What one asks for and gets, with where it comes from, for a person. */
export const explainCapacity = (demand: Demand, costs: Costs, capacity: Capacity): [string, string, string][] => [
  [
    'order edges (API)',
    pods(capacity.edgePods),
    `${demand.ordersPerSecond}/s × ${costs.edgeUs} µs ÷ ${costs.utilisation} of a core, one spare`,
  ],
  [
    'workers',
    pods(capacity.workerPods),
    `${costs.workerUs} µs an order; a minute's backlog is gone in ${capacity.catchUpSeconds} s`,
  ],
  ['other services', pods(capacity.readPods), `${demand.readsPerSecond} reads/s × ${costs.readUs} µs`],
  [
    'storefront',
    pods(capacity.storefrontPods),
    `a third of the reads are pages that are not cached, ${costs.pageUs} µs each`,
  ],
  ['gateway', pods(capacity.gatewayPods), 'every request, 60 µs'],
  [
    'database shards',
    `${capacity.databaseShards} of ${costs.coresPerDatabase} cores`,
    `${costs.databaseUs} µs an order`,
  ],
  ['connections a shard', String(capacity.poolPerShard), 'batches a second × how long one takes, twice'],
  [
    'one hot product',
    `${capacity.hotProductPerSecond}/s`,
    `its row is held for one batch of ${costs.batch}, flush ${costs.flushMs} ms`,
  ],
  ['answer', `${capacity.answerMs} ms`, 'one and a half batches'],
  [
    'write-ahead log',
    `${capacity.walMegabytesPerSecond} MB/s`,
    `${costs.walBytesPerOrder} bytes an order and as much again after checkpoints`,
  ],
  ['database growth', `${capacity.gigabytesPerMonth} GB a month`, `${demand.ordersPerDay} orders a day`],
  ['Kafka partitions', String(capacity.kafkaPartitions), 'twice the readers'],
  ['Redis', `${capacity.redisMegabytes} MB`, `${demand.people} people`],
]

const pods = (count: number) => `${count} ${count === 1 ? 'pod' : 'pods'}`
