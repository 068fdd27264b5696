import {
  ErrorCode,
  type EvaluationContext,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  type ResolutionDetails,
} from '@openfeature/server-sdk'
import { evaluate, type FlagContext, type FlagType } from './flag.ts'
import type { Snapshot } from './snapshot.ts'

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** What of a context flags can be about: `targetingKey`, `shopId`, `country`, and `role` or `roles`. */
export function contextOf(context: EvaluationContext): FlagContext {
  const { roles, role } = context
  const held = Array.isArray(roles) ? roles.filter((each): each is string => typeof each === 'string') : []
  return {
    targetingKey: context.targetingKey,
    shopId: textOf(context.shopId),
    country: textOf(context.country),
    roles: typeof role === 'string' ? [...held, role] : held,
  }
}

/** Our flags for whoever speaks OpenFeature. It answers from memory: nothing it is asked waits, and nothing fails. */
export function createFlagProvider(snapshot: Pick<Snapshot, 'flag' | 'refresh' | 'onChange'>): Provider {
  const events = new OpenFeatureEventEmitter()
  snapshot.onChange((flagsChanged) => events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged }))

  async function resolve<T>(
    type: FlagType,
    key: string,
    otherwise: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    const flag = snapshot.flag(key)
    if (flag === undefined)
      return { value: otherwise, reason: 'ERROR', errorCode: ErrorCode.FLAG_NOT_FOUND, errorMessage: `no flag ${key}` }
    if (flag.type !== type)
      return {
        value: otherwise,
        reason: 'ERROR',
        errorCode: ErrorCode.TYPE_MISMATCH,
        errorMessage: `${key} is a ${flag.type}`,
      }
    const { value, variant, reason } = evaluate(flag, contextOf(context))
    return { value: value as T, variant, reason }
  }
  return {
    metadata: { name: 'souk-settings' },
    runsOn: 'server',
    events,
    // Ready at once: what is declared holds until the first look has come back.
    initialize: async () => {
      await snapshot.refresh()
    },
    resolveBooleanEvaluation: (key, otherwise, context) => resolve('boolean', key, otherwise, context),
    resolveStringEvaluation: (key, otherwise, context) => resolve('string', key, otherwise, context),
    resolveNumberEvaluation: (key, otherwise, context) => resolve('number', key, otherwise, context),
    resolveObjectEvaluation: async <T extends JsonValue>(key: string, otherwise: T) => ({
      value: otherwise,
      reason: 'ERROR',
      errorCode: ErrorCode.TYPE_MISMATCH,
      errorMessage: `${key}: flags here are boolean, string or number`,
    }),
  }
}
