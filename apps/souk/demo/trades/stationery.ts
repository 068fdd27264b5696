import type { Trade } from '../trade.ts'

export const stationery: Trade = {
  shop: {
    key: 'stationery',
    name: 'Mustepullo',
    slug: 'mustepullo',
    tagline: 'Paper and ink for long winters',
    description:
      'A stationer’s in Helsinki’s Kruununhaka, with its own small bindery in the back room. We choose paper with a fountain pen in hand and reject what feathers.',
    trade: 'Stationery',
    city: 'Helsinki',
    countryCode: 'FI',
    currency: 'EUR',
    phone: '+35890000127',
    email: 'stationery@souk.example',
    shape: 'pen',
  },
  skuPrefix: 'MUS',
  shelf: [8, 140],
  owner: 'Aino Lehtonen',
  helper: 'Otso Virtanen',
  families: [
    {
      category: 'notebooks',
      shape: 'notebook',
      tags: ['notebook', 'paper'],
      options: [
        {
          name: 'Size',
          values: [
            ['A6', 0.75, 0.5],
            ['A5', 1],
          ],
        },
        { name: 'Ruling', values: ['Plain', 'Lined', 'Dotted'] },
      ],
      title: '{kind} {item}',
      kinds: `
        Lingonberry | 1 | Covered in red cloth. | #b0454a
        Spruce | 1 | Covered in dark green cloth. | #3f6650
        Birch | 1 | Covered in undyed linen. | #cbb994
        Midnight | 1 | Covered in navy cloth. | #2f3f63`,
      items: `
        Clothbound Notebook | 18.9 | 310 | 192 sewn pages of 90 g paper that open flat.
        Pocket Softcover | 9.9 | 130 | 64 stitched pages for a back pocket.
        Weekly Planner | 22.9 | 340 | Undated, so a lazy month costs nothing.`,
      closing: 'Fountain pen ink dries without feathering or showing through.',
    },
    {
      category: 'writing',
      shape: 'pen',
      tags: ['fountain pen', 'writing'],
      options: [{ name: 'Nib', values: ['Extra fine', 'Fine', 'Medium', 'Broad'] }],
      title: '{item}, {kind}',
      kinds: `
        Ink Blue | 1 | A deep blue with a soft shine. | #34568a
        Amber | 1 | A warm translucent brown. | #b9762f
        Graphite | 1 | Matt, and it does not show fingerprints. | #4a4f57`,
      items: `
        Saari Fountain Pen | 49 | 24 | A steel nib that starts at once, even after a holiday.
        Kallio Piston Pen | 129 | 28 | Fills straight from the bottle and writes for weeks.
        Tasku Pocket Pen | 36 | 18 | Short when capped, full length when posted.`,
      closing: 'We tune every nib before it goes out.',
    },
    {
      category: 'writing',
      shape: 'ink',
      tags: ['ink', 'fountain pen'],
      options: [
        {
          name: 'Bottle',
          values: [
            ['30 ml', 1],
            ['60 ml', 1.7, 1.8],
          ],
        },
      ],
      items: `
        Winter Sea Ink | 11.9 | 140 | Blue-grey, with more grey the longer you look. | #4f6a86
        Bilberry Ink | 11.9 | 140 | Blue-violet that dries darker. | #4a3f78
        Lingonberry Ink | 11.9 | 140 | A red for marking with kindness. | #b0333f
        Moss Ink | 11.9 | 140 | A green that shades from olive to forest. | #5f7a3f
        Rust Ink | 11.9 | 140 | The brown-orange of old boats. | #a8552f
        Soot Black Ink | 12.9 | 140 | Pigmented and waterproof, so rinse your pen weekly. | #33343c
        Teal Lake Ink | 11.9 | 140 | Reads as black until the sun comes out. | #2f6f73
        Cloudberry Ink | 11.9 | 140 | A golden yellow for underlining. | #d9982f`,
      closing: 'Mixed here in batches of forty bottles.',
    },
    {
      category: 'writing',
      shape: 'pencils',
      tags: ['pencils', 'drawing'],
      items: `
        Graphite Pencils, Set of 12 | 16.9 | 110 | From 6B to 4H, in cedar that sharpens cleanly. | #6f7480
        Soft Drawing Pencils, Set of 6 | 9.9 | 60 | 2B to 8B for dark evenings. | #4a4f57
        Coloured Pencils, Set of 24 | 34.9 | 260 | Soft leads that layer without wax bloom. | #c4714f
        Watercolour Pencils, Set of 12 | 24.9 | 150 | Draw dry, then go over it with a wet brush. | #5f8fa8
        Carpenter's Pencils, Set of 3 | 5.4 | 45 | Flat, so they stay on the roof. | #c9a24d
        Two-ended Red and Blue Pencils | 6.9 | 50 | For editors and people with strong views. | #b0454a
        Children's Thick Crayons | 12.5 | 190 | Beeswax, and they do not roll off the table. | #7f9a4f
        White Charcoal Pencils, Set of 3 | 7.9 | 35 | For drawing snow on dark paper. | #d9d3c4`,
      closing: 'Tested on the back of our own order book.',
    },
    {
      category: 'cards',
      shape: 'envelope',
      tags: ['cards', 'letters'],
      options: [
        {
          name: 'Pack',
          values: [
            ['Single', 1],
            ['Box of 10', 7.5, 9],
          ],
        },
      ],
      items: `
        Archipelago Letter Card | 3.9 | 28 | A lino print of islands with room for a long paragraph. | #a9c4d6
        Birch Forest Card | 3.9 | 28 | Black strokes on white card, almost a drawing. | #d9d3c4
        Midsummer Fire Card | 3.9 | 28 | Two-colour print of a bonfire by water. | #e0a27a
        First Snow Card | 3.9 | 28 | Blind-embossed, so you feel it before you see it. | #cfdbe3
        Rowan Branch Card | 3.9 | 28 | Red berries printed from a woodcut. | #d9a79a
        Thank You Card in Letterpress | 4.5 | 30 | One word, pressed deep into cotton paper. | #e8d6b5
        Birthday Tram Card | 3.9 | 28 | The number 4 tram, with candles. | #b7c9a0
        With Sympathy Card | 3.9 | 28 | A grey sea and no verse inside. | #b3bcc6
        Moving House Card | 3.9 | 28 | A very small van with a very large sofa. | #d6c08f`,
      closing: 'Printed on cotton paper and sold with an envelope.',
    },
    {
      category: 'cards',
      shape: 'envelope',
      tags: ['envelopes', 'paper'],
      options: [
        {
          name: 'Pack',
          values: [
            ['25', 1],
            ['100', 3.4, 4],
          ],
        },
      ],
      items: `
        Laid Paper Envelopes C6 | 7.9 | 160 | Faint lines you can feel, with a tissue lining. | #e6d9bb
        Kraft Envelopes C5 | 6.4 | 210 | Sturdy brown paper, for small books and large letters. | #c8a97e
        Blush Envelopes C6 | 7.9 | 160 | A pink that stays on the right side of sweet. | #e3b7ad
        Sage Envelopes C6 | 7.9 | 160 | Grey-green and good with white ink. | #a9c0a4`,
      closing: 'Gummed, not self-adhesive, so they will still close in ten years.',
    },
  ],
}
