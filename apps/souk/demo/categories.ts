import { rows } from './trade.ts'
import type { DemoCategory } from './types.ts'

// A dash in front is one level down. key | name
const tree = `
  food | Food & Drink
  - bakery | Bakery
  -- bread | Bread & Rolls
  -- pastry | Pastries & Cakes
  -- biscuits | Biscuits
  -- flour | Flour & Baking
  - coffee-tea | Coffee & Tea
  -- coffee | Coffee
  -- tea | Tea
  -- brewing | Brewing Gear
  - wine | Wine
  -- red-wine | Red Wine
  -- white-wine | White & Rosé
  -- sparkling | Sparkling & Sweet
  home | Home & Garden
  - ceramics | Ceramics
  -- tableware | Tableware
  -- tea-ware | Tea Ware
  -- vases | Vases
  - hardware | Hardware
  -- hand-tools | Hand Tools
  -- fixings | Fixings & Fittings
  -- paint | Paint & Finishes
  - garden | Garden
  -- plants | Plants
  -- seeds | Seeds & Bulbs
  -- garden-tools | Garden Tools & Pots
  paper | Books & Paper
  - books | Books
  -- fiction | Fiction
  -- non-fiction | Non-fiction
  -- childrens-books | Children's Books
  - stationery | Stationery
  -- notebooks | Notebooks
  -- writing | Pens, Pencils & Ink
  -- cards | Cards & Envelopes
  play | Toys & Technology
  - toys | Toys
  -- wooden-toys | Wooden Toys
  -- puzzles | Puzzles & Games
  -- soft-toys | Soft Toys
  - electronics | Electronics Accessories
  -- cables | Cables
  -- power | Chargers & Power
  -- audio | Headphones & Audio
  -- cases | Phone Cases
  outdoors | Outdoors
  - cycling | Cycling
  -- bikes | Bicycles
  -- bike-parts | Parts & Wheels
  -- bike-safety | Helmets, Lights & Locks
  - clothing | Outdoor Clothing
  -- jackets | Jackets
  -- knitwear | Knitwear & Layers
  -- outdoor-extras | Hats, Socks & Packs
`

/** Parents before their children. */
export const categories = (): DemoCategory[] => {
  const above: string[] = []
  return rows(tree).map(([first = '', name = '']) => {
    const [, dashes = '', key = ''] = /^(-*) ?(.+)$/.exec(first) ?? []
    above[dashes.length] = key
    const parentKey = above[dashes.length - 1]
    return { key, ...(parentKey === undefined ? {} : { parentKey }), name, slug: key }
  })
}
