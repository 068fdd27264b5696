import type { Trade } from '../trade.ts'

export const toys: Trade = {
  shop: {
    key: 'toys',
    name: 'Le Petit Pivert',
    slug: 'le-petit-pivert',
    tagline: 'Wooden toys that survive brothers',
    description:
      'A toy workshop on the slopes of Croix-Rousse in Lyon. Beech from the Jura, water-based colours, rounded corners, and a repair bench for toys that come home.',
    trade: 'Toys',
    city: 'Lyon',
    countryCode: 'FR',
    currency: 'EUR',
    phone: '+33465710125',
    email: 'toys@souk.example',
    shape: 'blocks',
  },
  skuPrefix: 'PIV',
  shelf: [4, 60],
  owner: 'Camille Perrin',
  helper: 'Hugo Blanchard',
  families: [
    {
      category: 'wooden-toys',
      shape: 'blocks',
      tags: ['wood', 'building'],
      options: [
        {
          name: 'Set',
          values: [
            ['30 pieces', 1],
            ['60 pieces', 1.8, 2],
          ],
        },
      ],
      items: `
        Plain Beech Building Blocks | 29.9 | 1300 | Cut to one measure, so two small ones always equal a big one. | #d3a870
        Rainbow Building Blocks | 36.9 | 1350 | Seven colours and a linen bag to find them all in.
        Castle Blocks with Arches | 42 | 1700 | Arches, towers and a gate just wide enough for a knight. | #8a8fa0
        Alphabet Blocks | 34.5 | 1250 | Letters on two sides, animals on the others.
        Marble Run Blocks | 49 | 1900 | Grooved blocks that turn any shelf into a descent. | #2f7f86
        Market Stall Blocks | 38.5 | 1400 | Awnings, crates and tiny wooden leeks.`,
      closing: 'Sanded three times, and safe to chew.',
    },
    {
      category: 'wooden-toys',
      shape: 'car',
      tags: ['wood', 'vehicles'],
      title: '{kind} {item}',
      kinds: `
        Red | 1 | The colour that sells first. | #d0563f
        Blue | 1 | A calm blue that hides the scratches. | #4a76a8
        Green | 1 | Painted twice and polished once. | #6d9a5b`,
      items: `
        Wooden Hatchback | 12.9 | 240 | Runs straight across a kitchen and fits two peg people.
        Wooden Delivery Van | 16.9 | 330 | The back opens and holds four acorns.
        Wooden Taxi with Roof Light | 14.5 | 260 | No battery: the light is a bead.
        Pull-back Racing Car | 11.5 | 180 | A spring motor good for three metres of parquet.`,
      closing: 'Axles are steel and the wheels do not come off.',
    },
    {
      category: 'wooden-toys',
      shape: 'duck',
      tags: ['wood', 'pull-along', 'toddlers'],
      items: `
        Waddling Duck Pull-along | 24.9 | 420 | Rubber feet slap the floor as it follows. | #e8b93f
        Duckling Trio on a String | 29.9 | 510 | They nod one after the other. | #e0a23b
        Grey Goose Push Toy | 27.5 | 560 | A stick to push it, from the first steps on. | #9aa5a8
        Little Partridge Pull-along | 23.9 | 400 | Wings that lift with every turn of the wheel. | #b98a5e
        Mallard Rattle | 12.5 | 90 | A handful of peas inside a very small duck. | #4f8a6f
        Rosy Flamingo Pull-along | 26.9 | 430 | It bows politely at each carpet edge. | #d98f8f`,
      closing: 'From twelve months; the cord is short on purpose.',
    },
    {
      category: 'puzzles',
      shape: 'puzzle',
      tags: ['puzzle', 'family'],
      options: [
        {
          name: 'Pieces',
          values: [
            ['48', 1, 0.6],
            ['500', 1.2],
            ['1000', 1.5, 1.5],
          ],
        },
      ],
      items: `
        Rooftops of Lyon Puzzle | 15.9 | 600 | Forty-one chimneys and one cat, who is hard to find.
        Beehive in Summer Puzzle | 15.9 | 600 | Each bee is different, which helps less than you would think.
        Night Market Puzzle | 16.9 | 620 | Lanterns, melons and a pickpocket at work.
        Map of Imaginary Islands Puzzle | 16.9 | 620 | Read it afterwards: the islands have histories.
        Alpine Railway Puzzle | 15.9 | 610 | Red train, blue shadow and a great deal of snow.
        Botanist's Cabinet Puzzle | 17.5 | 620 | Two hundred leaves with their Latin names.
        Harbour of Boats Puzzle | 15.9 | 600 | Masts everywhere; begin with the red hull.
        Grandmother's Kitchen Puzzle | 15.9 | 600 | Copper pans and a cake that has just been cut.`,
      closing: 'Thick card, no dust, and we post you a lost piece for free.',
    },
    {
      category: 'puzzles',
      shape: 'blocks',
      tags: ['game', 'family', 'wood'],
      items: `
        Tower of Leaning Planks | 22.9 | 900 | Take one from below, lay it on top, hold your breath. | #c99a5f
        Travel Draughts in a Tin | 14.9 | 210 | Magnetic, for trains with bends. | #3a3f4a
        Memory Game of Birds | 17.9 | 350 | Thirty-two pairs, printed on beech. | #5a78a8
        Dominoes with Animals | 16.5 | 480 | For players who cannot count yet. | #e0a23b
        Garden Skittles | 39.9 | 2600 | Nine pins and two balls, in a crate with handles. | #6d9a5b
        Dice Cup and Five Dice | 13.5 | 190 | Leather outside, felt inside, quiet at midnight. | #8a4f3a`,
      closing: 'The rules fit on one card, in four languages.',
    },
    {
      category: 'soft-toys',
      shape: 'bear',
      tags: ['soft toy', 'gift'],
      options: [
        {
          name: 'Height',
          values: [
            ['22 cm', 1],
            ['35 cm', 1.6, 2.1],
          ],
        },
      ],
      items: `
        Bruno the Brown Bear | 27.9 | 220 | Mohair with jointed arms and a serious face. | #a8794f
        Honey Bear with a Bow | 25.9 | 210 | Short fur and a weight in the seat, so he sits by himself. | #c9a27a
        Moss Bear | 26.9 | 210 | Green from nose to heel, without any explanation. | #8f9a78
        Plum Bear | 26.9 | 210 | Soft cord that gets better with washing. | #8f7a86
        Grey Linen Bear | 29.5 | 230 | Filled with spelt husks, so it rustles. | #9a9fa3
        Old Gold Bear | 31.5 | 240 | Made to the pattern of a bear from 1926. | #c79a4a
        Polar Bear Cub | 26.9 | 220 | Nearly white, and machine washable for that reason. | #d9d3c4`,
      closing: 'Eyes are stitched, so suitable from birth.',
    },
  ],
}
