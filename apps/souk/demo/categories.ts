import { rows } from './trade.ts'
import type { DemoCategory } from './types.ts'

// A dash in front is one level down. key | name | in German
const tree = `
  food | Food & Drink | Essen & Trinken
  - bakery | Bakery | Bäckerei
  -- bread | Bread & Rolls | Brot & Brötchen
  -- pastry | Pastries & Cakes | Gebäck & Kuchen
  -- biscuits | Biscuits | Kekse
  -- flour | Flour & Baking | Mehl & Backzutaten
  - coffee-tea | Coffee & Tea | Kaffee & Tee
  -- coffee | Coffee | Kaffee
  -- tea | Tea | Tee
  -- brewing | Brewing Gear | Zubereitung
  - wine | Wine | Wein
  -- red-wine | Red Wine | Rotwein
  -- white-wine | White & Rosé | Weißwein & Rosé
  -- sparkling | Sparkling & Sweet | Schaum- & Süßwein
  home | Home & Garden | Haus & Garten
  - ceramics | Ceramics | Keramik
  -- tableware | Tableware | Geschirr
  -- tea-ware | Tea Ware | Teegeschirr
  -- vases | Vases | Vasen
  - hardware | Hardware | Werkzeug & Eisenwaren
  -- hand-tools | Hand Tools | Handwerkzeug
  -- fixings | Fixings & Fittings | Schrauben & Beschläge
  -- paint | Paint & Finishes | Farben & Lacke
  - garden | Garden | Garten
  -- plants | Plants | Pflanzen
  -- seeds | Seeds & Bulbs | Saatgut & Zwiebeln
  -- garden-tools | Garden Tools & Pots | Gartengeräte & Töpfe
  paper | Books & Paper | Bücher & Papier
  - books | Books | Bücher
  -- fiction | Fiction | Romane & Erzählungen
  -- non-fiction | Non-fiction | Sachbücher
  -- childrens-books | Children's Books | Kinderbücher
  - stationery | Stationery | Schreibwaren
  -- notebooks | Notebooks | Notizbücher
  -- writing | Pens, Pencils & Ink | Stifte & Tinte
  -- cards | Cards & Envelopes | Karten & Umschläge
  play | Toys & Technology | Spielzeug & Technik
  - toys | Toys | Spielzeug
  -- wooden-toys | Wooden Toys | Holzspielzeug
  -- puzzles | Puzzles & Games | Puzzles & Spiele
  -- soft-toys | Soft Toys | Stofftiere
  - electronics | Electronics Accessories | Elektronikzubehör
  -- cables | Cables | Kabel
  -- power | Chargers & Power | Ladegeräte & Strom
  -- audio | Headphones & Audio | Kopfhörer & Audio
  -- cases | Phone Cases | Handyhüllen
  outdoors | Outdoors | Draußen
  - cycling | Cycling | Radfahren
  -- bikes | Bicycles | Fahrräder
  -- bike-parts | Parts & Wheels | Teile & Laufräder
  -- bike-safety | Helmets, Lights & Locks | Helme, Licht & Schlösser
  - clothing | Outdoor Clothing | Outdoor-Kleidung
  -- jackets | Jackets | Jacken
  -- knitwear | Knitwear & Layers | Strick & Unterschichten
  -- outdoor-extras | Hats, Socks & Packs | Mützen, Socken & Rucksäcke
`

/** Parents before their children. */
export const categories = (): DemoCategory[] => {
  const above: string[] = []
  return rows(tree).map(([first = '', name = '', german = '']) => {
    const [, dashes = '', key = ''] = /^(-*) ?(.+)$/.exec(first) ?? []
    above[dashes.length] = key
    const parentKey = above[dashes.length - 1]
    return { key, ...(parentKey === undefined ? {} : { parentKey }), name, names: { de: german }, slug: key }
  })
}
