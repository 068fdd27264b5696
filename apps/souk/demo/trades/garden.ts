import type { Trade } from '../trade.ts'

export const garden: Trade = {
  shop: {
    key: 'garden',
    name: 'Vivaio Terraverde',
    slug: 'vivaio-terraverde',
    tagline: 'Plants raised outdoors, like you',
    description:
      'A nursery between Bologna and the hills. We sow, pot and winter our plants without peat or heated halls, so they arrive a little smaller and settle in a good deal faster.',
    trade: 'Garden',
    city: 'Bologna',
    countryCode: 'IT',
    currency: 'EUR',
    phone: '+39051000119',
    email: 'garden@souk.example',
    shape: 'plant',
  },
  skuPrefix: 'TER',
  shelf: [6, 110],
  owner: 'Giulia Fabbri',
  helper: 'Matteo Rinaldi',
  families: [
    {
      category: 'plants',
      shape: 'plant',
      tags: ['plants', 'herbs'],
      options: [
        {
          name: 'Pot',
          values: [
            ['11 cm', 1],
            ['16 cm', 2, 2.6],
          ],
        },
      ],
      items: `
        Genovese Basil | 3.2 | 450 | Pinch the tips and never let it flower. | #6f9a4f
        Upright Rosemary | 4.5 | 600 | Takes full sun, poor soil and neglect. | #4f7f6a
        Creeping Thyme | 3.8 | 450 | Fills the gaps between stones and forgives feet. | #7f9a5f
        Common Sage | 3.9 | 500 | Fry the leaves in butter and you will plant a second one. | #8aa08a
        Moroccan Mint | 3.4 | 480 | Keep it in its pot, or it will have the garden. | #4f9a6f
        Flat Parsley | 2.9 | 420 | Stands two years, the second only for the bees. | #5d8a48
        Wild Fennel | 4.2 | 550 | Tall, feathery and covered in swallowtail caterpillars. | #9aaa5f
        Lemon Balm | 3.4 | 460 | For tea, syrup and calm. | #8fae58`,
      closing: 'Grown outdoors without peat and sent with damp roots.',
    },
    {
      category: 'plants',
      shape: 'plant',
      tags: ['plants', 'house plant'],
      options: [
        {
          name: 'Pot',
          values: [
            ['12 cm', 1],
            ['17 cm', 1.9, 2.5],
          ],
        },
      ],
      items: `
        Snake Plant | 14.9 | 900 | Water it when you remember, which is often enough. | #5d8a58
        Aspidistra | 19.9 | 1100 | The plant for the dark end of the corridor. | #3f6f4f
        Spider Plant | 8.9 | 650 | Gives away children all summer. | #8fae58
        Boston Fern | 12.9 | 800 | Likes a bathroom window and company. | #5d9a5f
        Silver Pilea | 11.5 | 600 | Round leaves that turn after the light. | #7f9f8f
        Rubber Plant | 21.9 | 1400 | Dust it once a month and it shines back. | #3d5f4a`,
      closing: 'Packed upright with the soil held in by paper.',
    },
    {
      category: 'plants',
      shape: 'flower',
      tags: ['plants', 'perennials'],
      items: `
        Red Geranium, Balcony Grade | 4.9 | 700 | Flowers from May until the first frost. | #d65f5a
        Ox-eye Daisy | 4.2 | 600 | White, cheerful and back every year. | #e6dfd0
        Garden Cosmos | 3.9 | 500 | Feathery leaves, pink saucers and no demands. | #d98fb0
        Purple Coneflower | 6.5 | 800 | Bees by day, goldfinches in the autumn. | #b77fc0
        Marigold, Old Orange | 2.9 | 400 | Keeps aphids off the tomatoes, or so we were taught. | #e8a33f
        Yellow Coreopsis | 5.4 | 650 | A small sun for dry corners. | #f0d66a
        Pale Anemone | 6.9 | 750 | Begins when everything else has finished. | #e6c4d0
        Blue Aster | 5.9 | 700 | A cloud of flowers in October. | #8a86c9`,
      closing: 'In bud when it leaves us, in flower soon after.',
    },
    {
      category: 'seeds',
      shape: 'seeds',
      tags: ['seeds', 'vegetables'],
      items: `
        Costoluto Tomato Seeds | 3.2 | 8 | Ribbed, heavy and made for sauce.
        Datterino Tomato Seeds | 3.2 | 8 | Little dates that rarely reach the kitchen.
        Long Bologna Courgette Seeds | 2.9 | 12 | Pale green, and you may eat the flowers too.
        Black Tuscan Kale Seeds | 2.7 | 8 | Sweeter after a frost.
        Borlotti Bean Seeds | 3.4 | 60 | Red-speckled pods, for drying or for supper.
        Treviso Chicory Seeds | 2.9 | 8 | Bitter in the good way.
        Rocket Seeds | 2.4 | 6 | On the plate four weeks after sowing.
        Mixed Lettuce Seeds | 2.6 | 6 | Seven kinds to cut and come again.
        Purple Carrot Seeds | 2.8 | 6 | Purple outside, orange within, gone by dinner.
        Bee Meadow Seeds | 5.9 | 80 | Thirty-one wild flowers for ten square metres.
        Sweet Pea Seeds | 3.1 | 10 | Soak overnight and give them a string to climb.
        Giant Sunflower Seeds | 2.5 | 15 | Three metres, if the slugs agree.`,
      closing: 'Open-pollinated, so you can save your own next year.',
    },
    {
      category: 'seeds',
      shape: 'flower',
      tags: ['bulbs', 'spring'],
      options: [
        {
          name: 'Bag',
          values: [
            ['10 bulbs', 1],
            ['25 bulbs', 2.2, 2.5],
          ],
        },
      ],
      items: `
        Scarlet Tulip Bulbs | 6.9 | 300 | A classic red that stands up to wind. | #d0473f
        Poet's Narcissus Bulbs | 7.5 | 350 | White with a small orange eye and a great scent. | #e9dfc0
        Blue Muscari Bulbs | 4.9 | 120 | They spread politely under roses. | #6f7fc0
        Saffron Crocus Bulbs | 9.9 | 150 | Flowers in October: three threads each, worth picking. | #9a76b8`,
      closing: 'Plant three times as deep as the bulb is tall.',
    },
    {
      category: 'garden-tools',
      shape: 'trowel',
      tags: ['tools', 'hand tools'],
      items: `
        Forged Hand Trowel | 19.9 | 290 | One piece of steel into an ash handle, and it does not bend.
        Narrow Bulb Trowel | 18.5 | 250 | Marked in centimetres for planting depth.
        Transplanting Trowel | 17.9 | 240 | Slim enough to lift a seedling without waking its neighbours.
        Children's Trowel | 9.9 | 140 | Real steel, only smaller.`,
      closing: 'Wipe it with an oily cloth in November.',
    },
    {
      category: 'garden-tools',
      shape: 'can',
      tags: ['tools', 'watering'],
      title: '{item}, {kind}',
      kinds: `
        Galvanised | 1 | Dipped in zinc and dull grey within a season. | #8d9ba3
        Olive Green | 1.1 | Powder-coated in the green of our vans. | #8f9a6b`,
      items: `
        Watering Can 9 l | 34.9 | 1800 | Balanced so that the last litre pours as easily as the first.
        Indoor Watering Can 1 l | 18.9 | 420 | A long neck that reaches the back of the shelf.
        Seedling Can 3 l | 24.9 | 780 | The brass rose falls like fine rain.`,
      closing: 'Spare roses are always in stock.',
    },
  ],
}
