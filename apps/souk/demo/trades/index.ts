import type { Trade } from '../trade.ts'
import { bakery } from './bakery.ts'
import { bicycles } from './bicycles.ts'
import { books } from './books.ts'
import { ceramics } from './ceramics.ts'
import { clothing } from './clothing.ts'
import { coffee } from './coffee.ts'
import { electronics } from './electronics.ts'
import { garden } from './garden.ts'
import { hardware } from './hardware.ts'
import { stationery } from './stationery.ts'
import { toys } from './toys.ts'
import { wine } from './wine.ts'

export const trades: readonly Trade[] = [
  bakery,
  hardware,
  books,
  ceramics,
  bicycles,
  coffee,
  toys,
  garden,
  stationery,
  wine,
  electronics,
  clothing,
]
