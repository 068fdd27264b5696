import { defineErrors } from '@souk/errors'

export const shardErrors = defineErrors({
  'shop-moving': {
    status: 503,
    title: 'The shop is being moved to another database',
    help: 'Ask again in a second or two; nothing is lost.',
  },
  'shards-unknown': {
    status: 503,
    title: 'This process has lost sight of where shops lie',
    help: 'Ask again; another process may know.',
  },
})

/** Refused because of a move: the same may be asked again, and soon. */
export const isShardRefusal = (error: unknown): boolean =>
  shardErrors.is(error, 'shop-moving') || shardErrors.is(error, 'shards-unknown')
