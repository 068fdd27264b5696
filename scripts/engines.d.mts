/** Where an engine is. `java` and `version` only of those that have them. */
export type EngineLocation = { path: string; java?: string; version?: string }

export type Engine = {
  readonly name: string
  locate(): EngineLocation | undefined
  /** @throws Error with name EngineMissing: which, why, and how to get it. */
  obtain(options?: { onProgress?: (message: string) => void }): Promise<EngineLocation>
}

export declare const engines: {
  readonly kafka: Engine
  readonly redis: Engine
  readonly pgbouncer: Engine
  readonly opensearch: Engine & { readonly starter: string }
  readonly minio: Engine
  readonly grpcurl: Engine
  readonly k6: Engine
}

/** Whether a test that cannot have its engine has failed, instead of saying that it was not tried: so it is in CI. */
export declare function enginesRequired(): boolean
