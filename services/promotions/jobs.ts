import type { Job } from '@souk/service'
import { type TellDeps, tellTheRest } from './tell-orders.ts'

export const promotionJobs = (deps: TellDeps): Job[] => [
  { name: 'promotions.tell-orders', everyMs: 5_000, run: () => tellTheRest(deps) },
]
