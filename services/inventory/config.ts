import { integer } from '@souk/service'

export const config = {
  INVENTORY_RPC_TIMEOUT_MS: integer({
    min: 100,
    max: 30_000,
    default: 3_000,
    help: 'How long orders and catalog may take to answer. A transfer to orders that takes longer is settled later.',
  }),
  INVENTORY_LOW_BELOW: integer({
    min: 0,
    max: 1_000_000,
    default: 5,
    help: 'Shoppers are told that few are left when this many or fewer can still be ordered.',
  }),
}
