import type { Metrics } from '@souk/telemetry'
import { kindNumbered } from './kinds.ts'
import { channelNumbered } from './message.ts'

export function messageMeters(metrics: Metrics) {
  const recorded = metrics.counter('souk_messages_recorded_total', 'Messages recorded, by kind and channel', [
    'kind',
    'channel',
  ])
  const ended = metrics.counter('souk_messages_ended_total', 'How messages that leave the house ended', [
    'kind',
    'channel',
    'state',
  ])
  const received = metrics.counter('souk_message_receipts_total', 'What providers told of messages', [
    'provider',
    'what',
  ])
  let standing: { waiting: number; failed: number } | undefined
  /** Only where somebody counts: a process that does not would show 0 beside the figure of the one that does. */
  function show(): void {
    metrics.gauge(
      'souk_messages_waiting',
      'Messages waiting to be sent, or to be sent again',
      () => standing?.waiting ?? 0,
    )
    metrics.gauge(
      'souk_messages_failed',
      'Messages that no way open to them could deliver: a person decides',
      () => standing?.failed ?? 0,
    )
  }
  return {
    recorded: (kind: number, channel: number, count: number) =>
      recorded.inc({ kind: kindNumbered(kind), channel: channelNumbered(channel) }, count),
    ended: (kind: number, channel: number, state: 'sent' | 'retried' | 'replaced' | 'failed') =>
      ended.inc({ kind: kindNumbered(kind), channel: channelNumbered(channel), state }),
    received: (provider: string, what: 'kept' | 'repeated' | 'refused', count: number) =>
      received.inc({ provider, what }, count),
    standing(now: { waiting: number; failed: number }) {
      if (standing === undefined) show()
      standing = now
    },
  }
}
export type MessageMeters = ReturnType<typeof messageMeters>
