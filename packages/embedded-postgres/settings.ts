/**
 * How the server is tuned: one machine, shared with Souk itself, many small commits that must each be
 * on the disk before somebody is told "you have it". Passed as `-c name=value`.
 */
export const serverSettings = {
  // The promise itself. Never to be traded for speed.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',

  // Twenty services with a pool of 5 to 10 each, and room for tools. An idle connection costs about 2 MB.
  max_connections: '200',

  // Holds the hot tables and indexes of a laptop's marketplace; the rest stays in the system's own cache.
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  work_mem: '8MB',
  maintenance_work_mem: '128MB',

  // Checkpoints make every page touched next be logged whole. At 10,000 orders a second (20 MB of log a second)
  // the default of 1 GB would cause one every 25 s; spread over 15 minutes they stay out of the latency.
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  checkpoint_completion_target: '0.9',
  wal_buffers: '16MB',
  // The bundled binaries are built without lz4 and zstd; pglz would cost the order path more processor than it
  // saves in writing.
  wal_compression: 'off',
  // Orders already travel in batches: waiting for neighbours would only add latency.
  commit_delay: '0',

  // Baskets that name the same things may wait for each other in a circle; a tenth of a second is enough to be sure.
  deadlock_timeout: '100ms',
  // Compiling a statement takes longer than running any of ours.
  jit: 'off',
  // Two cores serve everybody: a report must not take the one that takes orders.
  max_parallel_workers_per_gather: '0',
  // Solid-state disks: a random read costs about as much as the next one in line.
  random_page_cost: '1.1',

  // A hot counter is updated thousands of times a second: clean little and often, before the dead versions of
  // one row fill pages that every order has to walk through.
  autovacuum_naptime: '5s',
  autovacuum_vacuum_scale_factor: '0.05',
  autovacuum_vacuum_insert_scale_factor: '0.1',
  autovacuum_analyze_scale_factor: '0.05',
  autovacuum_vacuum_cost_limit: '1000',

  // Nobody may hold locks while thinking: a client that went away in the middle is put out.
  idle_in_transaction_session_timeout: '60s',
  // A client whose machine vanished is noticed within a minute, not after two hours.
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',

  // Partitions by month times indexes: one statement over a year of orders takes several hundred locks.
  max_locks_per_transaction: '256',

  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %q%u@%d ',
  // What the server does when it is unwell; statements refused by a constraint are the caller's to report.
  log_min_error_statement: 'panic',
  log_lock_waits: 'on',
} as const satisfies Record<string, string>

/**
 * What makes it ours alone: loopback TCP, a socket in the data folder itself, where nobody else can enter, no clear-text
 * password.
 */
export const isolationSettings = (port: number): Record<string, string> => ({
  listen_addresses: '127.0.0.1',
  port: String(port),
  // Relative to the data folder: a path has room for 107 characters, and folders are deep.
  unix_socket_directories: process.platform === 'win32' ? '' : '.',
  unix_socket_permissions: '0700',
  password_encryption: 'scram-sha-256',
  ssl: 'off',
  logging_collector: 'off',
})
